"""The widget takes over a fragment from which a minifier has removed the empty elements."""

import httpx
import pytest
from playwright.sync_api import expect

from app.simulator.world.sample import SAMPLE_REPO
from tests.embedding.tools import run_node
from tests.journeys.browser import OpenPage, chromium, open_page
from tests.journeys.built_page import publish
from tests.journeys.site_generators import HEAD
from tests.widget.stage import EMPTY, Stage, stage

pytestmark = pytest.mark.untraced  # what the tests of the widget cover, in a browser
__all__ = ["chromium", "open_page", "stage"]

MINIFIERS = ("html-minifier-terser, no empty elements", "htmlnano, max")


def test_first_comment_appears_in_a_minified_thread(stage: Stage, open_page: OpenPage) -> None:
    element = httpx.get(f"{stage.service.url}/posts/{EMPTY}.html", trust_env=False).text
    script = f'<script type="module" src="{stage.service.url}/widget.js"></script>'
    for minifier, (page,) in run_node(MINIFIERS, [f"{HEAD}{script}{element}</body></html>"]).items():
        assert "pc-list" not in page, "the case that is tested"
        recorded = open_page(publish(stage, page))
        recorded.page.wait_for_selector(".pc-news", state="attached")
        comment = stage.world.comment(SAMPLE_REPO, EMPTY, body="The first.", author="hanne-k")
        recorded.page.get_by_role("button", name="1 new comment").click()
        expect(recorded.page.locator(".pc-list > .pc-comment .pc-body"), minifier).to_have_text("The first.")
        expect(recorded.page.locator(".pc-title"), minifier).to_have_text("1 comment")
        assert not recorded.complaints
        stage.world.delete_comment(comment)
        stage.wait_until_served(EMPTY, 0)

"""What a browser shows of fragments: after a minifier, and the sizes of their images."""

import httpx
import pytest
from playwright.sync_api import expect

from app.render.sanitizer.sanitize import sanitize
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


IMAGE = b'<svg xmlns="http://www.w3.org/2000/svg" width="800" height="400"/>'
SIZES = {
    "": (400, 200),
    'width="50%"': (200, 100),
    'width="33.3%"': (133, 67),
    'width="300px"': (300, 150),
    'height="40"': (80, 40),
    'width="1600" height="800"': (400, 200),
    'width="60" height="30"': (60, 30),
    'height="99999"': (400, 200),
}


def test_images_have_the_sizes_of_their_attributes(stage: Stage, open_page: OpenPage) -> None:
    stage.blog.pages["/wide.svg"] = ({"content-type": "image/svg+xml"}, IMAGE)
    images = "".join(f'<p><img {size} src="{stage.blog.url}/wide.svg"></p>' for size in SIZES)
    awaited = f'<p><img class="emoji" width="1600" height="800" src="{stage.blog.url}/awaited.svg"></p>'
    html = sanitize(images + awaited, source_url="https://github.com/ada/blog/issues/41", for_page=True)
    style = f'<link rel="stylesheet" href="{stage.service.url}/widget.css"><style>body {{ margin: 0 }}</style>'
    body = f'<post-comments style="width: 400px"><section class="pc"><div class="pc-body" style="margin: 0">{html}</div></section>'
    page = open_page("about:blank").page
    page.route("**/awaited.svg", lambda _: None)
    page.goto(publish(stage, f"{HEAD}{style}{body}"))
    sizes = "[...document.images].map(image => [image.offsetWidth, image.offsetHeight])"
    page.wait_for_function("[...document.images].slice(0, -1).every(image => image.complete)")
    assert page.evaluate(sizes) == [[*size] for size in (*SIZES.values(), (400, 200))]

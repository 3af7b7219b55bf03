"""The snippets of the start page in the site generators that they are for; a browser opens the built pages."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from app.simulator.world.sample import SAMPLE_REPO
from app.web.pages.start_page import render_snippet
from tests.journeys.browser import OpenPage, chromium, open_page
from tests.journeys.built_page import expect_all_comments, publish
from tests.journeys.conftest import unreachable_url
from tests.journeys.site_generators import (
    GENERATORS,
    HEAD,
    TITLE,
    WITHOUT,
    Generator,
    Snippets,
    expect_post_list,
    snippets_for,
)
from tests.widget.stage import TALK, Stage, stage

pytestmark = pytest.mark.untraced  # what others cover, at length

__all__ = ["chromium", "open_page", "stage"]


@pytest.fixture(params=GENERATORS)
def generator(request: pytest.FixtureRequest) -> Generator:
    return GENERATORS[request.param]


def test_snippets_show_comments_and_counts(
    stage: Stage, open_page: OpenPage, generator: Generator, tmp_path: Path
) -> None:
    post, post_without_number, post_list = generator(tmp_path, "post", snippets_for(stage.service.url))
    recorded = open_page(publish(stage, post))
    expect_all_comments(recorded.page)
    assert "<post-comments" not in post_without_number
    assert "widget.js" not in post_without_number
    recorded.page.goto(publish(stage, post_list))
    expect(recorded.page.locator("comment-count")).to_have_text("16 comments")
    words = re.sub(r"\s*\n\s*", "|", recorded.page.locator("body").inner_text().strip())
    assert re.search(rf"(^|\|)({TITLE}|The Best Interview) \(16 comments\)($|\|)", words), words
    assert all(title in post_list for title in (TITLE, WITHOUT))
    assert not recorded.complaints
    if generator is not GENERATORS["plain"]:
        expect_post_list(tmp_path, next(name for name, other in GENERATORS.items() if other is generator))


def test_comments_built_into_a_site_need_no_javascript(
    stage: Stage, open_page: OpenPage, generator: Generator, tmp_path: Path
) -> None:
    post, post_without_number, _ = generator(tmp_path, "built", snippets_for(stage.service.url))
    assert post.count('class="pc-comment') == 16
    assert post.count("<post-comments") == 1
    assert "<post-comments" not in post_without_number
    recorded = open_page(publish(stage, post))
    expect_all_comments(recorded.page)
    assert not recorded.complaints


def test_site_is_built_without_the_service(generator: Generator, tmp_path: Path) -> None:
    with unreachable_url() as url:
        post, _, _ = generator(tmp_path, "built", snippets_for(url))
    assert f'<post-comments ghissueid="{TALK}"' in post
    assert f'<a href="https://github.com/{SAMPLE_REPO}/issues/{TALK}">Leave a comment on GitHub</a>' in post
    assert f"{url}/widget.js" in post


@pytest.fixture(scope="module")
def chosen_snippets(stage: Stage, chromium: Browser) -> Snippets:
    """Return the snippets that the start page renders for a German blog with the newest comments first."""
    page = chromium.new_page()
    page.goto(stage.service.url)
    page.wait_for_selector("#preview .pc-news", state="attached")
    page.fill("[name=ghissueid]", str(TALK))
    page.select_option("[name=lang]", "de")
    page.select_option("[name=order]", "newest")
    expect(page.locator("#plain code").first).to_contain_text(f'ghissueid="{TALK}" lang="de" order="newest"')
    texts = page.locator("[data-snippet]").evaluate_all(
        "all => all.map(code => [code.dataset.snippet, code.textContent])"
    )
    page.close()
    return dict(texts).__getitem__


@pytest.mark.parametrize("kind", ["hugo", "jekyll", "eleventy", "astro", "plain"])
def test_choices_on_the_start_page_are_built(
    stage: Stage, open_page: OpenPage, kind: str, tmp_path: Path, chosen_snippets: Snippets
) -> None:
    post, _, post_list = GENERATORS[kind](tmp_path, "built", chosen_snippets)
    assert '<h2 class="pc-title">16 Kommentare</h2>' in post
    times = re.findall(r'<time datetime="([^"]+)"', post)
    assert len(times) == 16
    assert times == sorted(times, reverse=True)
    expect(open_page(publish(stage, post_list)).page.locator("comment-count")).to_have_text("16 Kommentare")


def test_script_for_github_works_with_another_host(stage: Stage, open_page: OpenPage) -> None:
    recorded = open_page(publish(stage, HEAD + render_snippet("host", stage.service.url, SAMPLE_REPO)))
    expect(recorded.page.locator("#comments > li")).to_have_count(16)
    expect(recorded.page.locator("#comments")).to_contain_text("I was hired that way once")
    assert not recorded.complaints


def test_pinned_version_works(stage: Stage, open_page: OpenPage) -> None:
    element = stage.element(TALK)
    recorded = open_page(publish(stage, HEAD + render_snippet("pinned", stage.service.url, SAMPLE_REPO) + element))
    expect_all_comments(recorded.page)
    assert not recorded.complaints

"""axe-core finds nothing in any state, light and dark, left and right; the keyboard reaches everything in its order."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.simulator.world.sample import SAMPLE_REPO
from tests.journeys.browser import OpenPage, chromium, open_page, photograph
from tests.widget.stage import CLOSED, EMPTY, LOCKED, LONG, MISSING, RICH, TALK, Stage, stage

pytestmark = pytest.mark.untraced  # what others cover, at length

__all__ = ["chromium", "open_page", "stage"]

AXE = Path("tests/generators/node_modules/axe-core/axe.min.js")
STATES = {
    "talk": TALK,
    "rich": RICH,
    "long": LONG,
    "empty": EMPTY,
    "closed": CLOSED,
    "locked": LOCKED,
    "missing": MISSING,
}


def violations(page: Page) -> list[Any]:
    page.add_script_tag(path=AXE)
    found: list[Any] = page.evaluate(
        """async () => (await axe.run(document, {resultTypes: ['violations']})).violations
        .map(v => [v.id, ...v.nodes.map(n => n.html.slice(0, 120) + ' ' + n.failureSummary)])"""
    )
    return found


def shown(page: Page, state: str = "ready") -> None:
    page.wait_for_selector(f"post-comments[state={state}]", state="attached")
    if state == "ready":
        page.wait_for_selector(".pc-news", state="attached")


@pytest.mark.parametrize("lang", ["en", "ar"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(stage: Stage, open_page: OpenPage, state: str, scheme: str, lang: str) -> None:
    lists = '<p><comment-count ghissueid="41"></comment-count></p><recent-comments></recent-comments>'
    page = open_page(stage.publish(stage.element(STATES[state]) + lists, lang=lang), color_scheme=scheme).page
    shown(page)
    page.wait_for_selector("recent-comments[state=ready]")
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_where_nothing_can_be_reached(stage: Stage, open_page: OpenPage, scheme: str) -> None:
    page = open_page("about:blank", color_scheme=scheme).page
    page.route(f"{stage.api}**", lambda route: route.abort())
    page.goto(stage.publish(stage.element()))
    shown(page, "failed")
    assert violations(page) == []


def test_axe_finds_nothing_on_a_page_of_its_own(stage: Stage, open_page: OpenPage) -> None:
    page = open_page("about:blank", bypass_csp=True).page
    page.goto(f"{stage.service.url}/posts/{RICH}.html?view=page&lang=he")
    assert violations(page) == []


def test_axe_can_find_something(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish('<img src="data:,"><button></button>')).page
    assert {name for name, *_ in violations(page)} >= {"image-alt", "button-name"}


def test_the_keyboard_reaches_everything_in_the_order_of_reading(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(stage.element(LONG))).page
    shown(page)
    page.evaluate("document.body.tabIndex = -1; document.body.focus()")
    seen: list[Any] = []
    for _ in range(400):
        page.keyboard.press("Tab")
        here = page.evaluate(
            "[document.activeElement.className || document.activeElement.localName, Math.round(document.activeElement.getBoundingClientRect().top + scrollY)]"
        )
        if here[0] == "body" or (seen and here == seen[0]):
            break
        seen.append(here)
    tops = [top for _, top in seen]
    assert tops == sorted(tops)
    names = [name for name, _ in seen]
    assert names[0] == "select"
    assert names.count("pc-author") == names.count("pc-when") == 50
    assert names[-2:] == ["button", "a"]


def test_after_a_further_page_the_keyboard_goes_on_where_it_was(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(stage.element(LONG))).page
    shown(page)
    button = page.get_by_role("button", name="Show 50 more")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".pc-comment")).to_have_count(100)
    page.wait_for_function("document.activeElement.matches('.pc-comment')")
    assert page.evaluate("[...document.querySelectorAll('.pc-comment')].indexOf(document.activeElement)") >= 50


def test_new_comments_are_said_politely(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(stage.element(EMPTY))).page
    shown(page)
    news = page.locator(".pc-news")
    assert news.get_attribute("role") == "status"
    assert news.inner_text() == "", "it is there before there is anything to say, or a screen reader misses it"
    made = stage.world.comment(SAMPLE_REPO, EMPTY, body="First!", author="hanne-k")
    expect(news).to_have_text("1 new comment")
    assert violations(page) == []
    stage.world.delete_comment(made)


def test_text_at_twice_its_size_fits(stage: Stage, open_page: OpenPage) -> None:
    head = "<style>html{font-size:200%}</style>"
    page = open_page(stage.publish(stage.element(RICH), head=head), viewport={"width": 640, "height": 800}).page
    shown(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    overlaps = page.evaluate(
        """[...document.querySelectorAll('.pc-by')].filter(by => {
        const below = by.nextElementSibling.getBoundingClientRect(); return below.top < by.getBoundingClientRect().bottom - 1 }).length"""
    )
    assert overlaps == 0
    photograph(page, "widget-twice")


def test_reduced_motion_is_respected(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(stage.element(TALK)), reduced_motion="reduce").page
    shown(page)
    page.evaluate("document.querySelector('.pc-news').append(document.createElement('button'))")
    assert page.evaluate("getComputedStyle(document.querySelector('.pc-news button')).animationName") == "none"

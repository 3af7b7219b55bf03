"""axe-core finds no violations in any state, colour scheme and direction; the keyboard reaches everything in order."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from app.simulator.world.sample import SAMPLE_REPO
from tests.journeys.browser import OpenPage, chromium, open_page, photograph
from tests.widget.pages import wait_for_state, wait_until_enhanced
from tests.widget.stage import CLOSED, EMPTY, LOCKED, LONG, MISSING, RICH, TALK, Stage, stage

pytestmark = pytest.mark.untraced  # other tests cover the same code; tracing these would take long

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


def _violations(page: Page, *disabled: str) -> list[Any]:
    page.add_script_tag(path=AXE)
    violations: list[Any] = page.evaluate(
        """async rules => (await axe.run(document, {resultTypes: ['violations'], rules})).violations
        .map(v => [v.id, ...v.nodes.map(n => n.html.slice(0, 120) + ' ' + n.failureSummary)])""",
        {rule: {"enabled": False} for rule in disabled},
    )
    return violations


def _wait_for(page: Page, state: str = "ready") -> None:
    wait_for_state(page, state)
    if state == "ready":
        wait_until_enhanced(page)


@pytest.mark.parametrize("lang", ["en", "ar"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_axe_finds_no_violations(stage: Stage, open_page: OpenPage, state: str, scheme: str, lang: str) -> None:
    lists = '<p><comment-count ghissueid="41"></comment-count></p><recent-comments></recent-comments>'
    page = open_page(stage.publish(stage.element(STATES[state]) + lists, lang=lang), color_scheme=scheme).page
    _wait_for(page)
    page.wait_for_selector("recent-comments[state=ready]")
    assert _violations(page) == []


def test_headings_in_comments_are_below_the_sections(stage: Stage, open_page: OpenPage) -> None:
    page = open_page("about:blank").page
    comments = httpx.get(f"{stage.api}posts/{CLOSED}/comments", trust_env=False).json()
    comments["comments"][0]["html"] = "<h3>First</h3><h6>Last</h6>"
    page.route(
        f"{stage.api}posts/*/comments*",
        lambda route: route.fulfill(json=comments, headers={"access-control-allow-origin": "*"}),
    )
    page.goto(stage.publish(stage.element(CLOSED, heading="4")))
    _wait_for(page)
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    headings = [node for node in tree if not node["ignored"] and node["role"]["value"] == "heading"]
    levels = {
        n["name"]["value"]: p["value"]["value"] for n in headings for p in n["properties"] if p["name"] == "level"
    }
    assert levels == {"A post": 1, "1 comment": 4, "First": 5, "Last": 8}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violations_after_a_failure(stage: Stage, open_page: OpenPage, scheme: str) -> None:
    page = open_page("about:blank", color_scheme=scheme).page
    page.route(f"{stage.api}**", lambda route: route.abort())
    page.goto(stage.publish(stage.element()))
    _wait_for(page, "failed")
    assert _violations(page) == []


def test_axe_finds_no_violations_on_the_full_page(stage: Stage, open_page: OpenPage) -> None:
    page = open_page("about:blank", bypass_csp=True).page
    page.goto(f"{stage.service.url}/posts/{RICH}.html?view=page&lang=he")
    # browsers let the keyboard reach what scrolls: test_frameworks proves it for tables
    assert _violations(page, "scrollable-region-focusable") == []


def test_axe_reports_known_violations(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish('<img src="data:,"><button></button>')).page
    assert {name for name, *_ in _violations(page)} >= {"image-alt", "button-name"}


def test_tab_order_is_reading_order(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(stage.element(LONG))).page
    _wait_for(page)
    page.wait_for_selector(".pc-all")
    page.evaluate("document.body.tabIndex = -1; document.body.focus()")
    stops: list[Any] = []
    for _ in range(400):
        page.keyboard.press("Tab")
        stop = page.evaluate(
            "[document.activeElement.className || document.activeElement.closest('.pc-author, .pc-when')?.className || document.activeElement.localName, Math.round(document.activeElement.getBoundingClientRect().top + scrollY)]"
        )
        if stop[0] == "body" or (stops and stop == stops[0]):
            break
        stops.append(stop)
    tops = [top for _, top in stops]
    assert tops == sorted(tops)
    names = [name for name, _ in stops]
    assert names[0] == "select"
    assert names.count("pc-author") == names.count("pc-when") == 50
    assert names[-3:] == ["button", "pc-all", "a"]


def test_focus_moves_to_the_first_loaded_comment(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(stage.element(LONG))).page
    _wait_for(page)
    button = page.get_by_role("button", name="Show 50 more")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".pc-comment")).to_have_count(100)
    page.wait_for_function("document.activeElement.matches('.pc-comment')")
    assert page.evaluate("[...document.querySelectorAll('.pc-comment')].indexOf(document.activeElement)") >= 50


def test_focus_stays_where_a_comment_changes(stage: Stage, open_page: OpenPage) -> None:
    reset = "<style>*{outline:0}button,a,select{all:unset}</style>"
    page = open_page(stage.publish(stage.element(RICH), head=reset)).page
    _wait_for(page)
    first = stage.world.comments[stage.world.comment_ids[stage.world.issue(SAMPLE_REPO, RICH).id][0]]
    page.locator(f"#comment-{first.id} .pc-when a").focus()
    page.keyboard.press("Shift")
    page.wait_for_function("getComputedStyle(document.activeElement).outlineStyle === 'auto'")
    stage.world.edit_comment(first, body="Said in other words.", body_html=None)
    expect(page.locator(f"#comment-{first.id} .pc-body")).to_have_text("Said in other words.")
    expect(page.locator(f"#comment-{first.id}")).to_be_focused()


def test_new_comments_are_announced_to_screen_readers(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(stage.element(EMPTY))).page
    _wait_for(page)
    news = page.locator(".pc-news")
    assert news.get_attribute("role") == "status"
    assert news.inner_text() == "", "it exists before its first message, or screen readers miss that"
    comment = stage.world.comment(SAMPLE_REPO, EMPTY, body="First!", author="hanne-k")
    expect(news).to_have_text("1 new comment")
    assert _violations(page) == []
    stage.delete_comments(comment)


def test_text_at_double_size_fits(stage: Stage, open_page: OpenPage) -> None:
    head = "<style>html{font-size:200%}</style>"
    page = open_page(stage.publish(stage.element(RICH), head=head), viewport={"width": 640, "height": 800}).page
    _wait_for(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    overlaps = page.evaluate(
        """[...document.querySelectorAll('.pc-by')].filter(by => {
        const below = by.nextElementSibling.getBoundingClientRect(); return below.top < by.getBoundingClientRect().bottom - 1 }).length"""
    )
    assert overlaps == 0
    photograph(page, "widget-twice")


def test_reduced_motion_is_respected(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(stage.element(TALK)), reduced_motion="reduce").page
    _wait_for(page)
    page.evaluate("document.querySelector('.pc-news').append(document.createElement('button'))")
    assert page.evaluate("getComputedStyle(document.querySelector('.pc-news button')).animationName") == "none"

"""The element in a real browser, on a blog of another origin, in each of its states."""

import re
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Route, expect

from app.simulator.world.sample import SAMPLE_REPO
from tests.journeys.browser import OpenPage, chromium, open_page, photograph
from tests.widget.pages import (
    author_names,
    comment_ids,
    fetch_fragment,
    hold_requests,
    wait_for_state,
    wait_until_enhanced,
)
from tests.widget.stage import CLOSED, EMPTY, LOCKED, LONG, MISSING, RICH, TALK, Stage, stage

pytestmark = pytest.mark.untraced  # other tests cover the same code; tracing these would take long

__all__ = ["chromium", "open_page", "stage"]

PADDING = '<p style="height:3000px">A long post.</p>'


def test_comments_are_painted_after_one_request(stage: Stage, open_page: OpenPage) -> None:
    recorded = open_page(stage.publish(stage.element()))
    wait_for_state(recorded.page)
    requested = [url.removeprefix(stage.service.url) for url in recorded.requests_to(stage.service.url)]
    before = requested[: requested.index("/api/v1/posts/41/comments?pinned=first") + 1]
    assert before == ["/widget.css", "/widget.js", "/api/v1/posts/41/comments?pinned=first"]
    expect(recorded.page.locator(".pc-title")).to_have_text("16 comments")
    assert author_names(recorded.page)[0] == "ada", "the pinned comment is first"
    assert not recorded.complaints


def test_browser_contacts_only_blog_and_service(stage: Stage, open_page: OpenPage) -> None:
    recorded = open_page(stage.publish(stage.element(RICH)))
    wait_until_enhanced(recorded.page)
    recorded.page.wait_for_load_state("networkidle")
    origins = {"/".join(request.url.split("/")[:3]) for request in recorded.requests if request.url.startswith("http")}
    assert origins == {stage.blog.url, stage.service.url}
    assert recorded.requests_to(f"{stage.service.url}/avatars/")
    assert recorded.requests_to(f"{stage.service.url}/images/")
    assert recorded.page.evaluate(
        "[...document.querySelectorAll('.pc img')].every(i => i.complete && i.naturalWidth > 0)"
    )
    assert recorded.page.context.cookies() == []
    assert recorded.page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_comments_load_when_nearly_in_view(stage: Stage, open_page: OpenPage) -> None:
    recorded = open_page(stage.publish(PADDING + stage.element()))
    recorded.page.wait_for_load_state("networkidle")
    assert not recorded.requests_to(stage.api)
    expect(recorded.page.locator("post-comments > a")).to_have_text("Leave a comment on GitHub")
    recorded.page.evaluate("scrollTo(0, 2500)")
    wait_for_state(recorded.page)
    assert len(recorded.requests_to(f"{stage.api}posts/41/comments")) == 1


@pytest.mark.parametrize(
    ("number", "status", "message", "link"),
    [
        (EMPTY, "open", "No comments yet.", True),
        (CLOSED, "closed", "The conversation is closed. You can still comment.", True),
        (LOCKED, "locked", "The conversation is locked. Nobody new can comment.", False),
        (MISSING, "missing", "Comments are not open for this post yet.", False),
    ],
)
def test_each_issue_status_is_shown(
    stage: Stage, open_page: OpenPage, number: int, status: str, message: str, *, link: bool
) -> None:
    recorded = open_page(stage.publish(stage.element(number)))
    page = recorded.page
    wait_for_state(page)
    assert page.get_attribute("post-comments", "status") == status
    assert message in page.locator("post-comments").inner_text()
    assert page.locator(".pc-write a").count() == link
    assert page.locator(".pc-title").count() == (status != "missing")
    if link:
        href = page.get_attribute(".pc-write a", "href")
        assert href == f"https://github.com/{SAMPLE_REPO}/issues/{number}#issuecomment-new"
    assert not recorded.complaints
    photograph(page, f"widget-{status}")


def test_comment_badges_and_times_are_shown(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(stage.element(RICH))).page
    wait_until_enhanced(page)
    hidden = page.locator(".pc-hidden")
    expect(hidden.locator(".pc-body")).to_have_text("Hidden comment: off-topic")
    expect(page.locator(".pc-edited")).to_have_text("edited")
    expect(page.locator(".pc-owner")).to_have_text("Author")
    expect(page.locator(".pc-bot")).to_have_text("Bot")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    time = page.locator(".pc-when time").last
    assert re.search(r"second|minute|now", time.inner_text())
    assert re.search(r"20\d\d", time.get_attribute("title") or "")
    photograph(page, "widget-rich")


def test_replies_nest_and_reactions_are_shown(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(stage.element())).page
    wait_for_state(page)
    nested = page.evaluate(
        "[...document.querySelectorAll('.pc-comment .pc-comment')].map(e => e.parentElement.closest('.pc-comment').id)"
    )
    assert nested
    depth = "e => { let d = 0; while ((e = e.parentElement.closest('.pc-comment'))) d++; return d }"
    assert page.evaluate(f"Math.max(...[...document.querySelectorAll('.pc-comment')].map({depth}))") <= 2
    assert "👍 14" in page.locator(".pc-reactions").all_inner_texts()[1]


def test_button_loads_all_further_comments(stage: Stage, open_page: OpenPage) -> None:
    recorded = open_page(stage.publish(stage.element(LONG, limit="100")))
    page = recorded.page
    wait_until_enhanced(page)
    assert len(comment_ids(page)) == 100
    for count in (200, 300):
        page.get_by_role("button", name="Show 100 more").click()
        page.wait_for_function("n => document.querySelectorAll('.pc-comment').length === n", arg=count)
    expect(page.locator(".pc-more")).to_have_count(0)
    assert len(set(comment_ids(page))) == 300


@pytest.mark.parametrize("made_by", ["script", "service"])
def test_show_all_loads_the_rest_of_a_thread(stage: Stage, open_page: OpenPage, made_by: str) -> None:
    body = stage.element(LONG) if made_by == "script" else fetch_fragment(stage, LONG)
    recorded = open_page(stage.publish(body))
    page = recorded.page
    page.wait_for_selector(".pc-all")
    first_page, bar = comment_ids(page), page.locator(".pc-progress")
    held: list[Route] = []  # the first request waits
    page.route(
        f"{stage.api}posts/{LONG}/comments?*cursor=*", lambda route: route.continue_() if held else held.append(route)
    )
    page.get_by_role("button", name="Show all").press("Enter")
    expect(bar.get_by_role("progressbar", name="Loading comments…")).to_have_attribute("max", "300")
    expect(bar.get_by_role("button", name="Stop")).to_be_focused()
    held[0].continue_()
    expect(page.locator(".pc-comment")).to_have_count(300)
    expect(page.locator(".pc-more, .pc-progress, .pc-all")).to_have_count(0)
    assert len(set(comment_ids(page))) == 300
    assert page.evaluate("+document.activeElement.id.slice(8)") == max(first_page) + 1
    assert [parse_qs(urlsplit(url).query)["limit"] for url in recorded.requests_to(stage.api) if "cursor" in url] == [
        ["100"]
    ] * 3
    assert not recorded.complaints


def test_show_all_can_be_stopped(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(stage.element(LONG))).page
    held = hold_requests(page, f"{stage.api}posts/{LONG}/comments?*cursor=*")
    page.get_by_role("button", name="Show all").click()
    page.get_by_role("button", name="Stop").click()
    held[0].continue_()
    expect(page.locator(".pc-progress")).to_have_count(0)
    expect(page.locator(".pc-comment")).to_have_count(150)
    expect(page.get_by_role("button", name="Show 50 more")).to_be_focused()
    expect(page.get_by_role("button", name="Show all")).to_have_count(1)
    assert len(held) == 1


def test_show_all_is_offered_for_several_pages_only(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(stage.element(TALK, limit="8"))).page
    wait_until_enhanced(page)
    expect(page.locator(".pc-more button")).to_have_text(["Show 8 more"])
    page.goto(stage.publish(stage.element(TALK, limit="5")))
    expect(page.locator(".pc-more button")).to_have_text(["Show 5 more", "Show all"])
    page.get_by_role("button", name="Show 5 more").click()
    expect(page.locator(".pc-comment")).to_have_count(10)
    expect(page.locator(".pc-more button")).to_have_text(["Show 5 more", "Show all"])
    page.get_by_role("button", name="Show 5 more").click()
    expect(page.locator(".pc-more button")).to_have_text(["Show 1 more"])


def test_failed_show_all_offers_both_buttons_again(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(stage.element(LONG))).page
    page.wait_for_selector(".pc-all")
    page.route(f"{stage.api}posts/{LONG}/comments?*cursor=*", lambda route: route.abort())
    page.get_by_role("button", name="Show all").click()
    expect(page.get_by_role("button", name="Try again")).to_have_count(1)
    expect(page.locator(".pc-progress")).to_have_count(0)
    page.unroute(f"{stage.api}posts/{LONG}/comments?*cursor=*")
    page.get_by_role("button", name="Show all").click()
    expect(page.locator(".pc-comment")).to_have_count(300)


def test_order_select_keeps_focus_after_a_change(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(stage.element(LONG))).page
    wait_until_enhanced(page)
    oldest = comment_ids(page)
    page.select_option(".pc-order select", "newest")
    page.wait_for_function("id => +document.querySelector('.pc-comment').id.slice(8) > id", arg=max(oldest))
    newest = comment_ids(page)
    assert newest == sorted(newest, reverse=True)
    page.wait_for_function("document.activeElement.matches('.pc-order select')")
    assert page.input_value(".pc-order select") == "newest"
    page.select_option(".pc-order select", "reactions")
    page.wait_for_selector("post-comments[order=reactions]")


def test_permalink_opens_a_comment_on_a_later_page(stage: Stage, open_page: OpenPage) -> None:
    url = stage.publish(PADDING + stage.element(LONG))
    page = open_page(url).page
    page.evaluate("scrollTo(0, 9000)")
    wait_until_enhanced(page)
    target_id = max(comment_ids(page)) + 170
    page.goto("about:blank")
    page.goto(f"{url}#comment-{target_id}")
    target = page.locator(f"#comment-{target_id}.pc-target")
    target.wait_for()
    assert target.evaluate("e => { const r = e.getBoundingClientRect(); return r.top >= 0 && r.top < innerHeight }")
    assert page.evaluate("document.activeElement.id") == f"comment-{target_id}"


def test_new_comments_are_announced_without_moving_content(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(PADDING + stage.element(TALK))).page
    page.evaluate("scrollTo(0, 2900)")
    wait_until_enhanced(page)
    before = comment_ids(page)
    first = page.locator(".pc-comment").first
    top = first.evaluate("e => e.getBoundingClientRect().top")
    comment = stage.world.comment(SAMPLE_REPO, TALK, body="Late, but here.", author="hanne-k")
    try:
        button = page.get_by_role("button", name="1 new comment")
        button.wait_for()
        assert comment_ids(page) == before
        assert first.evaluate("e => e.getBoundingClientRect().top") == top
        assert page.locator("[role=status].pc-news").count() == 1
        button.click()
        page.wait_for_selector(f"#comment-{comment.id}")
        expect(page.locator(".pc-title")).to_have_text("17 comments")
        stage.world.edit_comment(comment, body="Late, and changed.", body_html=None)
        expect(page.locator(f"#comment-{comment.id} .pc-body")).to_have_text("Late, and changed.")
    finally:
        stage.world.delete_comment(comment)
    expect(page.locator(f"#comment-{comment.id}")).to_have_count(0)
    expect(page.locator(".pc-title")).to_have_text("16 comments")


def test_news_is_gone_when_its_comment_is_shown(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(stage.element(TALK, limit="8"))).page
    wait_until_enhanced(page)
    comment = stage.world.comment(SAMPLE_REPO, TALK, body="Late, but here.", author="hanne-k")
    try:
        page.get_by_role("button", name="1 new comment").wait_for()
        page.get_by_role("button", name="Show 8 more").click()
        page.get_by_role("button", name="Show 1 more").click()
        page.wait_for_selector(f"#comment-{comment.id}")
        expect(page.locator(".pc-news button")).to_have_count(0)
    finally:
        stage.world.delete_comment(comment)


def test_news_of_a_part_leads_to_the_newest_comment(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(stage.element(LONG, limit="9", order="reactions") + PADDING)).page
    wait_until_enhanced(page)
    comment = stage.world.comment(SAMPLE_REPO, LONG, body="Late, but here.", author="hanne-k")
    try:
        news = page.get_by_role("button", name="1 new comment")
        news.wait_for()
        page.wait_for_function("getComputedStyle(document.querySelector('.pc-news')).display === 'grid'")
        page.locator(".pc-write").evaluate("e => e.scrollIntoView({block: 'center'})")
        covered = (
            "e => e.getBoundingClientRect().top - document.querySelector('.pc-write a').getBoundingClientRect().bottom"
        )
        assert news.evaluate(covered) > -20, "the button covers the edge of what is below it, no text"
        news.click()
        new = page.locator(f"#comment-{comment.id}")
        expect(new).to_be_focused()
        assert new.evaluate("e => e.getBoundingClientRect().top >= 0")
    finally:
        stage.world.delete_comment(comment)


def test_each_event_leads_to_a_new_address(stage: Stage, open_page: OpenPage) -> None:
    recorded = open_page(stage.publish(stage.element(TALK)))
    wait_until_enhanced(recorded.page)
    versions = []
    for body in ("One", "Two"):
        comment = stage.world.comment(SAMPLE_REPO, TALK, body=body, author="hanne-k")
        expect(recorded.page.locator(".pc-title")).to_have_text("17 comments")
        versions.append(parse_qs(urlsplit(recorded.requests_to(stage.api)[-1]).query)["version"])
        stage.world.delete_comment(comment)
        expect(recorded.page.locator(".pc-title")).to_have_text("16 comments")
    assert versions[0] != versions[1]


def test_refused_update_is_read_again_later(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(stage.element(TALK))).page
    wait_until_enhanced(page)
    headers = {"access-control-allow-origin": "*", "access-control-expose-headers": "Retry-After", "retry-after": "1"}
    refuse = partial(Route.fulfill, status=429, headers=headers, body="{}")
    page.route(f"{stage.api}posts/{TALK}/comments?**", refuse, times=1)
    with page.expect_event("requestfinished", lambda request: "/comments?" in request.url):
        comment = stage.world.comment(SAMPLE_REPO, TALK, body="Late, but here.", author="hanne-k")
    assert len(comment_ids(page)) == 16
    page.get_by_role("button", name="1 new comment").wait_for()
    stage.world.delete_comment(comment)


def test_page_from_an_old_cache_is_read_again(stage: Stage, open_page: OpenPage) -> None:
    page = open_page("about:blank").page
    old = httpx.get(f"{stage.api}posts/{TALK}/comments").json()
    old["comments"].pop()
    old["post"] |= {"version": old["post"]["version"] - 1, "comment_count": 15}

    def serve_old(route: Route) -> None:
        if "version=" in route.request.url:
            route.continue_()
        else:
            route.fulfill(json=old, headers={"access-control-allow-origin": "*"})

    page.route(f"{stage.api}posts/{TALK}/comments?**", serve_old)
    page.goto(stage.publish(stage.element(TALK)))
    expect(page.locator(".pc-title")).to_have_text("16 comments")


def test_failure_shows_a_retry_button_and_the_link(stage: Stage, open_page: OpenPage) -> None:
    page = open_page("about:blank").page
    page.route(f"{stage.api}**", lambda route: route.abort())
    page.goto(stage.publish(stage.element()))
    wait_for_state(page, "failed")
    expect(page.locator("post-comments")).to_contain_text("The comments cannot be reached just now.")
    expect(page.locator("post-comments > a")).to_have_attribute("href", f"https://github.com/{SAMPLE_REPO}/issues/41")
    photograph(page, "widget-failed")
    page.unroute(f"{stage.api}**")
    page.get_by_role("button", name="Try again").click()
    wait_for_state(page)
    assert len(comment_ids(page)) == 16


def test_failed_next_page_keeps_comments_and_retries(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(stage.element(LONG))).page
    wait_until_enhanced(page)
    page.route(f"{stage.api}posts/**cursor**", lambda route: route.abort())
    page.get_by_role("button", name="Show 50 more").click()
    page.get_by_role("button", name="Try again").wait_for()
    assert len(comment_ids(page)) == 50
    page.unroute(f"{stage.api}posts/**cursor**")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_function("document.querySelectorAll('.pc-comment').length === 100")
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)


def test_without_javascript_the_link_remains(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(stage.element()), java_script_enabled=False).page
    expect(page.locator("post-comments a")).to_have_text("Leave a comment on GitHub")
    assert page.evaluate("document.querySelector('post-comments').offsetHeight") < 60
    photograph(page, "widget-no-javascript")


def test_single_page_navigation_replaces_all_comments(stage: Stage, open_page: OpenPage) -> None:
    recorded = open_page(stage.publish(stage.element(TALK)))
    page = recorded.page
    wait_until_enhanced(page)
    page.evaluate("document.querySelector('post-comments').setAttribute('ghissueid', '51')")
    page.wait_for_selector("post-comments[status=closed]")
    assert page.locator(".pc-comment").count() == 1
    assert (page.get_attribute(".pc-write a", "href") or "").endswith("/issues/51#issuecomment-new")
    page.evaluate("globalThis.detached = document.querySelector('post-comments'); detached.remove()")
    page.wait_for_timeout(50)
    page.evaluate("document.querySelector('main').append(detached)")
    wait_until_enhanced(page)
    assert page.locator(".pc-comment").count() == 1
    page.evaluate(
        """() => { const element = document.createElement('post-comments'); element.setAttribute('ghissueid', '41');
        document.querySelector('post-comments').replaceWith(element) }"""
    )
    page.wait_for_function("document.querySelectorAll('.pc-comment').length === 16")
    assert page.locator(".pc-write a").inner_text() == "Leave a comment on GitHub"
    assert page.locator(".pc-order").count() == 1
    assert not recorded.complaints


def test_detached_element_with_new_number_drops_comments(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(stage.element(TALK))).page
    wait_until_enhanced(page)
    renumber = "number => { detached.setAttribute('ghissueid', number); return detached.querySelectorAll('.pc-comment').length }"
    page.evaluate("globalThis.detached = document.querySelector('post-comments'); detached.remove()")
    assert page.evaluate(renumber, str(CLOSED)) == 0
    assert page.evaluate(renumber, str(TALK)) == 0
    page.evaluate("document.querySelector('main').append(detached)")
    page.wait_for_function("document.querySelectorAll('.pc-comment').length === 16")


def test_events_inform_the_blogs_script(stage: Stage, open_page: OpenPage) -> None:
    head = "<script>addEventListener('comments-loaded', e => globalThis.lastEvent = [e.target.localName, e.detail])</script>"
    page = open_page(stage.publish(stage.element(LONG), head=head)).page
    page.wait_for_function("globalThis.lastEvent")
    assert page.evaluate("lastEvent") == ["post-comments", {"count": 300, "shown": 50, "status": "open"}]
    wait_until_enhanced(page)
    page.evaluate("document.querySelector('post-comments').more()")
    page.wait_for_function("lastEvent[1].shown === 100")
    page.evaluate("document.querySelector('post-comments').reload()")
    page.wait_for_function("lastEvent[1].shown === 50")
    renumbered = "const element = document.querySelector('post-comments'); element.setAttribute('ghissueid', '41')"
    assert page.evaluate(f"{renumbered}; element.more()") is None, "there is no next page while another post loads"


def test_counts_of_a_page_are_one_request(stage: Stage, open_page: OpenPage) -> None:
    numbers = (TALK, EMPTY, LONG, MISSING, TALK)
    body = "".join(f'<p><comment-count ghissueid="{n}">Comments</comment-count></p>' for n in numbers)
    recorded = open_page(stage.publish(body))
    recorded.page.wait_for_selector("comment-count[state=ready]")
    assert recorded.requests_to(stage.api) == [f"{stage.api}counts?ids=41%2C50%2C53%2C999"]
    texts = recorded.page.locator("comment-count").all_inner_texts()
    assert texts == ["16 comments", "0 comments", "300 comments", "Comments", "16 comments"]
    recorded.page.evaluate("document.querySelector('comment-count').setAttribute('ghissueid', '53')")
    expect(recorded.page.locator("comment-count").first).to_have_text("300 comments")


def test_recent_comments_link_to_the_blogs_pages(stage: Stage, open_page: OpenPage) -> None:
    body = '<recent-comments limit="3" post="/notes/{ghissueid}/"></recent-comments><recent-comments limit="2"></recent-comments>'
    page = open_page(stage.publish(body)).page
    page.wait_for_selector("recent-comments[state=ready] li")
    lists = page.locator("recent-comments")
    expect(lists.nth(0).locator("li")).to_have_count(3)
    assert re.fullmatch(r"/notes/\d+/#comment-\d+", lists.nth(0).locator("a").first.get_attribute("href") or "")
    page.wait_for_selector("recent-comments:nth-of-type(2)[state=ready]")
    assert (lists.nth(1).locator("a").first.get_attribute("href") or "").startswith("https://github.com/")


@pytest.mark.parametrize(
    ("lang", "title", "requested"),
    [("de", "16 Kommentare", "de"), ("fr-CA", "16 commentaires", "fr-CA"), ("pl", "16 komentarzy", "pl"),
     ("ar", "١٦ تعليقًا", "ar"), ("ja", "16", "ja"), ("tlh", "16 comments", "tlh")],
)  # fmt: skip
def test_interface_uses_the_pages_language(
    stage: Stage, open_page: OpenPage, lang: str, title: str, requested: str
) -> None:
    recorded = open_page(stage.publish(stage.element(), lang=lang))
    wait_until_enhanced(recorded.page)
    assert title in recorded.page.locator(".pc-title").inner_text().replace(
        "16", title if title.startswith("١") else "16"
    )
    files = [url.rpartition("/")[2] for url in recorded.requests_to(stage.service.url) if "/languages/" in url]
    assert files == [f"{requested}.json"]
    assert recorded.page.get_attribute("section.pc", "dir") == ("rtl" if lang == "ar" else "ltr")
    assert recorded.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    photograph(recorded.page, f"widget-{lang}")


@pytest.mark.parametrize(
    ("name", "number", "options"),
    [
        ("phone", TALK, {"viewport": {"width": 360, "height": 740}}),
        ("phone-rich-dark", RICH, {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"}),
        ("tablet-dark", TALK, {"viewport": {"width": 820, "height": 1100}, "color_scheme": "dark"}),
        ("desktop-long", LONG, {"viewport": {"width": 1280, "height": 900}}),
    ],
)
def test_layout_fits_every_screen(
    stage: Stage, open_page: OpenPage, name: str, number: int, options: dict[str, Any]
) -> None:
    page = open_page(stage.publish(stage.element(number)), **options).page
    wait_until_enhanced(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    photograph(page, f"widget-{name}")

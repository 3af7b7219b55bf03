"""The element as a reader meets it: on a blog of another origin, in a real browser, in every state that it has."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.simulator.world.sample import SAMPLE_REPO
from tests.journeys.browser import OpenPage, chromium, open_page, photograph
from tests.widget.stage import CLOSED, EMPTY, LOCKED, LONG, MISSING, RICH, TALK, Stage, stage

pytestmark = pytest.mark.untraced  # what others cover, at length

__all__ = ["chromium", "open_page", "stage"]

PADDING = '<p style="height:3000px">A long post.</p>'


def ready(page: Page, state: str = "ready") -> None:
    page.wait_for_selector(f"post-comments[state={state}]", state="attached")


def enhanced(page: Page) -> None:
    """Until what comes after the first paint has come."""
    page.wait_for_selector(".pc-news", state="attached")


def names(page: Page) -> list[str]:
    return page.locator(".pc-author").all_inner_texts()


def ids(page: Page) -> list[int]:
    found: list[int] = page.evaluate("[...document.querySelectorAll('.pc-comment')].map(e => +e.id.slice(8))")
    return found


def test_comments_are_painted_after_one_request_to_the_service(stage: Stage, open_page: OpenPage) -> None:
    recorded = open_page(stage.publish(stage.element()))
    ready(recorded.page)
    asked = [url.removeprefix(stage.service.url) for url in recorded.requests_to(stage.service.url)]
    before = asked[: asked.index("/api/v1/posts/41/comments?pinned=first") + 1]
    assert before == ["/widget.css", "/widget.js", "/api/v1/posts/41/comments?pinned=first"]
    expect(recorded.page.locator(".pc-title")).to_have_text("16 comments")
    assert names(recorded.page)[0] == "ada", "the pinned one is on top"
    assert not recorded.complaints


def test_a_readers_browser_talks_to_the_blog_and_the_service_only(stage: Stage, open_page: OpenPage) -> None:
    recorded = open_page(stage.publish(stage.element(RICH)))
    enhanced(recorded.page)
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


def test_it_waits_until_it_is_nearly_in_view(stage: Stage, open_page: OpenPage) -> None:
    recorded = open_page(stage.publish(PADDING + stage.element()))
    recorded.page.wait_for_load_state("networkidle")
    assert not recorded.requests_to(stage.api)
    expect(recorded.page.locator("post-comments > a")).to_have_text("Leave a comment on GitHub")
    recorded.page.evaluate("scrollTo(0, 2500)")
    ready(recorded.page)
    assert len(recorded.requests_to(f"{stage.api}posts/41/comments")) == 1


@pytest.mark.parametrize(
    ("number", "status", "said", "link"),
    [
        (EMPTY, "open", "No comments yet.", True),
        (CLOSED, "closed", "The conversation is closed. You can still comment.", True),
        (LOCKED, "locked", "The conversation is locked. Nobody new can comment.", False),
        (MISSING, "missing", "Comments are not open for this post yet.", False),
    ],
)
def test_each_state_of_the_issue_is_said(
    stage: Stage, open_page: OpenPage, number: int, status: str, said: str, *, link: bool
) -> None:
    recorded = open_page(stage.publish(stage.element(number)))
    page = recorded.page
    ready(page)
    assert page.get_attribute("post-comments", "status") == status
    assert said in page.locator("post-comments").inner_text()
    assert page.locator(".pc-write a").count() == link
    assert page.locator(".pc-title").count() == (status != "missing")
    if link:
        href = page.get_attribute(".pc-write a", "href")
        assert href == f"https://github.com/{SAMPLE_REPO}/issues/{number}#issuecomment-new"
    assert not recorded.complaints
    photograph(page, f"widget-{status}")


def test_what_a_comment_is_can_be_seen(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(stage.element(RICH))).page
    enhanced(page)
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


def test_replies_stand_below_what_they_answer_and_reactions_beside(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(stage.element())).page
    ready(page)
    nested = page.evaluate(
        "[...document.querySelectorAll('.pc-comment .pc-comment')].map(e => e.parentElement.closest('.pc-comment').id)"
    )
    assert nested
    depth = "e => { let d = 0; while ((e = e.parentElement.closest('.pc-comment'))) d++; return d }"
    assert page.evaluate(f"Math.max(...[...document.querySelectorAll('.pc-comment')].map({depth}))") <= 2
    assert "👍 14" in page.locator(".pc-reactions").all_inner_texts()[1]


def test_further_comments_come_by_a_button_until_all_are_there(stage: Stage, open_page: OpenPage) -> None:
    recorded = open_page(stage.publish(stage.element(LONG)))
    page = recorded.page
    enhanced(page)
    assert len(ids(page)) == 50
    for shown in range(100, 301, 50):
        page.get_by_role("button", name="Show 50 more").click()
        page.wait_for_function("n => document.querySelectorAll('.pc-comment').length === n", arg=shown)
    expect(page.locator(".pc-more")).to_have_count(0)
    assert len(set(ids(page))) == 300


def test_the_order_can_be_switched_and_stays_focused(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(stage.element(LONG))).page
    enhanced(page)
    oldest = ids(page)
    page.select_option(".pc-order select", "newest")
    page.wait_for_function("id => +document.querySelector('.pc-comment').id.slice(8) > id", arg=max(oldest))
    newest = ids(page)
    assert newest == sorted(newest, reverse=True)
    page.wait_for_function("document.activeElement.matches('.pc-order select')")
    assert page.input_value(".pc-order select") == "newest"
    page.select_option(".pc-order select", "reactions")
    page.wait_for_selector("post-comments[order=reactions]")


def test_a_permalink_opens_at_its_comment_on_a_later_page_of_the_thread(stage: Stage, open_page: OpenPage) -> None:
    url = stage.publish(PADDING + stage.element(LONG))
    page = open_page(url).page
    page.evaluate("scrollTo(0, 9000)")
    enhanced(page)
    wanted = max(ids(page)) + 170
    page.goto("about:blank")
    page.goto(f"{url}#comment-{wanted}")
    target = page.locator(f"#comment-{wanted}.pc-target")
    target.wait_for()
    assert target.evaluate("e => { const r = e.getBoundingClientRect(); return r.top >= 0 && r.top < innerHeight }")
    assert page.evaluate("document.activeElement.id") == f"comment-{wanted}"


def test_new_comments_are_announced_and_move_nothing_until_they_are_asked_for(
    stage: Stage, open_page: OpenPage
) -> None:
    page = open_page(stage.publish(PADDING + stage.element(TALK))).page
    page.evaluate("scrollTo(0, 2900)")
    enhanced(page)
    before = ids(page)
    first = page.locator(".pc-comment").first
    top = first.evaluate("e => e.getBoundingClientRect().top")
    made = stage.world.comment(SAMPLE_REPO, TALK, body="Late, but here.", author="hanne-k")
    try:
        button = page.get_by_role("button", name="1 new comment")
        button.wait_for()
        assert ids(page) == before
        assert first.evaluate("e => e.getBoundingClientRect().top") == top
        assert page.locator("[role=status].pc-news").count() == 1
        button.click()
        page.wait_for_selector(f"#comment-{made.id}")
        expect(page.locator(".pc-title")).to_have_text("17 comments")
        stage.world.edit_comment(made, body="Late, and changed.", body_html=None)
        expect(page.locator(f"#comment-{made.id} .pc-body")).to_have_text("Late, and changed.")
    finally:
        stage.world.delete_comment(made)
    expect(page.locator(f"#comment-{made.id}")).to_have_count(0)
    expect(page.locator(".pc-title")).to_have_text("16 comments")


def test_what_cannot_be_reached_says_so_with_a_retry_and_the_link(stage: Stage, open_page: OpenPage) -> None:
    page = open_page("about:blank").page
    page.route(f"{stage.api}**", lambda route: route.abort())
    page.goto(stage.publish(stage.element()))
    ready(page, "failed")
    expect(page.locator("post-comments")).to_contain_text("The comments cannot be reached just now.")
    expect(page.locator("post-comments > a")).to_have_attribute("href", f"https://github.com/{SAMPLE_REPO}/issues/41")
    photograph(page, "widget-failed")
    page.unroute(f"{stage.api}**")
    page.get_by_role("button", name="Try again").click()
    ready(page)
    assert len(ids(page)) == 16


def test_a_failure_further_down_keeps_what_is_there_and_can_be_retried(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(stage.element(LONG))).page
    enhanced(page)
    page.route(f"{stage.api}posts/**cursor**", lambda route: route.abort())
    page.get_by_role("button", name="Show 50 more").click()
    page.get_by_role("button", name="Try again").wait_for()
    assert len(ids(page)) == 50
    page.unroute(f"{stage.api}posts/**cursor**")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_function("document.querySelectorAll('.pc-comment').length === 100")
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)


def test_without_javascript_the_link_remains(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(stage.element()), java_script_enabled=False).page
    expect(page.locator("post-comments a")).to_have_text("Leave a comment on GitHub")
    assert page.evaluate("document.querySelector('post-comments').offsetHeight") < 60
    photograph(page, "widget-no-javascript")


def test_single_page_navigation_shows_the_new_posts_comments_and_leaves_nothing_behind(
    stage: Stage, open_page: OpenPage
) -> None:
    recorded = open_page(stage.publish(stage.element(TALK)))
    page = recorded.page
    enhanced(page)
    page.evaluate("document.querySelector('post-comments').setAttribute('ghissueid', '51')")
    page.wait_for_selector("post-comments[status=closed]")
    assert page.locator(".pc-comment").count() == 1
    assert (page.get_attribute(".pc-write a", "href") or "").endswith("/issues/51#issuecomment-new")
    page.evaluate("globalThis.kept = document.querySelector('post-comments'); kept.remove()")
    page.wait_for_timeout(50)
    page.evaluate("document.querySelector('main').append(kept)")
    enhanced(page)
    assert page.locator(".pc-comment").count() == 1
    page.evaluate(
        """() => { const made = document.createElement('post-comments'); made.setAttribute('ghissueid', '41');
        document.querySelector('post-comments').replaceWith(made) }"""
    )
    page.wait_for_function("document.querySelectorAll('.pc-comment').length === 16")
    assert page.locator(".pc-write a").inner_text() == "Leave a comment on GitHub"
    assert page.locator(".pc-order").count() == 1
    assert not recorded.complaints


def test_an_element_that_gets_another_number_while_it_is_put_aside_shows_nothing_old(
    stage: Stage, open_page: OpenPage
) -> None:
    page = open_page(stage.publish(stage.element(TALK))).page
    enhanced(page)
    renumber = (
        "number => { kept.setAttribute('ghissueid', number); return kept.querySelectorAll('.pc-comment').length }"
    )
    page.evaluate("globalThis.kept = document.querySelector('post-comments'); kept.remove()")
    assert page.evaluate(renumber, str(CLOSED)) == 0
    assert page.evaluate(renumber, str(TALK)) == 0
    page.evaluate("document.querySelector('main').append(kept)")
    page.wait_for_function("document.querySelectorAll('.pc-comment').length === 16")


def test_its_events_tell_a_blogs_own_script(stage: Stage, open_page: OpenPage) -> None:
    head = "<script>addEventListener('comments-loaded', e => globalThis.told = [e.target.localName, e.detail])</script>"
    page = open_page(stage.publish(stage.element(LONG), head=head)).page
    page.wait_for_function("globalThis.told")
    assert page.evaluate("told") == ["post-comments", {"count": 300, "shown": 50, "status": "open"}]
    enhanced(page)
    page.evaluate("document.querySelector('post-comments').more()")
    page.wait_for_function("told[1].shown === 100")
    page.evaluate("document.querySelector('post-comments').reload()")
    page.wait_for_function("told[1].shown === 50")
    renumbered = "const made = document.querySelector('post-comments'); made.setAttribute('ghissueid', '41')"
    assert page.evaluate(f"{renumbered}; made.more()") is None, "nothing to go on from while others are on their way"


def test_counts_of_a_whole_page_are_one_request(stage: Stage, open_page: OpenPage) -> None:
    numbers = (TALK, EMPTY, LONG, MISSING, TALK)
    body = "".join(f'<p><comment-count ghissueid="{n}">Comments</comment-count></p>' for n in numbers)
    recorded = open_page(stage.publish(body))
    recorded.page.wait_for_selector("comment-count[state=ready]")
    assert recorded.requests_to(stage.api) == [f"{stage.api}counts?ids=41%2C50%2C53%2C999"]
    shown = recorded.page.locator("comment-count").all_inner_texts()
    assert shown == ["16 comments", "0 comments", "300 comments", "Comments", "16 comments"]
    recorded.page.evaluate("document.querySelector('comment-count').setAttribute('ghissueid', '53')")
    expect(recorded.page.locator("comment-count").first).to_have_text("300 comments")


def test_recent_comments_lead_to_the_blogs_own_pages(stage: Stage, open_page: OpenPage) -> None:
    body = '<recent-comments limit="3" post="/notes/{ghissueid}/"></recent-comments><recent-comments limit="2"></recent-comments>'
    page = open_page(stage.publish(body)).page
    page.wait_for_selector("recent-comments[state=ready] li")
    lists = page.locator("recent-comments")
    expect(lists.nth(0).locator("li")).to_have_count(3)
    assert re.fullmatch(r"/notes/\d+/#comment-\d+", lists.nth(0).locator("a").first.get_attribute("href") or "")
    page.wait_for_selector("recent-comments:nth-of-type(2)[state=ready]")
    assert (lists.nth(1).locator("a").first.get_attribute("href") or "").startswith("https://github.com/")


@pytest.mark.parametrize(
    ("lang", "title", "asked"),
    [("de", "16 Kommentare", "de"), ("fr-CA", "16 commentaires", "fr-CA"), ("pl", "16 komentarzy", "pl"),
     ("ar", "١٦ تعليقًا", "ar"), ("ja", "16", "ja"), ("tlh", "16 comments", "tlh")],
)  # fmt: skip
def test_the_interface_speaks_the_pages_language(
    stage: Stage, open_page: OpenPage, lang: str, title: str, asked: str
) -> None:
    recorded = open_page(stage.publish(stage.element(), lang=lang))
    enhanced(recorded.page)
    assert title in recorded.page.locator(".pc-title").inner_text().replace(
        "16", title if title.startswith("١") else "16"
    )
    files = [url.rpartition("/")[2] for url in recorded.requests_to(stage.service.url) if "/languages/" in url]
    assert files == [f"{asked}.json"]
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
def test_it_fits_every_screen(
    stage: Stage, open_page: OpenPage, name: str, number: int, options: dict[str, Any]
) -> None:
    page = open_page(stage.publish(stage.element(number)), **options).page
    enhanced(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    photograph(page, f"widget-{name}")

"""The element on pages that libraries exchange, restore, morph and copy, and in many windows at once."""

from contextlib import closing

import markdown
import pytest
from playwright.sync_api import Browser, expect

from app.simulator.world.sample import SAMPLE_REPO
from tests.journeys.browser import OpenPage, chromium, open_page, record
from tests.widget.navigation import (
    LIBRARIES,
    choose_order,
    count_comments,
    count_streams,
    follow,
    hide,
    minify_fragment,
    publish_blog,
    show_more,
    wait_for_listeners,
    wait_for_stream,
    wait_for_title,
    wait_until_started,
)
from tests.widget.pages import fetch_fragment, hold_requests, wait_for_state
from tests.widget.stage import CLOSED, EMPTY, LOCKED, LONG, MISSING, RICH, TALK, Stage, stage

pytestmark = pytest.mark.untraced  # other tests cover the same code; tracing these would take long

__all__ = ["chromium", "open_page", "stage"]

PADDING = '<p style="height:3000px">A long post.</p>'
SHOWN_AFTER_BACK = {"turbo": 10, "htmx": 10}
"""Comments after a return to a page that showed five and five more; other libraries load the page again."""


NO_CHANNEL = (
    "Object.defineProperty(navigator, 'locks', {value: undefined})",
    "globalThis.BroadcastChannel = class { constructor() { throw new DOMException('', 'SecurityError') } }",
)


@pytest.mark.parametrize("library", LIBRARIES)
def test_comments_and_controls_survive_navigation(stage: Stage, open_page: OpenPage, library: str) -> None:
    recorded = open_page(publish_blog(stage, library))
    page = recorded.page
    shown = SHOWN_AFTER_BACK.get(library, 5)
    expect(page.locator("comment-count")).to_have_text("16 comments")
    for title in ("Thread", "Fragment"):
        follow(page, title)
        assert count_comments(page) == 5
        show_more(page, 10)
    for go, title in ((page.go_back, "Thread"), (page.go_forward, "Fragment")):
        go()
        wait_for_title(page, title)
        assert count_comments(page) == shown
        show_more(page, shown + 5)
        choose_order(page, "newest")
        wait_for_listeners(page, stage, 1)
    follow(page, "List")
    wait_for_listeners(page, stage, 0)
    assert not recorded.complaints


def test_turbo_morph_keeps_comments_and_controls(stage: Stage, open_page: OpenPage) -> None:
    recorded = open_page(publish_blog(stage, "turbo"))
    page = recorded.page
    for title, shown in (("Thread", 10), ("Fragment", 5)):
        follow(page, title)
        show_more(page, 10)
        page.evaluate(
            """new Promise(done => { addEventListener('turbo:render', done, {once: true});
            Turbo.session.refresh(location.href) }).then(({detail: {renderMethod}}) => {
            if (renderMethod !== 'morph') throw renderMethod })"""
        )
        wait_until_started(page)
        assert count_comments(page) == shown, "the script's content stays; the fragment is that of the page"
        show_more(page, shown + 5)
        wait_for_listeners(page, stage, 1)
    comment = stage.world.comment(SAMPLE_REPO, LONG, body="After the morph.", author="hanne-k")
    expect(page.locator(".pc-title")).to_have_text("301 comments")
    stage.delete_comments(comment)
    expect(page.locator(".pc-title")).to_have_text("300 comments")
    choose_order(page, "newest")
    assert not recorded.complaints


def test_early_morph_keeps_the_comments(stage: Stage, open_page: OpenPage) -> None:
    page = open_page("about:blank").page
    held = hold_requests(page, "**/more.js")
    with page.expect_request("**/more.js"):
        page.goto(stage.publish(stage.element(LONG, limit="5", loading="eager")))
    page.evaluate("document.querySelector('post-comments').replaceChildren('The page as it was.')")
    held[0].continue_()
    wait_until_started(page)
    expect(page.locator(".pc-comment")).to_have_count(5)
    show_more(page, 10)


def test_nine_windows_share_one_stream(stage: Stage, chromium: Browser) -> None:
    posts = {TALK: "17 comments", EMPTY: "1 comment", CLOSED: "2 comments"}
    windows = []
    with closing(chromium.new_context(locale="en-GB")) as context:
        for number in (*posts, *posts, *posts):
            windows.append(record(context.new_page()))
            windows[-1].page.goto(stage.publish(stage.element(number), name=f"{number}.html"))
            wait_until_started(windows[-1].page)
        first, *others = windows
        wait_for_listeners(first.page, stage, len(posts))
        assert not count_streams(stage, others)
        hide(first.page)
        wait_for_stream(stage, others)
        wait_for_listeners(first.page, stage, len(posts))
        assert count_streams(stage, others) in {1, 2}
        comments = [stage.world.comment(SAMPLE_REPO, number, body="Hear!", author="hanne-k") for number in posts]
        hide(first.page, hidden=False)
        for window, title in zip(windows, [*posts.values()] * 3, strict=True):
            expect(window.page.locator(".pc-title")).to_have_text(title)
        stage.delete_comments(*comments)


def test_printing_loads_comments_below_the_screen(stage: Stage, open_page: OpenPage) -> None:
    recorded = open_page(stage.publish(PADDING + stage.element()))
    page = recorded.page
    assert not recorded.requests_to(stage.api)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    wait_until_started(page)
    assert count_comments(page) == 16
    page.evaluate("dispatchEvent(new Event('beforeprint')); scrollTo(0, 9000)")
    page.wait_for_load_state("networkidle")
    assert len(recorded.requests_to(f"{stage.api}posts/{TALK}/comments")) == 1


def test_permalink_stays_on_a_page_with_a_base(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(stage.element(), head='<base href="/">')).page
    wait_until_started(page)
    page.evaluate("globalThis.isSame = true")
    link = page.locator(".pc-when a").nth(5)
    link.click()
    page.wait_for_selector(".pc-target")
    assert page.evaluate("isSame")
    target = page.locator(".pc-target").get_attribute("id")
    assert page.url == f"{stage.blog.url}/post.html#{target}" == link.evaluate("link => link.href")


def test_permalink_leaves_the_view_of_a_hash_router(stage: Stage, open_page: OpenPage) -> None:
    router = """<script>const route = () => { document.querySelector('#view').hidden = location.hash !== '#/post/41' };
    addEventListener('hashchange', route); addEventListener('load', route)</script>"""
    page = open_page(stage.publish(f'<div id="view">{stage.element()}</div>{router}') + "#/post/41").page
    wait_until_started(page)
    link = page.locator(".pc-when a").nth(5)
    link.click()
    page.wait_for_selector(".pc-target:visible")
    target = page.locator(".pc-target").get_attribute("id")
    assert page.url.endswith("/post.html#/post/41")
    assert link.evaluate("link => link.href") == f"{page.url}#{target}"
    assert page.evaluate("document.activeElement.id") == target


@pytest.mark.parametrize("closed", ["<details><summary>Comments</summary>", '<div hidden="until-found">'])
def test_permalink_opens_what_is_closed_around_it(stage: Stage, open_page: OpenPage, closed: str) -> None:
    page = open_page(stage.publish(f"{closed}{stage.element()}")).page
    comment = stage.world.comment_ids[stage.world.issue(SAMPLE_REPO, TALK).id][3]
    page.evaluate("hash => { location.hash = hash }", f"comment-{comment}")
    page.wait_for_selector(f"#comment-{comment}.pc-target:visible")


def test_orphan_of_a_markdown_parser_is_adopted(stage: Stage, open_page: OpenPage) -> None:
    text = markdown.markdown(f"Some words.\n\n{fetch_fragment(stage, LONG, limit=5)}\n\nThe end.")
    recorded = open_page(stage.publish(text))
    page = recorded.page
    wait_until_started(page)
    assert count_comments(page) == page.locator("post-comments .pc-comment").count() == 5
    assert len(recorded.requests_to(f"{stage.api}posts/{LONG}/comments")) == 1, "it is updated, and not painted again"
    show_more(page, 10)
    assert not recorded.complaints


def test_first_comment_appears_in_a_minified_fragment(stage: Stage, open_page: OpenPage) -> None:
    fragments = minify_fragment(fetch_fragment(stage, EMPTY))
    assert not any("pc-list" in fragment for fragment in fragments.values())
    pages = []
    for name, fragment in fragments.items():
        pages.append(open_page(stage.publish(fragment, name=f"{name}.html")))
        wait_until_started(pages[-1].page)
    comment = stage.world.comment(SAMPLE_REPO, EMPTY, body="First!", author="hanne-k")
    for recorded in pages:
        recorded.page.get_by_role("button", name="1 new comment").click()
        expect(recorded.page.locator(".pc-list .pc-comment")).to_have_count(1)
        assert not recorded.complaints
    stage.delete_comments(comment)


def test_request_without_a_connection_fails_in_time(stage: Stage, open_page: OpenPage) -> None:
    page = open_page("about:blank").page
    page.add_init_script(
        "globalThis.limit = AbortSignal.timeout; AbortSignal.timeout = () => limit.call(AbortSignal, 50)"
    )
    hold_requests(page, f"{stage.api}posts/**")
    page.goto(stage.publish(stage.element() + "<footer>The end.</footer>"))
    wait_for_state(page, "failed")
    assert page.locator("post-comments").evaluate("element => element.offsetHeight") < 120, "no space stays reserved"
    page.unroute(f"{stage.api}posts/**")
    page.evaluate("AbortSignal.timeout = limit")
    page.get_by_role("button", name="Try again").click()
    wait_until_started(page)


def test_element_may_be_copied_moved_and_removed(stage: Stage, open_page: OpenPage) -> None:
    recorded = open_page(stage.publish(stage.element(LONG, limit="5") + '<div id="other"></div>'))
    page = recorded.page
    routes = hold_requests(page, f"{stage.api}posts/**cursor**")
    wait_until_started(page)
    page.locator(".pc-more > :first-child").click()
    page.evaluate(
        """() => { const element = document.querySelector('post-comments'), copy = element.cloneNode(true);
        document.querySelector('#other').append(element); element.remove();
        document.querySelector('main').append(copy); }"""
    )
    assert len(routes) == 1
    page.unroute(f"{stage.api}posts/**cursor**")
    wait_until_started(page)
    show_more(page, 10)
    wait_for_listeners(page, stage, 1)
    page.evaluate("document.querySelector('post-comments').replaceChildren('The library was here.')")
    expect(page.locator(".pc-comment")).to_have_count(10)
    show_more(page, 15)
    page.evaluate("document.querySelector('post-comments').remove()")
    wait_for_listeners(page, stage, 0)
    assert not recorded.complaints


@pytest.mark.parametrize("script", NO_CHANNEL)
def test_many_threads_on_one_page_use_one_stream(stage: Stage, open_page: OpenPage, script: str) -> None:
    posts = (TALK, EMPTY, CLOSED, LOCKED, LONG, RICH, MISSING, TALK)
    head = f"<script>{script}</script>"
    elements = "".join(stage.element(number, loading="eager") for number in posts)
    recorded = open_page(stage.publish(elements, head=head))
    page = recorded.page
    page.wait_for_function("[...document.querySelectorAll('post-comments')].every(element => element.more)")
    wait_for_listeners(page, stage, len(set(posts)))
    assert count_streams(stage, [recorded]) < len(set(posts)), "a slow machine starts some elements later than others"
    page.evaluate("document.querySelectorAll('post-comments').forEach(element => element.remove())")
    wait_for_listeners(page, stage, 0)
    assert not recorded.complaints

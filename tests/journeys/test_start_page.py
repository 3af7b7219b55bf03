"""The start page as an owner uses it: choose, preview, copy; with mouse, keyboard, phone, and without JavaScript."""

import re
import time
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from app.simulator.http.server import run_simulator
from app.simulator.world.sample import sample_world
from tests.journeys.browser import Demo, OpenPage, chromium, demo, open_page, photograph
from tests.journeys.halved_page import serve_halved
from tests.journeys.start_page import open_start_page, overflow, snippet_on, wait_for_preview
from tests.widget.pages import WATCH_SHIFTS, hold_requests, layout_shifts
from tests.widget.stage import TOKEN, run_service

pytestmark = pytest.mark.untraced  # what others cover, at length

__all__ = ["chromium", "demo", "open_page"]

AXE = Path("tests/generators/node_modules/axe-core/axe.min.js")
BUSIEST = "19"


def test_busiest_post_is_shown_with_its_comments(demo: Demo, open_page: OpenPage) -> None:
    recorded = open_start_page(open_page, demo, viewport={"width": 1280, "height": 900})
    page = recorded.page
    expect(page.get_by_label("Issue")).to_have_value(BUSIEST)
    expect(page.locator("#known")).to_have_text("5 posts have comments; #19 has most.")
    expect(page.locator("#preview .pc-comment")).to_have_count(len(demo.comments(19)))
    expect(snippet_on(page, "plain/post")).to_contain_text(f'<post-comments ghissueid="{BUSIEST}">')
    numbers = page.locator("#numbers option").evaluate_all("options => options.map(option => option.value)")
    assert (numbers[0], len(numbers)) == (BUSIEST, 5)
    photograph(page, "start-light")
    assert recorded.hosts == {"127.0.0.1"}
    assert not recorded.complaints


def test_number_changes_preview_snippets_and_addresses(demo: Demo, open_page: OpenPage) -> None:
    recorded = open_start_page(open_page, demo)
    page = recorded.page
    page.get_by_label("Issue").fill("41")
    expect(page.locator("#preview .pc-title")).to_have_text("16 comments")
    expect(snippet_on(page, "plain/post")).to_contain_text("https://github.com/ada/blog/issues/41")
    expect(snippet_on(page, "hugo/post")).to_contain_text('ghissueid="{{ . }}"')
    page.get_by_label("Issue").fill("7x")
    page.get_by_label("Issue").fill("7")
    expect(snippet_on(page, "front").first).to_contain_text("ghissueid: 7\n")
    expect(snippet_on(page, "host")).to_contain_text("/repos/ada/blog/issues/7/comments")
    for link in page.locator(".addresses a").all():
        address = link.get_attribute("href")
        assert address
        assert "/7" in address
        assert page.request.get(address).status == 200
    assert not recorded.complaints


def test_language_order_and_colours_change_preview_and_snippets(demo: Demo, open_page: OpenPage) -> None:
    recorded = open_start_page(open_page, demo)
    page = recorded.page
    paper = "getComputedStyle(document.getElementById('preview')).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_label("Language").select_option(label="العربية")
    expect(page.locator("#preview .pc")).to_have_attribute("dir", "rtl")
    page.get_by_label("Colours").select_option("dark")
    assert page.evaluate(paper) != light
    page.locator("[name=order]").select_option("newest")
    expect(page.locator("#preview post-comments")).to_have_attribute("order", "newest")
    tag = f'<post-comments ghissueid="{BUSIEST}" lang="ar" order="newest" theme="dark">'
    expect(snippet_on(page, "plain/post")).to_contain_text(tag)
    expect(snippet_on(page, "plain/list")).to_contain_text(f'<comment-count ghissueid="{BUSIEST}" lang="ar">')
    expect(snippet_on(page, "plain/built")).to_contain_text(f'/posts/{BUSIEST}.html?lang=ar&order=newest"')
    expect(snippet_on(page, "hugo/built")).to_contain_text('/posts/%v.html?lang=ar&order=newest" . }}')
    assert recorded.page.request.get(f"{demo.service}/posts/{BUSIEST}.html?lang=ar&order=newest").status == 200
    wait_for_preview(page)
    photograph(page, "start-arabic")
    page.get_by_label("Language").select_option("")
    page.locator("[name=order]").select_option("")
    page.get_by_label("Colours").select_option("")
    expect(snippet_on(page, "plain/post")).to_contain_text(f'<post-comments ghissueid="{BUSIEST}">')
    assert not recorded.complaints


def test_arriving_comments_keep_the_chosen_order(demo: Demo, open_page: OpenPage) -> None:
    page = open_page(demo.service).page
    page.wait_for_selector("#preview .pc-news", state="attached")
    page.evaluate(
        """() => { const order = document.querySelector("[name=order]"); order.value = "newest";
        document.querySelector("#preview post-comments").dispatchEvent(new CustomEvent("comments-loaded"));
        order.dispatchEvent(new Event("input", {bubbles: true})) }"""
    )
    expect(page.locator("#preview post-comments")).to_have_attribute("order", "newest")


def test_order_chosen_in_the_preview_is_copied(demo: Demo, open_page: OpenPage) -> None:
    page = open_start_page(open_page, demo).page
    page.locator("#preview .pc-order select").select_option("reactions")
    expect(snippet_on(page, "plain/post")).to_contain_text('order="reactions"')
    expect(page.locator("[name=order]")).to_have_value("reactions")


def test_languages_are_offered_by_their_own_names(demo: Demo, open_page: OpenPage) -> None:
    page = open_start_page(open_page, demo).page
    names = page.get_by_label("Language").locator("option").all_inner_texts()
    assert len(names) > 40
    assert {"English", "Deutsch", "日本語", "עברית"} <= set(names)


def test_snippet_is_copied_with_a_confirmation(demo: Demo, open_page: OpenPage) -> None:
    recorded = open_start_page(open_page, demo, permissions=["clipboard-read", "clipboard-write"])
    page = recorded.page
    page.get_by_role("tab", name="Jekyll").click()
    page.get_by_role("button", name="Copy: Counts").click()
    expect(page.get_by_role("status").filter(has_text="Copied: Counts")).to_be_attached()
    assert page.evaluate("navigator.clipboard.readText()") == snippet_on(page, "jekyll/list").text_content()
    assert not recorded.complaints


def test_snippet_is_selected_without_a_clipboard(demo: Demo, open_page: OpenPage) -> None:
    page = open_page("about:blank").page
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.goto(demo.service)
    wait_for_preview(page)
    page.get_by_role("button", name="Copy: Counts").click()
    expect(page.get_by_role("status").filter(has_text="Selected: Counts")).to_be_attached()
    assert (
        page.evaluate("getSelection().toString().trim()")
        == (snippet_on(page, "plain/list").text_content() or "").strip()
    )


def test_tabs_work_by_keyboard_and_have_addresses(demo: Demo, open_page: OpenPage) -> None:
    page = open_start_page(open_page, demo, "/#eleventy").page
    tab = page.get_by_role("tab", selected=True)
    expect(tab).to_have_text("Eleventy")
    tab.focus()
    for key, name, file in (
        ("ArrowRight", "Astro", "astro/post"),
        ("End", "Pinned", "pinned"),
        ("ArrowRight", "HTML", "plain/post"),
        ("ArrowLeft", "Pinned", "pinned"),
        ("Home", "HTML", "plain/post"),
    ):
        page.keyboard.press(key)
        expect(tab).to_have_text(name)
        expect(tab).to_be_focused()
        expect(snippet_on(page, file)).to_be_visible()
        assert page.get_by_role("tabpanel").count() == 1
    assert page.url.endswith("/#plain")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Copy: Comments").first).to_be_focused()


def test_without_javascript_all_snippets_are_visible(demo: Demo, open_page: OpenPage) -> None:
    recorded = open_page(demo.service, java_script_enabled=False)
    page = recorded.page
    for file in ("plain/post", "hugo/post", "jekyll/built", "eleventy/list", "astro/post", "host", "pinned"):
        expect(snippet_on(page, file)).to_be_visible()
    expect(page.get_by_role("heading", name="Eleventy")).to_be_visible()
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)
    expect(page.get_by_label("Colours")).to_be_hidden()
    page.get_by_label("Language").select_option("de")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".pc-title")).to_have_text("16 Kommentare")
    assert page.url == f"{demo.service}/posts/41.html?view=page&lang=de"
    page.go_back()
    page.locator(".addresses").get_by_role("link", name="HTML", exact=True).click()
    expect(page.locator(".pc-comment")).to_have_count(16)
    page.goto(f"{demo.service}/docs")
    expect(page.locator(".try:visible")).to_have_count(0)
    expect(page.get_by_label("Command: A post's comments", exact=True)).to_be_visible()
    assert not recorded.complaints


def test_button_shows_the_number_at_once(demo: Demo, open_page: OpenPage) -> None:
    recorded = open_start_page(open_page, demo)
    recorded.page.get_by_label("Issue").fill("7")
    recorded.page.get_by_role("button", name="Show").click()
    assert recorded.page.locator("#preview post-comments").get_attribute("ghissueid") == "7"
    assert not recorded.complaints


@pytest.mark.parametrize("width", [320, 412, 1280])
def test_nothing_moves_while_the_page_loads(demo: Demo, open_page: OpenPage, width: int) -> None:
    page = open_page("about:blank", viewport={"width": width, "height": 900}).page
    page.add_init_script(WATCH_SHIFTS)
    scripts = hold_requests(page, "**/start.js")
    page.goto(demo.service, wait_until="commit")
    page.wait_for_selector("#pinned", state="attached")
    assert layout_shifts(page) == []
    scripts[0].continue_()
    wait_for_preview(page)
    assert layout_shifts(page) == []


def test_links_that_arrive_one_by_one_do_not_move(demo: Demo, open_page: OpenPage) -> None:
    html, style = (
        httpx.get(f"{demo.service}/{name}", headers={"Accept": "text/html"}) for name in ("status", "start.css")
    )
    page = open_page("about:blank").page
    page.add_init_script(WATCH_SHIFTS)
    with serve_halved(html.text, '<a href="feed"', {"start.css": style.content}) as halved:
        page.goto(halved.url, wait_until="commit")
        page.wait_for_selector("nav a", state="attached")
        page.evaluate("new Promise(done => setTimeout(done, 100))")  # in which nothing may be painted
        assert page.evaluate("performance.getEntriesByType('paint').length") == 0
        halved.released.set()
        page.wait_for_load_state()
        assert layout_shifts(page) == []


def test_tabs_work_while_the_script_is_blocked(demo: Demo, open_page: OpenPage) -> None:
    page = open_page("about:blank").page
    page.route("**/start.js", lambda route: route.abort())
    page.goto(demo.service)
    expect(snippet_on(page, "plain/post")).to_be_visible()
    page.get_by_role("link", name="Hugo").click()
    expect(snippet_on(page, "hugo/post")).to_be_visible()
    expect(snippet_on(page, "plain/post")).to_be_hidden()
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)


def test_status_and_feed_are_pages(demo: Demo, open_page: OpenPage) -> None:
    recorded = open_page(demo.service, viewport={"width": 320, "height": 740})
    page = recorded.page
    page.get_by_role("link", name="Status").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ready")
    expect(page.locator(".card")).to_contain_text("All 6 posts are mirrored. There are 73 comments.")
    assert overflow(page) == 0
    page.get_by_role("link", name="Feed").click()
    expect(page.locator(".newest li")).to_have_count(20)
    assert overflow(page) == 0
    address = page.get_by_role("link", name="/comments.atom").inner_text()
    assert "<feed" in page.request.get(address).text()
    page.locator(".newest li a").first.click()
    expect(page.locator(".pc-comment").first).to_be_visible()


def test_nothing_is_wider_than_a_phone(demo: Demo, open_page: OpenPage) -> None:
    page = open_start_page(open_page, demo, viewport={"width": 320, "height": 740}).page
    assert overflow(page) == 0
    for tab in page.get_by_role("tab").all():
        tab.click()
        assert overflow(page) == 0
    photograph(page, "start-phone")
    page.goto(f"{demo.service}/docs")
    assert overflow(page) == 0


def test_one_of_several_repositories_can_be_chosen(open_page: OpenPage, tmp_path: Path) -> None:
    world = sample_world(time.time)  # noqa: TID251 - the simulator runs in the time of the browser that looks
    world.add_token(TOKEN, "ada")
    world.add_repository("ada/notes")
    world.open_issue("ada/notes", title="A note", number=3)
    world.comment("ada/notes", 3, body="Noted.", author="linh-tran")
    with run_simulator(world) as simulator, run_service(tmp_path, simulator, REPO="ada/blog,ada/notes") as service:
        simulator.images.base_url = simulator.url
        page = open_page(service.url).page
        page.get_by_label("Repository").select_option("ada/notes")
        expect(page.get_by_label("Issue")).to_have_value("3")
        expect(page.locator("#preview .pc-body")).to_have_text("Noted.")
        expect(snippet_on(page, "plain/post")).to_contain_text('<post-comments ghissueid="3" repo="ada/notes">')
        expect(snippet_on(page, "plain/post")).to_contain_text("https://github.com/ada/notes/issues/3")
        expect(snippet_on(page, "plain/list")).to_contain_text('<comment-count ghissueid="3" repo="ada/notes">')
        expect(snippet_on(page, "astro/built")).to_contain_text("/posts/${ghissueid}.html?repo=ada/notes`;")
        for link in page.locator(".addresses a").all():
            address = link.get_attribute("href")
            assert address
            assert "Noted." in page.request.get(address).text()


@pytest.mark.parametrize(
    ("scheme", "names"),
    [("light", ["start", "status", "feed", "docs"]), ("dark", ["start", "feed"])],  # all share one style sheet
)
def test_axe_finds_nothing(demo: Demo, open_page: OpenPage, scheme: str, names: list[str]) -> None:
    page = open_start_page(open_page, demo, color_scheme=scheme, bypass_csp=True).page
    for name in names:
        if name != "start":
            page.goto(f"{demo.service}/{name}")
        if name == "docs":
            _send(page, "Alive")
        else:  # the documentation is too long for a picture of all of it
            photograph(page, f"{name}-{scheme}")
        page.add_script_tag(path=AXE)
        violations = page.evaluate(
            "axe.run(document).then(({violations}) => violations.map(v => [v.id, v.nodes[0].html]))"
        )
        assert violations == []


def _operation(page: Page, summary: str) -> Locator:
    heading = page.get_by_role("heading", name=summary, exact=True)
    return page.locator(".operation").filter(has=heading)


def _send(page: Page, summary: str) -> Locator:
    """Open the form of an operation, and send it."""
    operation = _operation(page, summary)
    operation.locator("summary").click()
    operation.get_by_role("button", name="Send").click()
    return operation


def test_documentation_sends_requests(demo: Demo, open_page: OpenPage) -> None:
    recorded = open_page("about:blank", viewport={"width": 390, "height": 844})
    page = recorded.page
    page.route("**/talk/**", lambda route: route.continue_(url=route.request.url.replace("/talk/", "/")))
    page.goto(f"{demo.service}/talk/docs")
    operation = _operation(page, "A post's comments")
    operation.locator("summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type("41")
    operation.get_by_label("order").select_option("newest")
    operation.get_by_label("limit").fill("1")
    command = operation.get_by_label("Command")
    expect(command).to_have_text(f"curl '{demo.service}/talk/api/v1/posts/41/comments?order=newest&limit=1'")
    page.keyboard.press("Enter")
    expect(operation.get_by_role("status")).to_have_text("200 OK")
    expect(operation.get_by_label("Headers")).to_contain_text("content-type: application/json; charset=utf-8")
    expect(operation.get_by_label("Body")).to_contain_text('"comment_count": 16')
    assert operation.get_by_label("Body").evaluate("body => body.childElementCount") == 0
    operation.get_by_label("limit").fill("x")
    operation.get_by_role("button", name="Send").click()
    expect(operation.get_by_role("status")).to_contain_text("422 Unprocessable")
    expect(operation.get_by_label("Body")).to_contain_text('"parameter": "limit"')
    assert overflow(page) == 0
    assert [line for line in recorded.complaints if "422" not in line] == []
    assert recorded.hosts == {"127.0.0.1"}


def test_documentation_shows_every_kind_of_response(demo: Demo, open_page: OpenPage) -> None:
    recorded = open_page(f"{demo.service}/docs")
    page = recorded.page
    stream = _send(page, "A post's changes, as they happen")
    expect(stream.get_by_label("Body")).to_contain_text("event: current")
    stream.get_by_role("button", name="Stop").click()
    expect(stream.get_by_role("button", name="Send")).to_be_visible()
    issue = _operation(page, "One issue")
    issue.locator("summary").click()
    expect(issue.get_by_label("Command")).to_have_text(f"curl '{demo.service}/repos/ada/blog/issues/41'")
    comment = _operation(page, "One comment")
    comment.locator("summary").click()
    expect(comment.get_by_label("comment_id")).to_have_value("3100000074")
    expect(_send(page, "An avatar").get_by_label("Body")).to_have_text(re.compile(r"^\d+ bytes$"))
    fragment = _send(page, "A post's comments as HTML").get_by_label("Body")
    expect(fragment).to_contain_text("<post-comments")
    assert page.locator("post-comments").count() == 0
    expect(_send(page, "The comments of an issue").get_by_label("Headers")).to_contain_text("x-github-media-type")
    page.route("**/healthz", lambda route: route.abort())
    expect(_send(page, "Alive").get_by_role("status")).to_contain_text("No response")
    assert [line for line in recorded.complaints if "net::ERR_FAILED" not in line] == []

"""The element in its page: security policies, pre-rendered content, layout stability, file sizes."""

import re
from pathlib import Path

import brotli
import httpx
import orjson
import pytest
from playwright.sync_api import expect

from app.render.i18n import languages
from app.simulator.world.sample import SAMPLE_REPO
from tests.journeys.browser import OpenPage, chromium, open_page, photograph
from tests.widget.pages import WATCH_SHIFTS, fetch_fragment, hold_requests, layout_shifts, wait_until_enhanced
from tests.widget.stage import EMPTY, LONG, RICH, TALK, Stage, stage

pytestmark = pytest.mark.untraced  # other tests cover the same code; tracing these would take long

__all__ = ["chromium", "open_page", "stage"]

FOOTER = '<footer style="padding:2rem 0">Written by hand since 2010.</footer>'
SHORT, TALL = "<p>A short post.</p>", '<p style="height:2600px">A long post.</p>'


def _policy(stage: Stage, trusted: str = "afterword") -> dict[str, str]:
    service = stage.service.url
    return {
        "content-security-policy": f"default-src 'none'; script-src {service}; style-src 'self' {service}; "
        f"img-src data: {service}; connect-src {service}; base-uri 'none'; form-action 'none'; "
        f"require-trusted-types-for 'script'; trusted-types {trusted}"
    }


def test_works_under_a_strict_security_policy(stage: Stage, open_page: OpenPage) -> None:
    body = stage.element(LONG) + '<comment-count ghissueid="41"></comment-count><recent-comments></recent-comments>'
    recorded = open_page(stage.publish(body, headers=_policy(stage)))
    page = recorded.page
    wait_until_enhanced(page)
    page.get_by_role("button", name="Show 50 more").click()
    expect(page.locator(".pc-comment")).to_have_count(100)
    page.select_option(".pc-order select", "newest")
    page.wait_for_selector("post-comments[order=newest][state=ready]")
    page.wait_for_selector("recent-comments li")
    expect(page.locator("comment-count")).to_have_text("16 comments")
    assert not recorded.complaints


def test_without_trusted_html_comments_are_plain_text(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(stage.element(RICH), headers=_policy(stage, "'none'"))).page
    wait_until_enhanced(page)
    expect(page.locator(".pc-body").nth(4)).to_have_text("Second thought.")
    assert page.locator(".pc-body > *").count() == 0


@pytest.mark.parametrize("above", [SHORT, TALL])
@pytest.mark.parametrize("number", [TALK, EMPTY, LONG])
@pytest.mark.parametrize("lang", ["en", "de"])
def test_layout_is_stable_while_comments_load(
    stage: Stage, open_page: OpenPage, above: str, number: int, lang: str
) -> None:
    head = f"<script>{WATCH_SHIFTS}</script>"
    page = open_page("about:blank").page
    routes = hold_requests(page, f"{stage.api}posts/*/comments*")
    page.goto(stage.publish(above + stage.element(number) + FOOTER, head=head, lang=lang))
    page.wait_for_timeout(150)  # the page is shown before the comments load
    page.mouse.wheel(0, 2200 if above is TALL else 0)
    for _ in range(100):
        if routes:
            break
        page.wait_for_timeout(20)
    routes[0].continue_()
    wait_until_enhanced(page)
    for _ in range(6):
        page.mouse.wheel(0, 700)
        page.wait_for_timeout(30)
    assert layout_shifts(page) == []


def test_layout_is_stable_while_more_comments_load(stage: Stage, open_page: OpenPage) -> None:
    head = f"<script>{WATCH_SHIFTS}</script>"
    page = open_page(stage.publish(stage.element(LONG) + FOOTER, head=head)).page
    wait_until_enhanced(page)
    routes = hold_requests(page, f"{stage.api}posts/*/comments*cursor*")
    page.get_by_role("button", name="Show 50 more").click()
    page.wait_for_timeout(700)  # longer than the time in which browsers attribute a shift to a click
    routes[0].continue_()
    page.wait_for_function("document.querySelectorAll('.pc-comment').length === 100")
    assert layout_shifts(page) == []


@pytest.mark.parametrize("nested", [False, True])
def test_script_does_not_change_a_prerendered_page(stage: Stage, open_page: OpenPage, *, nested: bool) -> None:
    inner = fetch_fragment(stage, LONG)
    body = stage.element(LONG, inner=inner) if nested else inner
    page = open_page("about:blank").page
    routes = hold_requests(page, "**/widget.js")
    page.goto(stage.publish(body + FOOTER, head=f"<script>{WATCH_SHIFTS}</script>"), wait_until="commit")
    page.wait_for_selector(".pc-write")
    boxes = "[...document.querySelectorAll('.pc-comment, .pc-body, .pc-title, .pc-write')].map(e => { const r = e.getBoundingClientRect(); return [r.x, r.y, r.width, r.height].map(Math.round).join() })"
    page.evaluate("document.querySelectorAll('.pc-comment').forEach(e => e.original = true)")
    before = page.evaluate(boxes)
    photograph(page, f"widget-prerendered-{nested}")
    routes[0].continue_()
    wait_until_enhanced(page)
    page.wait_for_function(
        "document.querySelector('.pc-when time').title.length && /ago/.test(document.querySelector('.pc-when time').textContent)"
    )
    page.wait_for_load_state("networkidle")
    assert page.evaluate(boxes) == before
    assert page.evaluate("[...document.querySelectorAll('.pc-comment')].every(e => e.original)")
    assert page.locator(".pc-order").count() == 1
    assert page.locator(".pc-comment").count() == 50
    assert layout_shifts(page) == []
    page.locator(".pc-more a").click()
    page.wait_for_function("document.querySelectorAll('.pc-comment').length === 100")
    assert page.url.endswith("/post.html")


def test_prerendered_page_is_updated(stage: Stage, open_page: OpenPage) -> None:
    url = stage.publish(fetch_fragment(stage, RICH))
    comments = stage.world.comment_ids[stage.world.issue(SAMPLE_REPO, RICH).id]
    edited, deleted = stage.world.comments[comments[0]], stage.world.comments[comments[1]]
    stage.world.edit_comment(edited, body="Rewritten at length.", body_html=None)
    stage.world.delete_comment(deleted)
    comment = stage.world.comment(SAMPLE_REPO, RICH, body="Written since.", author="hanne-k")
    stage.wait_until_served(RICH, 7)
    page = open_page(url).page
    page.wait_for_selector(f"#comment-{comment.id}")
    expect(page.locator(f"#comment-{edited.id} .pc-body")).to_have_text("Rewritten at length.")
    expect(page.locator(f"#comment-{deleted.id}")).to_have_count(0)


def test_fragment_of_another_post_is_replaced(stage: Stage, open_page: OpenPage) -> None:
    inner = fetch_fragment(stage, LONG).replace("<post-comments", "<div").replace("</post-comments", "</div")
    page = open_page(stage.publish(stage.element(TALK, inner=inner))).page
    page.wait_for_function("document.querySelectorAll('.pc-comment').length === 16")


def test_without_javascript_links_lead_to_more_comments(stage: Stage, open_page: OpenPage) -> None:
    recorded = open_page(stage.publish(fetch_fragment(stage, LONG, limit=100)), java_script_enabled=False)
    page = recorded.page
    links: set[str] = set()
    for pages_left in (2, 1, 0):
        links |= set(re.findall(r'class="pc-when"> <a href="(#comment-[0-9]+)"', page.content()))
        assert page.locator(".pc-more a[rel=next]").count() == (pages_left > 0)
        if pages_left:
            with page.expect_navigation():  # a click returns before the whole next page is there
                page.locator(".pc-more a[rel=next]").click()
    assert len(links) == 300
    assert page.locator("h1").inner_text() == "Comments on “Post 53”"
    photograph(page, "widget-page")
    with page.expect_navigation():
        page.get_by_role("link", name="Back to the first comments").click()
    assert page.locator(".pc-comment").count() == 100
    assert not recorded.complaints


def _transfer_size(stage: Stage, path: str) -> int:
    """Return the size of a response in bytes, compressed with brotli."""
    headers = {"accept-encoding": "br"}
    with httpx.stream("GET", stage.service.url + path, headers=headers, trust_env=False, verify=False) as response:  # noqa: S501 - nothing is encrypted on loopback, and reading the certificates takes long
        body = b"".join(response.iter_raw())
    assert response.headers["content-encoding"] == "br"
    brotli.decompress(body)
    return len(body)


def test_file_sizes_are_the_readmes_figures(stage: Stage) -> None:
    def sizes(*names: str) -> list[int]:
        return [_transfer_size(stage, f"/assets/x/{name}") for name in names]

    readme = Path("README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (?:before comments are painted \(brotli\)|afterwards) \| (.+) \|$", readme, re.MULTILINE)
    figures = [float(number) for number in re.findall(r"\d\.\d(?= kB| to)", " ".join(rows))]
    texts = sorted(sizes(*(f"languages/{lang}.json" for lang in languages() if lang != "en")))
    parts = [["widget.js"], ["widget.css"], ["more.js"], ["content.css"], ["updates.js", "live.js"], ["all.js"]]
    parts += [["lists.js"], ["languages/en.json"]]
    found = [*(sum(sizes(*names)) for names in parts), texts[0], texts[-1]]
    assert found[0] + found[1] <= 5_058
    assert [size / 1_000 for size in found] == pytest.approx(figures, abs=0.08)


def test_versioned_files_are_immutable_and_old_versions_work(stage: Stage) -> None:
    script = httpx.get(f"{stage.service.url}/widget.js", trust_env=False)
    version = script.text.partition("assets/")[2].partition("/")[0]
    assert "max-age=300" in script.headers["cache-control"]
    for name in ("widget.js", "more.js", "widget.css", "content.css", "languages/de.json"):
        response = httpx.get(f"{stage.service.url}/assets/{version}/{name}", trust_env=False)
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
        old = httpx.get(f"{stage.service.url}/assets/0ld/{name}", trust_env=False)
        assert old.content == response.content
        assert "immutable" not in old.headers["cache-control"]
        same = httpx.get(response.url, headers={"if-none-match": response.headers["etag"]}, trust_env=False)
        assert (same.status_code, same.content) == (304, b"")
    assert httpx.get(f"{stage.service.url}/assets/{version}/nothing.js", trust_env=False).status_code == 404


def test_subresource_integrity_pins_a_version(stage: Stage, open_page: OpenPage) -> None:
    from app.web.assets import assets  # noqa: PLC0415

    files, base = assets().files, f"{stage.service.url}/assets/{assets().version}"
    head = (
        f'<script type="module" src="{base}/widget.js" integrity="{files["widget.js"].integrity}" '
        'crossorigin="anonymous"></script>'
    )
    recorded = open_page(stage.publish(stage.element(), head=head, script=False))
    wait_until_enhanced(recorded.page)
    assert recorded.page.locator(".pc-comment").count() == 16
    wrong = head.replace("sha384-", "sha384-AAAA")
    page = open_page(stage.publish(stage.element(), head=wrong, script=False)).page
    page.wait_for_timeout(200)
    assert page.locator(".pc-comment").count() == 0


def test_preload_from_the_readme_is_used(stage: Stage, open_page: OpenPage) -> None:
    address = f"{stage.api}posts/41/comments?pinned=first"
    head = f'<link rel="preload" as="fetch" crossorigin href="{address}">'
    recorded = open_page(stage.publish(stage.element(), head=head))
    wait_until_enhanced(recorded.page)
    recorded.page.wait_for_timeout(200)
    entries = recorded.page.evaluate("performance.getEntriesByType('resource').map(e => e.name)")
    assert entries.count(address) == 1
    assert not recorded.complaints


def test_pinned_comment_is_first_and_on_one_page(stage: Stage) -> None:
    address, cursor, comments = f"{stage.api}posts/41/comments?pinned=first&limit=5", "", []
    while cursor is not None:
        page = orjson.loads(httpx.get(f"{address}{cursor and '&cursor=' + cursor}", trust_env=False).content)
        comments += page["comments"]
        cursor = page["next"]
    assert [comment["pinned"] for comment in comments] == [True] + [False] * 15
    assert len({comment["id"] for comment in comments}) == 16


def test_prerendered_page_announces_no_old_comments(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(fetch_fragment(stage, LONG, limit=2))).page
    page.wait_for_selector("post-comments[status=open]")  # it has been updated
    page.wait_for_load_state("networkidle")
    expect(page.locator(".pc-news")).to_be_empty()
    assert page.locator(".pc-comment").count() == 2


def test_prerendered_page_shows_that_its_issue_closed(stage: Stage, open_page: OpenPage) -> None:
    url = stage.publish(fetch_fragment(stage, EMPTY))
    stage.world.close_issue(SAMPLE_REPO, EMPTY)
    page = open_page(url).page
    page.wait_for_selector("post-comments[status=closed] .pc-note")
    page.wait_for_timeout(700)  # until it listens
    stage.world.reopen_issue(SAMPLE_REPO, EMPTY)
    page.wait_for_selector("post-comments[status=open]")
    expect(page.locator(".pc-note")).to_have_count(0)


def test_two_elements_of_one_post_are_independent(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(stage.element(LONG) + stage.element(LONG, limit="3"))).page
    second = page.locator("post-comments").nth(1)
    second.locator(".pc-news").wait_for(state="attached")
    second.get_by_role("button", name="Show 3 more").click()
    expect(second.locator(".pc-comment")).to_have_count(6)


def test_works_in_a_shadow_root(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish('<div id="host"></div>')).page
    page.evaluate(
        """number => { const root = document.querySelector('#host').attachShadow({mode: 'open'});
        root.innerHTML = `<post-comments loading="eager" ghissueid="${number}"></post-comments>` }""",
        TALK,
    )
    expect(page.locator("#host .pc-comment")).to_have_count(16)


def test_invalid_and_many_counts_affect_no_other(stage: Stage, open_page: OpenPage) -> None:
    numbers = ["draft", "", *map(str, range(1, 520))]
    body = "".join(f'<comment-count ghissueid="{number}">x</comment-count>' for number in numbers)
    recorded = open_page(stage.publish(body))
    expect(recorded.page.locator('comment-count[ghissueid="41"]')).to_have_text("16 comments")
    assert len(recorded.requests_to(f"{stage.api}counts")) == 2
    assert recorded.page.locator("comment-count").first.inner_text() == "x"
    assert not recorded.complaints


def test_lists_work_for_a_cached_older_widget(stage: Stage, open_page: OpenPage) -> None:
    lists = f"{stage.service.url}/assets/0.3.0/lists.js"
    call = f"import('{lists}').then(lists => lists.show(document.querySelector('comment-count'), {{}}))"
    body = f'<comment-count ghissueid="41">x</comment-count><script type="module">{call}</script>'
    recorded = open_page(stage.publish(body, script=False))
    expect(recorded.page.locator("comment-count")).to_have_text("16 comments")
    assert not recorded.complaints


def test_recent_comments_need_one_request(stage: Stage, open_page: OpenPage) -> None:
    recorded = open_page(stage.publish(f'<recent-comments repo="{SAMPLE_REPO}" lang="de" limit="3"></recent-comments>'))
    recorded.page.wait_for_selector("recent-comments[state=ready]")
    assert len(recorded.requests_to(f"{stage.api}comments")) == 1


def test_hidden_comments_take_no_place_among_recent_ones(stage: Stage, open_page: OpenPage) -> None:
    newest = httpx.get(f"{stage.api}comments?limit=20", trust_env=False).json()["comments"]
    visible = [comment for comment in newest if comment["hidden"] is None]
    limit = next(place for place, comment in enumerate(newest, start=1) if comment["hidden"] == "off-topic")
    page = open_page(stage.publish(f'<recent-comments limit="{limit}"></recent-comments>')).page
    page.wait_for_selector("recent-comments[state=ready]")
    assert page.locator("recent-comments p").all_inner_texts() == [comment["text"] for comment in visible[:limit]]


FAMILY = "👨‍👩‍👧‍👦"
EXCERPTS = {
    "A short text.": "A short text.",
    "  Line one.\n\n Line two. ": "Line one. Line two.",
    "word " * 27 + "wonderful word": ("word " * 27).strip() + "…",
    "word " * 27 + "end, and more of it": "word " * 27 + "end…",
    "x" * 138 + FAMILY + "x": "x" * 138 + "…",
    FAMILY * 20: FAMILY * 12 + "…",
    "🇩🇪" * 60: "🇩🇪" * 34 + "…",
    "e\u0301" * 100: "e\u0301" * 69 + "…",
    "See https://example.com/" + "a" * 300: "See https://example.com/" + "a" * 115 + "…",
    "今日は良い天気です" * 20: "今日は良い天気です" * 15 + "今日は…",
    "สวัสดีชาวโลก" * 20: "สวัสดีชาวโลก" * 11 + "สวัสดี…",
}
"""What a list shows of a text of a comment."""


def test_excerpts_end_with_a_word_or_a_character(stage: Stage, open_page: OpenPage) -> None:
    page = open_page("about:blank").page
    comment = httpx.get(f"{stage.api}comments?limit=1", trust_env=False).json()["comments"][0]
    document = {"comments": [comment | {"text": text} for text in EXCERPTS], "next": None}
    cors = {"access-control-allow-origin": "*"}
    page.route(f"{stage.api}comments*", lambda route: route.fulfill(json=document, headers=cors))
    page.goto(stage.publish("<recent-comments></recent-comments>"))
    page.wait_for_selector("recent-comments[state=ready]")
    assert page.locator("recent-comments p").all_text_contents() == list(EXCERPTS.values())
    assert page.get_attribute("recent-comments p", "dir") == "auto"


def test_permalink_to_missing_comment_moves_no_focus(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(stage.element(TALK, limit="3")) + "#comment-1").page
    expect(page.locator(".pc-comment")).to_have_count(16)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.activeElement === document.body")


def test_recent_comments_report_failure_and_emptiness(stage: Stage, open_page: OpenPage) -> None:
    page = open_page("about:blank").page
    page.route(f"{stage.api}comments*", lambda route: route.abort())
    page.goto(stage.publish("<recent-comments></recent-comments>"))
    expect(page.locator("recent-comments[state=failed]")).to_have_text("The comments cannot be reached just now.")
    page.unroute(f"{stage.api}comments*")
    page.route(f"{stage.api}comments*", lambda route: route.fulfill(json={"comments": [], "next": None}))
    page.reload()
    expect(page.locator("recent-comments[state=ready]")).to_have_text("No comments yet.")


def test_recent_comments_without_translation_name_the_author(stage: Stage, open_page: OpenPage) -> None:
    page = open_page("about:blank").page
    page.route("**/languages/de.json", lambda route: route.abort())
    page.goto(stage.publish("<recent-comments limit='1'></recent-comments>", lang="de"))
    expect(page.locator("recent-comments[state=ready] li > a")).not_to_be_empty()


def test_failed_language_falls_back_and_is_retried(stage: Stage, open_page: OpenPage) -> None:
    page = open_page("about:blank").page
    page.route("**/languages/de.json", lambda route: route.fulfill(status=503, json={"title": "no"}))
    page.goto(stage.publish(stage.element(), lang="de"))
    expect(page.locator(".pc-title")).to_have_text("16 comments")
    page.unroute("**/languages/de.json")
    page.wait_for_selector(".pc-news", state="attached")
    page.evaluate("document.querySelector('post-comments').reload()")
    wait_until_enhanced(page)
    expect(page.locator(".pc-order select")).to_have_attribute("aria-label", "Reihenfolge")

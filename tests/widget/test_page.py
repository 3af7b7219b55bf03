"""The element and the page around it: strict policies, pre-rendered content, nothing that moves, nothing heavy."""

from typing import Any

import brotli
import httpx
import orjson
import pytest
from playwright.sync_api import Page, Route, expect

from app.render.i18n import languages
from app.simulator.world.sample import SAMPLE_REPO
from tests.journeys.browser import OpenPage, chromium, open_page, photograph
from tests.widget.stage import EMPTY, LONG, RICH, TALK, Stage, stage

pytestmark = pytest.mark.untraced  # what others cover, at length

__all__ = ["chromium", "open_page", "stage"]

FOOTER = '<footer style="padding:2rem 0">Written by hand since 2010.</footer>'
SHORT, TALL = "<p>A short post.</p>", '<p style="height:2600px">A long post.</p>'
WATCH_SHIFTS = """globalThis.shifts = [];
new PerformanceObserver(list => list.getEntries().forEach(e => e.hadRecentInput || shifts.push(
  [e.value, ...e.sources.map(s => s.node?.outerHTML?.slice(0, 80) ?? String(s.node))])))
  .observe({type: 'layout-shift', buffered: true})"""


def fragment(stage: Stage, number: int = TALK, **parameters: Any) -> str:
    answer = httpx.get(f"{stage.service.url}/posts/{number}.html", params=parameters, trust_env=False)
    return answer.raise_for_status().text


def policy(stage: Stage, trusted: str = "afterword") -> dict[str, str]:
    service = stage.service.url
    return {
        "content-security-policy": f"default-src 'none'; script-src {service}; style-src 'self' {service}; "
        f"img-src data: {service}; connect-src {service}; base-uri 'none'; form-action 'none'; "
        f"require-trusted-types-for 'script'; trusted-types {trusted}"
    }


def enhanced(page: Page) -> None:
    page.wait_for_selector(".pc-news", state="attached")


def hold(page: Page, addresses: str) -> list[Route]:
    """Requests for these addresses wait in the list until they are continued."""
    held: list[Route] = []
    page.route(addresses, lambda route: held.append(route))  # noqa: PLW0108 - it marks the function
    return held


def shifts(page: Page) -> list[Any]:
    """What has moved without anybody having asked for it."""
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    found: list[Any] = page.evaluate("shifts")
    return found


def test_it_works_under_the_strictest_policy(stage: Stage, open_page: OpenPage) -> None:
    body = stage.element(LONG) + '<comment-count ghissueid="41"></comment-count><recent-comments></recent-comments>'
    recorded = open_page(stage.publish(body, headers=policy(stage)))
    page = recorded.page
    enhanced(page)
    page.get_by_role("button", name="Show 50 more").click()
    expect(page.locator(".pc-comment")).to_have_count(100)
    page.select_option(".pc-order select", "newest")
    page.wait_for_selector("post-comments[order=newest][state=ready]")
    page.wait_for_selector("recent-comments li")
    expect(page.locator("comment-count")).to_have_text("16 comments")
    assert not recorded.complaints


def test_where_a_page_trusts_no_html_comments_are_shown_as_text(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(stage.element(RICH), headers=policy(stage, "'none'"))).page
    enhanced(page)
    expect(page.locator(".pc-body").nth(4)).to_have_text("Second thought.")
    assert page.locator(".pc-body > *").count() == 0


@pytest.mark.parametrize("above", [SHORT, TALL])
@pytest.mark.parametrize("number", [TALK, EMPTY, LONG])
@pytest.mark.parametrize("lang", ["en", "de"])
def test_nothing_moves_while_comments_come(
    stage: Stage, open_page: OpenPage, above: str, number: int, lang: str
) -> None:
    head = f"<script>{WATCH_SHIFTS}</script>"
    page = open_page("about:blank").page
    held = hold(page, f"{stage.api}posts/*/comments*")
    page.goto(stage.publish(above + stage.element(number) + FOOTER, head=head, lang=lang))
    page.wait_for_timeout(150)  # a reader sees the page before the comments are there
    page.mouse.wheel(0, 2200 if above is TALL else 0)
    for _ in range(100):
        if held:
            break
        page.wait_for_timeout(20)
    held[0].continue_()
    enhanced(page)
    for _ in range(6):
        page.mouse.wheel(0, 700)
        page.wait_for_timeout(30)
    assert shifts(page) == []


def test_further_comments_move_nothing_either_however_late_they_come(stage: Stage, open_page: OpenPage) -> None:
    head = f"<script>{WATCH_SHIFTS}</script>"
    page = open_page(stage.publish(stage.element(LONG) + FOOTER, head=head)).page
    enhanced(page)
    held = hold(page, f"{stage.api}posts/*/comments*cursor*")
    page.get_by_role("button", name="Show 50 more").click()
    page.wait_for_timeout(700)  # longer than a browser forgives a move after a click
    held[0].continue_()
    page.wait_for_function("document.querySelectorAll('.pc-comment').length === 100")
    assert shifts(page) == []


@pytest.mark.parametrize("nested", [False, True])
def test_a_prerendered_page_stays_as_it_is_when_the_script_arrives(
    stage: Stage, open_page: OpenPage, *, nested: bool
) -> None:
    inner = fragment(stage, LONG)
    body = stage.element(LONG, inner=inner) if nested else inner
    page = open_page("about:blank").page
    held = hold(page, "**/widget.js")
    page.goto(stage.publish(body + FOOTER, head=f"<script>{WATCH_SHIFTS}</script>"), wait_until="commit")
    page.wait_for_selector(".pc-write")
    boxes = "[...document.querySelectorAll('.pc-comment, .pc-body, .pc-title, .pc-write')].map(e => { const r = e.getBoundingClientRect(); return [r.x, r.y, r.width, r.height].map(Math.round).join() })"
    page.evaluate("document.querySelectorAll('.pc-comment').forEach(e => e.kept = true)")
    before = page.evaluate(boxes)
    photograph(page, f"widget-prerendered-{nested}")
    held[0].continue_()
    enhanced(page)
    page.wait_for_function(
        "document.querySelector('.pc-when time').title.length && /ago/.test(document.querySelector('.pc-when time').textContent)"
    )
    page.wait_for_load_state("networkidle")
    assert page.evaluate(boxes) == before
    assert page.evaluate("[...document.querySelectorAll('.pc-comment')].every(e => e.kept)")
    assert page.locator(".pc-order").count() == 1
    assert page.locator(".pc-comment").count() == 50
    assert shifts(page) == []
    page.locator(".pc-more a").click()
    page.wait_for_function("document.querySelectorAll('.pc-comment').length === 100")
    assert page.url.endswith("/post.html")


def test_a_prerendered_page_is_brought_up_to_date(stage: Stage, open_page: OpenPage) -> None:
    url = stage.publish(fragment(stage, RICH))
    comments = stage.world.comment_ids[stage.world.issue(SAMPLE_REPO, RICH).id]
    changed, gone = stage.world.comments[comments[0]], stage.world.comments[comments[1]]
    stage.world.edit_comment(changed, body="Rewritten at length.", body_html=None)
    stage.world.delete_comment(gone)
    made = stage.world.comment(SAMPLE_REPO, RICH, body="Written since.", author="hanne-k")
    stage.until_served(RICH, 7)
    page = open_page(url).page
    page.wait_for_selector(f"#comment-{made.id}")
    expect(page.locator(f"#comment-{changed.id} .pc-body")).to_have_text("Rewritten at length.")
    expect(page.locator(f"#comment-{gone.id}")).to_have_count(0)


def test_another_posts_fragment_is_not_taken_for_this_posts(stage: Stage, open_page: OpenPage) -> None:
    inner = fragment(stage, LONG).replace("<post-comments", "<div").replace("</post-comments", "</div")
    page = open_page(stage.publish(stage.element(TALK, inner=inner))).page
    page.wait_for_function("document.querySelectorAll('.pc-comment').length === 16")


def test_without_javascript_further_comments_are_a_link_away(stage: Stage, open_page: OpenPage) -> None:
    recorded = open_page(stage.publish(fragment(stage, LONG, limit=100)), java_script_enabled=False)
    page = recorded.page
    seen: set[str | None] = set()
    for left in (2, 1, 0):
        seen |= {item.get_attribute("href") for item in page.locator(".pc-when").all()}
        assert page.locator(".pc-more a[rel=next]").count() == (left > 0)
        if left:
            page.locator(".pc-more a[rel=next]").click()
    assert len(seen) == 300
    assert page.locator("h1").inner_text() == "Comments on “Post 53”"
    photograph(page, "widget-page")
    page.get_by_role("link", name="Back to the first comments").click()
    assert page.locator(".pc-comment").count() == 100
    assert not recorded.complaints


def weight(stage: Stage, path: str) -> int:
    """Bytes that travel, brotli."""
    with httpx.stream("GET", stage.service.url + path, headers={"accept-encoding": "br"}, trust_env=False) as answer:
        body = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "br"
    brotli.decompress(body)
    return len(body)


def test_it_weighs_what_the_readme_says(stage: Stage) -> None:
    assert weight(stage, "/widget.js") <= 3_500
    assert weight(stage, "/widget.css") <= 2_500
    english = weight(stage, "/assets/x/languages/en.json")
    assert weight(stage, "/assets/x/more.js") + weight(stage, "/assets/x/lists.js") + english <= 4_000
    heaviest = max(weight(stage, f"/assets/x/languages/{lang}.json") for lang in languages())
    assert weight(stage, "/assets/x/more.js") + heaviest <= 4_000


def test_what_has_a_version_in_its_address_is_kept_for_ever_and_an_old_version_is_answered(stage: Stage) -> None:
    script = httpx.get(f"{stage.service.url}/widget.js", trust_env=False)
    version = script.text.partition("assets/")[2].partition("/")[0]
    assert "max-age=300" in script.headers["cache-control"]
    for name in ("widget.js", "more.js", "widget.css", "languages/de.json"):
        answer = httpx.get(f"{stage.service.url}/assets/{version}/{name}", trust_env=False)
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        old = httpx.get(f"{stage.service.url}/assets/0ld/{name}", trust_env=False)
        assert old.content == answer.content
        assert "immutable" not in old.headers["cache-control"]
        same = httpx.get(answer.url, headers={"if-none-match": answer.headers["etag"]}, trust_env=False)
        assert (same.status_code, same.content) == (304, b"")
    assert httpx.get(f"{stage.service.url}/assets/{version}/nothing.js", trust_env=False).status_code == 404


def test_a_page_that_pins_a_version_with_its_hash_works(stage: Stage, open_page: OpenPage) -> None:
    from app.web.assets import assets  # noqa: PLC0415

    made, base = assets(), f"{stage.service.url}/assets/{assets().version}"
    head = (
        f'<script type="module" src="{base}/widget.js" integrity="{made.files["widget.js"].integrity}" '
        'crossorigin="anonymous"></script>'
    )
    recorded = open_page(stage.publish(stage.element(), head=head, script=False))
    enhanced(recorded.page)
    assert recorded.page.locator(".pc-comment").count() == 16
    wrong = head.replace("sha384-", "sha384-AAAA")
    page = open_page(stage.publish(stage.element(), head=wrong, script=False)).page
    page.wait_for_timeout(200)
    assert page.locator(".pc-comment").count() == 0


def test_the_preload_that_the_readme_names_is_used(stage: Stage, open_page: OpenPage) -> None:
    address = f"{stage.api}posts/41/comments?pinned=first"
    head = f'<link rel="preload" as="fetch" crossorigin href="{address}">'
    recorded = open_page(stage.publish(stage.element(), head=head))
    enhanced(recorded.page)
    recorded.page.wait_for_timeout(200)
    entries = recorded.page.evaluate("performance.getEntriesByType('resource').map(e => e.name)")
    assert entries.count(address) == 1
    assert not recorded.complaints


def test_a_pinned_comment_is_first_and_on_one_page_only(stage: Stage) -> None:
    address, cursor, seen = f"{stage.api}posts/41/comments?pinned=first&limit=5", "", []
    while cursor is not None:
        page = orjson.loads(httpx.get(f"{address}{cursor and '&cursor=' + cursor}", trust_env=False).content)
        seen += page["comments"]
        cursor = page["next"]
    assert [comment["pinned"] for comment in seen] == [True] + [False] * 15
    assert len({comment["id"] for comment in seen}) == 16


def test_a_prerendered_first_page_announces_no_old_comment_as_a_new_one(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(fragment(stage, LONG, limit=2))).page
    page.wait_for_selector("post-comments[status=open]")  # it has been brought up to date
    page.wait_for_load_state("networkidle")
    expect(page.locator(".pc-news")).to_be_empty()
    assert page.locator(".pc-comment").count() == 2


def test_a_prerendered_page_learns_that_its_issue_was_closed(stage: Stage, open_page: OpenPage) -> None:
    url = stage.publish(fragment(stage, EMPTY))
    stage.world.close_issue(SAMPLE_REPO, EMPTY)
    page = open_page(url).page
    page.wait_for_selector("post-comments[status=closed] .pc-note")
    page.wait_for_timeout(700)  # until it listens
    stage.world.reopen_issue(SAMPLE_REPO, EMPTY)
    page.wait_for_selector("post-comments[status=open]")
    expect(page.locator(".pc-note")).to_have_count(0)


def test_two_elements_of_one_post_do_not_meet(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(stage.element(LONG) + stage.element(LONG, limit="3"))).page
    second = page.locator("post-comments").nth(1)
    second.locator(".pc-news").wait_for(state="attached")
    second.get_by_role("button", name="Show 3 more").click()
    expect(second.locator(".pc-comment")).to_have_count(6)


def test_it_works_in_a_shadow_root(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish('<div id="host"></div>')).page
    page.evaluate(
        """number => { const root = document.querySelector('#host').attachShadow({mode: 'open'});
        root.innerHTML = `<post-comments loading="eager" ghissueid="${number}"></post-comments>` }""",
        TALK,
    )
    expect(page.locator("#host .pc-comment")).to_have_count(16)


def test_one_count_that_is_none_and_any_number_of_them_break_no_other(stage: Stage, open_page: OpenPage) -> None:
    numbers = ["draft", "", *map(str, range(1, 520))]
    body = "".join(f'<comment-count ghissueid="{number}">x</comment-count>' for number in numbers)
    recorded = open_page(stage.publish(body))
    expect(recorded.page.locator('comment-count[ghissueid="41"]')).to_have_text("16 comments")
    assert len(recorded.requests_to(f"{stage.api}counts")) == 2
    assert recorded.page.locator("comment-count").first.inner_text() == "x"
    assert not recorded.complaints


def test_recent_comments_are_one_request_however_many_attributes_they_have(stage: Stage, open_page: OpenPage) -> None:
    recorded = open_page(stage.publish(f'<recent-comments repo="{SAMPLE_REPO}" lang="de" limit="3"></recent-comments>'))
    recorded.page.wait_for_selector("recent-comments[state=ready]")
    assert len(recorded.requests_to(f"{stage.api}comments")) == 1


def test_a_permalink_to_nothing_moves_no_focus(stage: Stage, open_page: OpenPage) -> None:
    page = open_page(stage.publish(stage.element(TALK, limit="3")) + "#comment-1").page
    expect(page.locator(".pc-comment")).to_have_count(16)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.activeElement === document.body")


def test_recent_comments_that_cannot_be_read_say_so_and_none_is_said_too(stage: Stage, open_page: OpenPage) -> None:
    page = open_page("about:blank").page
    page.route(f"{stage.api}comments*", lambda route: route.abort())
    page.goto(stage.publish("<recent-comments></recent-comments>"))
    expect(page.locator("recent-comments[state=failed]")).to_have_text("The comments cannot be reached just now.")
    page.unroute(f"{stage.api}comments*")
    page.route(f"{stage.api}comments*", lambda route: route.fulfill(json={"comments": [], "next": None}))
    page.reload()
    expect(page.locator("recent-comments[state=ready]")).to_have_text("No comments yet.")


def test_recent_comments_without_their_language_name_who_wrote_them(stage: Stage, open_page: OpenPage) -> None:
    page = open_page("about:blank").page
    page.route("**/languages/de.json", lambda route: route.abort())
    page.goto(stage.publish("<recent-comments limit='1'></recent-comments>", lang="de"))
    expect(page.locator("recent-comments[state=ready] li > a")).not_to_be_empty()


def test_a_language_that_could_not_be_had_is_english_and_asked_for_again(stage: Stage, open_page: OpenPage) -> None:
    page = open_page("about:blank").page
    page.route("**/languages/de.json", lambda route: route.fulfill(status=503, json={"title": "no"}))
    page.goto(stage.publish(stage.element(), lang="de"))
    expect(page.locator(".pc-title")).to_have_text("16 comments")
    page.unroute("**/languages/de.json")
    page.wait_for_selector(".pc-news", state="attached")
    page.evaluate("document.querySelector('post-comments').reload()")
    enhanced(page)
    expect(page.locator(".pc-order select")).to_have_attribute("aria-label", "Reihenfolge")

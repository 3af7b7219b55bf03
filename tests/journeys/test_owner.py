"""The owner's page as its owner uses it: signing in, reading, checking; on a phone, in the dark, without JavaScript."""

import re
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from app.simulator.world.sample import SAMPLE_REPO
from tests.journeys.browser import OpenPage, RecordedPage, chromium, open_page, photograph
from tests.journeys.owner_blog import BUSY, HOSTILE_POST, OWNER_TOKEN, PHONE, OwnerBlog, owner_blog, run_nginx
from tests.journeys.start_page import overflow
from tests.widget.test_accessible import AXE

pytestmark = pytest.mark.untraced  # the integration tests cover the same code faster

__all__ = ["chromium", "open_page", "owner_blog"]


def _open(open_page: OpenPage, blog: OwnerBlog, **options: object) -> RecordedPage:
    recorded = open_page("about:blank", **options)
    blog.sign_in(recorded.page)
    return recorded


def _row(page: Page, number: int) -> str:
    return page.locator(".posts tbody tr").filter(has=page.get_by_role("link", name=f"#{number}")).inner_text()


def test_owner_signs_in_and_out(owner_blog: OwnerBlog, open_page: OpenPage) -> None:
    page = open_page(owner_blog.url).page
    expect(page.get_by_label("Owner token")).to_be_focused()
    page.keyboard.type("not-the-token-of-the-owner")
    with page.expect_response(owner_blog.url) as response:
        page.keyboard.press("Enter")
    assert response.value.status == 401
    expect(page.get_by_role("alert")).to_have_text(re.compile("not the owner's token"))
    assert SAMPLE_REPO not in page.content()
    assert page.context.cookies() == []
    page.get_by_label("Owner token").fill(OWNER_TOKEN)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(SAMPLE_REPO)
    assert page.url == owner_blog.url
    for cookie in page.context.cookies():
        assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Strict", "/owner")
    assert page.evaluate("document.cookie") == ""
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Owner token")).to_be_visible()
    assert [cookie["name"] for cookie in page.context.cookies()] == ["afterword-owner-device"]
    page.go_back()
    expect(page.get_by_label("Owner token")).to_be_visible()


def test_page_shows_posts_findings_and_health(owner_blog: OwnerBlog, open_page: OpenPage) -> None:
    recorded = _open(open_page, owner_blog)
    page = recorded.page
    expect(page.locator(".tiles")).to_contain_text(re.compile(r"Posts\s*7"))
    assert "no such issue" in _row(page, 9999)
    assert "Issue 7 of ada/blog is named by" in page.locator(".posts").inner_text()
    assert re.search(r"\b27\b", _row(page, HOSTILE_POST))
    assert "not published" in page.locator(".posts").inner_text()
    expect(page.locator("#comments li").first).to_contain_text("mallory")
    link = page.locator("#comments").get_by_role("link", name="Moderate on GitHub").first
    assert re.search(r"/issues/60#issuecomment-\d+$", link.get_attribute("href") or "")
    expect(page.locator("#budget")).to_contain_text("of 5,000 are left")
    expect(page.locator("#polls")).to_contain_text("succeeded")
    expect(page.locator("#storage")).to_contain_text("kB")
    chart = page.get_by_role("img", name="Comments per week")
    assert chart.locator("rect").count() >= 10
    page.locator("#weeks summary").click()
    expect(page.locator("#weeks table")).to_be_visible()
    assert page.title() == "Afterword: the owner’s page"
    assert page.locator("img, [onerror]").count() == 0
    assert recorded.complaints == []
    assert recorded.hosts == {"127.0.0.1"}
    photograph(page, "owner")


def test_everything_works_without_javascript(owner_blog: OwnerBlog, open_page: OpenPage) -> None:
    recorded = _open(open_page, owner_blog, java_script_enabled=False, viewport=PHONE)
    page = recorded.page
    page.get_by_role("link", name="Comments", exact=True).click()
    expect(page.get_by_role("columnheader", name="Comments")).to_have_attribute("aria-sort", "descending")
    expect(page.locator(".posts tbody tr").first).to_contain_text("#60")
    page.get_by_label("Show").select_option("findings")
    page.get_by_role("button", name="Show").click()
    assert page.url == f"{owner_blog.url}?q=&show=findings&sort=comments"
    expect(page.locator(".posts tbody tr")).to_have_count(3)
    page.get_by_label("Title, file or number").fill("no thread")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".posts tbody tr")).to_have_count(1)
    page.goto(owner_blog.url)
    owner_blog.simulator.requests.clear()
    page.get_by_role("button", name="Check now: #41").click()
    expect(page.get_by_role("status").first).to_contain_text("GitHub was asked")
    assert [request.target for request in owner_blog.simulator.requests if f"/issues/{BUSY}" in request.target]
    page.get_by_role("button", name="Check all now").click()
    expect(page.get_by_role("status").first).to_contain_text("GitHub is asked what changed")
    page.get_by_role("button", name="Check all now").click()
    expect(page.get_by_role("status").first).to_contain_text("a moment ago")
    assert overflow(page) == 0
    assert recorded.complaints == []


def test_open_page_follows_a_webhook(owner_blog: OwnerBlog, open_page: OpenPage) -> None:
    recorded = _open(open_page, owner_blog, viewport=PHONE)
    page = recorded.page
    assert overflow(page) == 0
    page.locator("#hours-table summary").click()
    with page.expect_response(lambda response: response.url == owner_blog.url and response.request.method == "GET"):
        owner_blog.world.comment(SAMPLE_REPO, BUSY, body="Just <b>arrived</b>", author="linh-tran")
    expect(page.locator("#comments li").first).to_contain_text("linh-tran")
    expect(page.locator("#comments li").first).to_contain_text("arrived")
    expect(page.locator("#deliveries .outcomes")).to_contain_text("accepted")
    expect(page.locator("#news")).to_contain_text("Updated")
    field = page.get_by_label("Title, file or number")
    field.press_sequentially("half a wo")
    httpx.post(f"{owner_blog.service.url}/webhooks/github", json={})
    expect(page.locator("#deliveries .outcomes")).to_contain_text("the signature is missing or wrong")
    expect(field).to_have_value("half a wo")
    expect(field).to_be_focused()
    assert page.locator("#hours-table").evaluate("details => details.open")
    assert overflow(page) == 0
    assert recorded.complaints == []
    photograph(page, "owner-phone")


def test_many_open_pages_share_one_stream(owner_blog: OwnerBlog, open_page: OpenPage) -> None:
    """A browser allows six connections to one host: more streams would keep every further page from loading."""
    recorded = _open(open_page, owner_blog)
    pages = [recorded.page]
    while len(pages) < 7:
        pages.append(recorded.page.context.new_page())
        pages[-1].goto(owner_blog.url)
    owner_blog.world.comment(SAMPLE_REPO, BUSY, body="To all pages", author="linh-tran")
    for page in pages:
        expect(page.locator("#comments li").first).to_contain_text("To all pages")
    pages.pop(0).close()
    owner_blog.world.comment(SAMPLE_REPO, BUSY, body="Another page listens", author="linh-tran")
    expect(pages[-1].locator("#comments li").first).to_contain_text("Another page listens")
    assert recorded.complaints == []


def test_axe_finds_nothing(owner_blog: OwnerBlog, open_page: OpenPage) -> None:
    page = open_page(owner_blog.url, bypass_csp=True).page
    for is_signed_in in (False, True):
        if is_signed_in:
            owner_blog.sign_in(page)
            page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")
        page.add_script_tag(path=AXE)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            violations = page.evaluate(
                "axe.run(document).then(({violations}) => violations.map(v => [v.id, v.nodes[0].html]))"
            )
            assert violations == [], scheme
    photograph(page, "owner-dark")


def test_page_works_under_a_path_of_a_proxy(owner_blog: OwnerBlog, open_page: OpenPage, tmp_path: Path) -> None:
    with run_nginx(tmp_path, owner_blog.service.url) as address:
        proxied = replace(owner_blog, public_url=f"{address}/talk/owner")
        recorded = _open(open_page, proxied)
        page = recorded.page
        assert page.url == proxied.url
        assert {cookie["path"] for cookie in page.context.cookies()} == {"/talk/owner"}
        with page.expect_response(lambda response: response.url == proxied.url and response.request.method == "GET"):
            owner_blog.world.comment(SAMPLE_REPO, BUSY, body="Through a proxy", author="grace-okafor")
        expect(page.locator("#comments li").first).to_contain_text("Through a proxy")
        page.get_by_role("button", name="Check now: #41").click()
        expect(page.get_by_role("status").first).to_contain_text("GitHub was asked")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("Owner token")).to_be_visible()
        assert recorded.complaints == []

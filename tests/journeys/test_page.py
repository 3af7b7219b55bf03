"""Scripts written for GitHub, with nothing changed but the host name.

Each page has an origin of its own, as a blog does, so the browser checks every header that CORS needs.
"""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.browser import Demo, OpenPage, chromium, demo, open_page
from tests.journeys.github_script_page import (
    HTML,
    JQUERY,
    JSONP_PAGE,
    VERSIONED,
    Host,
    NetworkLog,
    QuietHandler,
    fetch,
    github_comments,
    loaded_comments,
)

pytestmark = pytest.mark.untraced  # what others cover, at length

__all__ = ["chromium", "demo", "open_page"]


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    (tmp_path / "jquery.js").symlink_to(JQUERY)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(tmp_path))) as server:
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        yield Host(tmp_path, f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
        serving.join()


@pytest.mark.parametrize("headers", [HTML, VERSIONED], ids=["simple", "preflight"])
@pytest.mark.parametrize(
    ("path", "size"),
    [("19/comments", 30), ("41/comments?per_page=10", 10), ("41/comments?client_id=a&per_page=15", 15)],
)
def test_jquery_page_follows_the_link_to_page_two(
    demo: Demo, open_page: OpenPage, host: Host, headers: str, path: str, size: int
) -> None:
    number = int(path.partition("/")[0])
    url = f"{demo.service}/repos/ada/blog/issues/{path}"
    recorded = open_page(host.publish(url, headers))
    page = recorded.page
    assert loaded_comments(page, 1) == github_comments(demo, number)[:size]
    page.get_by_role("button", name="Show more").click()
    assert loaded_comments(page, 2) == github_comments(demo, number)
    expect(page.get_by_role("button", name="Show more")).to_be_hidden()
    assert recorded.hosts == {"127.0.0.1"}
    assert not recorded.complaints


def test_jsonp_page_follows_the_links_to_all_pages(demo: Demo, open_page: OpenPage, host: Host) -> None:
    url = f"{demo.service}/repos/ada/blog/issues/19/comments?per_page=12"
    recorded = open_page(host.publish(url, page=JSONP_PAGE))
    assert loaded_comments(recorded.page, 3) == github_comments(demo, 19)
    assert not recorded.complaints


def test_jquery_page_shows_all_comments_of_a_post(demo: Demo, open_page: OpenPage, host: Host) -> None:
    recorded = open_page(host.publish(f"{demo.service}/repos/ada/blog/issues/41/comments"))
    assert loaded_comments(recorded.page, 1) == github_comments(demo, 41)
    expect(recorded.page.get_by_role("button", name="Show more")).to_be_hidden()
    assert "I would like that error message on a mug" in recorded.page.locator("#comments").inner_text()
    assert "Stop wasting time" not in recorded.page.content()
    assert not recorded.complaints


def test_second_visit_within_seconds_needs_no_request(demo: Demo, open_page: OpenPage, host: Host) -> None:
    url = f"{demo.service}/repos/ada/blog/issues/41/comments"
    page = open_page("about:blank").page
    log = NetworkLog(page, url)
    page.goto(host.publish(url))
    first = loaded_comments(page, 1)
    etag = page.locator("#comments").get_attribute("data-etag")
    assert etag
    page.goto("about:blank")
    page.goto(f"{host.url}/post.html")
    assert loaded_comments(page, 1) == first
    assert page.locator("#comments").get_attribute("data-etag") == etag
    assert log.exchanges(1) == [("GET", 200)]


def test_header_that_needs_a_preflight_is_allowed(demo: Demo, open_page: OpenPage, host: Host) -> None:
    url = f"{demo.service}/repos/ada/blog/issues/41/comments"
    page = open_page("about:blank").page
    log = NetworkLog(page, url)
    page.goto(host.publish(url, VERSIONED))
    assert loaded_comments(page, 1) == github_comments(demo, 41)
    assert sorted(log.exchanges(2)) == [("GET", 200), ("OPTIONS", 204)]


def test_missing_issue_is_an_error_to_the_script(demo: Demo, open_page: OpenPage, host: Host) -> None:
    page = open_page(host.publish(f"{demo.service}/repos/ada/blog/issues/4100/comments")).page
    expect(page.locator("#failure")).to_have_text("Comments are not open for this post yet.")
    assert page.locator("#comments > li").count() == 0


@pytest.fixture
def elsewhere(demo: Demo, open_page: OpenPage, host: Host) -> Page:
    """Open a page of another origin, whose scripts send requests."""
    return open_page(host.publish(f"{demo.service}/repos/ada/blog/issues/42/comments")).page


FULL = "application/vnd.github.v3.full+json"


@pytest.mark.parametrize(
    "search",
    [
        "issues/41?client_id=abc&client_secret=def&t=1700000000000",
        "issues?creator=ada&labels=Jobs&client_id=abc&t=1700000000000",
    ],
)
def test_script_like_gitalk_follows_the_comments_url(demo: Demo, elsewhere: Page, search: str) -> None:
    result = fetch(elsewhere, f"{demo.service}/repos/ada/blog/{search}", Accept="application/json")["body"]
    issue = result[0] if isinstance(result, list) else result
    assert (issue["number"], issue["title"]) == (41, "The Best Interview is No Interview")
    assert issue["comments"] == len(github_comments(demo, 41))
    first = fetch(
        elsewhere, f"{issue['comments_url']}?per_page=10&page=1", Accept=FULL, Authorization="Basic YWJjOmRlZg=="
    )
    second = fetch(elsewhere, f"{issue['comments_url']}?per_page=10&page=2", Accept=FULL)
    comments = first["body"] + second["body"]
    assert [comment["id"] for comment in comments] == [id_ for id_, _ in github_comments(demo, 41)]
    assert all({"body", "body_html", "body_text"} <= comment.keys() for comment in comments)


def test_script_like_utterances_counts_pages(demo: Demo, elsewhere: Page) -> None:
    media = "application/vnd.github.v3.html+json"
    pages = [
        fetch(elsewhere, f"{demo.service}/repos/ada/blog/issues/19/comments?page={number}&per_page=25", Accept=media)[
            "body"
        ]
        for number in (1, 2, 3)
    ]
    assert [len(page) for page in pages] == [25, len(github_comments(demo, 19)) - 25, 0]
    assert [comment["id"] for page in pages for comment in page] == [id_ for id_, _ in github_comments(demo, 19)]
    assert all(comment["body_html"] and comment["user"]["html_url"] for comment in pages[1] if comment["user"])


def test_page_after_the_last_is_empty_and_links_back(demo: Demo, elsewhere: Page) -> None:
    url = f"{demo.service}/repos/ada/blog/issues/19/comments"
    response = fetch(elsewhere, f"{url}?per_page=100&page=2")
    assert response["body"] == []
    assert response["link"] == (
        f'<{url}?page=1&per_page=100>; rel="prev", <{url}?page=1&per_page=100>; rel="last", '
        f'<{url}?page=1&per_page=100>; rel="first"'
    )

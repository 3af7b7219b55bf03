"""Pages as hundreds of blogs have them, with scripts written for GitHub: nothing but the host name is changed.

Each page lies at an origin of its own, as a blog does, so the browser judges every header that CORS needs.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from typing_extensions import override

from tests.journeys.browser import Demo, Open, chromium, demo, opened

pytestmark = pytest.mark.untraced  # what others cover, at length

__all__ = ["chromium", "demo", "opened"]

JQUERY = Path("/usr/share/javascript/jquery/jquery.js")
"""Where Debian's libjs-jquery puts it."""

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>A post</title>
<link rel="icon" href="data:,">
<ul id="comments"></ul>
<p id="failure"></p>
<button id="more" hidden>Show more</button>
<script src="jquery.js"></script>
<script>
  // var url = "https://api.github.com/repos/ada/blog/issues/19/comments";
  var url = "{url}";
  var headers = {headers};

  function load(page) {
    $("#more").hide();
    $.ajax({
      url: page ? url + (url.indexOf("?") < 0 ? "?" : "&") + "page=" + page : url,
      headers: headers,
      dataType: "json",
      success: function (comments, status, xhr) {
        $.each(comments, function (index, comment) {
          var who = comment.user ? comment.user.login : "ghost";
          $("<li>").attr("data-id", comment.id).attr("data-who", who).html(comment.body_html).appendTo("#comments");
        });
        var link = xhr.getResponseHeader("Link");
        if (link && link.indexOf('rel="next"') >= 0) {
          var next = link.match(/page=(\\d+)/)[1];
          $("#more").show().off("click").on("click", function () { load(next); });
        }
        $("#comments").attr("data-etag", xhr.getResponseHeader("ETag"));
        $("#comments").attr("data-loaded", page || 1);
      },
      error: function () { $("#failure").text("Comments are not open for this post yet."); }
    });
  }
  load();
</script>
"""
HTML = '{Accept: "application/vnd.github.v3.html+json"}'
_PATIENCE = 300
"""Frames, of which there are sixty a second."""
VERSIONED = '{Accept: "application/vnd.github.v3.html+json", "X-GitHub-Api-Version": "2022-11-28"}'


class _Quiet(SimpleHTTPRequestHandler):
    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: a test's output is not a log."""


@dataclass(frozen=True, slots=True)
class Host:
    """A host of static files: a folder, and the address at which it is served."""

    folder: Path
    url: str

    def publish(self, url: str, headers: str = HTML) -> str:
        """Puts a page there that asks `url`; gives the page's address."""
        text = PAGE.replace("{url}", url).replace("{headers}", headers)
        (self.folder / "post.html").write_text(text, encoding="utf-8")
        return f"{self.url}/post.html"


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    (tmp_path / "jquery.js").symlink_to(JQUERY)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tmp_path))) as server:
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        yield Host(tmp_path, f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
        serving.join()


class Wire:
    """What goes to addresses that begin so, below the browser's cache: preflights, and 304 where a page sees 200."""

    def __init__(self, page: Page, prefix: str) -> None:
        self._page = page
        self._prefix = prefix
        self._methods: dict[str, str] = {}
        self._statuses: dict[str, int] = {}
        session = page.context.new_cdp_session(page)
        session.on("Network.requestWillBeSent", self._sent)
        session.on("Network.responseReceivedExtraInfo", self._received)
        session.send("Network.enable")

    def _sent(self, event: dict[str, Any]) -> None:
        if event["request"]["url"].startswith(self._prefix):
            self._methods[event["requestId"]] = event["request"]["method"]

    def _received(self, event: dict[str, Any]) -> None:
        self._statuses[event["requestId"]] = event["statusCode"]

    def exchanges(self, count: int) -> list[tuple[str, int]]:
        """Method and status of what left the browser; it may tell of that after the page has its answer."""
        answered: list[str] = []
        for _ in range(_PATIENCE):
            answered = [id_ for id_ in self._methods if id_ in self._statuses]
            if len(answered) >= count:
                break
            self._page.evaluate("() => new Promise(requestAnimationFrame)")
        return [(self._methods[id_], self._statuses[id_]) for id_ in answered]


def loaded(page: Page, number: int) -> list[tuple[int, str]]:
    """Id and author of each comment on a page, once the page of that number is loaded."""
    expect(page.locator(f"#comments[data-loaded='{number}']")).to_be_attached()
    listed: list[list[str]] = page.locator("#comments > li").evaluate_all(
        "items => items.map(item => [item.dataset.id, item.dataset.who])"
    )
    return [(int(id_), who) for id_, who in listed]


def held(demo: Demo, number: int) -> list[tuple[int, str]]:
    """Id and author of each comment of a thread, as GitHub holds them."""
    return [(c["id"], (c["user"] or {"login": "ghost"})["login"]) for c in demo.comments(number)]


@pytest.mark.parametrize("headers", [HTML, VERSIONED], ids=["simple", "preflight"])
@pytest.mark.parametrize(
    ("asked", "size"),
    [("19/comments", 30), ("41/comments?per_page=10", 10), ("41/comments?client_id=a&per_page=15", 15)],
)
def test_a_page_with_jquery_shows_the_second_page_by_the_first_number_in_the_link(
    demo: Demo, opened: Open, host: Host, headers: str, asked: str, size: int
) -> None:
    number = int(asked.partition("/")[0])
    url = f"{demo.service}/repos/ada/blog/issues/{asked}"
    watched = opened(host.publish(url, headers))
    page = watched.page
    assert loaded(page, 1) == held(demo, number)[:size]
    page.get_by_role("button", name="Show more").click()
    assert loaded(page, 2) == held(demo, number)
    expect(page.get_by_role("button", name="Show more")).to_be_hidden()
    assert watched.hosts == {"127.0.0.1"}
    assert not watched.complaints


def test_a_page_with_jquery_shows_all_comments_of_a_post_that_fits_one_page(
    demo: Demo, opened: Open, host: Host
) -> None:
    watched = opened(host.publish(f"{demo.service}/repos/ada/blog/issues/41/comments"))
    assert loaded(watched.page, 1) == held(demo, 41)
    expect(watched.page.get_by_role("button", name="Show more")).to_be_hidden()
    assert "I would like that error message on a mug" in watched.page.locator("#comments").inner_text()
    assert "Stop wasting time" not in watched.page.content()
    assert not watched.complaints


def test_the_second_visit_costs_no_body(demo: Demo, opened: Open, host: Host) -> None:
    # Chromium obeys stale-while-revalidate: the page has its answer at once, and the 304 comes behind its back.
    url = f"{demo.service}/repos/ada/blog/issues/41/comments"
    page = opened("about:blank").page
    wire = Wire(page, url)
    page.goto(host.publish(url))
    first = loaded(page, 1)
    etag = page.locator("#comments").get_attribute("data-etag")
    assert etag
    page.goto("about:blank")
    page.goto(f"{host.url}/post.html")
    assert loaded(page, 1) == first
    assert page.locator("#comments").get_attribute("data-etag") == etag
    assert wire.exchanges(2) == [("GET", 200), ("GET", 304)]


def test_a_header_that_needs_a_preflight_is_allowed(demo: Demo, opened: Open, host: Host) -> None:
    url = f"{demo.service}/repos/ada/blog/issues/41/comments"
    page = opened("about:blank").page
    wire = Wire(page, url)
    page.goto(host.publish(url, VERSIONED))
    assert loaded(page, 1) == held(demo, 41)
    assert sorted(wire.exchanges(2)) == [("GET", 200), ("OPTIONS", 204)]


def test_a_post_whose_issue_does_not_exist_is_an_error_to_the_script_and_not_an_empty_list(
    demo: Demo, opened: Open, host: Host
) -> None:
    page = opened(host.publish(f"{demo.service}/repos/ada/blog/issues/4100/comments")).page
    expect(page.locator("#failure")).to_have_text("Comments are not open for this post yet.")
    assert page.locator("#comments > li").count() == 0


FETCHED = """async ([address, headers]) => {
  const response = await fetch(address, { headers });
  return { status: response.status, link: response.headers.get("Link"), body: await response.json() };
}"""


def fetched(page: Page, address: str, **headers: str) -> dict[str, Any]:
    """What a script on the page gets from an address; header names are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer: dict[str, Any] = page.evaluate(FETCHED, [address, named])
    assert answer["status"] == 200
    return answer


@pytest.fixture
def elsewhere(demo: Demo, opened: Open, host: Host) -> Page:
    """A page of another origin, from which scripts ask."""
    return opened(host.publish(f"{demo.service}/repos/ada/blog/issues/42/comments")).page


FULL = "application/vnd.github.v3.full+json"


@pytest.mark.parametrize(
    "search",
    [
        "issues/41?client_id=abc&client_secret=def&t=1700000000000",
        "issues?creator=ada&labels=Jobs&client_id=abc&t=1700000000000",
    ],
)
def test_a_script_like_gitalk_finds_the_issue_and_follows_its_comments_url(
    demo: Demo, elsewhere: Page, search: str
) -> None:
    found = fetched(elsewhere, f"{demo.service}/repos/ada/blog/{search}", Accept="application/json")["body"]
    issue = found[0] if isinstance(found, list) else found
    assert (issue["number"], issue["title"]) == (41, "The Best Interview is No Interview")
    assert issue["comments"] == len(held(demo, 41))
    first = fetched(
        elsewhere, f"{issue['comments_url']}?per_page=10&page=1", Accept=FULL, Authorization="Basic YWJjOmRlZg=="
    )
    second = fetched(elsewhere, f"{issue['comments_url']}?per_page=10&page=2", Accept=FULL)
    comments = first["body"] + second["body"]
    assert [comment["id"] for comment in comments] == [id_ for id_, _ in held(demo, 41)]
    assert all({"body", "body_html", "body_text"} <= comment.keys() for comment in comments)


def test_a_script_like_utterances_counts_pages_by_itself(demo: Demo, elsewhere: Page) -> None:
    media = "application/vnd.github.v3.html+json"
    pages = [
        fetched(elsewhere, f"{demo.service}/repos/ada/blog/issues/19/comments?page={number}&per_page=25", Accept=media)[
            "body"
        ]
        for number in (1, 2, 3)
    ]
    assert [len(page) for page in pages] == [25, len(held(demo, 19)) - 25, 0]
    assert [comment["id"] for page in pages for comment in page] == [id_ for id_, _ in held(demo, 19)]
    assert all(comment["body_html"] and comment["user"]["html_url"] for comment in pages[1] if comment["user"])


def test_a_page_beyond_the_last_is_an_empty_list_that_leads_back(demo: Demo, elsewhere: Page) -> None:
    url = f"{demo.service}/repos/ada/blog/issues/19/comments"
    answer = fetched(elsewhere, f"{url}?per_page=100&page=2")
    assert answer["body"] == []
    assert answer["link"] == (
        f'<{url}?page=1&per_page=100>; rel="prev", <{url}?page=1&per_page=100>; rel="last", '
        f'<{url}?page=1&per_page=100>; rel="first"'
    )

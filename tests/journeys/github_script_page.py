"""Pages as hundreds of blogs have them: a script written for GitHub, on a host of static files."""

from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect
from typing_extensions import override

from tests.journeys.browser import Demo

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
JSONP_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>A post</title>
<link rel="icon" href="data:,">
<ul id="comments"></ul>
<script src="jquery.js"></script>
<script>
  function load(url, page) {
    $.ajax({ url: url, dataType: "jsonp" }).done(function (response) {
      $.each(response.data, function (index, comment) {
        var who = comment.user ? comment.user.login : "ghost";
        $("<li>").attr("data-id", comment.id).attr("data-who", who).text(comment.body).appendTo("#comments");
      });
      var next = $.grep(response.meta.Link || [], function (link) { return link[1].rel === "next"; })[0];
      if (next) load(next[0].replace(/&callback=[^&]*/, ""), page + 1);
      else $("#comments").attr("data-loaded", page);
    });
  }
  load("{url}", 1);
</script>
"""
HTML = '{Accept: "application/vnd.github.v3.html+json"}'
_MAX_FRAMES = 300
"""Frames; a second has sixty."""
VERSIONED = '{Accept: "application/vnd.github.v3.html+json", "X-GitHub-Api-Version": "2022-11-28"}'


class QuietHandler(SimpleHTTPRequestHandler):
    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: a test's output is not a log."""


@dataclass(frozen=True, slots=True)
class Host:
    """A host of static files: a folder, and the address that serves it."""

    folder: Path
    url: str

    def publish(self, url: str, headers: str = HTML, *, page: str = PAGE) -> str:
        """Publish a page that requests comments from `url`; return the page's address."""
        text = page.replace("{url}", url).replace("{headers}", headers)
        (self.folder / "post.html").write_text(text, encoding="utf-8")
        return f"{self.url}/post.html"


class NetworkLog:
    """Requests below the browser's cache, to URLs with a prefix: preflights, and 304 if the page sees 200."""

    def __init__(self, page: Page, prefix: str) -> None:
        self._page = page
        self._prefix = prefix
        self._methods: dict[str, str] = {}
        self._statuses: dict[str, int] = {}
        session = page.context.new_cdp_session(page)
        session.on("Network.requestWillBeSent", self._record_request)
        session.on("Network.responseReceivedExtraInfo", self._record_response)
        session.send("Network.enable")

    def _record_request(self, event: dict[str, Any]) -> None:
        if event["request"]["url"].startswith(self._prefix):
            self._methods[event["requestId"]] = event["request"]["method"]

    def _record_response(self, event: dict[str, Any]) -> None:
        self._statuses[event["requestId"]] = event["statusCode"]

    def exchanges(self, count: int) -> list[tuple[str, int]]:
        """Return method and status of this many requests; the browser may report them after its page."""
        ids: list[str] = []
        for _ in range(_MAX_FRAMES):
            ids = [id_ for id_ in self._methods if id_ in self._statuses]
            if len(ids) >= count:
                break
            self._page.evaluate("() => new Promise(requestAnimationFrame)")
        return [(self._methods[id_], self._statuses[id_]) for id_ in ids]


def loaded_comments(page: Page, number: int) -> list[tuple[int, str]]:
    """Return id and author of each comment on a page, once the API's page of that number is loaded."""
    expect(page.locator(f"#comments[data-loaded='{number}']")).to_be_attached()
    items: list[list[str]] = page.locator("#comments > li").evaluate_all(
        "items => items.map(item => [item.dataset.id, item.dataset.who])"
    )
    return [(int(id_), who) for id_, who in items]


def github_comments(demo: Demo, number: int) -> list[tuple[int, str]]:
    """Return id and author of each comment of a thread, as GitHub has them."""
    return [(c["id"], (c["user"] or {"login": "ghost"})["login"]) for c in demo.comments(number)]


_FETCH = """async ([address, headers]) => {
  const response = await fetch(address, { headers });
  return { status: response.status, link: response.headers.get("Link"), body: await response.json() };
}"""


def fetch(page: Page, address: str, **headers: str) -> dict[str, Any]:
    """Return what a script on the page gets from an address; header names are written with underscores."""
    header_fields = {name.replace("_", "-"): value for name, value in headers.items()}
    response: dict[str, Any] = page.evaluate(_FETCH, [address, header_fields])
    assert response["status"] == 200
    return response

"""List the requests that the guard records."""

import re
from collections.abc import AsyncIterator, Iterable, Iterator
from urllib.parse import quote, urlsplit

import orjson

from tests.bench import guard_worlds as worlds
from tests.bench.guard_ground import BLOG, NOTES, Answer, Request, Service

ANY_STATE = (
    *(worlds.LOCKED, worlds.CLOSED, worlds.NOT_PLANNED, worlds.DELETED, worlds.MOVED, worlds.MOVED_AWAY),
    *(worlds.PULL, worlds.LABELLED, worlds.MISSING, 9_999),
)
_NEXT = re.compile(r'<([^>]+)>; rel="next"')
_IMAGE = re.compile(rb"/images/\d+/[0-9a-f]{24}")
_VERSION = re.compile(rb"/assets/([0-9a-f]+)/")
_CURSOR = re.compile(rb"[?&](?:amp;)?cursor=([A-Za-z0-9_=.~-]+)")
_LANGUAGES = ("en", "de", "ar", "pl", "zh-TW", "pt-br", "xx")
_ACCEPTS = (
    *("*/*", "application/json", "text/html", "application/vnd.github+json", "application/vnd.github.v3+json"),
    *("application/vnd.github.full+json", "application/vnd.github.v3.full+json", "application/vnd.github.html+json"),
    *("application/vnd.github.text+json", "application/vnd.github.raw+json", "application/vnd.github.raw"),
    *("application/vnd.github.v3.html", "application/vnd.github.squirrel-girl-preview", "Application/Vnd.GitHub.Full"),
    *("text/html, application/vnd.github.v3.full+json;q=0.9", "application/vnd.github.beta.text+json", "nonsense", ""),
)
_ENCODINGS = (
    *("br", "gzip", "identity", "gzip, br", "gzip;q=1, br;q=0.5", "*", "br;q=0, *;q=0.1", "identity;q=1, br;q=0.5"),
    *("deflate", "", "br;q=nonsense", "GZIP"),
)
_DOCUMENTS = (
    *("/api/v1/posts/103", "/api/v1/posts/103/comments", "/api/v1/counts", "/api/v1/comments", "/posts/103.html"),
    *("/posts/103.atom", "/posts/103.json", "/comments.atom", "/comments.json", f"/repos/{BLOG}/issues"),
    *(f"/repos/{BLOG}/issues/103", f"/repos/{BLOG}/issues/103/comments", "/widget.js", "/widget.css", "/page.css"),
    *("/", "/docs", "/openapi.json", "/start.js", "/start.css", "/healthz", "/readyz", "/api/v1/posts/133"),
    *("/api/v1/posts/0", "/nothing", "/posts/133.atom", f"/repos/{BLOG}/issues/133"),
)
"""One address of each route, and some failures."""
_WRONG = (
    *(
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=abc",
        "limit=",
        "limit=1.5",
        f"limit={quote('４１')}",
        "limit=1&limit=2",
    ),
    *("order=best", "order=", "order=oldest&order=newest", "cursor=nonsense", "cursor=", "cursor=AAAA", "pinned=last"),
    *("pinned=", "repo=other/else", "repo=nonsense", "repo=", "repo=a/b&repo=a/b", "repo=ADA/Blog", "unknown=1"),
    *("view=all", "lang=" + "x" * 36, "lang=", "lang=DE-AT", "ids=0", "ids=", "ids=1,,2", "ids=a", "ids=1&ids=2"),
)
_COMPAT_QUERIES = (
    *("per_page=1", "per_page=100", "per_page=101", "per_page=0", "per_page=x", "page=2", "page=999", "page=0"),
    *("since=2020-06-01", "since=2020-06-01T00:00:00Z", "since=2020-06-01T00:00:00+02:00", "since=nonsense", "since="),
    *("client_id=1&t=2&_=3", "per_page=2&page=2", "per_page=2&since=2020-01-01T00:00:00Z"),
)
_LIST_QUERIES = (
    *("state=all", "state=closed", "state=open", "state=nonsense", "labels=Life", "labels=Life,Jobs", "labels=none"),
    *("sort=updated", "sort=comments", "sort=nonsense", "direction=asc", "direction=nonsense", "creator=ada"),
    *("creator=unknown-person", "state=all&sort=comments&direction=asc&per_page=3&page=2", "assignee=*&milestone=1"),
)


def each(paths: Iterable[str], queries: Iterable[str]) -> Iterator[Request]:
    """Yield every path with every query."""
    pairs = [(path, query) for path in paths for query in queries]
    yield from (Request(f"{path}?{query}" if query else path) for path, query in pairs)


def threads(numbers: Iterable[int], languages: Iterable[str] = ("en", "de")) -> Iterator[Request]:
    """Yield what there is of each thread, but for the pages of its lists."""
    for number in numbers:
        post = f"/api/v1/posts/{number}"
        yield from each([post, f"{post}/comments"], [""])
        yield from each([f"{post}/comments"], ["order=newest&limit=3", "order=reactions&limit=5", "pinned=first"])
        yield from each([f"/posts/{number}.html"], ["", "view=page", "order=newest&limit=4", "order=reactions"])
        yield from each([f"/posts/{number}.html"], [f"lang={language}" for language in languages])
        yield from each([f"/posts/{number}.atom", f"/posts/{number}.json"], ["", "lang=de"])
        issue = f"/repos/{BLOG}/issues/{number}"
        yield from each([issue, f"{issue}/comments"], [""])
        yield from (Request(f"{issue}/comments", headers=(("accept", _ACCEPTS[6]),)) for _ in (0,))


def languages() -> Iterator[Request]:
    """Yield documents in the languages of the interface."""
    paths = ["/posts/120.html", "/posts/103.html", "/posts/100.html", "/posts/130.html", "/comments.atom"]
    yield from each([*paths, "/comments.json"], [f"lang={language}" for language in _LANGUAGES])
    yield from each(["/posts/103.html"], [f"view=page&limit=10&lang={language}" for language in _LANGUAGES])


def parameters() -> Iterator[Request]:
    """Yield requests with parameters that are refused, ignored, or mean the default."""
    paths = ["/api/v1/posts/103", "/api/v1/posts/103/comments", "/api/v1/comments", "/api/v1/counts"]
    yield from each([*paths, "/posts/103.html", "/posts/103.atom", "/comments.json"], _WRONG)
    numbers = ["0", "-1", "abc", "1.5", "9007199254740991", "9007199254740992", "041", quote("４１"), "1" * 30, "%00"]
    yield from each([f"/api/v1/posts/{number}" for number in numbers], [""])
    yield from each([f"/posts/{number}.html" for number in numbers], [""])
    yield from each([f"/repos/{BLOG}/issues/{number}" for number in numbers], [""])
    ids = ",".join(str(number) for number in range(1, 502))
    queries = ["ids=41,42,7", "ids=103,103", "ids=133,99,136,130", "ids=9007199254740991", f"ids={ids}"]
    yield from each(["/api/v1/counts"], [*queries, f"ids={ids.rpartition(',')[0]}"])
    yield Request("/api/v1/counts?ids=%ff%fe")
    yield Request("/api/v1/counts?ids=\udcff")


def compatible(site: str = BLOG) -> Iterator[Request]:
    """Yield requests to the GitHub-compatible API."""
    issues = f"/repos/{site}/issues"
    comments = [f"{issues}/103/comments", f"{issues}/105/comments"]
    yield from each([issues, *comments], _COMPAT_QUERIES)
    yield from each([issues], _LIST_QUERIES)
    ids = range(3_100_000_001, 3_100_000_040, 3)
    yield from each([f"{issues}/comments/{number}" for number in (*ids, 1, 0, "x", 2**53)], [""])
    targets = [issues, f"{issues}/120", f"{issues}/120/comments", f"{issues}/comments/3100000001"]
    for target in targets:
        yield from (Request(target, headers=(("accept", accept),)) for accept in _ACCEPTS)
    accepts = (("accept", _ACCEPTS[6]), ("accept", "text/html"))
    yield from (Request(target, headers=accepts) for target in targets)
    yield from each(["/repos/other/else/issues", "/repos/ADA/BLOG/issues/103", f"/repos/{site}"], [""])


def conditions(etags: dict[str, str]) -> Iterator[Request]:
    """Yield conditional requests, by the ETag of each target."""
    for target, etag in etags.items():
        opaque = etag.removeprefix("W/")
        for value in (etag, opaque, f"W/{opaque}", "*", '"other"', f'"other", {etag}', opaque.strip('"')):
            yield Request(target, headers=(("if-none-match", value),), note="revalidated")
        yield Request(target, "HEAD", (("if-none-match", etag), ("accept-encoding", "br")))


def transport() -> Iterator[Request]:
    """Yield the other methods, encodings, and origins."""
    origin, preflight = ("origin", "https://blog.example.com"), ("access-control-request-headers", "X-Own")
    for target in _DOCUMENTS:
        yield Request(target)
        yield from (Request(target, method) for method in ("HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH"))
        yield Request(target, headers=(origin,))
        yield Request(target, "OPTIONS", (origin, preflight))
        yield from (Request(target, headers=(("accept-encoding", encoding),)) for encoding in _ENCODINGS)
    yield Request("/", headers=(("accept", "text/html,application/xhtml+xml"),))
    yield Request("/", headers=(("accept", "text/html"), ("accept-encoding", "br")))
    yield Request("/api/v1/posts/103", headers=(("x-request-id", "own-1"),))
    yield Request("/nothing", headers=(("x-request-id", "not harmless !"),))
    yield Request("/api/v1/posts/103/", note="trailing slash")
    paths = ["/posts/103", "/posts/103.xml", "/api/v1/nothing", "/assets/", "/webhooks/github", "/api/v2/posts/1", "//"]
    yield from each(paths, [""])
    for accept in ("application/json", "text/event-stream;q=0", "text/html, text/event-stream"):
        yield Request("/api/v1/posts/103/events", "HEAD", (("accept", accept),))
    yield Request("/api/v1/posts/0/events", headers=(("accept", "text/event-stream"),))


def assets(version: str) -> Iterator[Request]:
    """Yield the files of the widget."""
    names = ["widget.js", "widget.css", "page.css", "more.js", "lists.js", "languages/de.json", "languages/en.json"]
    names += ["languages/zh-TW.json", "languages/xx.json", "nothing.js", "languages/de.js", ""]
    for folder in (version, "00000000"):
        for name in names:
            yield Request(f"/assets/{folder}/{name}")
            yield Request(f"/assets/{folder}/{name}", headers=(("accept-encoding", "br"),))


async def walk(service: Service, target: str) -> AsyncIterator[tuple[Request, Answer]]:
    """Yield every page of a list: by the cursor of the native API, or by GitHub's Link header."""
    page: str | None = target
    while page is not None:
        request = Request(page)
        answer = await service.send(request)
        yield request, answer
        page = _next_page(target, answer)


def _next_page(target: str, answer: Answer) -> str | None:
    link = _NEXT.search(answer.header("link") or "")
    if link is not None:
        parts = urlsplit(link[1])
        return f"{parts.path}?{parts.query}"
    if ".html" in target:
        match = _CURSOR.search(answer.body)
        return f"{target}&cursor={match[1].decode()}" if match else None
    if answer.status != 200 or not target.startswith("/api/"):
        return None
    cursor = orjson.loads(answer.body).get("next")
    return None if cursor is None else f"{target}{'&' if '?' in target else '?'}cursor={quote(cursor)}"


def lists(numbers: Iterable[int]) -> Iterator[str]:
    """Yield every list that is walked to its end."""
    for number in numbers:
        comments = f"/api/v1/posts/{number}/comments"
        yield from (f"{comments}?limit=100", f"{comments}?order=newest&limit=100")
        yield from (f"{comments}?order=reactions&limit=100", f"{comments}?pinned=first&limit=100")
        yield f"/repos/{BLOG}/issues/{number}/comments?per_page=100"
    yield from ("/posts/105.html?limit=40", "/posts/103.html?view=page&limit=9&order=newest&lang=de")
    yield from ("/api/v1/posts/103/comments?limit=7", "/api/v1/posts/120/comments?limit=5&pinned=first")
    yield from ("/api/v1/posts/120/comments?limit=5&order=reactions", "/api/v1/comments?limit=100")
    yield f"/repos/{BLOG}/issues?per_page=10&state=all"


async def pictures(service: Service) -> list[Request]:
    """Return the requests for pictures that readers may see, and for some that they may not."""
    page = (await service.get("/api/v1/posts/120/comments?limit=100")).body
    images = [image.decode() for image in dict.fromkeys(_IMAGE.findall(page))]
    avatars = [f"/avatars/{number}" for number in (583_231, 583_233, 583_240, 10_137, 1, 0, "x")]
    refusals = ["/images/1/" + "0" * 24, "/images/3100000001/" + "0" * 24, "/images/1/x", "/images/x/" + "0" * 24]
    return [Request(target) for target in (*avatars, *images[:4], *images[:1], *refusals)]


async def version(service: Service) -> str:
    """Return the version in the addresses of the widget's files."""
    match = _VERSION.search((await service.get("/widget.js")).body)
    if match is None:
        match = _VERSION.search((await service.get("/posts/103.html?view=page")).body)
    return match[1].decode() if match else "unknown"


def other_site() -> Iterator[Request]:
    """Yield requests that name a second repository."""
    query = f"repo={quote(NOTES, safe='')}"
    paths = ["/api/v1/posts/1", "/api/v1/posts/1/comments", "/api/v1/counts", "/api/v1/comments", "/posts/1.html"]
    yield from each([*paths, "/posts/1.atom", "/comments.json", "/comments.atom"], [query, f"{query}&lang=de", ""])
    yield from each([f"/repos/{NOTES}/issues", f"/repos/{NOTES}/issues/1", f"/repos/{NOTES}/issues/1/comments"], [""])
    yield from each([f"/api/v1/posts/{worlds.MOVED}", "/", "/readyz"], ["", query])

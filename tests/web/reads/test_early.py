"""Usual reads before the application is there are those that it serves: the same key, head and body, or its errors."""

from dataclasses import replace
from itertools import chain, product

import pytest
from starlette.types import ASGIApp, Message

from app.domain.errors import NotReady, StoreUnusable
from app.web.app import make_routes
from app.web.cached_reads import CachedReads
from app.web.context import Features, RequestState, WebContext, with_request_state
from app.web.reads.early import EarlyReads
from tests.web.harness.asgi import http_scope, sent_messages
from tests.web.harness.blog import Blog, OldName
from tests.web.harness.late_application import WaitedFor

_QUERIES = (
    "",
    *("limit=1", "limit=100", "limit=101", "limit=0", "limit=", "limit=+5", "limit=5&limit=6", "limit=%35", "Limit=5"),
    *("order=newest", "order=reactions", "order=NEWEST", "order=", "order=oldest&limit=7", "order=oldest%00"),
    *("cursor=", "cursor=x", "cursor=eyJhIjoxfQ", "cursor=" + "A" * 400, "pinned=first", "pinned=last", "pinned"),
    *("hidden=false", "hidden=true", "hidden=no", "ids=1,2,2", "ids=", "ids=0", "ids=41%2C42", "ids=1&ids=2"),
    *("terms=a", "term_of=pathname", "term_of=x&ids=1", "lang=de", "lang=xx", "lang=" + "a" * 36, "lang=", "lang=%FF"),
    *(
        "view=page",
        "view=fragment",
        "view=",
        "repo=owner/blog",
        "repo=OWNER/Blog",
        "repo=owner/notes",
        "repo=old/name",
        "repo=no/such",
        "repo=x",
        "repo=",
    ),
    *(
        "unknown=1&unknown=2",
        "callback=f",
        "order=newest&repo=owner%2Fblog&x",
        "limit=5;order=newest",
        "&&limit=3",
        "%",
    ),
)
_PATHS = (
    *("/api/v1/posts/41", "/api/v1/posts/41/comments", "/posts/41.html", "/api/v1/counts", "/api/v1/comments"),
    *(
        "/api/v1/posts/041",
        "/api/v1/posts/0/comments",
        "/api/v1/posts/9007199254740992",
        "/api/v1/posts/٤",
        "/posts/41",
    ),
    *("/api/v1/posts/41/", "/api/v1/posts/41/comments/", "/api/v1/posts/41\n", "/api/v1/counts/", "//api/v1/counts"),
    *("/api/v1/posts/41.html", "/posts/41/comments", "/posts/41.htm", "/api/v1/comments/1", "/api/v1/posts/41/x"),
)
_USUAL = _PATHS[:5]


def _contexts() -> list[WebContext]:
    blog = Blog()
    features = Features(names=OldName())  # type: ignore[arg-type]
    own = replace(blog.context, features=features)
    return [own, replace(own, public_url="https://c.example/x", features=replace(features, images=object()))]  # type: ignore[arg-type]


async def _replies(app: ASGIApp, path: str, query: str, host: bytes) -> tuple[list[Message], RequestState]:
    state = RequestState(b"id")
    scope = http_scope(path=path, query_string=query.encode(), headers=[(b"host", host), (b"accept-encoding", b"br")])
    return await sent_messages(app, with_request_state(scope, state)), state


@pytest.mark.parametrize("context", _contexts(), ids=["own hosts", "public url"])
async def test_early_reads_reply_as_the_routes(context: WebContext) -> None:
    routes = make_routes(context)
    served = 0
    for path, query in chain(product(_USUAL, _QUERIES), product(_PATHS, ("", "ids=1", "limit=0"))):
        host = b"blog.test" if len(query) % 3 else b'"evil"'
        application = WaitedFor(routes)
        expected, expected_state = await _replies(routes, path, query, host)
        actual, state = await _replies(EarlyReads(context, application.get), path, query, host)
        assert (actual, state) == (expected, expected_state), (path, query)
        is_usual = path in _USUAL and not query.startswith("term")
        assert application.count == 0 or not is_usual or expected[0]["status"] != 200, (path, query)
        served += application.count == 0
    assert served > 100


@pytest.mark.parametrize(
    "error", [NotReady("Post 41", retry_after=3), StoreUnusable("x.db", "gone")], ids=["503", "log"]
)
async def test_errors_of_early_reads_wait(error: Exception) -> None:
    blog = Blog()
    blog.reader.failure = error
    routes = make_routes(blog.context)
    application = WaitedFor(routes)
    expected, _ = await _replies(routes, "/api/v1/posts/41", "", b"h")
    actual, _ = await _replies(EarlyReads(blog.context, application.get), "/api/v1/posts/41", "", b"h")
    assert actual == expected
    assert (actual[0]["status"], application.count) == (503, 1)


@pytest.mark.parametrize(("method", "query"), [("OPTIONS", b""), ("POST", b""), ("GET", b"callback=f")])
async def test_what_needs_the_application_waits(method: str, query: bytes) -> None:
    blog = Blog()
    routes = make_routes(blog.context)

    async def application() -> ASGIApp:
        reads.complete(routes, blog.context)
        return routes

    reads = CachedReads(EarlyReads(blog.context, application), blog.context, application=application)
    scope = http_scope(method=method, path="/repos/o/r/issues/41", query_string=query)
    expected = await sent_messages(CachedReads(routes, blog.context), http_scope(**scope))
    actual = await sent_messages(reads, http_scope(**scope))
    assert (actual[0]["status"], actual[1:]) == (expected[0]["status"], expected[1:])

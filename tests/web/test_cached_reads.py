from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from app.web.cached_reads import CachedReads
from app.web.document_response import CorsPolicy
from tests.web.harness.asgi import http_scope, sent_messages
from tests.web.harness.blog import BIG, POST, Blog
from tests.web.harness.counting_app import cached_reads_app

READS = ["/api/v1/posts/41", "/api/v1/posts/41/comments?limit=2", f"/repos/Owner/Blog/issues/{BIG}/comments?page=2"]
FIXED_ID = {"x-request-id": "the-same"}
HTML = "application/vnd.github.v3.html+json"


async def _body(middleware: CachedReads, **scope: Any) -> bytes:
    body: bytes = (await sent_messages(middleware, http_scope(**scope)))[1]["body"]
    return body


async def test_second_read_of_a_url_needs_no_application(blog: Blog) -> None:
    middleware, app = cached_reads_app(blog)
    assert [await _body(middleware), await _body(middleware)] == [b"app", b"cache"]
    assert len(app.scopes) == 1


async def test_head_and_get_share_a_cached_key(blog: Blog) -> None:
    middleware, app = cached_reads_app(blog)
    await _body(middleware, method="HEAD")
    assert await _body(middleware) == b"cache"
    assert await _body(middleware, method="HEAD") == b""
    assert [scope["method"] for scope in app.scopes] == ["GET"]


@pytest.mark.parametrize(
    "other",
    [
        {"path": "/b"},
        {"query_string": b"page=2"},
        {"headers": [(b"accept", b"text/html")]},
        {"headers": [(b"host", b"other.test")]},
        {"scheme": "https"},
    ],
    ids=["path", "query", "accept", "host", "scheme"],
)
async def test_cache_key_has_every_input_of_the_response(blog: Blog, other: dict[str, Any]) -> None:
    middleware, app = cached_reads_app(blog)
    await _body(middleware)
    assert await _body(middleware, **other) == b"app"
    assert len(app.scopes) == 2


async def test_url_without_a_document_always_reaches_the_application(blog: Blog) -> None:
    middleware, app = cached_reads_app(blog, key=None)
    await _body(middleware)
    await _body(middleware)
    assert len(app.scopes) == 2


async def test_memory_for_cached_keys_is_bounded(blog: Blog) -> None:
    middleware, app = cached_reads_app(blog)
    long = b"x" * 30_000
    for number in range(200):
        await _body(middleware, query_string=b"%d" % number + long)
    await _body(middleware, query_string=b"199" + long)
    assert len(app.scopes) == 200, "the last key is cached"
    await _body(middleware, query_string=b"0" + long)
    assert len(app.scopes) == 201, "the first key was evicted"


@pytest.mark.parametrize("header", [b"accept", b"host"])
async def test_excessively_long_url_is_served_and_not_cached(blog: Blog, header: bytes) -> None:
    middleware, app = cached_reads_app(blog)
    headers = [(header, b"x" * 5_000_000)]
    await _body(middleware, headers=headers)
    assert await _body(middleware, headers=headers) == b"app"
    assert len(app.scopes) == 2


async def test_middleware_and_application_read_the_same_accept(blog: Blog) -> None:
    path = f"/repos/Owner/Blog/issues/{POST}/comments"
    repeated = await blog.request(path, [("accept", HTML), ("accept", "application/json")])
    single = await blog.request(path, {"accept": "application/json"})
    assert "body_html" in repeated.json()[0]
    assert "body" in single.json()[0]


async def test_other_scopes_reach_the_application(blog: Blog) -> None:
    middleware, app = cached_reads_app(blog)
    await sent_messages(middleware, http_scope(type="lifespan"))
    assert app.scopes[0]["type"] == "lifespan"


async def test_writes_always_reach_the_application(blog: Blog) -> None:
    middleware, app = cached_reads_app(blog)
    await _body(middleware, method="POST")
    await _body(middleware, method="POST")
    assert len(app.scopes) == 2


async def test_existing_cors_header_is_kept(blog: Blog) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"Access-Control-Allow-Origin", b"https://one.example")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    start, _ = await sent_messages(CachedReads(app, blog.context), http_scope())
    assert start["headers"] == [
        (b"Access-Control-Allow-Origin", b"https://one.example"),
        (b"x-request-id", b"request-1"),
        (b"x-content-type-options", b"nosniff"),
    ]


@pytest.mark.parametrize("target", READS)
async def test_cached_response_equals_the_first(blog: Blog, target: str) -> None:
    first = await blog.request(target, FIXED_ID)
    second = await blog.request(target, FIXED_ID)
    assert first.status_code == second.status_code == 200
    assert (first.content, first.headers) == (second.content, second.headers)
    assert len(blog.reader.requested_keys) == 1


async def test_evicted_document_is_read_again(blog: Blog) -> None:
    first = await blog.request(READS[0])
    blog.reader.evict()
    assert (await blog.request(READS[0])).content == first.content
    assert len(blog.reader.requested_keys) == 2


@pytest.mark.parametrize("target", [*READS, "/healthz", "/docs", "/nothing", "/repos/a/b/issues"])
@pytest.mark.parametrize("cached", [False, True])
async def test_head_has_the_headers_of_get_and_no_body(blog: Blog, target: str, *, cached: bool) -> None:
    if cached:
        await blog.request(target)
    head = await blog.request(target, FIXED_ID, method="HEAD")
    get = await blog.request(target, FIXED_ID)
    assert (head.status_code, head.headers, head.content) == (get.status_code, get.headers, b"")
    assert int(head.headers["content-length"]) == len(get.content)


async def test_matching_etag_is_answered_with_304(blog: Blog) -> None:
    etag = (await blog.request(READS[1])).headers["etag"]
    again = await blog.request(READS[1], {"if-none-match": f'"other", {etag}'})
    assert (again.status_code, again.content) == (304, b"")


async def test_preflight_of_jquery_succeeds(blog: Blog) -> None:
    headers = {
        "origin": "https://blog.example",
        "access-control-request-method": "GET",
        "access-control-request-headers": "accept,x-requested-with",
    }
    response = await blog.request(READS[2], headers, method="OPTIONS")
    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["access-control-allow-headers"] == "accept,x-requested-with"
    assert "GET" in response.headers["access-control-allow-methods"]
    assert "content-length" not in response.headers
    assert blog.reader.requested_keys == []


@pytest.mark.parametrize(
    ("origin", "is_allowed"),
    [("https://blog.example", True), ("https://a.notes.example", True), ("https://evil.example", False)],
)
async def test_only_configured_origins_pass_the_preflight(origin: str, *, is_allowed: bool) -> None:
    blog = Blog(cors=CorsPolicy(frozenset({b"https://blog.example", b"https://*.notes.example"})))
    response = await blog.request(
        READS[0], {"origin": origin, "access-control-request-method": "GET"}, method="OPTIONS"
    )
    assert response.headers.get("access-control-allow-origin") == (origin if is_allowed else None)
    assert "Origin" in response.headers["vary"]


@pytest.mark.parametrize("target", ["/nothing", READS[0]])
async def test_response_varies_with_the_origin_once(target: str) -> None:
    blog = Blog(cors=CorsPolicy(frozenset({b"https://blog.example"})))
    for _ in range(2):  # by the route, then from the cache
        assert (await blog.request(target)).headers["vary"].split(", ").count("Origin") == 1


@pytest.mark.parametrize("target", ["/nothing", "/api/v1/posts/x", "/repos/a/b/issues"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_scripts_may_read_error_responses(blog: Blog, target: str, method: str) -> None:
    response = await blog.request(target, {"origin": "https://blog.example"}, method=method)
    assert response.status_code >= 400
    assert response.headers["access-control-allow-origin"] == "*"
    assert "Retry-After" in response.headers["access-control-expose-headers"]


def _first_link(response: httpx.Response) -> str:
    return response.headers["link"].split(";")[0]


async def test_links_keep_other_parameters(blog: Blog) -> None:
    response = await blog.request(
        f"/repos/owner/blog/issues/{BIG}/comments?per_page=10&t=a%26b&page=2&since=2020-01-01"
    )
    path = f"/repos/owner/blog/issues/{BIG}/comments"
    assert _first_link(response) == f"<http://blog.test{path}?page=1&per_page=10&t=a%26b&since=2020-01-01>"


async def test_links_start_with_the_configured_url() -> None:
    blog = Blog(public_url="https://comments.example/afterword")
    response = await blog.request(READS[2])
    assert _first_link(response).startswith("<https://comments.example/afterword/repos/Owner/Blog/issues/")


@pytest.mark.parametrize("host", ['a"b<>', "evil>; rel=next, <x", "[::1", "a b", "a/b", "ü.example", "a:99999999", ""])
@pytest.mark.parametrize("cached", [False, True])
async def test_hostile_host_cannot_break_out_of_the_link(blog: Blog, host: str, *, cached: bool) -> None:
    headers = [("host", host)]
    if cached:
        await blog.request(READS[2], headers)
    response = await blog.request(READS[2], headers)
    assert response.status_code == 200
    assert set(response.links) == {"prev", "next", "last", "first"}
    assert response.headers["link"].count("<") == response.headers["link"].count(">") == 4
    assert response.headers["link"].count('"') == 8


async def test_query_that_is_not_utf8_is_served(blog: Blog) -> None:
    scope = http_scope(path=f"/repos/Owner/Blog/issues/{BIG}/comments", query_string=b"t=\xff\xfe%ff&page=2")
    start, _ = await sent_messages(blog.app, scope)
    assert start["status"] == 200

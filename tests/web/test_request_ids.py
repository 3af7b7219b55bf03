import logging
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send

from app.web.cached_reads import CachedReads
from app.web.context import REQUEST_ID, RequestIds, request_ids
from tests.web.harness.asgi import http_scope, sent_messages
from tests.web.harness.blog import POST, Blog

TARGETS = [f"/api/v1/posts/{POST}", "/healthz", "/nothing", "/docs", "/api/v1/posts/x"]
SAFE_CHARACTERS = "abcXYZ019._-"


@given(st.text(SAFE_CHARACTERS, min_size=1, max_size=128))
def test_safe_client_id_is_accepted(client_id: str) -> None:
    assert RequestIds("p").accept_or_create(client_id.encode()) == client_id.encode()


@given(st.binary(max_size=200))
def test_every_request_id_is_safe(client_id: bytes) -> None:
    assert re.fullmatch(rb"[A-Za-z0-9._-]{1,128}", RequestIds("p").accept_or_create(client_id))


@pytest.mark.parametrize("client_id", [None, b"", b"a b", b"a\n", b"a" * 129, "ä".encode(), b"a,b", b"<a>"])
def test_missing_or_unsafe_client_id_is_replaced(client_id: bytes | None) -> None:
    assert RequestIds("p").accept_or_create(client_id) == b"p-1"


def test_created_ids_are_unique() -> None:
    ids = RequestIds("p")
    assert [ids.accept_or_create(None) for _ in range(3)] == [b"p-1", b"p-2", b"p-3"]


@given(st.floats(0, 1, exclude_max=True))
def test_prefix_has_twelve_hexadecimal_digits(random: float) -> None:
    assert re.fullmatch(rb"[0-9a-f]{12}-1", request_ids(lambda: random).accept_or_create(None))


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST"])
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("cached", [False, True])
async def test_every_response_has_its_request_id_once(blog: Blog, target: str, method: str, *, cached: bool) -> None:
    if cached:
        await blog.request(target)
    response = await blog.request(target, {"x-request-id": "from.the_proxy-1"}, method=method)
    assert response.headers.get_list("x-request-id") == ["from.the_proxy-1"]


@pytest.mark.parametrize("cached", [False, True])
async def test_not_modified_response_has_a_request_id(blog: Blog, *, cached: bool) -> None:
    if cached:
        await blog.request(TARGETS[0])
    response = await blog.request(TARGETS[0], {"if-none-match": "*", "x-request-id": "again"})
    assert (response.status_code, response.headers["x-request-id"]) == (304, "again")


async def test_requests_without_an_id_receive_unique_ids(blog: Blog) -> None:
    ids = {(await blog.request(target)).headers["x-request-id"] for target in TARGETS * 2}
    assert len(ids) == len(TARGETS) * 2


async def test_repeated_client_id_is_replaced(blog: Blog) -> None:
    response = await blog.request(TARGETS[0], [("x-request-id", "a"), ("x-request-id", "b")])
    assert response.headers["x-request-id"] == "request-1"


async def test_cors_exposes_the_request_id(blog: Blog) -> None:
    response = await blog.request(TARGETS[0], {"origin": "https://blog.example"})
    exposed = response.headers["access-control-expose-headers"].split(", ")
    assert "X-Request-ID" in exposed


async def test_request_ids_change_no_caching_header(blog: Blog) -> None:
    first = await blog.request(TARGETS[0], {"x-request-id": "one"})
    second = await blog.request(TARGETS[0], {"x-request-id": "other"})
    stable = ("etag", "vary", "cache-control", "age")
    assert [first.headers[name] for name in stable] == [second.headers[name] for name in stable]
    assert len(blog.reader.requested_keys) == 1


async def test_request_id_is_set_only_during_the_request(blog: Blog) -> None:
    ids: list[str | None] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        ids.append(REQUEST_ID.get())

    middleware = CachedReads(app, blog.context)
    for method in ("GET", "POST"):
        await sent_messages(middleware, http_scope(method=method, path="/"))
    assert ids == ["request-1", "request-2"]
    assert REQUEST_ID.get() is None


async def test_internal_error_is_logged_with_the_request_id(blog: Blog, caplog: pytest.LogCaptureFixture) -> None:
    def record_id(record: logging.LogRecord) -> bool:
        ids.append(REQUEST_ID.get())
        return True

    ids: list[str | None] = []
    caplog.handler.addFilter(record_id)
    blog.reader.failure = RuntimeError("not expected")
    await blog.request("/api/v1/counts", {"x-request-id": "the-one"})
    caplog.handler.removeFilter(record_id)
    assert ids == ["the-one"]

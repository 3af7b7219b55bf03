"""Any request has one of the intended statuses, never 500, and always CORS headers."""

from functools import cache
from urllib.parse import quote_from_bytes, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.web.harness.asgi import http_scope, sent_messages
from tests.web.harness.blog import Blog

PATHS = [
    "/api/v1/posts/41",
    "/api/v1/posts/41/comments",
    "/api/v1/counts",
    "/api/v1/comments",
    "/repos/Owner/Blog/issues",
    "/repos/Owner/Blog/issues/41",
    "/repos/Owner/Blog/issues/41/comments",
    "/repos/Owner/Blog/issues/comments/2",
]
NAMES = ["repo", "order", "limit", "cursor", "ids", "page", "per_page", "since", "state", "labels", "sort", "creator"]
VALUES = st.one_of(
    st.text(max_size=20),
    st.integers().map(str),
    st.sampled_from(
        ["", "41", "1,2", "oldest", "owner/blog", "2020-07-01", "all", "\x00", "４１", "9" * 5000, "A" * 32]
    ),
)
QUERIES = st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=6).map(urlencode).map(str.encode)
STATUSES = {200, 404, 422}


@cache
def _blog() -> Blog:
    """Return one blog for all requests, because the application takes longer to create than a request."""
    return Blog()


async def _status(path: str, *, query: bytes = b"", headers: list[tuple[bytes, bytes]] | None = None) -> int:
    """Return the status of a request that no client normalizes first."""
    scope = http_scope(path=path, raw_path=path.encode("utf-8", "replace"), query_string=query, headers=headers or [])
    start, *_ = await sent_messages(_blog().app, scope)
    assert b"access-control-allow-origin" in {name.lower() for name, _ in start["headers"]}
    status: int = start["status"]
    return status


@pytest.mark.parametrize("path", PATHS)
@given(query=QUERIES)
@settings(max_examples=25, deadline=None)
async def test_any_parameters_have_an_intended_status(path: str, query: bytes) -> None:
    assert await _status(path, query=query) in STATUSES


@given(path=st.sampled_from(PATHS), query=st.binary(max_size=60))
@settings(max_examples=80, deadline=None)
async def test_any_query_bytes_have_an_intended_status(path: str, query: bytes) -> None:
    assert await _status(path, query=query) in STATUSES


@given(query=st.binary(max_size=60).map(quote_from_bytes).map(lambda text: f"since={text}&t={text}".encode()))
@settings(max_examples=60, deadline=None)
async def test_any_encoded_query_has_an_intended_status(query: bytes) -> None:
    assert await _status(f"/repos/Owner/Blog/issues/{2**40}/comments", query=query) in STATUSES


@given(segments=st.lists(st.text(max_size=8), min_size=1, max_size=5))
@settings(max_examples=80, deadline=None)
async def test_any_path_has_an_intended_status(segments: list[str]) -> None:
    for start in ("/", "/api/v1/posts/", "/repos/", "/repos/Owner/Blog/issues/"):
        assert await _status(start + "/".join(segments)) in STATUSES | {410}, "one issue is gone"


HEADERS = st.lists(
    st.tuples(
        st.sampled_from([b"accept", b"accept-encoding", b"host", b"if-none-match", b"origin"]),
        st.binary(max_size=30).map(lambda value: value.replace(b"\n", b"").replace(b"\r", b"")),
    ),
    max_size=4,
)


@given(headers=HEADERS)
@settings(max_examples=80, deadline=None)
async def test_any_headers_have_an_intended_status(headers: list[tuple[bytes, bytes]]) -> None:
    target = f"/repos/Owner/Blog/issues/{2**40}/comments"
    assert await _status(target, headers=headers) in STATUSES | {304}

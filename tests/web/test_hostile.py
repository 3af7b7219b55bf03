"""Whatever a request says, the answer is one of those that are meant: never a 500, and always with an origin."""

from functools import cache
from typing import Any
from urllib.parse import quote_from_bytes, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.web.blog import Blog

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
MEANT = {200, 404, 422}


@cache
def blog() -> Blog:
    """One for all requests: to make the application takes longer than to ask it."""
    return Blog()


async def status_of(path: str, *, query: bytes = b"", headers: list[tuple[bytes, bytes]] | None = None) -> int:
    """The status of an answer, asked of the application itself: no client tidies up the request before."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    asked = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode("utf-8", "replace"),
        "query_string": query,
        "headers": headers or [],
        "server": ("127.0.0.1", 8000),
    }
    await blog().app(asked, receive, send)
    names = {name.lower() for name, _ in sent[0]["headers"]}
    assert b"access-control-allow-origin" in names
    status: int = sent[0]["status"]
    return status


@pytest.mark.parametrize("path", PATHS)
@given(query=QUERIES)
@settings(max_examples=25, deadline=None)
async def test_any_parameters_have_an_answer_that_is_meant(path: str, query: bytes) -> None:
    assert await status_of(path, query=query) in MEANT


@given(path=st.sampled_from(PATHS), query=st.binary(max_size=60))
@settings(max_examples=80, deadline=None)
async def test_any_bytes_as_a_query_have_an_answer_that_is_meant(path: str, query: bytes) -> None:
    assert await status_of(path, query=query) in MEANT


@given(query=st.binary(max_size=60).map(quote_from_bytes).map(lambda text: f"since={text}&t={text}".encode()))
@settings(max_examples=60, deadline=None)
async def test_any_encoded_bytes_in_a_link_have_an_answer_that_is_meant(query: bytes) -> None:
    assert await status_of(f"/repos/Owner/Blog/issues/{2**40}/comments", query=query) in MEANT


@given(segments=st.lists(st.text(max_size=8), min_size=1, max_size=5))
@settings(max_examples=80, deadline=None)
async def test_any_path_has_an_answer_that_is_meant(segments: list[str]) -> None:
    for start in ("/", "/api/v1/posts/", "/repos/", "/repos/Owner/Blog/issues/"):
        assert await status_of(start + "/".join(segments)) in MEANT


HEADERS = st.lists(
    st.tuples(
        st.sampled_from([b"accept", b"accept-encoding", b"host", b"if-none-match", b"origin"]),
        st.binary(max_size=30).map(lambda value: value.replace(b"\n", b"").replace(b"\r", b"")),
    ),
    max_size=4,
)


@given(headers=HEADERS)
@settings(max_examples=80, deadline=None)
async def test_any_headers_have_an_answer_that_is_meant(headers: list[tuple[bytes, bytes]]) -> None:
    target = f"/repos/Owner/Blog/issues/{2**40}/comments"
    assert await status_of(target, headers=headers) in MEANT | {304}

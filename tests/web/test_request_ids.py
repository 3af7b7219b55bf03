import logging
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.cached_reads import CachedReads, Message, Receive, Scope, Send
from app.web.request_ids import REQUEST_ID, RequestIds, request_ids
from tests.web.blog import POST, Blog

TARGETS = [f"/api/v1/posts/{POST}", "/healthz", "/nothing", "/docs", "/api/v1/posts/x"]
HARMLESS = "abcXYZ019._-"


@given(st.text(HARMLESS, min_size=1, max_size=128))
def test_a_harmless_name_is_taken_over(name: str) -> None:
    assert RequestIds("p").named(name.encode()) == name.encode()


@given(st.binary(max_size=200))
def test_whatever_a_reader_sends_the_name_is_harmless(said: bytes) -> None:
    assert re.fullmatch(rb"[A-Za-z0-9._-]{1,128}", RequestIds("p").named(said))


@pytest.mark.parametrize("said", [None, b"", b"a b", b"a\n", b"a" * 129, "ä".encode(), b"a,b", b"<a>"])
def test_a_name_that_is_missing_or_could_do_harm_is_replaced(said: bytes | None) -> None:
    assert RequestIds("p").named(said) == b"p-1"


def test_no_two_requests_get_the_same_name() -> None:
    names = RequestIds("p")
    assert [names.named(None) for _ in range(3)] == [b"p-1", b"p-2", b"p-3"]


@given(st.floats(0, 1, exclude_max=True))
def test_the_prefix_has_twelve_digits_whatever_chance_gives(chance: float) -> None:
    assert re.fullmatch(rb"[0-9a-f]{12}-1", request_ids(lambda: chance).named(None))


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST"])
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("seen", [False, True])
async def test_every_answer_bears_the_name_of_its_request_once(
    blog: Blog, target: str, method: str, *, seen: bool
) -> None:
    if seen:
        await blog.ask(target)
    answer = await blog.ask(target, {"x-request-id": "from.the_proxy-1"}, method=method)
    assert answer.headers.get_list("x-request-id") == ["from.the_proxy-1"]


@pytest.mark.parametrize("seen", [False, True])
async def test_an_answer_that_nothing_has_changed_bears_a_name_too(blog: Blog, *, seen: bool) -> None:
    if seen:
        await blog.ask(TARGETS[0])
    answer = await blog.ask(TARGETS[0], {"if-none-match": "*", "x-request-id": "again"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (304, "again")


async def test_a_request_without_a_name_gets_one_that_no_other_has(blog: Blog) -> None:
    names = {(await blog.ask(target)).headers["x-request-id"] for target in TARGETS * 2}
    assert len(names) == len(TARGETS) * 2


async def test_two_names_are_none(blog: Blog) -> None:
    answer = await blog.ask(TARGETS[0], [("x-request-id", "a"), ("x-request-id", "b")])
    assert answer.headers["x-request-id"] == "request-1"


async def test_a_page_of_another_origin_may_read_the_name(blog: Blog) -> None:
    answer = await blog.ask(TARGETS[0], {"origin": "https://blog.example"})
    exposed = answer.headers["access-control-expose-headers"].split(", ")
    assert "X-Request-ID" in exposed


async def test_names_change_nothing_for_caches(blog: Blog) -> None:
    one = await blog.ask(TARGETS[0], {"x-request-id": "one"})
    other = await blog.ask(TARGETS[0], {"x-request-id": "other"})
    same = ("etag", "vary", "cache-control", "age")
    assert [one.headers[name] for name in same] == [other.headers[name] for name in same]
    assert len(blog.reads.asked) == 1


async def test_the_name_is_known_to_whatever_logs_meanwhile_and_forgotten_afterwards(blog: Blog) -> None:
    known: list[str | None] = []

    async def behind(scope: Scope, receive: Receive, send: Send) -> None:
        known.append(REQUEST_ID.get())

    transport = CachedReads(behind, blog.serving)
    for method in ("GET", "POST"):
        scope: dict[str, Any] = {"type": "http", "method": method, "path": "/", "query_string": b"", "headers": []}
        await transport(scope | {"scheme": "http"}, _nothing, _nowhere)
    assert known == ["request-1", "request-2"]
    assert REQUEST_ID.get() is None


async def test_a_failure_that_nobody_expected_is_logged_under_the_name(
    blog: Blog, caplog: pytest.LogCaptureFixture
) -> None:
    def noting(record: logging.LogRecord) -> bool:
        names.append(REQUEST_ID.get())
        return True

    names: list[str | None] = []
    caplog.handler.addFilter(noting)
    blog.reads.failure = RuntimeError("not expected")
    await blog.ask("/api/v1/counts", {"x-request-id": "the-one"})
    caplog.handler.removeFilter(noting)
    assert names == ["the-one"]


async def _nothing() -> Message:
    return {"type": "http.request"}


async def _nowhere(_message: object) -> None:
    return None

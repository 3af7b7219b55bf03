import logging
from typing import Any

import httpx
import pytest

from app.web.access_log import AccessLog
from app.web.cached_reads import Receive, Scope, Send
from app.web.request_ids import REQUEST_ID
from tests.fakes import FakeClock
from tests.web.blog import POST, Blog

TARGET = f"/api/v1/posts/{POST}/comments"


class Lines(logging.Handler):
    """What is logged, with the name of the request at that moment."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append({**record.__dict__, "request_id": REQUEST_ID.get()})


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Any:
    caplog.set_level(logging.INFO, "app.access")
    handler = Lines()
    logger = logging.getLogger("app.access")
    logger.addHandler(handler)
    yield handler.said
    logger.removeHandler(handler)


async def ask(
    blog: Blog, target: str, *, addresses: bool = False, method: str = "GET", headers: dict[str, str] | None = None
) -> httpx.Response:
    logged = AccessLog(blog.app, now=blog.clock.now, addresses=addresses)
    transport = httpx.ASGITransport(logged, client=("192.0.2.7", 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://blog.test") as client:
        return await client.request(method, target, headers=headers)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
async def test_a_request_is_one_line(blog: Blog, lines: list[dict[str, Any]], method: str) -> None:
    answer = await ask(blog, TARGET, method=method, headers={"x-request-id": "abc", "accept-encoding": "identity"})
    (line,) = lines
    told = {name: line[name] for name in ("method", "path", "status", "bytes", "request_id", "ms")}
    assert told == {
        "method": method,
        "path": TARGET,
        "status": answer.status_code,
        "bytes": len(answer.content),
        "request_id": "abc",
        "ms": 0.0,
    }


async def test_the_duration_is_that_until_the_answer_has_ended(blog: Blog, lines: list[dict[str, Any]]) -> None:
    clock = FakeClock()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        clock.advance(0.25)
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        await send({"type": "http.response.body", "body": b"bc"})

    transport = httpx.ASGITransport(AccessLog(slow, now=clock.now, addresses=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://blog.test") as client:
        await client.get("/")
    assert (lines[0]["ms"], lines[0]["bytes"], lines[0]["request_id"]) == (250.0, 3, None)


@pytest.mark.parametrize("asked", [False, True])
async def test_the_readers_address_is_told_only_where_it_is_asked_for(
    blog: Blog, lines: list[dict[str, Any]], *, asked: bool
) -> None:
    await ask(blog, TARGET, addresses=asked)
    assert lines[0].get("address") == ("192.0.2.7" if asked else None)
    assert ("192.0.2.7" in str(lines[0])) is asked


async def test_nothing_but_the_path_of_what_a_page_sends_is_told(blog: Blog, lines: list[dict[str, Any]]) -> None:
    private = {"referer": "https://blog.example/private", "user-agent": "private", "cookie": "private"}
    await ask(blog, f"{TARGET}?access_token=private", headers=private)
    assert "private" not in str(lines[0])


async def test_a_request_that_ends_in_a_failure_is_told_too(lines: list[dict[str, Any]]) -> None:
    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("not expected")

    scope = {"type": "http", "method": "GET", "path": "/a", "client": None}
    with pytest.raises(RuntimeError):
        await AccessLog(failing, now=FakeClock().now, addresses=True)(scope, _nothing, _nowhere)
    assert (lines[0]["status"], lines[0]["bytes"], lines[0].get("address")) == (None, 0, None)


async def test_what_is_no_request_is_passed_on_and_not_told(lines: list[dict[str, Any]]) -> None:
    passed: list[str] = []

    async def behind(scope: Scope, receive: Receive, send: Send) -> None:
        passed.append(scope["type"])

    await AccessLog(behind, now=FakeClock().now, addresses=True)({"type": "lifespan"}, _nothing, _nowhere)
    assert (passed, lines) == (["lifespan"], [])


async def _nothing() -> dict[str, object]:
    return {"type": "http.request"}


async def _nowhere(_message: object) -> None:
    return None

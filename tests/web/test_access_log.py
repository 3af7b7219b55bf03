import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from app.web.access_log import AccessLog
from tests.fakes import FakeClock
from tests.web.harness.asgi import receive_nothing
from tests.web.harness.blog import POST, Blog
from tests.web.harness.line_recorder import LineRecorder

TARGET = f"/api/v1/posts/{POST}/comments"


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[list[dict[str, Any]]]:
    caplog.set_level(logging.INFO, "app.access")
    recorder = LineRecorder()
    logger = logging.getLogger("app.access")
    logger.addHandler(recorder)
    yield recorder.lines
    logger.removeHandler(recorder)


async def _request(
    blog: Blog, target: str, *, addresses: bool = False, method: str = "GET", headers: dict[str, str] | None = None
) -> httpx.Response:
    app = AccessLog(blog.app, now=blog.clock.now, addresses=addresses)
    transport = httpx.ASGITransport(app, client=("192.0.2.7", 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://blog.test") as client:
        return await client.request(method, target, headers=headers)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
async def test_access_log_writes_one_line_per_request(blog: Blog, lines: list[dict[str, Any]], method: str) -> None:
    response = await _request(
        blog, TARGET, method=method, headers={"x-request-id": "abc", "accept-encoding": "identity"}
    )
    (line,) = lines
    fields = {name: line[name] for name in ("method", "path", "status", "bytes", "request_id", "ms")}
    assert fields == {
        "method": method,
        "path": TARGET,
        "status": response.status_code,
        "bytes": len(response.content),
        "request_id": "abc",
        "ms": 0.0,
    }


async def test_duration_lasts_until_the_response_ends(blog: Blog, lines: list[dict[str, Any]]) -> None:
    clock = FakeClock()

    async def slow_app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        clock.advance(0.25)
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        await send({"type": "http.response.body", "body": b"bc"})

    transport = httpx.ASGITransport(AccessLog(slow_app, now=clock.now, addresses=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://blog.test") as client:
        await client.get("/")
    assert (lines[0]["ms"], lines[0]["bytes"], lines[0]["request_id"]) == (250.0, 3, None)


@pytest.mark.parametrize("addresses", [False, True])
async def test_address_is_logged_only_if_configured(
    blog: Blog, lines: list[dict[str, Any]], *, addresses: bool
) -> None:
    await _request(blog, TARGET, addresses=addresses)
    assert lines[0].get("address") == ("192.0.2.7" if addresses else None)
    assert ("192.0.2.7" in str(lines[0])) is addresses


async def test_query_and_headers_are_not_logged(blog: Blog, lines: list[dict[str, Any]]) -> None:
    headers = {"referer": "https://blog.example/headers", "user-agent": "headers", "cookie": "headers"}
    await _request(blog, f"{TARGET}?access_token=headers", headers=headers)
    assert "headers" not in str(lines[0])


async def test_failing_request_is_logged_too(lines: list[dict[str, Any]]) -> None:
    async def failing_app(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("not expected")

    scope = {"type": "http", "method": "GET", "path": "/a", "client": None}
    with pytest.raises(RuntimeError):
        await AccessLog(failing_app, now=FakeClock().now, addresses=True)(scope, receive_nothing, _discard)
    assert (lines[0]["status"], lines[0]["bytes"], lines[0].get("address")) == (None, 0, None)


async def test_other_scopes_are_forwarded_and_not_logged(lines: list[dict[str, Any]]) -> None:
    types: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        types.append(scope["type"])

    await AccessLog(app, now=FakeClock().now, addresses=True)({"type": "lifespan"}, receive_nothing, _discard)
    assert (types, lines) == (["lifespan"], [])


async def _discard(_message: object) -> None:
    return None

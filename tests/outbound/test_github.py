import asyncio
from typing import Any

import httpx
import pytest
from pytest_httpx import HTTPXMock

from app.domain.errors import (
    GitHubError,
    Gone,
    InvalidResponse,
    NotVisible,
    PaginationLimitReached,
    RequestRejected,
    TokenRejected,
    Unreachable,
)
from app.github import requests, responses
from app.github.requests import Request
from app.outbound.github import ExchangeOutcome, HttpGitHub
from tests.fakes import FakeClock
from tests.github.objects import API, issue_object
from tests.outbound.github_client import ISSUE, LIST, TOKEN, Exchanges, MakeGitHub, send_expecting_error
from tests.outbound.servers import http_response, serve_bytes

pytestmark = pytest.mark.httpx_mock(can_send_already_matched_responses=True)


async def test_request_returns_its_response(
    make_github: MakeGitHub, httpx_mock: HTTPXMock, exchanges: Exchanges
) -> None:
    httpx_mock.add_response(url=ISSUE.url, json=issue_object(), headers={"ETag": '"abc"'})
    github = make_github()

    response = await github.send(ISSUE)

    assert (responses.issue(response).number, response.etag, response.url) == (41, '"abc"', ISSUE.url)
    assert github.request_count == 1
    assert exchanges == [("/repos/octo/blog/issues/41", ExchangeOutcome.OK)]


async def test_request_carries_user_agent_and_media_type(make_github: MakeGitHub, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(json={})

    await make_github().send(ISSUE, etag='W/"abc"')

    headers = httpx_mock.get_requests()[0].headers
    assert headers["user-agent"] == "afterword"
    assert headers["accept"] == "application/vnd.github.full+json"
    assert headers["x-github-api-version"] == "2022-11-28"
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert headers["if-none-match"] == 'W/"abc"'


@pytest.mark.parametrize("token", [None, ""])
async def test_without_a_token_none_is_sent(make_github: MakeGitHub, httpx_mock: HTTPXMock, token: str | None) -> None:
    httpx_mock.add_response(json={})
    github = make_github(token=token)

    await github.send(ISSUE)

    assert "authorization" not in httpx_mock.get_requests()[0].headers
    assert repr(github) == "<HttpGitHub https://api.github.com without token>"


async def test_unchanged_response_is_counted(
    make_github: MakeGitHub, httpx_mock: HTTPXMock, exchanges: Exchanges
) -> None:
    httpx_mock.add_response(status_code=304)
    github = make_github()

    response = await github.send(LIST, etag='"abc"')

    assert (response.unchanged, response.data, response.etag) == (True, None, '"abc"')
    assert github.request_count == 1
    assert exchanges == [(LIST.path, ExchangeOutcome.UNCHANGED)]


async def test_validator_key_belongs_to_the_token(make_github: MakeGitHub) -> None:
    assert make_github().validator_key(ISSUE) == requests.validator_key(ISSUE, TOKEN)
    assert make_github(token=None).validator_key(ISSUE) == requests.validator_key(ISSUE, None)


async def test_transport_failure_is_retried(
    make_github: MakeGitHub, httpx_mock: HTTPXMock, clock: FakeClock, exchanges: Exchanges
) -> None:
    httpx_mock.add_exception(httpx.ConnectError("refused"))
    httpx_mock.add_response(status_code=502, html="<h1>Unicorn</h1>")
    httpx_mock.add_response(json=issue_object())
    github = make_github(random=0.5)

    response = await github.send(ISSUE)

    assert responses.issue(response).number == 41
    assert (github.request_count, clock.slept) == (3, [0.5, 1.0])
    assert [outcome for _, outcome in exchanges] == [
        ExchangeOutcome.UNREACHABLE,
        ExchangeOutcome.UNREACHABLE,
        ExchangeOutcome.OK,
    ]


@pytest.mark.parametrize("random", [0.0, 0.25, 0.999])
async def test_backoff_is_a_random_part_of_doubled_delays(
    make_github: MakeGitHub, httpx_mock: HTTPXMock, clock: FakeClock, random: float
) -> None:
    httpx_mock.add_response(status_code=500)

    await send_expecting_error(make_github(random=random))

    assert clock.slept == [random, 2 * random]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (httpx.ConnectError("connection refused"), "ConnectError: connection refused"),
        (httpx.ConnectTimeout(""), "time-out"),
        (httpx.ReadTimeout(""), "time-out"),
        (httpx.ReadError(""), "ReadError"),
        (httpx.RemoteProtocolError("Server disconnected"), "Server disconnected"),
        (httpx.ProxyError("407"), "ProxyError: 407"),
    ],
)
async def test_three_failed_attempts_are_unreachable(
    make_github: MakeGitHub, httpx_mock: HTTPXMock, error: Exception, message: str
) -> None:
    httpx_mock.add_exception(error)
    github = make_github()

    caught = await send_expecting_error(github)

    assert isinstance(caught, Unreachable)
    assert message in caught.reason
    assert github.request_count == 3


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_persistent_5xx_is_unreachable_with_its_status(
    make_github: MakeGitHub, httpx_mock: HTTPXMock, status: int
) -> None:
    httpx_mock.add_response(status_code=status)
    github = make_github()

    caught = await send_expecting_error(github)

    assert isinstance(caught, Unreachable)
    assert str(status) in caught.reason
    assert github.request_count == 3


@pytest.mark.parametrize(
    "response",
    [{"html": "<html>Sign in to the hotel</html>"}, {"content": b""}, {"content": b'{"id": 1'}, {"json": []}],
)
async def test_invalid_response_is_retried_then_raised(
    make_github: MakeGitHub, httpx_mock: HTTPXMock, exchanges: Exchanges, response: dict[str, Any]
) -> None:
    httpx_mock.add_response(**response)
    github = make_github()

    assert isinstance(await send_expecting_error(github), InvalidResponse)
    assert github.request_count == 3
    assert {outcome for _, outcome in exchanges} == {ExchangeOutcome.INVALID}


async def test_invalid_response_may_be_valid_on_retry(make_github: MakeGitHub, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(html="<html>")
    httpx_mock.add_response(json=issue_object())

    assert responses.issue(await make_github().send(ISSUE)).number == 41


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (400, "Bad", RequestRejected),
        (401, "Bad credentials", TokenRejected),
        (403, "Resource not accessible", RequestRejected),
        (404, "Not Found", NotVisible),
        (410, "This issue was deleted", Gone),
        (422, "Pagination is limited", PaginationLimitReached),
        (422, "Validation Failed", RequestRejected),
        (451, "Blocked", RequestRejected),
    ],
)
async def test_rejection_is_never_retried(
    make_github: MakeGitHub,
    httpx_mock: HTTPXMock,
    exchanges: Exchanges,
    status: int,
    message: str,
    kind: type[GitHubError],
) -> None:
    httpx_mock.add_response(status_code=status, json={"message": message})
    github = make_github()

    assert type(await send_expecting_error(github)) is kind
    assert github.request_count == 1
    assert exchanges == [(ISSUE.path, ExchangeOutcome.REJECTED)]


async def test_requests_in_flight_are_bounded(make_github: MakeGitHub, httpx_mock: HTTPXMock) -> None:
    together = asyncio.Barrier(3)
    running, max_running = 0, 0

    async def hold(_: httpx.Request) -> httpx.Response:
        nonlocal running, max_running
        running += 1
        max_running = max(max_running, running)
        await together.wait()
        running -= 1
        return httpx.Response(200, json={})

    httpx_mock.add_callback(hold)
    github = make_github(in_flight=3)

    await asyncio.gather(*(github.send(ISSUE) for _ in range(21)))

    assert (max_running, github.request_count) == (3, 21)


async def test_request_times_out(make_github: MakeGitHub, httpx_mock: HTTPXMock, exchanges: Exchanges) -> None:
    async def never(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    httpx_mock.add_callback(never)

    error = await send_expecting_error(make_github(timeout=0.01))

    assert isinstance(error, Unreachable)
    assert error.reason == "no complete response within 0.01 s"
    assert exchanges == [(ISSUE.path, ExchangeOutcome.UNREACHABLE)]


async def test_callback_is_optional(clock: FakeClock, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(json={})
    github = HttpGitHub(API, None, clock, lambda: 0.0)

    await github.send(ISSUE)
    await github.aclose()

    assert github.request_count == 1


CUT = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 100\r\n\r\n[{"


async def test_truncated_body_is_retried_over_a_real_connection(make_github: MakeGitHub, clock: FakeClock) -> None:
    async with serve_bytes(CUT, b"", http_response(b'[{"id": 1}]')) as server:
        github = make_github(api=server.url)
        response = await github.send(Request(f"{server.url}/x", many=True))

    assert (response.data, github.request_count, len(clock.slept)) == ([{"id": 1}], 3, 2)


async def test_persistently_truncated_body_is_invalid(make_github: MakeGitHub) -> None:
    async with serve_bytes(CUT) as server:
        github = make_github(api=server.url)
        error = await send_expecting_error(github, Request(f"{server.url}/x", many=True))

    assert isinstance(error, InvalidResponse)
    assert (error.reason, github.request_count) == ("it was cut off after 2 bytes", 3)

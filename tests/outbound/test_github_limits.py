import asyncio
from typing import Any

import httpx
import pytest
from pytest_httpx import HTTPXMock

from app.domain.errors import (
    RateLimited,
)
from app.github.rate_limits import RateLimit
from app.outbound.github import ExchangeOutcome
from tests.fakes import FakeClock
from tests.github.objects import issue_object
from tests.outbound.github_client import ISSUE, LIST, NOW, Exchanges, MakeGitHub, send_expecting_error

RATE_HEADERS = {"x-ratelimit-limit": "60", "x-ratelimit-remaining": "41", "x-ratelimit-reset": str(int(NOW) + 900)}
EXHAUSTED = RATE_HEADERS | {"x-ratelimit-remaining": "0"}
SECONDARY = {"message": "You have exceeded a secondary rate limit. Please wait."}

pytestmark = pytest.mark.httpx_mock(can_send_already_matched_responses=True)


@pytest.mark.parametrize(
    ("response", "until", "kind"),
    [
        ({"headers": {"retry-after": "30"}, "json": SECONDARY}, NOW + 30, "secondary"),
        ({"headers": EXHAUSTED, "json": {"message": "API rate limit exceeded"}}, NOW + 900, "primary"),
        ({"headers": EXHAUSTED | {"retry-after": "5"}}, NOW + 5, "primary"),
        ({"json": SECONDARY}, NOW + 60, "secondary"),
    ],
)
@pytest.mark.parametrize("status", [403, 429])
async def test_no_request_leaves_during_a_limit(  # noqa: PLR0917 - fixtures and cases
    make_github: MakeGitHub,
    httpx_mock: HTTPXMock,
    clock: FakeClock,
    status: int,
    response: dict[str, Any],
    until: float,
    kind: str,
) -> None:
    httpx_mock.add_response(status_code=status, url=ISSUE.url, **response)
    httpx_mock.add_response(json=[], url=LIST.url)
    github = make_github()

    first = await send_expecting_error(github)
    clock.advance(until - NOW - 0.5)
    second = await send_expecting_error(github, LIST)

    assert isinstance(first, RateLimited)
    assert isinstance(second, RateLimited)
    assert (first.until, first.kind, first.path) == (until, kind, ISSUE.path)
    assert (second.until, second.kind, second.path) == (until, kind, LIST.path)
    assert (github.request_count, github.blocked_until) == (1, until)

    clock.advance(0.5)
    await github.send(LIST)
    assert (github.request_count, github.blocked_until) == (2, None)


async def test_limit_is_reported_once(make_github: MakeGitHub, httpx_mock: HTTPXMock, exchanges: Exchanges) -> None:
    httpx_mock.add_response(status_code=429)
    github = make_github()

    await send_expecting_error(github)
    await send_expecting_error(github)

    assert exchanges == [(ISSUE.path, ExchangeOutcome.RATE_LIMITED)]


async def test_limits_in_a_row_double_until_a_response(
    make_github: MakeGitHub, httpx_mock: HTTPXMock, clock: FakeClock
) -> None:
    for _ in range(3):
        httpx_mock.add_response(status_code=403, json=SECONDARY)
    httpx_mock.add_response(json=issue_object())
    httpx_mock.add_response(status_code=403, json=SECONDARY)
    github = make_github()

    waits = []
    for _ in range(3):
        limit = await send_expecting_error(github)
        assert isinstance(limit, RateLimited)
        waits.append(limit.until - clock.now())
        clock.advance(waits[-1])
    await github.send(ISSUE)
    limit = await send_expecting_error(github)

    assert waits == [60, 120, 240]
    assert isinstance(limit, RateLimited)
    assert limit.until - clock.now() == 60


async def test_requests_in_flight_together_meet_one_limit(
    make_github: MakeGitHub, httpx_mock: HTTPXMock, clock: FakeClock
) -> None:
    together = asyncio.Barrier(3)

    async def hold(_: httpx.Request) -> httpx.Response:
        if clock.now() == NOW:
            await together.wait()
        return httpx.Response(403, json=SECONDARY)

    httpx_mock.add_callback(hold)
    github = make_github(in_flight=3)
    await asyncio.gather(*(send_expecting_error(github) for _ in range(3)))
    clock.advance(60)

    limit = await send_expecting_error(github)

    assert isinstance(limit, RateLimited)
    assert limit.until - clock.now() == 120


async def test_earlier_response_does_not_end_a_limit(
    make_github: MakeGitHub, httpx_mock: HTTPXMock, clock: FakeClock
) -> None:
    sent, gate = asyncio.Event(), asyncio.Event()

    async def late(_: httpx.Request) -> httpx.Response:
        sent.set()
        await gate.wait()
        return httpx.Response(200, json=[])

    httpx_mock.add_callback(late, url=LIST.url)
    httpx_mock.add_response(status_code=403, json=SECONDARY, url=ISSUE.url)
    github = make_github()
    listing = asyncio.create_task(github.send(LIST))
    await sent.wait()
    await send_expecting_error(github)
    gate.set()
    await listing

    assert github.blocked_until == NOW + 60
    assert isinstance(await send_expecting_error(github), RateLimited)
    assert github.request_count == 2
    clock.advance(60)
    second = await send_expecting_error(github)
    assert isinstance(second, RateLimited)
    assert second.until - clock.now() == 120


async def test_longer_of_two_limits_counts(make_github: MakeGitHub, httpx_mock: HTTPXMock) -> None:
    sent, gate = asyncio.Event(), asyncio.Event()

    async def late(_: httpx.Request) -> httpx.Response:
        sent.set()
        await gate.wait()
        return httpx.Response(429, headers={"retry-after": "30"})

    httpx_mock.add_callback(late, url=LIST.url)
    httpx_mock.add_response(status_code=429, headers={"retry-after": "600"}, url=ISSUE.url)
    github = make_github()
    listing = asyncio.create_task(send_expecting_error(github, LIST))
    await sent.wait()
    await send_expecting_error(github)
    gate.set()
    await listing

    assert github.blocked_until == NOW + 600


async def test_no_retry_leaves_during_a_limit(
    make_github: MakeGitHub, httpx_mock: HTTPXMock, exchanges: Exchanges
) -> None:
    httpx_mock.add_response(status_code=502)
    httpx_mock.add_response(status_code=429, headers={"retry-after": "600"})
    github = make_github()

    assert isinstance(await send_expecting_error(github), RateLimited)
    assert isinstance(await send_expecting_error(github), RateLimited)
    assert [outcome for _, outcome in exchanges] == [ExchangeOutcome.UNREACHABLE, ExchangeOutcome.RATE_LIMITED]


async def test_zero_remaining_requests_block_the_next(
    make_github: MakeGitHub, httpx_mock: HTTPXMock, clock: FakeClock
) -> None:
    httpx_mock.add_response(json=issue_object(), headers=EXHAUSTED)
    github = make_github()
    await github.send(ISSUE)

    limit = await send_expecting_error(github)

    assert isinstance(limit, RateLimited)
    assert (limit.until, limit.kind, github.request_count) == (NOW + 900, "primary", 1)
    clock.advance(900)
    await github.send(ISSUE)
    assert github.request_count == 2


async def test_clock_set_back_does_not_prolong_a_limit(
    make_github: MakeGitHub, httpx_mock: HTTPXMock, clock: FakeClock
) -> None:
    httpx_mock.add_response(status_code=429, headers={"retry-after": "600"}, url=ISSUE.url)
    httpx_mock.add_response(json=[], url=LIST.url)
    github = make_github()
    await send_expecting_error(github)

    clock.advance(-86_400)

    assert github.blocked_until is None
    assert (await github.send(LIST)).data == []


async def test_rate_limit_is_the_last_responses_by_our_clock(make_github: MakeGitHub, httpx_mock: HTTPXMock) -> None:
    ahead = {"Date": "Sun, 13 Sep 2020 12:36:40 GMT", "x-ratelimit-reset": str(int(NOW) + 1500)}
    httpx_mock.add_response(json={}, headers=RATE_HEADERS | ahead)
    httpx_mock.add_response(json={})
    httpx_mock.add_response(
        status_code=404, json={"message": "Not Found"}, headers=RATE_HEADERS | {"x-ratelimit-remaining": "7"}
    )
    github = make_github()

    assert github.rate_limit is None
    await github.send(ISSUE)
    assert github.rate_limit == RateLimit(60, 41, NOW + 900)
    await github.send(ISSUE)
    assert github.rate_limit == RateLimit(60, 41, NOW + 900)
    await send_expecting_error(github)
    assert github.rate_limit == RateLimit(60, 7, NOW + 900)

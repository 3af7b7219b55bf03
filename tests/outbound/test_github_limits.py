import asyncio
from typing import Any

import httpx
import pytest
from pytest_httpx import HTTPXMock

from app.domain.errors import (
    RateLimited,
)
from app.github.responses import RateLimit
from app.outbound.github import Outcome
from tests.fakes import FakeClock
from tests.github.objects import issue_object
from tests.outbound.github_client import ISSUE, LIST, NOW, Make, Told, failing

COUNTED = {"x-ratelimit-limit": "60", "x-ratelimit-remaining": "41", "x-ratelimit-reset": str(int(NOW) + 900)}
USED_UP = COUNTED | {"x-ratelimit-remaining": "0"}
SECONDARY = {"message": "You have exceeded a secondary rate limit. Please wait."}

pytestmark = pytest.mark.httpx_mock(can_send_already_matched_responses=True)


@pytest.mark.parametrize(
    ("response", "until", "kind"),
    [
        ({"headers": {"retry-after": "30"}, "json": SECONDARY}, NOW + 30, "secondary"),
        ({"headers": USED_UP, "json": {"message": "API rate limit exceeded"}}, NOW + 900, "primary"),
        ({"headers": USED_UP | {"retry-after": "5"}}, NOW + 5, "primary"),
        ({"json": SECONDARY}, NOW + 60, "secondary"),
    ],
)
@pytest.mark.parametrize("status", [403, 429])
async def test_while_limited_nothing_leaves(  # noqa: PLR0917 - fixtures and cases
    make: Make,
    httpx_mock: HTTPXMock,
    clock: FakeClock,
    status: int,
    response: dict[str, Any],
    until: float,
    kind: str,
) -> None:
    httpx_mock.add_response(status_code=status, url=ISSUE.url, **response)
    httpx_mock.add_response(json=[], url=LIST.url)
    github = make()

    first = await failing(github)
    clock.advance(until - NOW - 0.5)
    second = await failing(github, LIST)

    assert isinstance(first, RateLimited)
    assert isinstance(second, RateLimited)
    assert (first.until, first.kind, first.path) == (until, kind, ISSUE.path)
    assert (second.until, second.kind, second.path) == (until, kind, LIST.path)
    assert (github.request_count, github.limited_until) == (1, until)

    clock.advance(0.5)
    await github.send(LIST)
    assert (github.request_count, github.limited_until) == (2, None)


async def test_a_limit_is_told_to_the_observer_once(make: Make, httpx_mock: HTTPXMock, told: Told) -> None:
    httpx_mock.add_response(status_code=429)
    github = make()

    await failing(github)
    await failing(github)

    assert told == [(ISSUE.path, Outcome.LIMITED)]


async def test_limits_one_after_the_other_wait_twice_as_long_until_an_answer_comes(
    make: Make, httpx_mock: HTTPXMock, clock: FakeClock
) -> None:
    for _ in range(3):
        httpx_mock.add_response(status_code=403, json=SECONDARY)
    httpx_mock.add_response(json=issue_object())
    httpx_mock.add_response(status_code=403, json=SECONDARY)
    github = make()

    waits = []
    for _ in range(3):
        limit = await failing(github)
        assert isinstance(limit, RateLimited)
        waits.append(limit.until - clock.now())
        clock.advance(waits[-1])
    await github.send(ISSUE)
    limit = await failing(github)

    assert waits == [60, 120, 240]
    assert isinstance(limit, RateLimited)
    assert limit.until - clock.now() == 60


async def test_asks_in_flight_together_meet_one_limit(make: Make, httpx_mock: HTTPXMock, clock: FakeClock) -> None:
    together = asyncio.Barrier(3)

    async def held(_: httpx.Request) -> httpx.Response:
        if clock.now() == NOW:
            await together.wait()
        return httpx.Response(403, json=SECONDARY)

    httpx_mock.add_callback(held)
    github = make(in_flight=3)
    await asyncio.gather(*(failing(github) for _ in range(3)))
    clock.advance(60)

    limit = await failing(github)

    assert isinstance(limit, RateLimited)
    assert limit.until - clock.now() == 120


async def test_an_answer_sent_before_a_limit_does_not_end_it(
    make: Make, httpx_mock: HTTPXMock, clock: FakeClock
) -> None:
    left, gate = asyncio.Event(), asyncio.Event()

    async def late(_: httpx.Request) -> httpx.Response:
        left.set()
        await gate.wait()
        return httpx.Response(200, json=[])

    httpx_mock.add_callback(late, url=LIST.url)
    httpx_mock.add_response(status_code=403, json=SECONDARY, url=ISSUE.url)
    github = make()
    listing = asyncio.create_task(github.send(LIST))
    await left.wait()
    await failing(github)
    gate.set()
    await listing

    assert github.limited_until == NOW + 60
    assert isinstance(await failing(github), RateLimited)
    assert github.request_count == 2
    clock.advance(60)
    second = await failing(github)
    assert isinstance(second, RateLimited)
    assert second.until - clock.now() == 120


async def test_of_two_limits_the_longer_one_is_obeyed(make: Make, httpx_mock: HTTPXMock) -> None:
    left, gate = asyncio.Event(), asyncio.Event()

    async def late(_: httpx.Request) -> httpx.Response:
        left.set()
        await gate.wait()
        return httpx.Response(429, headers={"retry-after": "30"})

    httpx_mock.add_callback(late, url=LIST.url)
    httpx_mock.add_response(status_code=429, headers={"retry-after": "600"}, url=ISSUE.url)
    github = make()
    listing = asyncio.create_task(failing(github, LIST))
    await left.wait()
    await failing(github)
    gate.set()
    await listing

    assert github.limited_until == NOW + 600


async def test_a_retry_does_not_leave_once_a_limit_is_known(make: Make, httpx_mock: HTTPXMock, told: Told) -> None:
    httpx_mock.add_response(status_code=502)
    httpx_mock.add_response(status_code=429, headers={"retry-after": "600"})
    github = make()

    assert isinstance(await failing(github), RateLimited)
    assert isinstance(await failing(github), RateLimited)
    assert [outcome for _, outcome in told] == [Outcome.UNREACHABLE, Outcome.LIMITED]


async def test_with_nothing_left_the_next_ask_does_not_leave(
    make: Make, httpx_mock: HTTPXMock, clock: FakeClock
) -> None:
    httpx_mock.add_response(json=issue_object(), headers=USED_UP)
    github = make()
    await github.send(ISSUE)

    limit = await failing(github)

    assert isinstance(limit, RateLimited)
    assert (limit.until, limit.kind, github.request_count) == (NOW + 900, "primary", 1)
    clock.advance(900)
    await github.send(ISSUE)
    assert github.request_count == 2


async def test_a_clock_set_back_does_not_turn_an_hour_into_a_day(
    make: Make, httpx_mock: HTTPXMock, clock: FakeClock
) -> None:
    httpx_mock.add_response(status_code=429, headers={"retry-after": "600"}, url=ISSUE.url)
    httpx_mock.add_response(json=[], url=LIST.url)
    github = make()
    await failing(github)

    clock.advance(-86_400)

    assert github.limited_until is None
    assert (await github.send(LIST)).data == []


async def test_the_allowance_is_that_of_the_last_answer_by_our_clock(make: Make, httpx_mock: HTTPXMock) -> None:
    ahead = {"Date": "Sun, 13 Sep 2020 12:36:40 GMT", "x-ratelimit-reset": str(int(NOW) + 1500)}
    httpx_mock.add_response(json={}, headers=COUNTED | ahead)
    httpx_mock.add_response(json={})
    httpx_mock.add_response(
        status_code=404, json={"message": "Not Found"}, headers=COUNTED | {"x-ratelimit-remaining": "7"}
    )
    github = make()

    assert github.rate_limit is None
    await github.send(ISSUE)
    assert github.rate_limit == RateLimit(60, 41, NOW + 900)
    await github.send(ISSUE)
    assert github.rate_limit == RateLimit(60, 41, NOW + 900)
    await failing(github)
    assert github.rate_limit == RateLimit(60, 7, NOW + 900)

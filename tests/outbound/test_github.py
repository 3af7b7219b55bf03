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
from app.outbound.github import HttpGitHub, Outcome
from tests.fakes import FakeClock
from tests.github.objects import API, issue_object
from tests.outbound.github_client import ISSUE, LIST, TOKEN, Make, Told, failing
from tests.outbound.servers import serving, whole

pytestmark = pytest.mark.httpx_mock(can_send_already_matched_responses=True)


async def test_an_ask_brings_its_answer(make: Make, httpx_mock: HTTPXMock, told: Told) -> None:
    httpx_mock.add_response(url=ISSUE.url, json=issue_object(), headers={"ETag": '"abc"'})
    github = make()

    answer = await github.send(ISSUE)

    assert (responses.issue(answer).number, answer.etag, answer.url) == (41, '"abc"', ISSUE.url)
    assert github.request_count == 1
    assert told == [("/repos/octo/blog/issues/41", Outcome.ANSWERED)]


async def test_an_ask_carries_who_asks_and_in_which_form(make: Make, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(json={})

    await make().send(ISSUE, etag='W/"abc"')

    sent = httpx_mock.get_requests()[0].headers
    assert sent["user-agent"] == "afterword"
    assert sent["accept"] == "application/vnd.github.full+json"
    assert sent["x-github-api-version"] == "2022-11-28"
    assert sent["authorization"] == f"Bearer {TOKEN}"
    assert sent["if-none-match"] == 'W/"abc"'


@pytest.mark.parametrize("token", [None, ""])
async def test_without_a_token_none_is_sent(make: Make, httpx_mock: HTTPXMock, token: str | None) -> None:
    httpx_mock.add_response(json={})
    github = make(token=token)

    await github.send(ISSUE)

    assert "authorization" not in httpx_mock.get_requests()[0].headers
    assert repr(github) == "<HttpGitHub https://api.github.com without token>"


async def test_what_has_not_changed_is_counted(make: Make, httpx_mock: HTTPXMock, told: Told) -> None:
    httpx_mock.add_response(status_code=304)
    github = make()

    answer = await github.send(LIST, etag='"abc"')

    assert (answer.unchanged, answer.data, answer.etag) == (True, None, '"abc"')
    assert github.request_count == 1
    assert told == [(LIST.path, Outcome.UNCHANGED)]


async def test_a_validator_belongs_to_the_token(make: Make) -> None:
    assert make().validator_key(ISSUE) == requests.validator_key(ISSUE, TOKEN)
    assert make(token=None).validator_key(ISSUE) == requests.validator_key(ISSUE, None)


async def test_what_fails_on_the_way_is_tried_again(
    make: Make, httpx_mock: HTTPXMock, clock: FakeClock, told: Told
) -> None:
    httpx_mock.add_exception(httpx.ConnectError("refused"))
    httpx_mock.add_response(status_code=502, html="<h1>Unicorn</h1>")
    httpx_mock.add_response(json=issue_object())
    github = make(chance=0.5)

    answer = await github.send(ISSUE)

    assert responses.issue(answer).number == 41
    assert (github.request_count, clock.slept) == (3, [0.5, 1.0])
    assert [outcome for _, outcome in told] == [Outcome.UNREACHABLE, Outcome.UNREACHABLE, Outcome.ANSWERED]


@pytest.mark.parametrize("chance", [0.0, 0.25, 0.999])
async def test_a_wait_is_a_random_part_of_a_time_that_doubles(
    make: Make, httpx_mock: HTTPXMock, clock: FakeClock, chance: float
) -> None:
    httpx_mock.add_response(status_code=500)

    await failing(make(chance=chance))

    assert clock.slept == [chance, 2 * chance]


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (httpx.ConnectError("connection refused"), "ConnectError: connection refused"),
        (httpx.ConnectTimeout(""), "time-out"),
        (httpx.ReadTimeout(""), "time-out"),
        (httpx.ReadError(""), "ReadError"),
        (httpx.RemoteProtocolError("Server disconnected"), "Server disconnected"),
        (httpx.ProxyError("407"), "ProxyError: 407"),
    ],
)
async def test_what_is_not_reached_in_three_tries_is_unreachable(
    make: Make, httpx_mock: HTTPXMock, failure: Exception, said: str
) -> None:
    httpx_mock.add_exception(failure)
    github = make()

    found = await failing(github)

    assert isinstance(found, Unreachable)
    assert said in found.reason
    assert github.request_count == 3


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_server_that_goes_on_failing_is_unreachable_with_its_status(
    make: Make, httpx_mock: HTTPXMock, status: int
) -> None:
    httpx_mock.add_response(status_code=status)
    github = make()

    found = await failing(github)

    assert isinstance(found, Unreachable)
    assert str(status) in found.reason
    assert github.request_count == 3


@pytest.mark.parametrize(
    "response",
    [{"html": "<html>Sign in to the hotel</html>"}, {"content": b""}, {"content": b'{"id": 1'}, {"json": []}],
)
async def test_a_broken_answer_is_tried_again_and_then_told(
    make: Make, httpx_mock: HTTPXMock, told: Told, response: dict[str, Any]
) -> None:
    httpx_mock.add_response(**response)
    github = make()

    assert isinstance(await failing(github), InvalidResponse)
    assert github.request_count == 3
    assert {outcome for _, outcome in told} == {Outcome.BROKEN}


async def test_a_broken_answer_may_be_whole_the_next_time(make: Make, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(html="<html>")
    httpx_mock.add_response(json=issue_object())

    assert responses.issue(await make().send(ISSUE)).number == 41


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
async def test_a_refusal_is_never_tried_again(
    make: Make,
    httpx_mock: HTTPXMock,
    told: Told,
    status: int,
    message: str,
    kind: type[GitHubError],
) -> None:
    httpx_mock.add_response(status_code=status, json={"message": message})
    github = make()

    assert type(await failing(github)) is kind
    assert github.request_count == 1
    assert told == [(ISSUE.path, Outcome.REFUSED)]


async def test_no_more_asks_are_in_flight_than_allowed(make: Make, httpx_mock: HTTPXMock) -> None:
    together = asyncio.Barrier(3)
    running, most = 0, 0

    async def held(_: httpx.Request) -> httpx.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await together.wait()
        running -= 1
        return httpx.Response(200, json={})

    httpx_mock.add_callback(held)
    github = make(in_flight=3)

    await asyncio.gather(*(github.send(ISSUE) for _ in range(21)))

    assert (most, github.request_count) == (3, 21)


async def test_patience_ends(make: Make, httpx_mock: HTTPXMock, told: Told) -> None:
    async def never(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    httpx_mock.add_callback(never)

    failure = await failing(make(patience=0.01))

    assert isinstance(failure, Unreachable)
    assert failure.reason == "no whole answer within 0.01 s"
    assert told == [(ISSUE.path, Outcome.UNREACHABLE)]


async def test_who_counts_nothing_needs_no_observer(clock: FakeClock, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(json={})
    github = HttpGitHub(API, None, clock, lambda: 0.0)

    await github.send(ISSUE)
    await github.aclose()

    assert github.request_count == 1


CUT = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 100\r\n\r\n[{"


async def test_a_cut_body_is_asked_for_again_over_a_real_connection(make: Make, clock: FakeClock) -> None:
    async with serving(CUT, b"", whole(b'[{"id": 1}]')) as wire:
        github = make(api=wire.url)
        answer = await github.send(Request(f"{wire.url}/x", many=True))

    assert (answer.data, github.request_count, len(clock.slept)) == ([{"id": 1}], 3, 2)


async def test_a_body_that_stays_cut_is_broken(make: Make) -> None:
    async with serving(CUT) as wire:
        github = make(api=wire.url)
        failure = await failing(github, Request(f"{wire.url}/x", many=True))

    assert isinstance(failure, InvalidResponse)
    assert (failure.reason, github.request_count) == ("it was cut off after 2 bytes", 3)

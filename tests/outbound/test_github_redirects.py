import pytest
from pytest_httpx import HTTPXMock

from app.domain.errors import InvalidRedirect
from app.github.requests import Request
from app.outbound.github import Outcome
from tests.github.objects import API, issue_object
from tests.outbound.github_client import ISSUE, TOKEN, Make, Told, failing

pytestmark = pytest.mark.httpx_mock(can_send_already_matched_responses=True)


async def test_a_redirect_is_followed_with_all_that_was_sent(make: Make, httpx_mock: HTTPXMock, told: Told) -> None:
    new = f"{API}/repositories/7/issues/41"
    httpx_mock.add_response(status_code=301, headers={"Location": new}, url=ISSUE.url)
    httpx_mock.add_response(json=issue_object(), url=new)
    github = make()

    answer = await github.send(ISSUE, etag='"abc"')

    assert (answer.url, github.request_count) == (new, 2)
    assert [request.headers["authorization"] for request in httpx_mock.get_requests()] == [f"Bearer {TOKEN}"] * 2
    assert httpx_mock.get_requests()[1].headers["if-none-match"] == '"abc"'
    assert told == [(ISSUE.path, Outcome.REDIRECTED), ("/repositories/7/issues/41", Outcome.ANSWERED)]


@pytest.mark.parametrize(
    "location",
    ["https://evil.example/x", "http://api.github.com/x", "//evil.example", "https://api.github.com@evil.example/", ""],
)
async def test_the_token_never_leaves_for_another_host(make: Make, httpx_mock: HTTPXMock, location: str) -> None:
    httpx_mock.add_response(status_code=302, headers={"Location": location})

    assert isinstance(await failing(make()), InvalidRedirect)
    assert [str(request.url) for request in httpx_mock.get_requests()] == [ISSUE.url]


async def test_an_ask_for_another_host_does_not_leave(make: Make, httpx_mock: HTTPXMock) -> None:
    github = make()

    failure = await failing(github, Request("https://evil.example/repos/octo/blog", many=False))

    assert isinstance(failure, InvalidRedirect)
    assert (failure.location, github.request_count) == ("https://evil.example/repos/octo/blog", 0)
    assert httpx_mock.get_requests() == []


async def test_a_circle_of_redirects_is_left(make: Make, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(status_code=301, headers={"Location": "/b"}, url=ISSUE.url)
    httpx_mock.add_response(status_code=301, headers={"Location": ISSUE.url}, url=f"{API}/b")
    github = make()

    failure = await failing(github)

    assert isinstance(failure, InvalidRedirect)
    assert (failure.path, failure.location, github.request_count) == (ISSUE.path, ISSUE.url, 2)


@pytest.mark.parametrize(("hops", "followed"), [(5, True), (6, False)])
async def test_redirects_are_followed_five_times(
    make: Make,
    httpx_mock: HTTPXMock,
    hops: int,
    followed: bool,  # noqa: FBT001 - parametrised
) -> None:
    for hop in range(hops):
        httpx_mock.add_response(status_code=307, headers={"Location": f"/hop/{hop}"})
    httpx_mock.add_response(json=issue_object(), is_optional=not followed)
    github = make()

    if followed:
        assert (await github.send(ISSUE)).url == f"{API}/hop/4"
    else:
        assert isinstance(await failing(github), InvalidRedirect)
    assert github.request_count == 6

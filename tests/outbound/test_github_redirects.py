import pytest
from pytest_httpx import HTTPXMock

from app.domain.errors import InvalidRedirect
from app.github.requests import Request
from app.outbound.github import ExchangeOutcome
from tests.github.objects import API, issue_object
from tests.outbound.github_client import ISSUE, TOKEN, Exchanges, MakeGitHub, send_expecting_error

pytestmark = pytest.mark.httpx_mock(can_send_already_matched_responses=True)


async def test_redirect_is_followed_with_the_same_headers(
    make_github: MakeGitHub, httpx_mock: HTTPXMock, exchanges: Exchanges
) -> None:
    new = f"{API}/repositories/7/issues/41"
    httpx_mock.add_response(status_code=301, headers={"Location": new}, url=ISSUE.url)
    httpx_mock.add_response(json=issue_object(), url=new)
    github = make_github()

    response = await github.send(ISSUE, etag='"abc"')

    assert (response.url, github.request_count) == (new, 2)
    assert [request.headers["authorization"] for request in httpx_mock.get_requests()] == [f"Bearer {TOKEN}"] * 2
    assert httpx_mock.get_requests()[1].headers["if-none-match"] == '"abc"'
    assert exchanges == [(ISSUE.path, ExchangeOutcome.REDIRECTED), ("/repositories/7/issues/41", ExchangeOutcome.OK)]


@pytest.mark.parametrize(
    "location",
    ["https://evil.example/x", "http://api.github.com/x", "//evil.example", "https://api.github.com@evil.example/", ""],
)
async def test_token_never_goes_to_another_host(make_github: MakeGitHub, httpx_mock: HTTPXMock, location: str) -> None:
    httpx_mock.add_response(status_code=302, headers={"Location": location})

    assert isinstance(await send_expecting_error(make_github()), InvalidRedirect)
    assert [str(request.url) for request in httpx_mock.get_requests()] == [ISSUE.url]


async def test_request_to_another_host_is_not_sent(make_github: MakeGitHub, httpx_mock: HTTPXMock) -> None:
    github = make_github()

    error = await send_expecting_error(github, Request("https://evil.example/repos/octo/blog", many=False))

    assert isinstance(error, InvalidRedirect)
    assert (error.location, github.request_count) == ("https://evil.example/repos/octo/blog", 0)
    assert httpx_mock.get_requests() == []


async def test_redirect_loop_is_detected(make_github: MakeGitHub, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(status_code=301, headers={"Location": "/b"}, url=ISSUE.url)
    httpx_mock.add_response(status_code=301, headers={"Location": ISSUE.url}, url=f"{API}/b")
    github = make_github()

    error = await send_expecting_error(github)

    assert isinstance(error, InvalidRedirect)
    assert (error.path, error.location, github.request_count) == (ISSUE.path, ISSUE.url, 2)


@pytest.mark.parametrize(("redirect_count", "is_followed"), [(5, True), (6, False)])
async def test_at_most_five_redirects_are_followed(
    make_github: MakeGitHub,
    httpx_mock: HTTPXMock,
    redirect_count: int,
    is_followed: bool,  # noqa: FBT001 - parametrised
) -> None:
    for hop in range(redirect_count):
        httpx_mock.add_response(status_code=307, headers={"Location": f"/hop/{hop}"})
    httpx_mock.add_response(json=issue_object(), is_optional=not is_followed)
    github = make_github()

    if is_followed:
        assert (await github.send(ISSUE)).url == f"{API}/hop/4"
    else:
        assert isinstance(await send_expecting_error(github), InvalidRedirect)
    assert github.request_count == 6

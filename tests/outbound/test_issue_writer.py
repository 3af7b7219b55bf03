"""Issues are opened once; what may have happened is never repeated."""

from collections.abc import AsyncIterator

import httpx
import orjson
import pytest
from pytest_httpx import HTTPXMock

from app.domain.errors import GitHubError, Gone, InvalidRedirect, RateLimited, RequestRejected, Unreachable
from app.domain.sites import repository
from app.github.new_issues import NewIssue
from app.outbound.writing.issues import HttpIssueWriter
from app.ports.writing.issues import OutcomeUnknown
from tests.fakes import FakeClock
from tests.github.objects import API, issue_object
from tests.outbound.github_client import TOKEN

REPO = repository("octo/blog")
URL = f"{API}/repos/octo/blog/issues"
ISSUE = NewIssue("Hello", "Text", ("comments",))


@pytest.fixture
async def writer(clock: FakeClock) -> AsyncIterator[HttpIssueWriter]:
    writer = HttpIssueWriter(API, TOKEN, clock, lambda: 0.5)
    yield writer
    await writer.aclose()


async def test_issue_is_posted_with_the_token(writer: HttpIssueWriter, httpx_mock: HTTPXMock) -> None:
    created = issue_object(57, author_association="OWNER", body="Text")
    httpx_mock.add_response(url=URL, method="POST", status_code=201, json=created)
    issue = await writer.create(REPO, ISSUE)
    assert (issue.number, issue.labels, issue.is_trusted) == (57, ("comments",), True)
    request = httpx_mock.get_requests()[0]
    assert orjson.loads(request.content) == {"title": "Hello", "body": "Text", "labels": ["comments"]}
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-github-api-version"] == "2022-11-28"


async def test_a_missing_connection_is_tried_again(writer: HttpIssueWriter, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_exception(httpx.ConnectError("refused"))
    httpx_mock.add_exception(httpx.ConnectTimeout(""))
    httpx_mock.add_response(status_code=201, json=issue_object(57))
    assert (await writer.create(REPO, ISSUE)).number == 57


async def test_without_any_connection_nothing_was_sent(
    writer: HttpIssueWriter, httpx_mock: HTTPXMock, clock: FakeClock
) -> None:
    for _ in range(3):
        httpx_mock.add_exception(httpx.ConnectError("refused"))
    with pytest.raises(Unreachable):
        await writer.create(REPO, ISSUE)
    assert clock.slept == [0.5, 1.0]


@pytest.mark.parametrize(
    "error", [httpx.ReadTimeout(""), httpx.ReadError(""), httpx.RemoteProtocolError("cut"), httpx.WriteError("")]
)
async def test_a_lost_response_leaves_the_outcome_open(
    writer: HttpIssueWriter, httpx_mock: HTTPXMock, error: Exception
) -> None:
    httpx_mock.add_exception(error)
    with pytest.raises(OutcomeUnknown):
        await writer.create(REPO, ISSUE)
    assert len(httpx_mock.get_requests()) == 1


@pytest.mark.parametrize(
    ("status", "content"), [(502, b"<h1>Bad gateway</h1>"), (201, b"{"), (201, b"[]"), (200, b"{}"), (404, b"proxy")]
)
async def test_a_useless_response_leaves_the_outcome_open(
    writer: HttpIssueWriter, httpx_mock: HTTPXMock, status: int, content: bytes
) -> None:
    httpx_mock.add_response(status_code=status, content=content)
    with pytest.raises(OutcomeUnknown):
        await writer.create(REPO, ISSUE)
    assert len(httpx_mock.get_requests()) == 1


@pytest.mark.parametrize(
    ("status", "headers", "kind"),
    [
        (403, {}, RequestRejected),
        (403, {"retry-after": "60"}, RateLimited),
        (429, {}, RateLimited),
        (410, {}, Gone),
        (422, {}, RequestRejected),
    ],
)
async def test_a_refusal_opened_nothing(
    writer: HttpIssueWriter, httpx_mock: HTTPXMock, status: int, headers: dict[str, str], kind: type[GitHubError]
) -> None:
    httpx_mock.add_response(status_code=status, headers=headers, json={"message": "No"})
    with pytest.raises(kind):
        await writer.create(REPO, ISSUE)


async def test_the_reasons_of_a_refusal_are_told(writer: HttpIssueWriter, httpx_mock: HTTPXMock) -> None:
    errors = [{"field": "title", "code": "missing_field"}, {"message": "body is too long"}, "odd"]
    httpx_mock.add_response(status_code=422, json={"message": "Validation Failed", "errors": errors})
    with pytest.raises(RequestRejected, match=r"Validation Failed: title is missing_field, body is too long"):
        await writer.create(REPO, ISSUE)


async def test_a_redirect_is_followed_on_its_host_only(writer: HttpIssueWriter, httpx_mock: HTTPXMock) -> None:
    location = f"{API}/repositories/1/issues"
    httpx_mock.add_response(url=URL, status_code=307, headers={"location": location})
    httpx_mock.add_response(url=location, status_code=201, json=issue_object(57))
    assert (await writer.create(REPO, ISSUE)).number == 57
    assert [request.method for request in httpx_mock.get_requests()] == ["POST", "POST"]
    httpx_mock.add_response(url=URL, status_code=307, headers={"location": "https://evil.example/"})
    with pytest.raises(InvalidRedirect):
        await writer.create(REPO, ISSUE)


async def test_redirects_end(writer: HttpIssueWriter, httpx_mock: HTTPXMock) -> None:
    for number in range(6):
        httpx_mock.add_response(status_code=307, headers={"location": f"{API}/repositories/{number}/issues"})
    with pytest.raises(InvalidRedirect):
        await writer.create(REPO, ISSUE)


async def test_the_token_is_in_no_message(writer: HttpIssueWriter, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(status_code=403, json={"message": f"Bearer {TOKEN} is no good"})
    with pytest.raises(RequestRejected) as error:
        await writer.create(REPO, ISSUE)
    assert TOKEN not in str(error.value) + repr(writer)

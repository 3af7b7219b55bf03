from typing import Any

import pytest

from app.domain.errors import (
    GitHubError,
    Gone,
    InvalidRedirect,
    InvalidResponse,
    NotVisible,
    PaginationLimitReached,
    RateLimited,
    RequestRejected,
    TokenRejected,
    Unreachable,
)
from app.github import responses
from app.github.responses import Redirect
from tests.github.exchanges import BLOG, NOW, decipher
from tests.github.objects import API

PAGINATION_LIMITED = "In order to keep the API fast for everyone, pagination is limited for this resource."


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize(
    ("location", "url"),
    [
        (f"{API}/repositories/7/issues/41", f"{API}/repositories/7/issues/41"),
        ("/repositories/7/issues/41", f"{API}/repositories/7/issues/41"),
        (" /repositories/7/issues/41#there ", f"{API}/repositories/7/issues/41"),
    ],
)
def test_redirect_on_the_same_host_is_returned(status: int, location: str, url: str) -> None:
    assert decipher(BLOG.issue(41), status, b"", location=location) == Redirect(url)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize(
    "location",
    [
        None,
        "",
        " ",
        "https://evil.example/x",
        "//evil.example/x",
        "http://api.github.com/x",
        "https://api.github.com:444/x",
        "https://api.github.com@evil.example/x",
        "https://api.github.com\\@evil.example/x",
        "javascript:alert(1)",
        "https://[x",
        "/a\nb",
    ],
)
def test_redirect_to_another_host_is_invalid(status: int, location: str | None) -> None:
    with pytest.raises(InvalidRedirect) as caught:
        responses.decipher_response(
            BLOG.issue(41), status, {} if location is None else {"location": location}, b"", now=NOW
        )

    assert caught.value.path == "/repos/octo/blog/issues/41"


def _error(status: int, message: str | None = "Not so", **headers: Any) -> GitHubError:
    data = b"<html>" if message is None else {"message": message, "documentation_url": "https://docs.github.com/rest"}
    with pytest.raises(GitHubError) as caught:
        decipher(BLOG.issue(41), status, data, **headers)
    return caught.value


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (401, "Bad credentials", TokenRejected),
        (401, None, TokenRejected),
        (403, "Resource not accessible", RequestRejected),
        (403, None, RequestRejected),
        (404, "Not Found", NotVisible),
        (404, None, InvalidResponse),
        (410, "This issue was deleted", Gone),
        (410, None, InvalidResponse),
        (422, PAGINATION_LIMITED, PaginationLimitReached),
        (422, "Pagination with the page parameter is not supported for large datasets", PaginationLimitReached),
        (422, "Validation Failed", RequestRejected),
        (400, "Bad", RequestRejected),
        (451, "Repository access blocked", RequestRejected),
        (500, None, Unreachable),
        (502, "Server Error", Unreachable),
        (503, None, Unreachable),
        (100, None, InvalidResponse),
        (202, None, InvalidResponse),
        (204, None, InvalidResponse),
        (206, None, InvalidResponse),
        (300, None, InvalidResponse),
        (303, None, InvalidResponse),
    ],
)
def test_every_status_has_its_error(status: int, message: str | None, kind: type[GitHubError]) -> None:
    error = _error(status, message)

    assert type(error) is kind
    assert error.path == "/repos/octo/blog/issues/41"


def test_server_error_names_its_status() -> None:
    assert "status 502" in str(_error(502))


def test_rejection_carries_status_and_github_message() -> None:
    error = _error(403, "Resource not accessible by personal access token")

    assert isinstance(error, RequestRejected)
    assert (error.status, error.message) == (403, "Resource not accessible by personal access token")


@pytest.mark.parametrize("body", [b"", b"[]", b'{"message": 7}', b'{"message": ""}', b"{}", b'{"message": " \\n"}'])
def test_rejection_without_a_message_says_so(body: bytes) -> None:
    with pytest.raises(RequestRejected) as caught:
        decipher(BLOG.issue(41), 400, body)

    assert caught.value.message == "without a message"


@pytest.mark.parametrize("status", [403, 429])
def test_rate_limited_error_has_end_and_kind(status: int) -> None:
    primary = _error(status, "API rate limit exceeded", x_ratelimit_remaining="0", x_ratelimit_reset="1600000900")
    secondary = _error(status, "You have exceeded a secondary rate limit", retry_after="30")

    assert isinstance(primary, RateLimited)
    assert (primary.until, primary.kind) == (NOW + 900, "primary")
    assert isinstance(secondary, RateLimited)
    assert (secondary.until, secondary.kind) == (NOW + 30, "secondary")


def test_limits_in_a_row_double_the_wait() -> None:
    with pytest.raises(RateLimited) as caught:
        decipher(BLOG.issue(41), 403, {"message": "You have exceeded a secondary rate limit"}, attempt=3)

    assert caught.value.until == NOW + 480


def test_github_message_is_short_without_control_characters() -> None:
    error = _error(400, "red \x1b[31m\r\nlog line \u202e forged\x00 " + "x" * 10_000)

    assert isinstance(error, RequestRejected)
    assert error.message.startswith("red [31m log line forged xxx")
    assert len(error.message) == 200

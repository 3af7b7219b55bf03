from typing import Any

import pytest

from app.domain.errors import (
    AskRefused,
    BrokenAnswer,
    GitHubError,
    Gone,
    Limited,
    Moved,
    NotVisible,
    TokenRefused,
    TooFar,
    Unreachable,
)
from app.github import answers
from app.github.answers import Redirect
from tests.github.exchanges import BLOG, NOW, read
from tests.github.objects import API

TOO_FAR = "In order to keep the API fast for everyone, pagination is limited for this resource."


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize(
    ("location", "url"),
    [
        (f"{API}/repositories/7/issues/41", f"{API}/repositories/7/issues/41"),
        ("/repositories/7/issues/41", f"{API}/repositories/7/issues/41"),
        (" /repositories/7/issues/41#there ", f"{API}/repositories/7/issues/41"),
    ],
)
def test_a_redirect_on_the_same_host_may_be_followed(status: int, location: str, url: str) -> None:
    assert read(BLOG.issue(41), status, b"", location=location) == Redirect(url)


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
def test_a_redirect_to_anywhere_else_is_told_and_not_followed(status: int, location: str | None) -> None:
    with pytest.raises(Moved) as caught:
        answers.read(BLOG.issue(41), status, {} if location is None else {"location": location}, b"", now=NOW)

    assert caught.value.ask == "/repos/octo/blog/issues/41"


def refused(status: int, message: str | None = "Not so", **headers: Any) -> GitHubError:
    data = b"<html>" if message is None else {"message": message, "documentation_url": "https://docs.github.com/rest"}
    with pytest.raises(GitHubError) as caught:
        read(BLOG.issue(41), status, data, **headers)
    return caught.value


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (401, "Bad credentials", TokenRefused),
        (401, None, TokenRefused),
        (403, "Resource not accessible", AskRefused),
        (403, None, AskRefused),
        (404, "Not Found", NotVisible),
        (404, None, BrokenAnswer),
        (410, "This issue was deleted", Gone),
        (410, None, BrokenAnswer),
        (422, TOO_FAR, TooFar),
        (422, "Pagination with the page parameter is not supported for large datasets", TooFar),
        (422, "Validation Failed", AskRefused),
        (400, "Bad", AskRefused),
        (451, "Repository access blocked", AskRefused),
        (500, None, Unreachable),
        (502, "Server Error", Unreachable),
        (503, None, Unreachable),
        (100, None, BrokenAnswer),
        (202, None, BrokenAnswer),
        (204, None, BrokenAnswer),
        (206, None, BrokenAnswer),
        (300, None, BrokenAnswer),
        (303, None, BrokenAnswer),
    ],
)
def test_every_status_has_its_failure(status: int, message: str | None, kind: type[GitHubError]) -> None:
    failure = refused(status, message)

    assert type(failure) is kind
    assert failure.ask == "/repos/octo/blog/issues/41"


def test_a_failing_server_is_told_with_its_status() -> None:
    assert "status 502" in str(refused(502))


def test_a_refusal_carries_status_and_words_of_github() -> None:
    failure = refused(403, "Resource not accessible by personal access token")

    assert isinstance(failure, AskRefused)
    assert (failure.status, failure.message) == (403, "Resource not accessible by personal access token")


@pytest.mark.parametrize("body", [b"", b"[]", b'{"message": 7}', b'{"message": ""}', b"{}", b'{"message": " \\n"}'])
def test_a_refusal_without_words_says_so(body: bytes) -> None:
    with pytest.raises(AskRefused) as caught:
        read(BLOG.issue(41), 400, body)

    assert caught.value.message == "without a message"


@pytest.mark.parametrize("status", [403, 429])
def test_a_limit_is_told_with_until_when_and_which(status: int) -> None:
    primary = refused(status, "API rate limit exceeded", x_ratelimit_remaining="0", x_ratelimit_reset="1600000900")
    secondary = refused(status, "You have exceeded a secondary rate limit", retry_after="30")

    assert isinstance(primary, Limited)
    assert (primary.until, primary.kind) == (NOW + 900, "primary")
    assert isinstance(secondary, Limited)
    assert (secondary.until, secondary.kind) == (NOW + 30, "secondary")


def test_limits_one_after_the_other_double_the_wait() -> None:
    with pytest.raises(Limited) as caught:
        read(BLOG.issue(41), 403, {"message": "You have exceeded a secondary rate limit"}, attempt=3)

    assert caught.value.until == NOW + 480


def test_words_from_outside_are_cut_and_hold_no_control_characters() -> None:
    failure = refused(400, "red \x1b[31m\r\nlog line \u202e forged\x00 " + "x" * 10_000)

    assert isinstance(failure, AskRefused)
    assert failure.message.startswith("red [31m log line forged xxx")
    assert len(failure.message) == 200

"""Answers before they are sent, and the errors GitHub gives, word for word where they are known."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import orjson

DOCS = "https://docs.github.com/rest"
ISSUE_DOCS = f"{DOCS}/issues/issues#get-an-issue"
ISSUES_DOCS = f"{DOCS}/issues/issues#list-repository-issues"
COMMENT_DOCS = f"{DOCS}/issues/comments#get-an-issue-comment"
COMMENTS_DOCS = f"{DOCS}/issues/comments#list-issue-comments"
ALL_COMMENTS_DOCS = f"{DOCS}/issues/comments#list-issue-comments-for-a-repository"
REPOSITORY_DOCS = f"{DOCS}/repos/repos#get-a-repository"
LIMIT_DOCS = "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api"

JSON_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class SimulatedResponse:
    """One finished answer; header names are in lower case.

    `delay` (seconds) is waited before it is sent; with `cut` the connection is closed in the middle of the body,
    with `reset` it is reset there.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    delay: float = 0
    cut: bool = False
    reset: bool = False

    def with_headers(self, **headers: str) -> "SimulatedResponse":
        """Give the answer further headers; an underscore stands for the hyphen of a name."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **named})


class ResponseError(Exception):
    """An answer that ends the making of another one: GitHub's no, not a fault of ours."""

    def __init__(self, answer: SimulatedResponse) -> None:
        super().__init__(answer.status)
        self.answer = answer


def json_response(status: int, value: object, **headers: str) -> SimulatedResponse:
    """Answer with JSON."""
    return SimulatedResponse(status, orjson.dumps(value), {"content-type": JSON_TYPE}).with_headers(**headers)


def error(status: int, message: str, docs: str = DOCS) -> SimulatedResponse:
    """Answer with GitHub's error object, whose `status` is text."""
    return json_response(status, {"message": message, "documentation_url": docs, "status": str(status)})


def not_found(docs: str = DOCS) -> ResponseError:
    """Refuse with 404, which GitHub gives for what is absent and for what is private alike."""
    return ResponseError(error(404, "Not Found", docs))


def moved(url: str) -> ResponseError:
    """Refuse with 301 to another address."""
    body = {
        "message": "Moved Permanently",
        "url": url,
        "documentation_url": "https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects",
    }
    return ResponseError(json_response(301, body, location=url))


def issue_deleted() -> ResponseError:
    """Refuse with 410 for a deleted issue."""
    return ResponseError(error(410, "This issue was deleted", ISSUE_DOCS))


def issues_disabled() -> ResponseError:
    """Refuse with 410 where a repository has its issues switched off."""
    return ResponseError(error(410, "Issues has been disabled in this repository.", ISSUES_DOCS))


def too_far(docs: str) -> ResponseError:
    """Refuse with 422 a page that lies too far."""
    message = (
        "Pagination with the page parameter is not supported for large datasets,"
        " please use cursor based pagination (after/before)"
    )
    return ResponseError(error(422, message, docs))


def invalid(field_name: str, docs: str) -> ResponseError:
    """Refuse with 422 a parameter that cannot be read."""
    errors = [{"resource": "Search", "code": "invalid", "field": field_name}]
    body = {"message": "Validation Failed", "errors": errors, "documentation_url": docs, "status": "422"}
    return ResponseError(json_response(422, body))


def bad_credentials() -> ResponseError:
    """Refuse with 401 a token that is not known."""
    return ResponseError(error(401, "Bad credentials"))


def unknown_version(version: str) -> ResponseError:
    """Refuse with 400 a version of the API that is not supported."""
    return ResponseError(
        error(400, f'"{version}" is not a supported version of the GitHub API.', f"{DOCS}/about-the-rest-api")
    )


def no_user_agent() -> SimulatedResponse:
    """Answer 403 to a client that does not name itself; GitHub's front door does so, without its usual headers."""
    text = (
        "\r\nRequest forbidden by administrative rules. Please make sure your request has a User-Agent header"
        " (https://docs.github.com/en/rest/overview/resources-in-the-rest-api#user-agent-required)."
        " Check https://developer.github.com for other possible causes.\r\n"
    )
    return SimulatedResponse(403, text.encode(), {"content-type": "text/html; charset=utf-8", "cache-control": "no-cache"})


def primary_rate_limit(status: int, whom: str) -> SimulatedResponse:
    """Answer that the hour's asks are used up; `whom` is `user ID 1` or an address."""
    hint = (
        ""
        if whom.startswith("user ID")
        else (
            " (But here's the good news: Authenticated requests get a higher rate limit."
            " Check out the documentation for more details.)"
        )
    )
    return error(status, f"API rate limit exceeded for {whom}.{hint}", LIMIT_DOCS)


def secondary_rate_limit(status: int, retry_after: int | None = 60) -> SimulatedResponse:
    """Answer that asks come too fast."""
    refused = error(
        status,
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
        f"{LIMIT_DOCS}#about-secondary-rate-limits",
    )
    return refused if retry_after is None else refused.with_headers(retry_after=str(retry_after))

"""Responses before they are sent, and GitHub's errors, with their recorded texts if these are known."""

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
COMMIT_DOCS = f"{DOCS}/commits/commits#get-a-commit"
ARCHIVE_DOCS = f"{DOCS}/repos/contents#download-a-repository-archive-tar"
RATE_LIMIT_DOCS = "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api"

JSON_TYPE = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class SimulatedResponse:
    """A finished response; header names are in lower case.

    It is sent after `delay` seconds. With `close` the connection is closed in the middle of the body, with `reset` it
    is reset there.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    delay: float = 0
    close: bool = False
    reset: bool = False

    def with_headers(self, **headers: str) -> "SimulatedResponse":
        """Return the response with further headers; an underscore stands for the hyphen of a name."""
        further = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **further})


class StatusError(Exception):
    """An exception that ends a request with a redirect or one of GitHub's errors; it is no internal error."""

    def __init__(self, response: SimulatedResponse) -> None:
        super().__init__(response.status)
        self.response = response


def json_response(status: int, value: object, **headers: str) -> SimulatedResponse:
    """Return a JSON response."""
    return SimulatedResponse(status, orjson.dumps(value), {"content-type": JSON_TYPE}).with_headers(**headers)


def error_response(status: int, message: str, docs: str = DOCS) -> SimulatedResponse:
    """Return GitHub's error object, whose `status` is text."""
    return json_response(status, {"message": message, "documentation_url": docs, "status": str(status)})


def not_found(docs: str = DOCS) -> StatusError:
    """Return the 404 that GitHub gives for missing and for private resources alike."""
    return StatusError(error_response(404, "Not Found", docs))


def moved_permanently(url: str) -> StatusError:
    """Return a 301 to another URL."""
    body = {
        "message": "Moved Permanently",
        "url": url,
        "documentation_url": "https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects",
    }
    return StatusError(json_response(301, body, location=url))


def issue_deleted() -> StatusError:
    """Return the 410 of a deleted issue."""
    return StatusError(error_response(410, "This issue was deleted", ISSUE_DOCS))


def issues_disabled() -> StatusError:
    """Return the 410 of a repository whose issues are disabled."""
    return StatusError(error_response(410, "Issues has been disabled in this repository.", ISSUES_DOCS))


def pagination_limit(docs: str) -> StatusError:
    """Return the 422 of a page beyond the results that GitHub serves by page number."""
    message = (
        "Pagination with the page parameter is not supported for large datasets,"
        " please use cursor based pagination (after/before)"
    )
    return StatusError(error_response(422, message, docs))


def invalid_parameter(name: str, docs: str) -> StatusError:
    """Return the 422 of a parameter that cannot be parsed."""
    errors = [{"resource": "Search", "code": "invalid", "field": name}]
    body = {"message": "Validation Failed", "errors": errors, "documentation_url": docs, "status": "422"}
    return StatusError(json_response(422, body))


def bad_credentials() -> StatusError:
    """Return the 401 of an unknown token."""
    return StatusError(error_response(401, "Bad credentials"))


def unsupported_version(version: str) -> StatusError:
    """Return the 400 of an API version that is not supported."""
    message = f'"{version}" is not a supported version of the GitHub API.'
    return StatusError(error_response(400, message, f"{DOCS}/about-the-rest-api"))


def missing_user_agent() -> SimulatedResponse:
    """Return the 403 of a request without a user agent, which GitHub sends without its usual headers."""
    text = (
        "\r\nRequest forbidden by administrative rules. Please make sure your request has a User-Agent header"
        " (https://docs.github.com/en/rest/overview/resources-in-the-rest-api#user-agent-required)."
        " Check https://developer.github.com for other possible causes.\r\n"
    )
    headers = {"content-type": "text/html; charset=utf-8", "cache-control": "no-cache"}
    return SimulatedResponse(403, text.encode(), headers)


def primary_rate_limit(status: int, client: str) -> SimulatedResponse:
    """Return the response to a client over its hourly limit; `client` is `user ID 1` or an IP address."""
    message = f"API rate limit exceeded for {client}."
    if not client.startswith("user ID"):
        message += (
            " (But here's the good news: Authenticated requests get a higher rate limit."
            " Check out the documentation for more details.)"
        )
    return error_response(status, message, RATE_LIMIT_DOCS)


def secondary_rate_limit(status: int, retry_after: int | None = 60) -> SimulatedResponse:
    """Return the response to a client whose requests come too fast; `retry_after` is in seconds."""
    message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    response = error_response(status, message, f"{RATE_LIMIT_DOCS}#about-secondary-rate-limits")
    return response if retry_after is None else response.with_headers(retry_after=str(retry_after))

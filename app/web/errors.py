"""Error responses: the one table from failures to statuses, and the bodies that say what happened and what to do.

The API responds with `application/problem+json` (RFC 9457). Its `type` is always `about:blank` and its `title` the
status's own phrase, because the status names the kind of failure. The members `parameter`, `allowed` and `retry_after`
carry the details. A URL for each problem would need a page that no reader needs. At the addresses of the
GitHub-compatible API the same failures have GitHub's body.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.domain import errors, webhook_errors
from app.domain.errors import AfterwordError
from app.render import github_api
from app.web.context import web_context
from app.web.document_response import NO_STORE

_log = logging.getLogger(__name__)

PROBLEM = "application/problem+json"
_JSON = "application/json; charset=utf-8"
_CHALLENGE = 'Bearer realm="Afterword"'
_MIN_RETRY_AFTER, _MAX_RETRY_AFTER = 1, 300
_GITHUB_PATH = re.compile(r"(?:/api/v3)?/repos/.*|/api/v3(?:/.*)?|/rate_limit", re.DOTALL)
_GITHUB_RESOURCE = re.compile(r"(?:/api/v3)?/(?:repos/[^/]+/[^/]+(?P<rest>.*)|rate_limit)", re.DOTALL)
_GITHUB_DOCS = "https://docs.github.com/rest"
_REDIRECT_DOCS = f"{_GITHUB_DOCS}/guides/best-practices-for-using-the-rest-api#follow-redirects"
_GITHUB_DOCS_BY_PATH = (
    (re.compile(r""), github_api.REPOSITORY_DOCS),
    (re.compile(r"/issues"), github_api.ISSUES_DOCS),
    (re.compile(r"/issues/comments"), github_api.ALL_COMMENTS_DOCS),
    (re.compile(r"/issues/comments/[^/]+"), github_api.COMMENT_DOCS),
    (re.compile(r"/issues/comments/[^/]+/reactions"), github_api.COMMENT_REACTIONS_DOCS),
    (re.compile(r"/issues/[^/]+"), github_api.ISSUE_DOCS),
    (re.compile(r"/issues/[^/]+/comments"), github_api.COMMENTS_DOCS),
    (re.compile(r"/issues/[^/]+/reactions"), github_api.ISSUE_REACTIONS_DOCS),
)
"""GitHub's documentation by the path after `/repos/{owner}/{repo}`."""
_GITHUB_MESSAGES = {
    301: "Moved Permanently",
    404: "Not Found",
    405: "Method Not Allowed",
    422: "Validation Failed",
    500: "Server Error",
}
_LOGGED_FAILURE = "Afterword cannot answer this now. Ask again later; its log says why."


@dataclass(frozen=True, slots=True)
class FailureResponse:
    """The response to a kind of failure: its status, and after how many seconds another request may succeed."""

    status: int
    retry_after: int | None = None
    public: bool = False
    """True if readers receive the failure's message. Other messages are for the owner and go to the log."""


_INTERNAL_ERROR = FailureResponse(500)
_BAD_GATEWAY = FailureResponse(502)
"""For requests that GitHub rejected. GitHub's own 404 would look like "no such thread"."""

FAILURE_RESPONSES: Mapping[type[AfterwordError], FailureResponse] = {
    **dict.fromkeys(
        (errors.InvalidSetting, errors.CannotStart, errors.StoreTooNew, errors.PurgeFailed, errors.CopyRefused),
        _INTERNAL_ERROR,
    ),
    **dict.fromkeys((errors.StoreUnusable, errors.DatabaseUnusable), FailureResponse(503, retry_after=30)),
    errors.Unreachable: FailureResponse(503, retry_after=30),
    errors.RateLimited: FailureResponse(503, retry_after=60),
    **dict.fromkeys((errors.InvalidResponse, errors.TokenRejected, errors.RequestRejected, errors.Gone), _BAD_GATEWAY),
    **dict.fromkeys((errors.NotVisible, errors.PrivateRepository, errors.InvalidRedirect), _BAD_GATEWAY),
    errors.PaginationLimitReached: _BAD_GATEWAY,
    **dict.fromkeys((errors.InvalidParameter, errors.InvalidCursor), FailureResponse(422, public=True)),
    **dict.fromkeys((errors.NotServed, errors.CommentNotFound), FailureResponse(404, public=True)),
    errors.ThreadNotFound: FailureResponse(404, public=True),
    errors.ThreadUndecided: FailureResponse(409, public=True),
    **dict.fromkeys((errors.ImageNotFound, errors.ImageRejected), FailureResponse(404, public=True)),
    **dict.fromkeys((errors.NotReady, errors.Overloaded), FailureResponse(503, retry_after=10, public=True)),
    **dict.fromkeys((errors.SignInRequired, errors.WrongToken), FailureResponse(401, public=True)),
    errors.TooManyRequests: FailureResponse(429, retry_after=15, public=True),
    errors.ForeignForm: FailureResponse(403, public=True),
    webhook_errors.MissingSecret: FailureResponse(503, retry_after=300, public=True),
    webhook_errors.InvalidSignature: FailureResponse(401, public=True),
    webhook_errors.OutdatedSignature: FailureResponse(401, public=True),
    webhook_errors.DeliveryTooLarge: FailureResponse(413, public=True),
    webhook_errors.UnsupportedMediaType: FailureResponse(415, public=True),
    webhook_errors.MalformedDelivery: FailureResponse(400, public=True),
}
"""The one table failure -> status. It holds every leaf of the tree in `app.domain.errors`."""


_PROBLEM_EXAMPLE: JsonDict = {
    "type": "about:blank",
    "title": "Unprocessable Entity",
    "status": 422,
    "detail": "The parameter `limit` must be a whole number from 1 to 100.",
    "parameter": "limit",
    "allowed": "a whole number from 1 to 100",
}


class Problem(BaseModel):
    """What happened, then what to do (RFC 9457)."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PROBLEM_EXAMPLE]})

    type: str = Field("about:blank", description="Always `about:blank`: the status tells the kind.")
    title: str = Field(description="The status in words.")
    status: int = Field(description="The status again, for who has only the body.")
    detail: str = Field(description="What happened, then what to do.")
    parameter: str | None = Field(None, description="Which parameter has a value that is not allowed.")
    allowed: str | None = Field(None, description="What is allowed as its value.")
    retry_after: int | None = Field(
        None, description="In how many seconds asking again may help, as `Retry-After` says."
    )
    candidates: list[int] | None = Field(None, description="The numbers of the posts that could be meant.")


@dataclass(frozen=True, slots=True)
class ErrorDetails:
    """What the response to a failed request says, before it becomes the body of one API."""

    status: int
    detail: str
    parameter: str | None = None
    allowed_values: str | None = None
    retry_after: int | None = None
    candidates: tuple[int, ...] | None = None
    allowed_methods: str | None = None
    """The value of `Allow`, if the status is 405."""
    challenge: str | None = None
    """The value of `WWW-Authenticate`, if the owner's token is missing or wrong (RFC 9110, 11.6.1)."""
    location: str | None = None
    """The new address, if the status is 301."""
    github_message: str | None = None
    """What GitHub's body says in place of the status's usual words."""


class MovedPermanently(Exception):
    """A redirect to the name that a repository has now."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


def describe_failure(error: AfterwordError, now: float) -> ErrorDetails:
    """Return the details of a failure; `now` is in epoch seconds, for failures that end at a time."""
    rule = next((FAILURE_RESPONSES[kind] for kind in type(error).__mro__ if kind in FAILURE_RESPONSES), _INTERNAL_ERROR)
    match error:
        case errors.InvalidParameter():
            return _describe_parameter(error.name, error.allowed, str(error))
        case errors.InvalidCursor():
            return _describe_parameter(
                "cursor", "the `next` of an earlier answer to the same list in the same order", str(error)
            )
        case errors.SignInRequired() | errors.WrongToken():
            return ErrorDetails(rule.status, str(error), challenge=_CHALLENGE)
        case errors.ThreadUndecided():
            return ErrorDetails(rule.status, str(error), candidates=error.candidates)
        case _:
            detail = str(error) if rule.public else _LOGGED_FAILURE
            return ErrorDetails(rule.status, detail, retry_after=_retry_after(error, rule, now))


def _describe_parameter(name: str, allowed_values: str, detail: str) -> ErrorDetails:
    status = FAILURE_RESPONSES[errors.InvalidParameter].status
    return ErrorDetails(status, detail, parameter=name, allowed_values=allowed_values)


def _retry_after(error: AfterwordError, rule: FailureResponse, now: float) -> int | None:
    seconds: float | None = rule.retry_after
    if isinstance(error, errors.NotReady | errors.Overloaded | errors.TooManyRequests):
        seconds = error.retry_after
    elif isinstance(error, errors.RateLimited):
        seconds = error.until - now + 1
    return None if seconds is None else int(max(_MIN_RETRY_AFTER, min(seconds, _MAX_RETRY_AFTER)))


def problem_body(details: ErrorDetails) -> dict[str, Any]:
    """Return the body of RFC 9457, without members that have no value."""
    problem = Problem(
        title=HTTPStatus(details.status).phrase,
        status=details.status,
        detail=details.detail,
        parameter=details.parameter,
        allowed=details.allowed_values,
        retry_after=details.retry_after,
        candidates=None if details.candidates is None else list(details.candidates),
    )
    return problem.model_dump(exclude_none=True)


def github_body(details: ErrorDetails, path: str) -> dict[str, Any]:
    """Return the body that GitHub's API has for an error at this path.

    Follows https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api
    """
    message = details.github_message or _GITHUB_MESSAGES.get(details.status, details.detail)
    if details.location is not None:
        return {"message": message, "url": details.location, "documentation_url": _REDIRECT_DOCS}
    body: dict[str, Any] = {"message": message}
    if details.parameter is not None:
        error = {"resource": "Issue", "code": "invalid", "field": details.parameter, "message": details.detail}
        body["errors"] = [error]
    return body | {"documentation_url": _github_docs(path), "status": str(details.status)}


def is_github_path(path: str) -> bool:
    """Return whether a path belongs to the GitHub-compatible API, whose errors have GitHub's body."""
    return _GITHUB_PATH.fullmatch(path) is not None


def _github_docs(path: str) -> str:
    match = _GITHUB_RESOURCE.fullmatch(path)
    if match is None:
        return _GITHUB_DOCS
    rest = match["rest"]
    if rest is None:
        return github_api.RATE_LIMIT_DOCS
    return next((docs for pattern, docs in _GITHUB_DOCS_BY_PATH if pattern.fullmatch(rest)), _GITHUB_DOCS)


def error_response(details: ErrorDetails, path: str) -> Response:
    """Return the response to a failed request for `path`; no cache may store it."""
    github = is_github_path(path)
    headers = {"cache-control": NO_STORE.decode(), "x-content-type-options": "nosniff"}
    if details.retry_after is not None:
        headers["retry-after"] = str(details.retry_after)
    if details.allowed_methods is not None:
        headers["allow"] = details.allowed_methods
    if details.challenge is not None:
        headers["www-authenticate"] = details.challenge
    if details.location is not None:
        headers["location"] = details.location
    body = github_body(details, path) if github else problem_body(details)
    return Response(orjson.dumps(body), details.status, headers, media_type=_JSON if github else PROBLEM)


def problem_responses(meanings: Mapping[int, str]) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI descriptions of error responses; `meanings` describes each status."""
    content = {PROBLEM: {"schema": Problem.model_json_schema()}}
    return {status: {"description": meaning, "content": content} for status, meaning in meanings.items()}


def describe_error(error: Exception, now: float) -> ErrorDetails:
    """Return the details of any exception: a failure of the application, of the framework, or an internal error."""
    match error:
        case AfterwordError():
            return describe_failure(error, now)
        case RequestValidationError():
            first = error.errors()[0]
            name, reason = str(first["loc"][-1]), str(first["msg"])
            return _describe_parameter(name, reason, f"The parameter `{name}` cannot be read: {reason}.")
        case HTTPException(status_code=HTTPStatus.NOT_FOUND):
            return ErrorDetails(404, "There is nothing at this address. See /docs for those that there are.")
        case HTTPException(status_code=HTTPStatus.METHOD_NOT_ALLOWED):
            methods = _allowed_methods(error.headers or {})
            detail = f"This address does not know that method. Use one of {methods}."
            return ErrorDetails(405, detail, allowed_methods=methods)
        case HTTPException():
            return ErrorDetails(error.status_code, f"{error.detail}.")
        case _:
            return ErrorDetails(500, "Afterword has made a mistake. Its log says which.")


def describe_and_log(request: Request, error: Exception) -> ErrorDetails:
    """Return the details of an exception; log it if they refer to the log."""
    return describe_for(request.scope["path"], error, web_context(request).now())


def describe_for(path: str, error: Exception, now: float) -> ErrorDetails:
    """Return the details of an exception of the request for a path; log it if they refer to the log."""
    details = describe_error(error, now)
    if details.detail == _LOGGED_FAILURE:
        # Where a request found the database away tells nothing, and there are many of them.
        trace = None if isinstance(error, errors.DatabaseUnusable) else error
        _log.error("Request for %r failed with status %s: %s", path, details.status, error, exc_info=trace)
    return details


async def _handle_error(request: Request, error: Exception) -> Response:
    return error_response(describe_and_log(request, error), request.scope["path"])


async def _handle_move(request: Request, error: Exception) -> Response:
    assert isinstance(error, MovedPermanently)  # noqa: S101 - it is the handler of this type
    details = ErrorDetails(301, "The repository has another name now.", location=error.location)
    return error_response(details, request.scope["path"])


def _allowed_methods(headers: Mapping[str, str]) -> str:
    """Return the value of `Allow`: `CachedReads` adds HEAD to GET, and OPTIONS everywhere."""
    methods = {name.strip() for name in headers.get("Allow", "").split(",")} - {""}
    return ", ".join(sorted(methods | {"HEAD", "OPTIONS"} if "GET" in methods else methods | {"OPTIONS"}))


class InternalErrors:
    """ASGI middleware that logs an unexpected exception with its traceback, and responds with status 500 without it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        response_started = False

        async def track_start(message: Message) -> None:
            nonlocal response_started
            response_started = True
            await send(message)

        try:
            await self._app(scope, receive, track_start)
        except Exception as error:
            if response_started:
                raise
            _log.exception("Internal error in the request for %r; the response has status 500.", scope["path"])
            response = error_response(describe_error(error, now=0), scope["path"])
            await response(scope, receive, send)


def install_error_handlers(app: FastAPI) -> None:
    """Make every failure of this application end in a response of this module."""
    for kind in (AfterwordError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _handle_error)
    app.add_exception_handler(MovedPermanently, _handle_move)
    app.add_middleware(InternalErrors)

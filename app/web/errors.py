"""The edge: which failure becomes which status, and how an answer says what happened and what to do.

The native API answers in `application/problem+json` (RFC 9457). Its `type` stays `about:blank`, with the status's own
phrase as title: the status says what kind of failure it is, the members `parameter`, `allowed` and `retry_after` say
the rest, and an address for each problem would have to lead to a page that nobody needs. Under `/repos/` the same
failures have GitHub's body.
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
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.domain import errors, webhook_errors
from app.domain.errors import AfterwordError
from app.render import github_api
from app.web.context import serving
from app.web.document_response import NO_STORE

_log = logging.getLogger(__name__)

PROBLEM = "application/problem+json"
_JSON = "application/json; charset=utf-8"
_SHORTEST_WAIT, _LONGEST_WAIT = 1, 300
_GITHUB_ROOT = "/repos/"
_GITHUB_DOCS = "https://docs.github.com/rest"
_GITHUB_DOCS_OF = (
    (re.compile(r"/issues"), github_api.ISSUES_DOCS),
    (re.compile(r"/issues/comments/[^/]+"), github_api.COMMENT_DOCS),
    (re.compile(r"/issues/[^/]+"), github_api.ISSUE_DOCS),
    (re.compile(r"/issues/[^/]+/comments"), github_api.COMMENTS_DOCS),
)
"""By what follows `/repos/{owner}/{repo}`."""
_GITHUB_SAYS = {404: "Not Found", 405: "Method Not Allowed", 422: "Validation Failed", 500: "Server Error"}
_UNTOLD = "Afterword cannot answer this now. Ask again later; its log says why."


@dataclass(frozen=True, slots=True)
class Row:
    """What a kind of failure becomes: its status, and after how many seconds asking again may help."""

    status: int
    retry_after: int | None = None
    told: bool = False
    """True where the failure's own words are for the reader; the others are for the owner, and go to the log."""


_OF_OURS = Row(500)
_OF_GITHUB = Row(502)
"""Whatever GitHub refused, it is no answer to the reader's question: a 404 of its would look like "no such thread"."""

TABLE: Mapping[type[AfterwordError], Row] = {
    errors.InvalidSetting: _OF_OURS,
    errors.CannotStart: _OF_OURS,
    errors.StoreUnusable: Row(503, retry_after=30),
    errors.StoreTooNew: _OF_OURS,
    errors.Unreachable: Row(503, retry_after=30),
    errors.InvalidResponse: _OF_GITHUB,
    errors.RateLimited: Row(503, retry_after=60),
    errors.TokenRejected: _OF_GITHUB,
    errors.RequestRejected: _OF_GITHUB,
    errors.NotVisible: _OF_GITHUB,
    errors.PrivateRepository: _OF_GITHUB,
    errors.Gone: _OF_GITHUB,
    errors.InvalidRedirect: _OF_GITHUB,
    errors.PaginationLimitReached: _OF_GITHUB,
    errors.InvalidParameter: Row(422, told=True),
    errors.InvalidCursor: Row(422, told=True),
    errors.NotServed: Row(404, told=True),
    errors.CommentNotFound: Row(404, told=True),
    errors.ImageNotFound: Row(404, told=True),
    errors.ImageRejected: Row(404, told=True),
    errors.NotReady: Row(503, retry_after=10, told=True),
    webhook_errors.MissingSecret: Row(503, retry_after=300, told=True),
    webhook_errors.InvalidSignature: Row(401, told=True),
    webhook_errors.OutdatedSignature: Row(401, told=True),
    webhook_errors.DeliveryTooLarge: Row(413, told=True),
    webhook_errors.UnsupportedMediaType: Row(415, told=True),
    webhook_errors.MalformedDelivery: Row(400, told=True),
}
"""The one table failure -> status; total over the leaves of the tree in `app.domain.errors`."""


class Problem(BaseModel):
    """What happened, then what to do (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "about:blank",
                    "title": "Unprocessable Entity",
                    "status": 422,
                    "detail": "The parameter `limit` must be a whole number from 1 to 100.",
                    "parameter": "limit",
                    "allowed": "a whole number from 1 to 100",
                }
            ]
        }
    )

    type: str = Field("about:blank", description="Always `about:blank`: the status tells the kind.")
    title: str = Field(description="The status in words.")
    status: int = Field(description="The status again, for who has only the body.")
    detail: str = Field(description="What happened, then what to do.")
    parameter: str | None = Field(None, description="Which parameter has a value that is not allowed.")
    allowed: str | None = Field(None, description="What is allowed as its value.")
    retry_after: int | None = Field(
        None, description="In how many seconds asking again may help, as `Retry-After` says."
    )


@dataclass(frozen=True, slots=True)
class Refusal:
    """What an answer to a request that failed says, before it takes the form of one API."""

    status: int
    detail: str
    parameter: str | None = None
    allowed: str | None = None
    retry_after: int | None = None
    methods: str | None = None
    """What `Allow` says, where the method was the mistake."""


def refusal(error: AfterwordError, now: float) -> Refusal:
    """What the edge says of a failure; `now` in epoch seconds, for failures that know until when they last."""
    row = next((TABLE[kind] for kind in type(error).__mro__ if kind in TABLE), _OF_OURS)
    told = Refusal(row.status, str(error) if row.told else _UNTOLD, retry_after=_wait(error, row, now))
    match error:
        case errors.InvalidParameter():
            return _of_parameter(error.name, error.allowed, str(error))
        case errors.InvalidCursor():
            return _of_parameter(
                "cursor", "the `next` of an earlier answer to the same list in the same order", str(error)
            )
        case _:
            return told


def _of_parameter(name: str, allowed: str, detail: str) -> Refusal:
    return Refusal(TABLE[errors.InvalidParameter].status, detail, parameter=name, allowed=allowed)


def _wait(error: AfterwordError, row: Row, now: float) -> int | None:
    wait: float | None = row.retry_after
    if isinstance(error, errors.NotReady):
        wait = error.retry_after
    elif isinstance(error, errors.RateLimited):
        wait = error.until - now + 1
    return None if wait is None else int(max(_SHORTEST_WAIT, min(wait, _LONGEST_WAIT)))


def problem(said: Refusal) -> dict[str, Any]:
    """The body of RFC 9457; members that say nothing are left out."""
    members = {
        "type": "about:blank",
        "title": HTTPStatus(said.status).phrase,
        "status": said.status,
        "detail": said.detail,
        "parameter": said.parameter,
        "allowed": said.allowed,
        "retry_after": said.retry_after,
    }
    return {name: value for name, value in members.items() if value is not None}


def as_github(said: Refusal, path: str) -> dict[str, Any]:
    """The body that GitHub's API gives; `path` is the one that was asked for.

    Follows https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api
    """
    body: dict[str, Any] = {"message": _GITHUB_SAYS.get(said.status, said.detail)}
    if said.parameter is not None:
        about = {"resource": "Issue", "code": "invalid", "field": said.parameter, "message": said.detail}
        body["errors"] = [about]
    return body | {"documentation_url": _docs_of(path), "status": str(said.status)}


def _docs_of(path: str) -> str:
    _, _, rest = path.removeprefix(_GITHUB_ROOT).partition("/")
    _, slash, rest = rest.partition("/")
    return next((docs for pattern, docs in _GITHUB_DOCS_OF if pattern.fullmatch(slash + rest)), _GITHUB_DOCS)


def response(said: Refusal, path: str) -> Response:
    """The answer to a request for `path` that failed; caches keep none of them."""
    github = path.startswith(_GITHUB_ROOT)
    headers = {"cache-control": NO_STORE.decode(), "x-content-type-options": "nosniff"}
    if said.retry_after is not None:
        headers["retry-after"] = str(said.retry_after)
    if said.methods is not None:
        headers["allow"] = said.methods
    body = as_github(said, path) if github else problem(said)
    return Response(orjson.dumps(body), said.status, headers, media_type=_JSON if github else PROBLEM)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How OpenAPI describes the native API's failures of these statuses."""
    schema = Problem.model_json_schema()
    meanings = {
        404: "The repository is not served here.",
        422: "A parameter has a value that is not allowed; the body names it and says what is.",
        503: "Not mirrored yet, and GitHub does not answer: ask again after `Retry-After` seconds.",
    }
    return {status: {"description": meanings[status], "content": {PROBLEM: {"schema": schema}}} for status in statuses}


def said_of(error: Exception, now: float) -> Refusal:
    """What the edge says of anything that was raised: ours, the framework's, or what nobody expected."""
    match error:
        case AfterwordError():
            return refusal(error, now)
        case RequestValidationError():
            first = error.errors()[0]
            name, reason = str(first["loc"][-1]), str(first["msg"])
            return _of_parameter(name, reason, f"The parameter `{name}` cannot be read: {reason}.")
        case HTTPException(status_code=HTTPStatus.NOT_FOUND):
            return Refusal(404, "There is nothing at this address. See /docs for those that there are.")
        case HTTPException(status_code=HTTPStatus.METHOD_NOT_ALLOWED):
            methods = _methods(error.headers or {})
            return Refusal(405, f"This address does not know that method. Use one of {methods}.", methods=methods)
        case HTTPException():
            return Refusal(error.status_code, f"{error.detail}.")
        case _:
            return Refusal(500, "Afterword has made a mistake. Its log says which.")


async def _failed(request: Request, error: Exception) -> Response:
    path, said = request.scope["path"], said_of(error, serving(request).now())
    if said.detail == _UNTOLD:
        _log.error("%r could not be answered: %s", path, error, exc_info=error)
    return response(said, path)


def _methods(headers: Mapping[str, str]) -> str:
    """What `Allow` says: where GET is answered, the front answers HEAD and OPTIONS too."""
    allowed = {name.strip() for name in headers.get("Allow", "").split(",")} - {""}
    return ", ".join(sorted(allowed | {"HEAD", "OPTIONS"} if "GET" in allowed else allowed | {"OPTIONS"}))


class Unexpected:
    """An ASGI layer in which a failure that nobody named ends: logged with its traceback, and told without it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:
            if begun:
                raise
            _log.exception("%r ended in a failure that nobody expected.", scope["path"])
            answer = response(said_of(error, now=0), scope["path"])
            await answer(scope, receive, send)


def install(app: FastAPI) -> None:
    """Makes every failure of this application end in an answer of this module."""
    for kind in (AfterwordError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _failed)
    app.add_middleware(Unexpected)

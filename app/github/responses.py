"""Decipher GitHub's responses: (status, headers, body) becomes a value, or a failure of `domain.errors` is raised.

`decipher_response` judges an exchange as a whole; `issues`, `comments`, `issue` and `repository` return what a response
contains. Each of them is all or nothing: one invalid element makes the whole response an `InvalidResponse`, so that no
page is ever applied in part. The words of a captive portal or a proxy never count as GitHub's: "not found" and "gone"
are believed only as JSON.
Follows https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urldefrag, urljoin, urlsplit

import orjson

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
from app.domain.texts.excerpts import excerpt
from app.domain.threads import Comment, Issue
from app.github import payloads
from app.github.headers import is_json, lowercase_names, next_target, parse_date, parse_etag
from app.github.payloads import RepositoryInfo
from app.github.rate_limits import RateLimit, exceeded_limit, parse_rate_limit
from app.github.requests import Body, Request, same_host

_T = TypeVar("_T")
_REDIRECTS = frozenset({301, 302, 307, 308})
_CLIENT_ERROR = 400
_SERVER_ERROR = 500
_MAX_LINE_LENGTH = 200
_COMMIT_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


@dataclass(frozen=True, slots=True)
class Response:
    """A valid response; `data` is what the request's `body` says.

    JSON is a dict or a list of dicts, a commit id and a location are text; None after a 304.
    """

    url: str
    """The URL that responded, after all redirects."""
    data: Any
    unchanged: bool = False
    """True after a 304: the ETag of the request still holds."""
    next_url: str | None = None
    etag: str | None = None
    date: float | None = None
    """GitHub's clock, epoch seconds."""
    rate_limit: RateLimit | None = None


@dataclass(frozen=True, slots=True)
class Redirect:
    """A redirect to `url`, which is absolute and on the host of the request."""

    url: str


def decipher_response(
    request: Request,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    now: float,
    sent_etag: str | None = None,
    attempt: int = 0,
) -> Response | Redirect:
    """Return the meaning of an exchange; raise a `GitHubError` for a failed one.

    `now` is in epoch seconds, `sent_etag` is the ETag of the request. `attempt` counts the limits in a row before this
    request, without a response between.
    """
    fields = lowercase_names(headers)
    if status == HTTPStatus.OK:
        return _ok(request, fields, body, now)
    if status == HTTPStatus.NOT_MODIFIED:
        return _not_modified(request, fields, sent_etag, now)
    if request.body is Body.LOCATION and status == HTTPStatus.FOUND:
        return _location(request, fields, now)
    if status in _REDIRECTS:
        return _redirect(request, fields)
    if status >= _SERVER_ERROR:
        raise Unreachable(request.path, f"it answers with status {status}")
    if status < _CLIENT_ERROR:
        raise InvalidResponse(request.path, f"unexpected status {status}")
    raise _client_error(request, status, fields, body, now=now, attempt=attempt)


def issues(response: Response) -> tuple[Issue, ...]:
    """Return the issues and pull requests of a list."""
    return _parse_list(response, payloads.issue)


def comments(response: Response) -> tuple[Comment, ...]:
    """Return the comments of a list."""
    return _parse_list(response, payloads.comment)


def issue(response: Response) -> Issue:
    """Return the issue of a single object."""
    return _parse_object(response, payloads.issue)


def repository(response: Response) -> RepositoryInfo:
    """Return the repository of a single object."""
    return _parse_object(response, payloads.repository)


def single_line(text: str) -> str:
    """Return outside text as one line that is safe to log and to show, without control characters, cut to length."""
    prefix = text[: 80 * _MAX_LINE_LENGTH]
    printable = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in prefix)
    return excerpt(printable, _MAX_LINE_LENGTH)


def _ok(request: Request, fields: Mapping[str, str], body: bytes, now: float) -> Response:
    if request.body is Body.COMMIT_ID:
        return _response(request, fields, now, data=_commit_id(request, body))
    if request.body is Body.LOCATION:
        raise InvalidResponse(request.path, "status 200 instead of a redirect to the archive")
    if not is_json(fields.get("content-type")):
        raise InvalidResponse(request.path, f"{single_line(fields['content-type']) or 'no type'} instead of JSON")
    next_url = _next_url(request, fields.get("link")) if request.many else None
    return _response(request, fields, now, data=_data(request, body), next_url=next_url)


def _commit_id(request: Request, body: bytes) -> str:
    text = body.decode("ascii", errors="replace").strip()
    if _COMMIT_ID.fullmatch(text) is None:
        raise InvalidResponse(request.path, f"{len(body)} bytes that are no id of a commit")
    return text


def _location(request: Request, fields: Mapping[str, str], now: float) -> Response:
    """Return the absolute address of a file; it may lead to another host, but not to one without encryption."""
    location = fields.get("location", "").strip()
    try:
        url = urljoin(request.url, location)
        target = urlsplit(url)
    except ValueError:
        target = urlsplit("")
    is_safe = target.scheme == "https" or target.scheme == urlsplit(request.url).scheme == "http"
    if not location.isprintable() or not is_safe or not target.hostname or "@" in target.netloc:
        raise InvalidRedirect(request.path, single_line(location.partition("?")[0]))  # the query may be a key
    return _response(request, fields, now, data=url)


def _not_modified(request: Request, fields: Mapping[str, str], sent_etag: str | None, now: float) -> Response:
    if sent_etag is None:
        raise InvalidResponse(request.path, "not modified, though the request had no ETag")
    response = _response(request, fields, now, data=None)
    return replace(response, unchanged=True, etag=response.etag or sent_etag)


def _response(
    request: Request, fields: Mapping[str, str], now: float, *, data: Any, next_url: str | None = None
) -> Response:
    return Response(
        url=request.url,
        data=data,
        next_url=next_url,
        etag=parse_etag(fields.get("etag")),
        date=parse_date(fields.get("date")),
        rate_limit=parse_rate_limit(fields, now=now),
    )


def _data(request: Request, body: bytes) -> Any:
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise InvalidResponse(request.path, f"{len(body)} bytes that are not complete JSON") from None
    if not request.many and isinstance(data, dict):
        return data
    if request.many and isinstance(data, list) and all(isinstance(element, dict) for element in data):
        return data
    raise InvalidResponse(request.path, f"JSON, but not {'a list of objects' if request.many else 'one object'}")


def _next_url(request: Request, header: str | None) -> str | None:
    """Return the URL of the next page; a wrong link must neither end a list nor make a loop of it."""
    try:
        target = next_target(header)
    except ValueError as error:
        raise InvalidResponse(request.path, str(error)) from None
    if target is None:
        return None
    url = _absolute_url(request, target)
    if url is None or url == request.url:
        raise InvalidResponse(request.path, f"its link to the next page is {single_line(target) or 'empty'}")
    return url


def _redirect(request: Request, fields: Mapping[str, str]) -> Redirect:
    location = fields.get("location", "").strip()
    url = _absolute_url(request, location) if location else None
    if url is None:
        raise InvalidRedirect(request.path, single_line(location))
    return Redirect(url)


def _absolute_url(request: Request, target: str) -> str | None:
    """Return `target` as an absolute URL, or None if it is not on the request's host: no other may get a token."""
    try:
        url = urldefrag(urljoin(request.url, target)).url
    except ValueError:
        return None
    # urljoin drops tabs and line ends silently: so the target itself is checked for them
    return url if target.isprintable() and same_host(url, request.url) else None


def _client_error(
    request: Request, status: int, fields: Mapping[str, str], body: bytes, *, now: float, attempt: int
) -> GitHubError:
    """Return the failure that a 4xx is."""
    message = _message(body)
    limit = exceeded_limit(status, fields, message or "", now=now, attempt=attempt)
    if limit is not None:
        return RateLimited(request.path, until=limit.until, kind=limit.kind)
    if status == HTTPStatus.UNAUTHORIZED:
        return TokenRejected(request.path)
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return _not_found_or_gone(request, status, message)
    if status == HTTPStatus.UNPROCESSABLE_ENTITY and "paginat" in (message or "").lower():
        return PaginationLimitReached(request.path)
    return RequestRejected(request.path, status=status, message=single_line(message or "") or "without a message")


def _not_found_or_gone(request: Request, status: int, message: str | None) -> GitHubError:
    """Return the failure of a 404 or 410: it may remove a thread, so it must have GitHub's own form."""
    if message is None:
        return InvalidResponse(request.path, f"status {status}, but not in GitHub's form")
    if status == HTTPStatus.GONE:
        return Gone(request.path, message=single_line(message))
    return NotVisible(request.path)


def _message(body: bytes) -> str | None:
    """Return GitHub's message in an error, or None if the body does not have GitHub's form."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    message = data.get("message") if isinstance(data, dict) else None
    return message if isinstance(message, str) else None


def _parse_list(response: Response, parse: Callable[[Mapping[str, Any]], _T]) -> tuple[_T, ...]:
    if not isinstance(response.data, list):
        raise InvalidResponse(_path(response), "no list")
    return tuple(_parse(response, parse, element) for element in response.data)


def _parse_object(response: Response, parse: Callable[[Mapping[str, Any]], _T]) -> _T:
    if not isinstance(response.data, dict):
        raise InvalidResponse(_path(response), "no object")
    return _parse(response, parse, response.data)


def _parse(response: Response, parse: Callable[[Mapping[str, Any]], _T], element: Mapping[str, Any]) -> _T:
    try:
        return parse(element)
    except ValueError as error:
        raise InvalidResponse(_path(response), single_line(str(error))) from None


def _path(response: Response) -> str:
    return Request(response.url, many=True).path

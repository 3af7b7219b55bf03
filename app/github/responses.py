"""What came back from GitHub: (status, headers, body) in, a value out, or a failure of `domain.errors` raised.

`decipher_response` judges an exchange as a whole; `issues`, `comments`, `issue` and `repository` then give what an answer holds.
Each of these is all or nothing: one element that is not as it should be makes the whole answer a `InvalidResponse`, so
that no page is ever applied by half. What a captive portal or a proxy may have written is never taken for GitHub's
word: "not there" and "gone" are believed only as JSON.
Follows https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urldefrag, urljoin

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
from app.domain.threads import Comment, Issue
from app.github import link_header, payloads, rate_limits
from app.github.headers import date, etag, folded, is_json
from app.github.payloads import RepositoryInfo
from app.github.rate_limits import RateLimit
from app.github.requests import Request, same_host

__all__ = [
    "RateLimit",
    "Redirect",
    "RepositoryInfo",
    "Response",
    "comments",
    "issue",
    "issues",
    "plain",
    "decipher_response",
    "repository",
]

_T = TypeVar("_T")
_REDIRECTS = frozenset({301, 302, 307, 308})
_CLIENT_ERROR = 400
_SERVER_ERROR = 500
_LONGEST_MESSAGE = 200


@dataclass(frozen=True, slots=True)
class Response:
    """A believable answer; `data` is a dict, a list of dicts, or None where GitHub said 304."""

    url: str
    """Where it was answered in the end, after redirects."""
    data: Any
    unchanged: bool = False
    next_url: str | None = None
    etag: str | None = None
    date: float | None = None
    """GitHub's clock, epoch seconds."""
    rate_limit: RateLimit | None = None


@dataclass(frozen=True, slots=True)
class Redirect:
    """The same question is to be put at `url`, which is absolute and on the same host as the ask."""

    url: str


def decipher_response(
    ask: Request,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    now: float,
    sent_etag: str | None = None,
    attempt: int = 0,
) -> Response | Redirect:
    """What an exchange means; `now` in epoch seconds, `sent_etag` the ETag that went with the ask.

    `attempt` counts the limits met before this ask without an answer between. Raises a `GitHubError`.
    """
    fields = folded(headers)
    if status == HTTPStatus.OK:
        return _answer(ask, fields, body, now)
    if status == HTTPStatus.NOT_MODIFIED:
        return _unchanged(ask, fields, sent_etag, now)
    if status in _REDIRECTS:
        return _redirect(ask, fields)
    if status >= _SERVER_ERROR:
        raise Unreachable(ask.path, f"it answers with status {status}")
    if status < _CLIENT_ERROR:
        raise InvalidResponse(ask.path, f"status {status}, which is not due")
    raise _refusal(ask, status, fields, body, now=now, attempt=attempt)


def issues(answer: Response) -> tuple[Issue, ...]:
    """The issues and pull requests of a list."""
    return _elements(answer, payloads.issue)


def comments(answer: Response) -> tuple[Comment, ...]:
    """The comments of a list."""
    return _elements(answer, payloads.comment)


def issue(answer: Response) -> Issue:
    """The issue that one object is."""
    return _one(answer, payloads.issue)


def repository(answer: Response) -> RepositoryInfo:
    """The repository that one object is."""
    return _one(answer, payloads.repository)


def plain(text: str) -> str:
    """Text from outside as one line that is safe to log and to show: no control characters, of sensible length."""
    shown = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in text[: 4 * _LONGEST_MESSAGE])
    line = " ".join(shown.split())
    return line if len(line) <= _LONGEST_MESSAGE else f"{line[: _LONGEST_MESSAGE - 1]}…"


def _answer(ask: Request, fields: Mapping[str, str], body: bytes, now: float) -> Response:
    if not is_json(fields.get("content-type")):
        raise InvalidResponse(ask.path, f"{plain(fields['content-type']) or 'no type'} where JSON is due")
    return Response(
        url=ask.url,
        data=_data(ask, body),
        next_url=_next_url(ask, fields.get("link")) if ask.many else None,
        etag=etag(fields.get("etag")),
        date=date(fields.get("date")),
        rate_limit=rate_limits.parse_rate_limit(fields, now=now),
    )


def _unchanged(ask: Request, fields: Mapping[str, str], sent_etag: str | None, now: float) -> Response:
    if sent_etag is None:
        raise InvalidResponse(ask.path, "not modified, though the ask named no state")
    return Response(
        url=ask.url,
        data=None,
        unchanged=True,
        etag=etag(fields.get("etag")) or sent_etag,
        date=date(fields.get("date")),
        rate_limit=rate_limits.parse_rate_limit(fields, now=now),
    )


def _data(ask: Request, body: bytes) -> Any:
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise InvalidResponse(ask.path, f"{len(body)} bytes that are no whole JSON") from None
    if not ask.many and isinstance(data, dict):
        return data
    if ask.many and isinstance(data, list) and all(isinstance(element, dict) for element in data):
        return data
    raise InvalidResponse(ask.path, f"JSON, but not {'a list of objects' if ask.many else 'one object'}")


def _next_url(ask: Request, header: str | None) -> str | None:
    """The next page; a list must neither end nor go in a circle because its link was wrong."""
    try:
        target = link_header.next_target(header)
    except ValueError as malformed:
        raise InvalidResponse(ask.path, str(malformed)) from None
    if target is None:
        return None
    url = _resolved(ask, target)
    if url is None or url == ask.url:
        raise InvalidResponse(ask.path, f"the next page is said to be at {plain(target) or 'no address'}")
    return url


def _redirect(ask: Request, fields: Mapping[str, str]) -> Redirect:
    location = fields.get("location", "").strip()
    url = _resolved(ask, location) if location else None
    if url is None:
        raise InvalidRedirect(ask.path, plain(location))
    return Redirect(url)


def _resolved(ask: Request, target: str) -> str | None:
    """The absolute URL of `target`, or None where it is not on the host of the ask, to which alone a token may go."""
    try:
        url = urldefrag(urljoin(ask.url, target)).url
    except ValueError:
        return None
    # urljoin drops tabs and line ends in silence, hence the look at the target itself
    return url if target.isprintable() and same_host(url, ask.url) else None


def _refusal(
    ask: Request, status: int, fields: Mapping[str, str], body: bytes, *, now: float, attempt: int
) -> GitHubError:
    """Which failure a 4xx is."""
    said = _message(body)
    limit = rate_limits.exceeded_limit(status, fields, said or "", now=now, attempt=attempt)
    if limit is not None:
        return RateLimited(ask.path, until=limit.until, kind=limit.kind)
    if status == HTTPStatus.UNAUTHORIZED:
        return TokenRejected(ask.path)
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return _absence(ask, status, said)
    if status == HTTPStatus.UNPROCESSABLE_ENTITY and "paginat" in (said or "").lower():
        return PaginationLimitReached(ask.path)
    return RequestRejected(ask.path, status=status, message=plain(said or "") or "without a message")


def _absence(ask: Request, status: int, said: str | None) -> GitHubError:
    """Takes something away from the mirror in the end, and so is believed only in GitHub's own form."""
    if said is None:
        return InvalidResponse(ask.path, f"status {status}, but not in GitHub's words")
    return Gone(ask.path, message=plain(said)) if status == HTTPStatus.GONE else NotVisible(ask.path)


def _message(body: bytes) -> str | None:
    """GitHub's own words in an error, or None where they are not in its form."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    said = data.get("message") if isinstance(data, dict) else None
    return said if isinstance(said, str) else None


def _elements(answer: Response, parse: Callable[[Mapping[str, Any]], _T]) -> tuple[_T, ...]:
    if not isinstance(answer.data, list):
        raise InvalidResponse(_path(answer), "no list")
    return tuple(_parsed(answer, parse, element) for element in answer.data)


def _one(answer: Response, parse: Callable[[Mapping[str, Any]], _T]) -> _T:
    if not isinstance(answer.data, dict):
        raise InvalidResponse(_path(answer), "no object")
    return _parsed(answer, parse, answer.data)


def _parsed(answer: Response, parse: Callable[[Mapping[str, Any]], _T], element: Mapping[str, Any]) -> _T:
    try:
        return parse(element)
    except ValueError as wrong:
        raise InvalidResponse(_path(answer), plain(str(wrong))) from None


def _path(answer: Response) -> str:
    return Request(answer.url, many=True).path

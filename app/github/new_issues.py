"""Opening issues, and finding those that were opened before: requests, and what their responses mean.

Follows https://docs.github.com/rest/issues/issues#create-an-issue and
https://docs.github.com/rest/search/search#search-issues-and-pull-requests
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import orjson

from app.domain.errors import InvalidResponse, RequestRejected
from app.github.payloads import integer, mapping, text
from app.github.requests import MARKDOWN, PER_PAGE, Request
from app.github.responses import Redirect, Response, decipher_response, single_line

_TRUSTED_ASSOCIATIONS = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})


@dataclass(frozen=True, slots=True)
class NewIssue:
    """An issue before it is opened."""

    title: str
    body: str
    labels: tuple[str, ...] = ()

    @property
    def content(self) -> bytes:
        """Return the JSON that opens it."""
        return orjson.dumps({"title": self.title, "body": self.body, "labels": list(self.labels)})


@dataclass(frozen=True, slots=True)
class OpenedIssue:
    """An issue of the repository, with what tells whose thread it is and whether that can be believed."""

    number: int
    title: str
    body: str
    author: str
    url: str
    is_trusted: bool
    """True if its author may write to the repository, or is an App that is installed there."""
    labels: tuple[str, ...] = ()


def creation_request(api: str, full_name: str) -> Request:
    """Return the address that issues are posted to; the request is no GET."""
    return Request(f"{api}/repos/{full_name}/issues", many=False, accept=MARKDOWN)


def newest_issues_request(api: str, full_name: str) -> Request:
    """Return the request for the newest hundred issues of any state. Unlike a search it knows the newest, too."""
    query = urlencode({"state": "all", "sort": "created", "direction": "desc", "per_page": PER_PAGE})
    return Request(f"{api}/repos/{full_name}/issues?{query}", many=True, accept=MARKDOWN)


def search_request(api: str, full_name: str, word: str) -> Request:
    """Return the search for issues whose text contains a word; its index lags by minutes."""
    query = urlencode({"q": f"repo:{full_name} is:issue in:body {word}", "per_page": PER_PAGE})
    return Request(f"{api}/search/issues?{query}", many=False, accept=MARKDOWN)


def listed_issues(response: Response) -> tuple[OpenedIssue, ...]:
    """Return the issues of a list, without pull requests. Raises `InvalidResponse`."""
    return _issues(response, response.data)


def search_results(response: Response) -> tuple[OpenedIssue, ...] | None:
    """Return all results of a search; None if there are more, or if GitHub ended the search early."""
    data = response.data
    items = data.get("items")
    if not isinstance(items, list) or data.get("incomplete_results") or data.get("total_count") != len(items):
        return None
    return _issues(response, items)


def decipher_creation(
    request: Request, status: int, headers: Mapping[str, str], body: bytes, *, now: float
) -> OpenedIssue | Redirect:
    """Return the opened issue or where to repeat the request; raise a `GitHubError` for anything else.

    `InvalidResponse` and `Unreachable` leave open whether the issue exists; all other errors say that it does not.
    """
    if status == HTTPStatus.CREATED:
        return _opened_issue(request, body)
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        raise RequestRejected(request.path, status=status, message=_refusal(body))
    result = decipher_response(request, status, headers, body, now=now)
    if isinstance(result, Redirect):
        return result
    raise InvalidResponse(request.path, f"unexpected status {status}")


def _opened_issue(request: Request, body: bytes) -> OpenedIssue:
    try:
        return _issue(mapping(orjson.loads(body), "issue"))
    except ValueError as error:
        raise InvalidResponse(request.path, str(error)) from None


def _refusal(body: bytes) -> str:
    """Return GitHub's reasons for refusing an issue: its own message with those of the fields."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        data = None
    if not isinstance(data, dict):
        return "without a message"
    errors = data.get("errors")
    details = [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
    reasons = [str(error.get("message") or f"{error.get('field')} is {error.get('code')}") for error in details]
    return single_line(
        ": ".join([str(data.get("message")), ", ".join(reasons)] if reasons else [str(data.get("message"))])
    )


def _issues(response: Response, elements: list[Any]) -> tuple[OpenedIssue, ...]:
    try:
        objects = [mapping(element, "issue") for element in elements]
        return tuple(_issue(obj) for obj in objects if obj.get("pull_request") is None)
    except ValueError as error:
        raise InvalidResponse(Request(response.url, many=True).path, str(error)) from None


def _issue(obj: Mapping[str, Any]) -> OpenedIssue:
    user = obj.get("user")
    author = mapping(user, "user") if user is not None else {}
    labels = obj.get("labels") or []
    return OpenedIssue(
        number=integer(obj, "number"),
        title=text(obj, "title"),
        body=text(obj, "body", default=""),
        author=text(author, "login", default="ghost"),
        url=text(obj, "html_url"),
        is_trusted=obj.get("author_association") in _TRUSTED_ASSOCIATIONS or author.get("type") == "Bot",
        labels=tuple(str(label.get("name")) for label in labels if isinstance(label, Mapping)),
    )

"""The GitHub-compatible API: paths, parameters and leniency of `api.github.com`, for the configured repositories.

All paths are served below `/api/v3` too, where GitHub Enterprise has them: clients for it add that prefix themselves.
Addresses in objects and links then begin with it.

A `page` or `per_page` that is no number from 1 means the default, and `per_page` above 100 means 100. An unknown `sort`
or `direction` means the default. Unknown parameters are ignored, because scripts on blogs send `client_id`,
`access_token`, `t` and `_`. An invalid `since` or `state` is an error with status 422, because a guess would answer
another question. The framework knows none of these parameters, because its validation is strict.
Follows https://docs.github.com/rest/issues/issues and https://docs.github.com/rest/issues/comments
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.errors import InvalidParameter
from app.domain.sites import Repository
from app.render import github_api
from app.render.keys import (
    GitHubAllCommentsKey,
    GitHubCommentKey,
    GitHubCommentsKey,
    GitHubIssueKey,
    GitHubIssuesKey,
    GitHubRepositoryKey,
    MediaType,
)
from app.render.media_types import negotiate_media_type
from app.web.context import request_state, serve_document, web_context
from app.web.document_response import uncached_json
from app.web.errors import ErrorDetails, MovedPermanently, error_response
from app.web.parameters import READ_ERRORS, CommentId, IssueNumber, RepositoryName, RepositoryOwner
from app.web.reads.parsing import is_positive_integer

_LONGEST_FILTER = 1000
"""Characters of a filter: the key of a document contains it."""
_DEFAULT_PER_PAGE, _MAX_PER_PAGE = 30, 100
_POSITIVE_NUMBER = re.compile(r"0*([1-9][0-9]{0,8})")
_TIME = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)"
    r"(?:[Tt ](?P<time>\d\d:\d\d(?::\d\d)?)(?:\.\d+)?(?P<zone>[Zz]|[-+ ]\d\d:?\d\d)?)?",
    re.ASCII,
)
"""A space before the offset is a `+` that the client did not percent-encode."""
_STATES = ("open", "closed", "all")
_SORTS = ("created", "updated", "comments")
_COMMENT_SORTS = ("created", "updated")
_DIRECTIONS = ("desc", "asc")
_ENTERPRISE_PREFIX = "/api/v3"
_NO_REACTIONS = "Afterword has no list of reactions, only their counts: see `reactions` of the issue or comment."


def parse_positive_number(text: str | None, default: int) -> int:
    """Return a number from 1 as GitHub parses it: the default for any other text."""
    match = _POSITIVE_NUMBER.fullmatch(text or "")
    return default if match is None else int(match[1])


def parse_since(text: str | None) -> str | None:
    """Return a time as `2020-07-01T09:30:00Z`; None for no text.

    The default offset is UTC, the default time of day midnight. Raise `InvalidParameter` for any other text.
    """
    if not text:
        return None
    match = _TIME.fullmatch(text.strip())
    try:
        if match is None:
            raise ValueError(text)  # noqa: TRY301 - one handler for every invalid time
        zone = (match["zone"] or "+00:00").replace(" ", "+").upper()
        moment = datetime.fromisoformat(f"{match['date']}T{match['time'] or '00:00'}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidParameter("since", "a time in ISO 8601 format: YYYY-MM-DDTHH:MM:SSZ") from None
    return moment.replace(tzinfo=None).isoformat() + "Z"


def _paging(query: QueryParams) -> tuple[int, int, str | None]:
    """Return the page's number, its size and `since`. Raise `InvalidParameter` as `parse_since` does."""
    per_page = min(parse_positive_number(query.get("per_page"), _DEFAULT_PER_PAGE), _MAX_PER_PAGE)
    return parse_positive_number(query.get("page"), 1), per_page, parse_since(query.get("since"))


def _parse_id(text: str) -> int:
    """Return the number of an issue or comment. Raise `HTTPException` 404, as GitHub does, for any other text."""
    if not is_positive_integer(text):
        raise HTTPException(404)
    return int(text)


@dataclass(frozen=True, slots=True)
class Resource:
    """What every path names: a repository, the media type, and the repository's address at this service."""

    repo: Repository
    media_type: MediaType
    repository_url: str | None
    """None if the request's Host makes no valid address."""


async def _find_resource(request: Request, owner: RepositoryOwner, repo: RepositoryName) -> Resource:
    """Return the repository of a path. Raise `NotServed`, or `MovedPermanently` for a former name."""
    context, path = web_context(request), request.scope["path"]
    name = f"{owner}/{repo}"
    named_repository = await context.find_repository(name)
    request_state(request.scope).edition = named_repository.edition
    prefix = _ENTERPRISE_PREFIX if path.startswith(f"{_ENTERPRISE_PREFIX}/") else ""
    base_url, current_name = context.base_url(request), named_repository.full_name
    if current_name.lower() != name.lower():
        rest = path.removeprefix(f"{prefix}/repos/{name}")
        query = request.scope["query_string"].decode("latin-1")
        raise MovedPermanently(f"{base_url}{prefix}/repos/{current_name}{quote(rest)}{query and f'?{query}'}")
    repository_url = f"{base_url}{prefix}/repos/{current_name}" if base_url else None
    return Resource(named_repository.repo, negotiate_media_type(request.headers.get("accept")), repository_url)


Target = Annotated[Resource, Depends(_find_resource)]


def _parameter(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": {"type": "string"}}


_PAGE_PARAMETERS = (
    _parameter("page", "Which page of the list, from 1."),
    _parameter("per_page", "How many on a page: 30 unless told, 100 at most."),
    _parameter("since", "Only what was updated then or later: a time as `2020-07-01T09:30:00Z`."),
)
_FILTER_PARAMETERS = (
    _parameter("state", "`open` (unless told), `closed` or `all`."),
    _parameter("labels", "Labels separated by commas; an issue has all of them."),
    _parameter("sort", "`created` (unless told), `updated` or `comments`."),
    _parameter("direction", "`desc` (unless told) or `asc`."),
    _parameter("creator", "Only issues that this user opened."),
)


def _json(description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


_COMMENT_PARAMETERS = (
    _parameter("sort", "`created` (unless told) or `updated`."),
    _parameter("direction", "`desc` (unless told) or `asc`; ignored without `sort`: then the oldest come first."),
)


_ERROR_MEMBERS = {
    "message": "What happened.",
    "documentation_url": "Where GitHub describes the address.",
    "status": "The status again, as text.",
}
_ERROR: Mapping[str, Any] = {
    "type": "object",
    "required": list(_ERROR_MEMBERS),
    "properties": {name: {"type": "string", "description": text} for name, text in _ERROR_MEMBERS.items()},
}
_ERROR_RESPONSES = {
    301: _json("The repository has another name now: see `Location`.", {"type": "object"}),
    404: _json("Not here: the repository is not served, or there is no such issue or comment.", _ERROR),
    410: _json("The issue was deleted.", _ERROR),
    422: _json("A parameter cannot be understood.", _ERROR),
    503: _json(READ_ERRORS[503], _ERROR),
}


def _openapi(summary: str, docs: str, kind: str, *parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a route's decorator that describe it in OpenAPI."""
    return {
        "summary": summary,
        "description": f"As GitHub answers it, in all its media types (`Accept`): see [its documentation]({docs}).",
        "responses": {200: _json("GitHub's own shape.", {"type": kind}), **_ERROR_RESPONSES},
        "openapi_extra": {"parameters": list(parameters)},
    }


router = APIRouter(tags=["GitHub-compatible"])
_REPOSITORY = "/repos/{owner}/{repo}"
_ISSUES = f"{_REPOSITORY}/issues"


@router.get("/rate_limit", **_openapi("The rate limit", github_api.RATE_LIMIT_DOCS, "object"))
async def rate_limit(request: Request) -> Response:
    """Serve a rate limit that is never used up."""
    return uncached_json(github_api.rate_limit(web_context(request).now()).status())


@router.get(_REPOSITORY, **_openapi("A repository", github_api.REPOSITORY_DOCS, "object"))
async def repository(request: Request, target: Target) -> Response:
    """Serve what GitHub said of a repository."""
    return await serve_document(request, GitHubRepositoryKey(target.repo, target.media_type, target.repository_url))


@router.get(
    _ISSUES,
    **_openapi("The issues of a repository", github_api.ISSUES_DOCS, "array", *_PAGE_PARAMETERS, *_FILTER_PARAMETERS),
)
async def issues(request: Request, target: Target) -> Response:
    """Serve a page of a repository's issues."""
    query = request.query_params
    state = query.get("state") or _STATES[0]
    if state not in _STATES:
        raise InvalidParameter("state", "one of open, closed, all")
    sort, direction = query.get("sort"), query.get("direction")
    page, per_page, since = _paging(query)
    for name in ("labels", "creator"):
        if len(query.get(name, "")) > _LONGEST_FILTER:
            raise InvalidParameter(name, f"at most {_LONGEST_FILTER} characters")
    key = GitHubIssuesKey(
        repo=target.repo,
        media_type=target.media_type,
        page=page,
        per_page=per_page,
        state=state,
        labels=tuple(sorted({label.strip() for label in query.get("labels", "").split(",")} - {""})),
        sort=sort if sort in _SORTS else _SORTS[0],
        direction=direction if direction in _DIRECTIONS else _DIRECTIONS[0],
        since=since,
        creator=query.get("creator") or None,
        repository_url=target.repository_url,
    )
    return await serve_document(request, key)


@router.get(
    f"{_ISSUES}/comments",
    **_openapi(
        "The comments of a repository",
        github_api.ALL_COMMENTS_DOCS,
        "array",
        *_PAGE_PARAMETERS,
        *_COMMENT_PARAMETERS,
    ),
)
async def all_comments(request: Request, target: Target) -> Response:
    """Serve a page of the comments of all issues of a repository."""
    query = request.query_params
    sort, paging = query.get("sort"), _paging(query)
    key = GitHubAllCommentsKey(
        target.repo,
        target.media_type,
        *paging,
        by_update=sort == "updated",
        descending=sort in _COMMENT_SORTS and query.get("direction") != "asc",
        repository_url=target.repository_url,
    )
    return await serve_document(request, key)


@router.get(f"{_ISSUES}/comments/{{comment_id}}", **_openapi("One comment", github_api.COMMENT_DOCS, "object"))
async def comment(request: Request, target: Target, comment_id: CommentId) -> Response:
    """Serve a comment."""
    key = GitHubCommentKey(target.repo, _parse_id(comment_id), target.media_type, target.repository_url)
    return await serve_document(request, key)


@router.get(f"{_ISSUES}/{{issue_number}}", **_openapi("One issue", github_api.ISSUE_DOCS, "object"))
async def issue(request: Request, target: Target, issue_number: IssueNumber) -> Response:
    """Serve an issue."""
    key = GitHubIssueKey(target.repo, _parse_id(issue_number), target.media_type, target.repository_url)
    return await serve_document(request, key)


@router.get(
    f"{_ISSUES}/{{issue_number}}/comments",
    **_openapi("The comments of an issue", github_api.COMMENTS_DOCS, "array", *_PAGE_PARAMETERS),
)
async def comments(request: Request, target: Target, issue_number: IssueNumber) -> Response:
    """Serve a page of an issue's comments, the oldest first."""
    number, paging = _parse_id(issue_number), _paging(request.query_params)
    key = GitHubCommentsKey(target.repo, number, target.media_type, *paging, target.repository_url)
    return await serve_document(request, key)


@router.get(f"{_ISSUES}/comments/{{number}}/reactions", include_in_schema=False)
@router.get(f"{_ISSUES}/{{number}}/reactions", include_in_schema=False)
async def reactions(request: Request, target: Target, number: str) -> Response:  # noqa: ARG001 - for all of them
    """Refuse to list reactions, because the mirror has only their counts."""
    return error_response(ErrorDetails(404, _NO_REACTIONS, github_message=_NO_REACTIONS), request.scope["path"])


enterprise_router = APIRouter()
enterprise_router.include_router(router, prefix=_ENTERPRISE_PREFIX, include_in_schema=False)

"""The GitHub-compatible API: addresses, parameters and leniency of `api.github.com`, for the configured repositories.

Which leniency: numbers that are none, or not above 0, mean the default, and `per_page` above 100 means 100; unknown
`sort` and `direction` mean the default; unknown parameters are ignored, since scripts on blogs send `client_id`,
`access_token`, `t` and `_`. A `since` or `state` that cannot be understood is refused with 422: to guess would answer
another question. Nothing is declared to the framework, whose validation knows no leniency.
Follows https://docs.github.com/rest/issues/issues and https://docs.github.com/rest/issues/comments
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.errors import InvalidParameter
from app.domain.sites import Repository
from app.render import github_api
from app.render.keys import CompatCommentKey, CompatCommentsKey, CompatIssueKey, CompatIssuesKey, Media
from app.render.media_types import media_of
from app.web.context import respond, serving

_PER_PAGE, _MOST_PER_PAGE = 30, 100
_LARGEST = 2**53 - 1
_COUNTING = re.compile(r"0*([1-9][0-9]{0,8})")
_ID = re.compile(r"[1-9][0-9]{0,15}")
_TIME = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)"
    r"(?:[Tt ](?P<time>\d\d:\d\d(?::\d\d)?)(?:\.\d+)?(?P<zone>[Zz]|[-+ ]\d\d:?\d\d)?)?",
    re.ASCII,
)
"""A space before the offset is the `+` of a query that nobody encoded."""
_STATES = ("open", "closed", "all")
_SORTS = ("created", "updated", "comments")
_DIRECTIONS = ("desc", "asc")


def counting(text: str | None, default: int) -> int:
    """A number from 1 as GitHub reads one: the default for whatever is none."""
    match = _COUNTING.fullmatch(text or "")
    return default if match is None else int(match[1])


def since(text: str | None) -> str | None:
    """A time as `2020-07-01T09:30:00Z`; UTC is meant where no offset is given, midnight where no time is.

    None where there is no text. Raises BadParameter where it is no time.
    """
    if not text:
        return None
    match = _TIME.fullmatch(text.strip())
    try:
        if match is None:
            raise ValueError(text)  # noqa: TRY301 - one way out for all that is no time
        zone = (match["zone"] or "+00:00").replace(" ", "+").upper()
        moment = datetime.fromisoformat(f"{match['date']}T{match['time'] or '00:00'}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidParameter("since", "a time in ISO 8601 format: YYYY-MM-DDTHH:MM:SSZ") from None
    return moment.replace(tzinfo=None).isoformat() + "Z"


def _id(text: str) -> int:
    """The number of an issue or comment; GitHub's 404 where it is none."""
    if _ID.fullmatch(text) is None or int(text) > _LARGEST:
        raise HTTPException(404)
    return int(text)


async def _site(request: Request, owner: str, repo: str) -> Repository:
    return serving(request).site(f"{owner}/{repo}")


async def _accepted(request: Request) -> Media:
    return media_of(request.headers.get("accept"))


Site = Annotated[Repository, Depends(_site)]
Accepted = Annotated[Media, Depends(_accepted)]


def _parameter(name: str, description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": {"type": "string"}}


_PAGED = (
    _parameter("page", "Which page of the list, from 1."),
    _parameter("per_page", "How many on a page: 30 unless told, 100 at most."),
    _parameter("since", "Only what was updated then or later: a time as `2020-07-01T09:30:00Z`."),
)
_FILTERS = (
    _parameter("state", "`open` (unless told), `closed` or `all`."),
    _parameter("labels", "Labels separated by commas; an issue has all of them."),
    _parameter("sort", "`created` (unless told), `updated` or `comments`."),
    _parameter("direction", "`desc` (unless told) or `asc`."),
    _parameter("creator", "Only issues that this user opened."),
)
_ABOUT = "As GitHub answers it, in all its media types (`Accept`): see [its documentation]({docs})."


def _refused(*statuses: int) -> dict[int | str, dict[str, Any]]:
    meanings = {
        404: "Not here: the repository is not served, or there is no such issue or comment.",
        410: "The issue was deleted.",
        422: "A parameter cannot be understood.",
        503: "Not mirrored yet, and GitHub does not answer: ask again after `Retry-After` seconds.",
    }
    schema = {
        "type": "object",
        "required": ["message", "documentation_url", "status"],
        "properties": {
            "message": {"type": "string"},
            "documentation_url": {"type": "string"},
            "status": {"type": "string"},
        },
    }
    return {
        status: {"description": meanings[status], "content": {"application/json": {"schema": schema}}}
        for status in statuses
    }


def _described(summary: str, docs: str, kind: str, *parameters: dict[str, Any]) -> dict[str, Any]:
    """What a route says of itself in OpenAPI."""
    return {
        "summary": summary,
        "description": _ABOUT.format(docs=docs),
        "response_model": None,
        "responses": {
            200: {"description": "GitHub's own shape.", "content": {"application/json": {"schema": {"type": kind}}}},
            **_refused(404, 410, 422, 503),
        },
        "openapi_extra": {"parameters": list(parameters)},
    }


router = APIRouter(prefix="/repos/{owner}/{repo}/issues", tags=["GitHub-compatible"])


@router.get("", **_described("The issues of a repository", github_api.ISSUES_DOCS, "array", *_PAGED, *_FILTERS))
async def issues(request: Request, site: Site, media: Accepted) -> Response:
    """A page of the issues, the newest first unless told otherwise."""
    asked = request.query_params
    state = asked.get("state") or _STATES[0]
    if state not in _STATES:
        raise InvalidParameter("state", "one of open, closed, all")
    sort, direction = asked.get("sort"), asked.get("direction")
    key = CompatIssuesKey(
        repo=site,
        media=media,
        page=counting(asked.get("page"), 1),
        per_page=min(counting(asked.get("per_page"), _PER_PAGE), _MOST_PER_PAGE),
        state=state,
        labels=tuple(sorted({label.strip() for label in asked.get("labels", "").split(",")} - {""})),
        sort=sort if sort in _SORTS else _SORTS[0],
        direction=direction if direction in _DIRECTIONS else _DIRECTIONS[0],
        since=since(asked.get("since")),
        creator=asked.get("creator") or None,
    )
    return await respond(request, key)


@router.get("/comments/{comment_id}", **_described("One comment", github_api.COMMENT_DOCS, "object"))
async def comment(request: Request, site: Site, media: Accepted, comment_id: str) -> Response:
    """A comment by its id."""
    return await respond(request, CompatCommentKey(site, _id(comment_id), media))


@router.get("/{issue_number}", **_described("One issue", github_api.ISSUE_DOCS, "object"))
async def issue(request: Request, site: Site, media: Accepted, issue_number: str) -> Response:
    """An issue by its number."""
    return await respond(request, CompatIssueKey(site, _id(issue_number), media))


@router.get(
    "/{issue_number}/comments", **_described("The comments of an issue", github_api.COMMENTS_DOCS, "array", *_PAGED)
)
async def comments(request: Request, site: Site, media: Accepted, issue_number: str) -> Response:
    """A page of an issue's comments, the oldest first."""
    asked = request.query_params
    key = CompatCommentsKey(
        repo=site,
        number=_id(issue_number),
        media=media,
        page=counting(asked.get("page"), 1),
        per_page=min(counting(asked.get("per_page"), _PER_PAGE), _MOST_PER_PAGE),
        since=since(asked.get("since")),
    )
    return await respond(request, key)

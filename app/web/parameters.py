"""The parameters of the API, feeds and HTML: how they are validated and what OpenAPI says about them.

Validation is strict. An invalid or repeated value is an error that names the parameter, because the author of a page
must learn of a mistake while writing the page. Unknown parameters are ignored.
"""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BeforeValidator
from starlette.requests import Request

from app.domain.sites import Repository
from app.render.cursors import CURSOR
from app.render.keys import Order
from app.web.context import NamedSite, web_context
from app.web.errors import problem_responses
from app.web.reads.parsing import (
    MAX_FURTHER_POSTS,
    MAX_IDS,
    MAX_LANG,
    MAX_LIMIT,
    MAX_SAFE_INTEGER,
    REPO,
    parse_choice,
    parse_cursor,
    parse_positive_integer,
    parse_repo,
    require_unrepeated,
)

READ_ERRORS: dict[int, str] = {
    404: "The repository is not served here.",
    422: "A parameter has a value that is not allowed; the body names it and says what is.",
    503: "Not mirrored yet, and GitHub does not answer: ask again after `Retry-After` seconds.",
}


def integer_limits(maximum: int = MAX_SAFE_INTEGER) -> dict[str, Any]:
    """Return what OpenAPI says of a parameter that `parse_positive_integer` parses."""
    return {"minimum": 1, "maximum": maximum}


async def _reject_repeated_parameters(request: Request) -> None:
    require_unrepeated([name for name, _ in request.query_params.multi_items()])


def read_router(tag: str, prefix: str = "") -> APIRouter:
    """Return a router of documents. It rejects repeated parameters and describes the errors of all reads."""
    dependencies, responses = [Depends(_reject_repeated_parameters)], problem_responses(READ_ERRORS)
    return APIRouter(prefix=prefix, tags=[tag], dependencies=dependencies, responses=responses)


async def _find_named_site(
    request: Request,
    repo: Annotated[
        str | None,
        BeforeValidator(parse_repo),
        Query(
            description="Which repository is meant, by its name or a former one; the default is the first.",
            examples=["owner/blog"],
            json_schema_extra={"pattern": f"^{REPO}$"},
        ),
    ] = None,
) -> NamedSite:
    return await web_context(request).site(repo)


RequestedSite = Annotated[NamedSite, Depends(_find_named_site)]


async def _find_site(site: RequestedSite) -> Repository:
    return site.repo


Site = Annotated[Repository, Depends(_find_site)]
RepositoryOwner = Annotated[str, Path(description="The owner of the repository.", examples=["owner"])]
RepositoryName = Annotated[str, Path(description="The name of the repository.", examples=["blog"])]
IssueNumber = Annotated[str, Path(description="The number of the issue.", examples=["41"])]
CommentId = Annotated[str, Path(description="GitHub's id of the comment.", examples=["652730456"])]
Ghissueid = Annotated[
    int,
    BeforeValidator(parse_positive_integer("ghissueid")),
    Path(
        description="The number of the post's issue, from its front matter.",
        examples=[41],
        json_schema_extra=integer_limits(),
    ),
]
Limit = Annotated[
    int,
    BeforeValidator(parse_positive_integer("limit", MAX_LIMIT)),
    Query(description="How many comments on a page.", json_schema_extra=integer_limits(MAX_LIMIT)),
]
CommentOrder = Annotated[
    Order,
    BeforeValidator(parse_choice("order", tuple(Order), f"one of {', '.join(Order)}")),
    Query(description="Which comments come first."),
]
Pinned = Annotated[
    str | None,
    BeforeValidator(parse_choice("pinned", ["first"], "`first`, or left out")),
    Query(
        description="`first`: a pinned comment is the first of the first page, and on no other.",
        json_schema_extra={"enum": ["first"]},
    ),
]
Hidden = Annotated[
    str | None,
    BeforeValidator(parse_choice("hidden", ["false", "true"], "`false` or `true`")),
    Query(
        description="`false`: without hidden comments, and as many others in their place.",
        json_schema_extra={"enum": ["false", "true"]},
    ),
]
Cursor = Annotated[
    str | None,
    BeforeValidator(parse_cursor),
    Query(
        description="The `next` of an earlier answer to the same list in the same order.",
        json_schema_extra={"pattern": f"^{CURSOR.pattern}$"},
    ),
]
Lang = Annotated[
    str,
    Query(
        description="The language of the texts around the comments, as a BCP 47 tag; the default is English.",
        max_length=MAX_LANG,
    ),
]


def _describe_ids(description: str, example: Sequence[int]) -> dict[str, Any]:
    """Return what OpenAPI says of a parameter that `parse_ids` parses."""
    return {
        "name": "ids",
        "in": "query",
        "required": False,
        "description": description,
        "style": "form",
        "explode": False,
        "schema": {"type": "array", "items": {"type": "integer", **integer_limits()}, "minItems": 1},
        "example": example,
    }


OPENAPI_IDS = _describe_ids(
    f"The posts to count, separated by commas, {MAX_IDS} different ones at most; the default is all.", [41, 42]
)
OPENAPI_FURTHER_IDS = _describe_ids(
    f"Further posts of the same site to hear of, separated by commas, {MAX_FURTHER_POSTS} at most.", [42, 50]
)

"""The parameters of the API, feeds and HTML: how they are validated and what OpenAPI says about them.

Validation is strict. An invalid or repeated value is an error that names the parameter, because the author of a page
must learn of a mistake while writing the page. Unknown parameters are ignored.
"""

import re
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Path, Query
from pydantic import BeforeValidator
from starlette.requests import Request

from app.domain.errors import InvalidParameter
from app.domain.sites import Repository
from app.render.keys import Order
from app.web.context import web_context

MAX_IDS, MAX_LIMIT = 500, 100
MAX_SAFE_INTEGER = 2**53 - 1
"""The largest integer that JavaScript represents exactly (`Number.MAX_SAFE_INTEGER`)."""
_POSITIVE_INTEGER = re.compile(r"[1-9][0-9]{0,15}")
_REPO = r"[A-Za-z0-9_-]{1,80}/[A-Za-z0-9._-]{1,100}"
_NOT_REPEATABLE = ("repo", "order", "limit", "cursor", "ids", "pinned", "lang", "view")


def parse_positive_integer(name: str, maximum: int) -> Callable[[Any], int]:
    """Return a parser of integers from 1 to `maximum` in ASCII digits.

    The parser accepts no other form that Python's `int` accepts. It raises `InvalidParameter` with this name.
    """

    def parse(value: Any) -> int:
        if _POSITIVE_INTEGER.fullmatch(value) is None or int(value) > maximum:
            raise InvalidParameter(name, f"a whole number from 1 to {maximum}")
        return int(value)

    return parse


def _parse_order(value: Any) -> Order:
    try:
        return Order(value)
    except ValueError:
        raise InvalidParameter("order", f"one of {', '.join(Order)}") from None


def _parse_pinned(value: Any) -> str:
    if value != "first":
        raise InvalidParameter("pinned", "`first`, or left out")
    return "first"


def _parse_repo(value: Any) -> str | None:
    if value is not None and re.fullmatch(_REPO, value) is None:
        raise InvalidParameter("repo", "a repository, written owner/name")
    return str(value) if value is not None else None


def parse_ids(text: str | None) -> tuple[int, ...] | None:
    """Return the posts to count, sorted and without repeats; None (all posts) if the parameter is absent.

    Raise `InvalidParameter` for a list that is too long or has anything but numbers.
    """
    if text is None:
        return None
    numbers = set()
    for part in text.split(","):
        if _POSITIVE_INTEGER.fullmatch(part) is None or int(part) > MAX_SAFE_INTEGER:
            raise _invalid_ids()
        numbers.add(int(part))
    if len(numbers) > MAX_IDS:
        raise _invalid_ids()
    return tuple(sorted(numbers))


def _invalid_ids() -> InvalidParameter:
    return InvalidParameter("ids", f"at most {MAX_IDS} whole numbers from 1, separated by commas")


async def reject_repeated_parameters(request: Request) -> None:
    """Raise `InvalidParameter` for a repeated parameter, because the page may have meant either value."""
    names = [name for name, _ in request.query_params.multi_items()]
    for name in _NOT_REPEATABLE:
        if names.count(name) > 1:
            raise InvalidParameter(name, "given once")


async def _find_site(
    request: Request,
    repo: Annotated[
        str | None,
        BeforeValidator(_parse_repo),
        Query(
            description="Which site is meant, where several are served; the first unless told.",
            examples=["owner/blog"],
            json_schema_extra={"pattern": f"^{_REPO}$"},
        ),
    ] = None,
) -> Repository:
    return web_context(request).site(repo)


Site = Annotated[Repository, Depends(_find_site)]
Ghissueid = Annotated[
    int,
    BeforeValidator(parse_positive_integer("ghissueid", MAX_SAFE_INTEGER)),
    Path(
        ge=1, le=MAX_SAFE_INTEGER, description="The number of the post's issue, from its front matter.", examples=[41]
    ),
]
Limit = Annotated[
    int,
    BeforeValidator(parse_positive_integer("limit", MAX_LIMIT)),
    Query(ge=1, le=MAX_LIMIT, description="How many comments on a page."),
]
CommentOrder = Annotated[Order, BeforeValidator(_parse_order), Query(description="Which comments come first.")]
Pinned = Annotated[
    str | None,
    BeforeValidator(_parse_pinned),
    Query(
        description="`first`: a pinned comment is the first of the first page, and on no other.",
        json_schema_extra={"enum": ["first"]},
    ),
]
Cursor = Annotated[str | None, Query(description="The `next` of an earlier answer to the same list in the same order.")]
Lang = Annotated[
    str,
    Query(description="The interface's language as a BCP 47 tag; English where it has no words.", max_length=35),
]
IDS_PARAMETER: dict[str, Any] = {
    "name": "ids",
    "in": "query",
    "required": False,
    "description": f"The posts to count, separated by commas, {MAX_IDS} different ones at most; all unless told.",
    "style": "form",
    "explode": False,
    "schema": {
        "type": "array",
        "items": {"type": "integer", "minimum": 1, "maximum": MAX_SAFE_INTEGER},
        "minItems": 1,
    },
    "example": [41, 42],
}

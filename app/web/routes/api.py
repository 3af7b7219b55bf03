"""The native API: posts, their comments, counts and the blog's newest comments.

It is strict: a parameter with a value that is not allowed, or given twice, is an error that names it, since a page
which asks for the wrong thing has to learn it while it is made. Unknown parameters are ignored. The models here only
describe the answers in OpenAPI: what leaves is a document, finished before.
"""

import re
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from app.domain.errors import InvalidParameter
from app.domain.sites import Repository
from app.domain.threads import Status
from app.render.keys import CommentsKey, CountsKey, NewestKey, Order, PostKey
from app.web.context import respond, serving
from app.web.errors import documented

MOST_IDS, MOST_COMMENTS = 500, 100
LARGEST = 2**53 - 1
"""The largest number that JavaScript tells from its neighbours."""
_WHOLE = re.compile(r"[1-9][0-9]{0,15}")
_REPO = r"[A-Za-z0-9_-]{1,80}/[A-Za-z0-9._-]{1,100}"
_PARAMETERS = ("repo", "order", "limit", "cursor", "ids", "pinned", "lang", "view")


class Reactions(BaseModel):
    """How many of each kind, under GitHub's names."""

    total_count: int
    plus_one: int = Field(alias="+1")
    minus_one: int = Field(alias="-1")
    laugh: int
    hooray: int
    confused: int
    heart: int
    rocket: int
    eyes: int


class Author(BaseModel):
    """Who wrote a comment; a deleted account is `ghost`."""

    login: str = Field(examples=["octocat"])
    url: str
    avatar_url: str
    association: str = Field(description="To the repository, in GitHub's words: `OWNER`, `CONTRIBUTOR`, `NONE`, …")
    is_owner: bool = Field(description="The blog's owner wrote this.")
    is_bot: bool


class Comment(BaseModel):
    """One comment."""

    id: int = Field(description="GitHub's; above 2³¹.", examples=[652730456])
    author: Author
    created_at: str = Field(examples=["2020-07-01T09:30:00Z"])
    edited_at: str | None = Field(description="When its text last changed; null where it stands as first written.")
    html: str | None = Field(description="Safe to insert into a page. Null where the comment is hidden.")
    text: str | None = Field(description="Without markup. Null where the comment is hidden.")
    url: str = Field(description="The comment on GitHub.")
    reply_to: int | None = Field(description="The id of the comment that it answers.")
    reactions: Reactions
    pinned: bool
    hidden: str | None = Field(
        description="Why the owner has hidden it: `spam`, `off-topic`, …; null where it is shown."
    )


class Post(BaseModel):
    """A thread without its comments."""

    ghissueid: int = Field(examples=[41])
    repo: str = Field(examples=["owner/blog"])
    status: Status = Field(description="`missing`: GitHub shows no such issue. `gone`: it was deleted.")
    title: str | None
    issue_url: str | None
    comment_url: str | None = Field(description="Where a reader writes a comment.")
    comment_count: int | None = Field(description="Null where there is no issue: there is nothing to count.")
    reactions: Reactions
    updated_at: str | None
    checked_at: str | None = Field(description="When this was last known to be as on GitHub.")
    stale: bool = Field(description="The last check that was due did not succeed; the mirror is served.")


class Comments(BaseModel):
    """A page of a post's comments."""

    post: Post
    comments: list[Comment]
    next: str | None = Field(description="The `cursor` of the next page; null on the last.")


class Counts(BaseModel):
    """Comment counts by post."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"counts": {"41": 12, "42": 0, "43": None}}]})

    counts: dict[str, int | None] = Field(description="Null where there is no such post.")


class NewComment(Comment):
    """A comment, and the post that it stands under."""

    ghissueid: int
    post_title: str | None


class Newest(BaseModel):
    """A page of the blog's newest comments."""

    comments: list[NewComment]
    next: str | None = Field(description="The `cursor` of the next page; null on the last.")


def whole(name: str, most: int) -> Callable[[Any], int]:
    """Reads a whole number from 1 to `most` in ASCII digits, and nothing else that Python would take for one."""

    def read(given: Any) -> int:
        if _WHOLE.fullmatch(given) is None or int(given) > most:
            raise InvalidParameter(name, f"a whole number from 1 to {most}")
        return int(given)

    return read


def _order(given: Any) -> Order:
    """Reads an order, and says which there are where it is none."""
    try:
        return Order(given)
    except ValueError:
        raise InvalidParameter("order", f"one of {', '.join(Order)}") from None


def _pinned(given: Any) -> str:
    if given != "first":
        raise InvalidParameter("pinned", "`first`, or left out")
    return "first"


def _repo(given: Any) -> str | None:
    if given is not None and re.fullmatch(_REPO, given) is None:
        raise InvalidParameter("repo", "a repository, written owner/name")
    return str(given) if given is not None else None


def ids(text: str | None) -> tuple[int, ...] | None:
    """The posts to count, sorted and without repeats; None (all) where the parameter is not given."""
    if text is None:
        return None
    read = set()
    for given in text.split(","):
        if _WHOLE.fullmatch(given) is None or int(given) > LARGEST:
            raise _bad_ids()
        read.add(int(given))
    if len(read) > MOST_IDS:
        raise _bad_ids()
    return tuple(sorted(read))


def _bad_ids() -> InvalidParameter:
    return InvalidParameter("ids", f"at most {MOST_IDS} whole numbers from 1, separated by commas")


async def once(request: Request) -> None:
    """Refuses a parameter that is given twice: whichever were taken, the page may have meant the other."""
    given = [name for name, _ in request.query_params.multi_items()]
    for name in _PARAMETERS:
        if given.count(name) > 1:
            raise InvalidParameter(name, "given once")


async def _site(
    request: Request,
    repo: Annotated[
        str | None,
        BeforeValidator(_repo),
        Query(
            description="Which site is meant, where several are served; the first unless told.",
            examples=["owner/blog"],
            json_schema_extra={"pattern": f"^{_REPO}$"},
        ),
    ] = None,
) -> Repository:
    return serving(request).site(repo)


Site = Annotated[Repository, Depends(_site)]
Ghissueid = Annotated[
    int,
    BeforeValidator(whole("ghissueid", LARGEST)),
    Path(ge=1, le=LARGEST, description="The number of the post's issue, from its front matter.", examples=[41]),
]
Limit = Annotated[
    int,
    BeforeValidator(whole("limit", MOST_COMMENTS)),
    Query(ge=1, le=MOST_COMMENTS, description="How many comments on a page."),
]
Sorting = Annotated[Order, BeforeValidator(_order), Query(description="Which comments come first.")]
Cursor = Annotated[str | None, Query(description="The `next` of an earlier answer to the same list in the same order.")]
Lang = Annotated[
    str,
    Query(description="The interface's language as a BCP 47 tag; English where it has no words.", max_length=35),
]
_IDS: dict[str, Any] = {
    "name": "ids",
    "in": "query",
    "required": False,
    "description": f"The posts to count, separated by commas, {MOST_IDS} different ones at most; all unless told.",
    "style": "form",
    "explode": False,
    "schema": {
        "type": "array",
        "items": {"type": "integer", "minimum": 1, "maximum": LARGEST},
        "minItems": 1,
    },
    "example": [41, 42],
}

router = APIRouter(
    prefix="/api/v1", tags=["Comments"], dependencies=[Depends(once)], responses=documented(404, 422, 503)
)


@router.get("/posts/{ghissueid}", summary="A post", response_model=None, responses={200: {"model": Post}})
async def post(request: Request, site: Site, ghissueid: Ghissueid) -> Response:
    """The thread without its comments: how many there are, where to write one, and whether that is possible.

    A post without an issue is an answer too, with the status `missing` or `gone`.
    """
    return await respond(request, PostKey(site, ghissueid))


@router.get(
    "/posts/{ghissueid}/comments",
    summary="A post's comments",
    response_model=None,
    responses={200: {"model": Comments}},
)
async def comments(
    request: Request,
    site: Site,
    ghissueid: Ghissueid,
    *,
    order: Sorting = Order.OLDEST,
    limit: Limit = 50,
    cursor: Cursor = None,
    pinned: Annotated[
        str | None,
        BeforeValidator(_pinned),
        Query(
            description="`first`: a pinned comment is the first of the first page, and on no other.",
            json_schema_extra={"enum": ["first"]},
        ),
    ] = None,
) -> Response:
    """A page of the comments with their post; `next` leads to the following page.

    Comments that arrive between two pages move nothing: none comes twice and none is lost.
    """
    home = serving(request).picture_home(request)
    return await respond(request, CommentsKey(site, ghissueid, order, limit, cursor, pinned == "first", home))


@router.get(
    "/counts",
    summary="Comment counts",
    response_model=None,
    responses={200: {"model": Counts}},
    openapi_extra={"parameters": [_IDS]},
)
async def counts(request: Request, site: Site) -> Response:
    """How many comments each post has, for a list of posts: one request for a whole page of them."""
    return await respond(request, CountsKey(site, ids(request.query_params.get("ids"))))


@router.get("/comments", summary="The newest comments", response_model=None, responses={200: {"model": Newest}})
async def newest(request: Request, site: Site, limit: Limit = 20, cursor: Cursor = None) -> Response:
    """The newest comments of the whole blog, each with the post that it stands under."""
    return await respond(request, NewestKey(site, limit, cursor, serving(request).picture_home(request)))

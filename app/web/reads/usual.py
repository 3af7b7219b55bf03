"""The documents at the addresses that nearly all readers use, as the routes of `app.web.routes` name them.

`EarlyReads` serves these while FastAPI is being imported. `usual_key` returns None for every other address, and for
those whose values are errors: the routes answer them.
"""

import re
from collections.abc import Callable, Mapping

from starlette.datastructures import QueryParams
from starlette.requests import Request

from app.domain.errors import InvalidCursor, InvalidParameter, NotServed
from app.domain.sites import Repository
from app.render.fragment import DEFAULT_LIMIT
from app.render.i18n import translation
from app.render.keys import CommentsKey, CountsKey, FragmentKey, Key, NewestKey, Order, PostKey
from app.web.context import WebContext
from app.web.reads.parsing import (
    COMMENTS_LIMIT,
    MAX_LANG,
    MAX_LIMIT,
    NEWEST_LIMIT,
    VIEWS,
    parse_choice,
    parse_cursor,
    parse_ids,
    parse_positive_integer,
    parse_repo,
    require_unrepeated,
)

_ADDRESS = re.compile(
    r"(?P<start>/api/v1/posts/|/posts/)(?P<number>[0-9]+)(?P<end>/comments|\.html|)|(?P<site>/api/v1/(?:counts|comments))"
)
_parse_number = parse_positive_integer("ghissueid")
_parse_limit = parse_positive_integer("limit", MAX_LIMIT)
_parse_order = parse_choice("order", tuple(Order), "")
_parse_pinned = parse_choice("pinned", ["first"], "")
_parse_hidden = parse_choice("hidden", ["false", "true"], "")
_parse_view = parse_choice("view", VIEWS, "")


class _Request:
    """A request for a usual address, with its parameters."""

    def __init__(self, context: WebContext, request: Request, repo: Repository) -> None:
        self.context = context
        self.request = request
        self.repo = repo
        self.query: QueryParams = request.query_params

    def limit(self, default: int) -> int:
        """Return how many comments are requested for a page."""
        return _parse_limit(self.query["limit"]) if "limit" in self.query else default

    def order(self) -> Order:
        """Return the requested order."""
        return Order(_parse_order(self.query["order"])) if "order" in self.query else Order.OLDEST

    def cursor(self) -> str | None:
        """Return the cursor, which has at least the form of one."""
        return parse_cursor(self.query.get("cursor"))

    def lang(self) -> str:
        """Return the tag of the language whose texts are shown."""
        tag = self.query.get("lang", "en")
        if len(tag) > MAX_LANG:
            raise InvalidParameter("lang", f"at most {MAX_LANG} characters")
        return translation(tag).lang

    def is_full_page(self) -> bool:
        """Return whether the HTML is a document of its own."""
        if "view" in self.query:
            return _parse_view(self.query["view"]) == "page"
        return "cursor" in self.query


def _post(usual: _Request, number: int) -> Key:
    return PostKey(usual.repo, number)


def _comments(usual: _Request, number: int) -> Key:
    pinned_first = "pinned" in usual.query and _parse_pinned(usual.query["pinned"]) == "first"
    base_url = usual.context.image_base_url(usual.request)
    options = (usual.order(), usual.limit(COMMENTS_LIMIT), usual.cursor(), pinned_first)
    return CommentsKey(usual.repo, number, *options, base_url)


def _fragment(usual: _Request, number: int) -> Key:
    context = usual.context
    options = (usual.order(), usual.limit(DEFAULT_LIMIT), usual.cursor(), usual.lang(), usual.is_full_page())
    return FragmentKey(usual.repo, number, *options, context.base_url(usual.request), context.proxies_images)


def _counts(usual: _Request) -> Key | None:
    if "terms" in usual.query or "term_of" in usual.query:
        return None
    return CountsKey(usual.repo, parse_ids(usual.query.get("ids")))


def _newest(usual: _Request) -> Key:
    with_hidden = "hidden" not in usual.query or _parse_hidden(usual.query["hidden"]) != "false"
    base_url = usual.context.image_base_url(usual.request)
    return NewestKey(usual.repo, usual.limit(NEWEST_LIMIT), usual.cursor(), base_url, with_hidden)


_OF_POSTS: Mapping[tuple[str, str], Callable[[_Request, int], Key]] = {
    ("/api/v1/posts/", ""): _post,
    ("/api/v1/posts/", "/comments"): _comments,
    ("/posts/", ".html"): _fragment,
}
"""What makes the key of a post's document, by what stands before and behind its number."""
_OF_SITES: Mapping[str, Callable[[_Request], Key | None]] = {
    "/api/v1/counts": _counts,
    "/api/v1/comments": _newest,
}


async def usual_key(context: WebContext, request: Request) -> Key | None:
    """Return the key of the document at an address; None if a route has to find it, or the error.

    May raise `StoreError`.
    """
    address = _ADDRESS.fullmatch(request.scope["path"])
    if address is None:
        return None
    try:
        return await _find_key(context, request, address)
    except (InvalidParameter, InvalidCursor, NotServed):
        return None


async def _find_key(context: WebContext, request: Request, address: re.Match[str]) -> Key | None:
    query = request.query_params
    require_unrepeated([name for name, _ in query.multi_items()])
    site = await context.site(parse_repo(query.get("repo")))
    usual = _Request(context, request, site.repo)
    if address["site"] is not None:
        return _OF_SITES[address["site"]](usual)
    make = _OF_POSTS.get((address["start"], address["end"]))
    return None if make is None else make(usual, _parse_number(address["number"]))

"""The API: posts, their comments, comment counts and the blog's newest comments."""

from starlette.requests import Request
from starlette.responses import Response

from app.domain.errors import InvalidParameter
from app.render.keys import CommentsKey, CountsKey, NewestKey, Order, PostKey, TermCountsKey
from app.web.context import serve_document, web_context
from app.web.parameters import OPENAPI_IDS, CommentOrder, Cursor, Ghissueid, Hidden, Limit, Pinned, Site, read_router
from app.web.queries import OPENAPI_TERMS, TermOfPage, numbers_of_terms, parse_terms
from app.web.reads.parsing import COMMENTS_LIMIT, NEWEST_LIMIT, parse_ids
from app.web.routes.models import Comments, Counts, Newest, Post

router = read_router("Comments", prefix="/api/v1")


@router.get(
    "/posts/{ghissueid}",
    summary="A post",
    description=(
        "The thread without its comments: how many there are, where to write one, and whether that is possible.\n\n"
        "A post without an issue is an answer too, with the status `missing` or `gone`."
    ),
    response_description="The thread without its comments.",
    responses={200: {"model": Post}},
)
async def post(request: Request, site: Site, ghissueid: Ghissueid) -> Response:
    """Serve a thread without its comments."""
    return await serve_document(request, PostKey(site, ghissueid))


@router.get(
    "/posts/{ghissueid}/comments",
    summary="A post's comments",
    description=(
        "A page of the comments with their post; `next` leads to the following page.\n\n"
        "Comments that arrive between two pages move nothing: none comes twice and none is lost."
    ),
    response_description="A page of comments, and their post.",
    responses={200: {"model": Comments}},
)
async def comments(
    request: Request,
    site: Site,
    ghissueid: Ghissueid,
    *,
    order: CommentOrder = Order.OLDEST,
    limit: Limit = COMMENTS_LIMIT,
    cursor: Cursor = None,
    pinned: Pinned = None,
) -> Response:
    """Serve a page of a post's comments."""
    base_url = web_context(request).image_base_url(request)
    key = CommentsKey(site, ghissueid, order, limit, cursor, pinned == "first", base_url)
    return await serve_document(request, key)


@router.get(
    "/counts",
    summary="Comment counts",
    description=(
        "How many comments each post has, for a list of posts: one request for a whole page of them.\n\n"
        "Posts are named by the numbers of their issues, or by `terms`; each is a key of the answer as it was given."
    ),
    response_description="The counts by post.",
    responses={200: {"model": Counts}},
    openapi_extra={"parameters": [OPENAPI_IDS, OPENAPI_TERMS]},
)
async def counts(request: Request, site: Site, term_of: TermOfPage = None) -> Response:
    """Serve comment counts."""
    ids, terms = parse_ids(request.query_params.get("ids")), parse_terms(request.query_params.getlist("terms"))
    if not terms:
        return await serve_document(request, CountsKey(site, ids))
    if ids is not None:
        raise InvalidParameter("ids", "left out if there are `terms`")
    numbers, edition = await numbers_of_terms(request, site, terms, term_of)
    return await serve_document(request, TermCountsKey(site, terms, numbers), edition)


@router.get(
    "/comments",
    summary="The newest comments",
    description="The newest comments of the whole blog, each with the post that it stands under.",
    response_description="A page of comments, the newest first.",
    responses={200: {"model": Newest}},
)
async def newest(
    request: Request, site: Site, limit: Limit = NEWEST_LIMIT, cursor: Cursor = None, hidden: Hidden = None
) -> Response:
    """Serve the blog's newest comments."""
    base_url = web_context(request).image_base_url(request)
    return await serve_document(request, NewestKey(site, limit, cursor, base_url, hidden != "false"))

"""Threads that a page names by a term, labels or a marker: for blogs that come from another comment system.

The documents are those of the threads' numbers, so a cached one costs no more than by its number.
"""

from starlette.requests import Request
from starlette.responses import Response

from app.render.fragment import DEFAULT_LIMIT
from app.render.i18n import translation
from app.render.keys import CommentsKey, FragmentKey, NoThreadKey, Order, PostKey
from app.web.context import serve_document, web_context
from app.web.errors import problem_responses
from app.web.parameters import CommentOrder, Cursor, Lang, Limit, Pinned, Site, read_router
from app.web.queries import RequestedThread, terms_of
from app.web.routes.models import CommentsOfTerm, Post

router = read_router("Comments", prefix="/api/v1")
html_router = read_router("HTML")
_AMBIGUOUS = problem_responses({409: "Several posts could be meant; `candidates` has their numbers."})
_MISSING = problem_responses({404: "No post has that term, label or marker, or the repository is not served here."})
_EXPLANATION = (
    "The post is named by a term in the title of its issue, by its labels, or by a marker in its text; all that is "
    "given must hold. No thread is ever shown because its title merely begins with the term."
)


@router.get(
    "/posts",
    summary="A post by its term or label",
    description=f"The thread without its comments.\n\n{_EXPLANATION}",
    response_description="The thread without its comments.",
    responses={200: {"model": Post}, **_AMBIGUOUS, **_MISSING},
)
async def post(request: Request, site: Site, thread: RequestedThread) -> Response:
    """Serve the thread that is searched for, without its comments."""
    number, edition = await terms_of(request).required_number(site, thread)
    return await serve_document(request, PostKey(site, number), edition)


@router.get(
    "/posts/comments",
    summary="The comments of a post by its term or label",
    description=(
        f"A page of the comments with their post, as by its number.\n\n{_EXPLANATION}\n\n"
        "Most posts of a blog have no thread until somebody comments: that is an answer too, with the status `missing`."
    ),
    response_description="A page of comments, and their post.",
    responses={200: {"model": CommentsOfTerm}, **_AMBIGUOUS},
)
async def comments(
    request: Request,
    site: Site,
    thread: RequestedThread,
    *,
    order: CommentOrder = Order.OLDEST,
    limit: Limit = 50,
    cursor: Cursor = None,
    pinned: Pinned = None,
) -> Response:
    """Serve a page of the comments of the thread that is searched for."""
    number, edition = await terms_of(request).number(site, thread)
    if number is None:
        return await serve_document(request, NoThreadKey(site), edition)
    base_url = web_context(request).image_base_url(request)
    key = CommentsKey(site, number, order, limit, cursor, pinned == "first", base_url)
    return await serve_document(request, key, edition)


@html_router.get(
    "/posts.html",
    summary="The comments of a post by its term or label, as HTML",
    description=f"The element `post-comments` with its content, as by its number.\n\n{_EXPLANATION}",
    response_description="The element.",
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}, **_AMBIGUOUS, **_MISSING},
)
async def fragment(
    request: Request,
    site: Site,
    thread: RequestedThread,
    *,
    order: CommentOrder = Order.OLDEST,
    limit: Limit = DEFAULT_LIMIT,
    lang: Lang = "en",
) -> Response:
    """Serve the comments of the thread that is searched for as a fragment."""
    context = web_context(request)
    number, edition = await terms_of(request).required_number(site, thread)
    options = (translation(lang).lang, False, context.base_url(request), context.proxies_images)
    return await serve_document(request, FragmentKey(site, number, order, limit, None, *options), edition)

"""A post's comments as HTML: a fragment for inclusion by a site generator or a server, and a page of its own."""

from typing import Annotated, Literal

from fastapi import Query
from pydantic import BeforeValidator
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.render.fragment import DEFAULT_LIMIT
from app.render.i18n import translation
from app.render.keys import FragmentKey, Order
from app.web.context import serve_document, web_context
from app.web.parameters import CommentOrder, Cursor, Ghissueid, Lang, Limit, Site, read_router
from app.web.reads.parsing import VIEWS, parse_choice

router = read_router("HTML")


@router.get(
    "/posts/{ghissueid}.html",
    summary="A post's comments as HTML",
    description=(
        "The element `post-comments` with its content, to be put into a page as it is.\n\n"
        "It is what the widget would make of it, needs no script, and is brought up to date by the widget where that "
        "runs."
    ),
    response_class=HTMLResponse,
    response_description="The element, or the page.",
)
async def fragment(
    request: Request,
    site: Site,
    ghissueid: Ghissueid,
    *,
    order: CommentOrder = Order.OLDEST,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    lang: Lang = "en",
    view: Annotated[
        Literal["fragment", "page"] | None,
        BeforeValidator(parse_choice("view", VIEWS, f"one of {', '.join(VIEWS)}")),
        Query(
            description="`page` is a document of its own, and what a `cursor` leads to; `fragment` is a part of one."
        ),
    ] = None,
) -> Response:
    """Serve a post's comments as a fragment or a page."""
    context = web_context(request)
    full_page = view == "page" or (view is None and cursor is not None)
    options = (translation(lang).lang, full_page, context.base_url(request), context.proxies_images)
    key = FragmentKey(site, ghissueid, order, limit, cursor, *options)
    return await serve_document(request, key)

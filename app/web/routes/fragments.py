"""A post's comments as HTML: a fragment for inclusion by a site generator or a server, and a page of its own."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BeforeValidator
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.domain.errors import InvalidParameter
from app.render.fragment import LIMIT
from app.render.i18n import words
from app.render.keys import FragmentKey, Order
from app.web.context import respond, serving
from app.web.errors import documented
from app.web.routes.api import Cursor, Ghissueid, Lang, Limit, Site, Sorting, once

router = APIRouter(tags=["HTML"], dependencies=[Depends(once)], responses=documented(404, 422, 503))


def _view(given: Any) -> str:
    if given not in {"fragment", "page"}:
        raise InvalidParameter("view", "one of fragment, page")
    return str(given)


@router.get(
    "/posts/{ghissueid}.html",
    summary="A post's comments as HTML",
    response_model=None,
    response_class=HTMLResponse,
)
async def fragment(
    request: Request,
    site: Site,
    ghissueid: Ghissueid,
    *,
    order: Sorting = Order.OLDEST,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
    lang: Lang = "en",
    view: Annotated[
        Literal["fragment", "page"] | None,
        BeforeValidator(_view),
        Query(
            description="`page` is a document of its own, and what a `cursor` leads to; `fragment` is a part of one."
        ),
    ] = None,
) -> Response:
    """The element `post-comments` with its content, to be put into a page as it is.

    It is what the widget would make of it, needs no script, and is brought up to date by the widget where that runs.
    """
    served = serving(request)
    key = FragmentKey(
        repo=site,
        number=ghissueid,
        order=order,
        limit=limit,
        cursor=cursor,
        lang=words(lang).lang,
        whole=view == "page" or (view is None and cursor is not None),
        home=served.home(request),
        pictures=served.pictures is not None,
    )
    return await respond(request, key)

"""/feed: the newest comments as a page, with the addresses to subscribe to.

Browsers show feeds as source text or offer to save them, and they are removing XSLT, which could style them. So the
feed stays as it is, and people get a page that says what to do with its address.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.domain.sites import Repository
from app.render.keys import NewestKey
from app.web.context import WebContext, read_document, web_context
from app.web.pages.layout import PageRoute, uncached_page
from app.web.parameters import Site

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_MOST_COMMENTS = 20
"""How many comments the page shows; the feed has more."""


@router.get("/feed")
async def feed(request: Request, site: Site) -> Response:
    """Serve the newest comments of a repository as a page."""
    context = web_context(request)
    key = NewestKey(site, _MOST_COMMENTS, None, context.image_base_url(request), with_hidden=False)
    document = await read_document(context, request, key)
    comments = list(map(_describe, orjson.loads(document.bodies["identity"])["comments"]))
    query = _query(context, site)
    return uncached_page(
        "feed.html",
        repo=site.full_name,
        others=[(other.full_name, _query(context, other)) for other in context.sites if other != site],
        base=f"{context.base_url(request)}/".removeprefix("/"),
        query=query,
        comments=comments,
        example=comments[0]["ghissueid"] if comments else 41,
    )


def _query(context: WebContext, site: Repository) -> str:
    """Return the query that selects a repository; empty for the default."""
    return "" if site == context.sites[0] else f"?{urlencode({'repo': site.full_name}, safe='/')}"


def _describe(comment: Mapping[str, Any]) -> dict[str, Any]:
    return {**comment, "title": comment["post_title"] or f"#{comment['ghissueid']}"}

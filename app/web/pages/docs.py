"""/docs: the documentation of the API, made from its OpenAPI document, with a form that tries each read."""

import asyncio
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

import orjson
from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import Response

from app.web.assets import Asset, build_asset, file_response
from app.web.context import web_context
from app.web.pages.layout import PAGE, REVALIDATE, render_page, security_headers

router = APIRouter(include_in_schema=False)

_HEADERS = {
    "vary": "Accept-Encoding",
    **security_headers("script-src 'self'", "connect-src 'self'", "img-src data:", "trusted-types 'none'"),
}
_DOCUMENT_HEADERS = {"vary": "Accept-Encoding"}
_CACHED_PAGES = 8
"""How many URLs of the service have a rendered page in memory; others are rendered on each request."""


@router.get("/docs")
async def docs(request: Request) -> Response:
    """Serve the documentation."""
    context = web_context(request)
    # rendering takes a moment, so it runs in a thread and other requests do not wait
    page = await asyncio.to_thread(_page, request.app, context.base_url(request), context.sites[0].full_name)
    return file_response(request, page, REVALIDATE, _HEADERS)


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    """Serve the OpenAPI document."""
    return file_response(request, await asyncio.to_thread(_document, request.app), b"no-cache", _DOCUMENT_HEADERS)


@cache
def _document(app: FastAPI) -> Asset:
    return build_asset("application/json", orjson.dumps(app.openapi()).decode(), quick=True)


@lru_cache(maxsize=_CACHED_PAGES)
def _page(app: FastAPI, base_url: str, repo: str) -> Asset:
    return build_asset(PAGE, render_documentation(app.openapi(), base_url, repo), quick=True)


def render_documentation(document: Mapping[str, Any], base_url: str, repo: str) -> str:
    """Return the HTML of the documentation; its commands ask `base_url` for the repository `repo` (`owner/name`)."""
    from app.web.pages.reference import build_reference  # noqa: PLC0415 - with a reader of Markdown, for few readers

    owner, _, name = repo.partition("/")
    reference = build_reference(document, base_url, {"owner": owner, "repo": name})
    return render_page("docs.html", reference=reference)

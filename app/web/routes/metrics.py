"""/metrics: the figures for Prometheus. They are the owner's, not part of the API that pages use: so no /docs of it."""

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.web.context import serving
from app.web.document_response import NO_STORE

router = APIRouter()

_TEXT = "text/plain; version=0.0.4; charset=utf-8"
"""https://prometheus.io/docs/instrumenting/exposition_formats/"""


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """The figures of this moment."""
    exposition = serving(request).metrics
    if exposition is None:
        raise HTTPException(404)
    return Response(exposition(), headers={"content-type": _TEXT, "cache-control": NO_STORE.decode()})

"""/metrics: the metrics for Prometheus. They are for the owner and no part of the API, so /docs does not list them."""

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.web.context import web_context
from app.web.document_response import NO_STORE

router = APIRouter()

_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""https://prometheus.io/docs/instrumenting/exposition_formats/"""


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Serve the current metrics."""
    exposition = web_context(request).monitoring.metrics
    if exposition is None:
        raise HTTPException(404)
    return Response(exposition(), headers={"content-type": _CONTENT_TYPE, "cache-control": NO_STORE.decode()})

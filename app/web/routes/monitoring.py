"""Health checks, and /metrics for Prometheus.

The metrics are for the owner and no part of the API, so /docs does not list them.
"""

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.web.context import web_context
from app.web.document_response import NO_STORE, uncached_json
from app.web.routes.models import State

router = APIRouter()

_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""https://prometheus.io/docs/instrumenting/exposition_formats/"""

_ALIVE = {
    "type": "object",
    "required": ["status"],
    "properties": {"status": {"const": "ok", "description": "Always the same."}},
    "example": {"status": "ok"},
}


@router.get(
    "/healthz",
    tags=["Health"],
    summary="Alive",
    description="Answers as long as the process lives; it looks at nothing else.",
    response_description="The process is alive.",
    responses={200: {"content": {"application/json": {"schema": _ALIVE}}}},
)
async def healthz() -> Response:
    """Respond to a liveness probe."""
    return uncached_json({"status": "ok"})


@router.get(
    "/readyz",
    tags=["Health"],
    summary="Ready to be sent traffic",
    description=(
        "Ready once every site's list of issues is mirrored; says how far each import is. "
        "GitHub being away does not make it unready: the mirror serves."
    ),
    responses={
        200: {"description": "Ready.", "model": State},
        503: {"description": "Not ready yet; the body says how far each site is.", "model": State},
    },
)
async def readyz(request: Request) -> Response:
    """Respond to a readiness probe."""
    state = await web_context(request).monitoring.readiness()
    return uncached_json(dict(state), 200 if state["ready"] else 503)


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Serve the current metrics."""
    exposition = web_context(request).monitoring.metrics
    if exposition is None:
        raise HTTPException(404)
    return Response(exposition(), headers={"content-type": _CONTENT_TYPE, "cache-control": NO_STORE.decode()})

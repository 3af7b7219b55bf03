"""Health checks: whether the process is alive, and whether it may receive traffic."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.web.context import web_context
from app.web.document_response import uncached_json

router = APIRouter()


@router.get(
    "/healthz",
    tags=["Health"],
    summary="Alive",
    description="Answers as long as the process lives; it looks at nothing else.",
    response_model=None,
    responses={200: {"content": {"application/json": {"example": {"status": "ok"}}}}},
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
    response_model=None,
    responses={
        200: {"description": "Ready."},
        503: {"description": "Not ready yet; the body says how far each site is.", "content": {"application/json": {}}},
    },
)
async def readyz(request: Request) -> Response:
    """Respond to a readiness probe."""
    state = await web_context(request).monitoring.readiness()
    return uncached_json(dict(state), 200 if state["ready"] else 503)

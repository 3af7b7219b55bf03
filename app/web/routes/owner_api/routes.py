"""The owner's API: what the owner's page shows, as JSON. It takes the owner's token, and no cookie."""

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
from fastapi import APIRouter, Depends
from fastapi.security import HTTPBearer
from starlette.requests import Request
from starlette.responses import Response

from app.serving.owner.as_json import counts_object, status_object
from app.serving.owner.model import Overview
from app.web.errors import problem_responses
from app.web.pages.owner.access import owner_desk, read_form, require_owner
from app.web.pages.owner.checking import check
from app.web.pages.owner.compression import private_response
from app.web.routes.owner_api.models import OwnerCheck, OwnerCounts, OwnerStatus

_ERRORS = {
    401: "The owner's token is missing or wrong.",
    429: "Wrong tokens were sent too often: try again after `Retry-After` seconds.",
    503: "The store cannot be read now.",
}
_FORM_ERRORS = {
    400: "The form cannot be read.",
    404: "The repository is not served here.",
    413: "The form is too large.",
    415: "The body is no form.",
    422: "The number is not that of a thread.",
}
_TOKEN = HTTPBearer(
    scheme_name="OwnerToken", description="The value of the setting `AFTERWORD_OWNER_TOKEN`.", auto_error=False
)
_NUMBER = {
    "type": "string",
    "pattern": "^(all|[1-9][0-9]{0,15})$",
    "description": "The number of a thread, or `all` for one early poll of all repositories.",
    "example": "41",
}
_FORM = {
    "required": True,
    "content": {
        "application/x-www-form-urlencoded": {
            "schema": {
                "type": "object",
                "required": ["ghissueid"],
                "properties": {
                    "ghissueid": _NUMBER,
                    "repo": {"type": "string", "description": "The repository; the default is the first."},
                },
            }
        }
    },
}

router = APIRouter(
    prefix="/api/v1/owner",
    tags=["Owner"],
    dependencies=[Depends(_TOKEN), Depends(require_owner)],
    responses=problem_responses(_ERRORS),
)


@router.get(
    "/status",
    summary="The state of the service",
    description="Everything that the owner's page shows but the posts. Nothing of it is asked of GitHub.",
    response_description="The state.",
    responses={200: {"model": OwnerStatus}},
)
async def status(request: Request) -> Response:
    """Serve the state of the service."""
    return await _overview(request, status_object)


@router.get(
    "/counts",
    summary="The posts with their counts",
    description="All posts with their threads, comment counts, last comments and findings.",
    response_description="The posts.",
    responses={200: {"model": OwnerCounts}},
)
async def counts(request: Request) -> Response:
    """Serve the posts with their counts."""
    return await _overview(request, counts_object)


@router.post(
    "/check",
    summary="Check a thread now",
    description="Asks GitHub for one thread, or what changed anywhere, within the request budget.",
    response_description="The outcome.",
    responses={200: {"model": OwnerCheck}, **problem_responses(_FORM_ERRORS)},
    openapi_extra={"requestBody": _FORM},
)
async def check_now(request: Request) -> Response:
    """Check one thread or all."""
    form = await read_form(request)
    outcome = await check(request, form.get("ghissueid", ""), form.get("repo") or None)
    return _private_json(request, {"outcome": outcome})


async def _overview(request: Request, as_object: Callable[[Overview], dict[str, Any]]) -> Response:
    overview = await owner_desk(request).overview.read()
    return await asyncio.to_thread(lambda: _private_json(request, as_object(overview)))


def _private_json(request: Request, value: Any) -> Response:
    return private_response(request, orjson.dumps(value), "application/json")

"""The webhook: GitHub tells that something changed.

Nothing of a body is parsed before its signature was compared, and nothing is read of one whose signature is missing.
GitHub shows the owner each answer beside its delivery: so the refusals say what to do.
"""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

import orjson
from fastapi import APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from app.domain.errors import NotServed
from app.domain.webhook_errors import (
    DeliveryTooLarge,
    InvalidSignature,
    MalformedDelivery,
    MissingSecret,
    OutdatedSignature,
    UnsupportedMediaType,
    WebhookError,
)
from app.github import webhooks
from app.github.headers import count
from app.github.webhooks import WebhookEvent
from app.jobs.webhook_intake import Outcome
from app.ports.metrics import Received
from app.web.context import Webhooks, serving
from app.web.document_response import NO_STORE
from app.web.errors import PROBLEM, Problem, refusal, response

router = APIRouter()

_LARGE = 1_000_000
"""Bytes. GitHub's deliveries have some ten thousand; only those of issues of the greatest length come near."""

_COUNTED: Mapping[type[WebhookError], Received] = {
    MissingSecret: Received.UNCONFIGURED,
    InvalidSignature: Received.UNSIGNED,
    OutdatedSignature: Received.UNSIGNED,
    DeliveryTooLarge: Received.MALFORMED,
    UnsupportedMediaType: Received.MALFORMED,
    MalformedDelivery: Received.MALFORMED,
}
_REFUSALS = {
    400: "Signed, and yet not as GitHub documents deliveries; the body says what is wrong.",
    401: "The signature is missing, made with another secret, or SHA-1 only.",
    404: "Of a repository that is not served here.",
    413: "Larger than 25 MB; the rest was not read.",
    415: "Neither JSON nor a form.",
    503: "No secret is configured, or the store cannot keep the delivery: nothing of it was taken.",
}


def _header(name: str, description: str, example: str, pattern: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": True,
        "description": description,
        "schema": {"type": "string", "pattern": pattern},
        "example": example,
    }


def _outcome(description: str, example: Outcome, *others: Outcome) -> dict[str, Any]:
    allowed = [str(outcome) for outcome in (example, *others)]
    schema = {
        "type": "object",
        "required": ["outcome"],
        "properties": {"outcome": {"type": "string", "enum": allowed}},
        "example": {"outcome": str(example)},
    }
    return {"description": description, "content": {"application/json": {"schema": schema}}}


_ACCEPTED = (
    "Taken. `accepted`: the thread is looked at again. `known`: the mirror has it already. `replayed`: it was received "
    "a moment ago. `ignored`: of an event or action that changes nothing here."
)
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: _outcome("The answer to a ping.", Outcome.PONG),
    202: _outcome(_ACCEPTED, Outcome.ACCEPTED, Outcome.KNOWN, Outcome.REPLAYED, Outcome.IGNORED),
    **{
        status: {"description": meaning, "content": {PROBLEM: {"schema": Problem.model_json_schema()}}}
        for status, meaning in _REFUSALS.items()
    },
}
_REQUEST: dict[str, Any] = {
    "parameters": [
        _header("X-GitHub-Event", "What happened.", "issue_comment", "^[A-Za-z0-9_.-]{1,64}$"),
        _header(
            "X-GitHub-Delivery",
            "The delivery's id, the same on redelivery.",
            "72d3162e-cc78-11e3-81ab-4c9367dc0958",
            "^[!-~]{1,128}$",
        ),
        _header(
            "X-Hub-Signature-256",
            "HMAC-SHA256 of the raw body under the webhook's secret.",
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
            "^sha256=[0-9a-fA-F]{64}$",
        ),
    ],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"type": "object"}},
            "application/x-www-form-urlencoded": {
                "schema": {"type": "object", "required": ["payload"], "properties": {"payload": {"type": "string"}}}
            },
        },
    },
}


@router.post(
    "/webhooks/github",
    tags=["Webhook"],
    summary="GitHub's webhook",
    description=(
        "Takes GitHub's deliveries of the events `issue_comment`, `issues` and `repository`. What they tell of is "
        "marked durably before the answer, and asked of GitHub after it."
    ),
    response_model=None,
    status_code=202,
    responses=_RESPONSES,
    openapi_extra=_REQUEST,
)
async def github(request: Request) -> Response:
    """One delivery."""
    hooks = serving(request).webhooks
    if hooks is None:
        raise MissingSecret
    headers = request.scope["headers"]
    try:
        notice = await _verified(request, hooks)
    except WebhookError as why:
        hooks.receiver.refused(headers, _COUNTED[type(why)])
        return _refused(request, why)
    except ClientDisconnect:
        hooks.receiver.refused(headers, Received.MALFORMED)
        return Response(status_code=400)  # nobody is there to read it
    outcome = await hooks.receiver.receive(notice)
    if outcome is Outcome.FOREIGN:
        raise NotServed(notice.repo.full_name if notice.repo else "of this delivery")
    return _answer(outcome)


async def _verified(request: Request, hooks: Webhooks) -> WebhookEvent:
    """The delivery, read and verified in the order of what costs least; raises a `WebhookError`."""
    if not hooks.secrets:
        raise MissingSecret
    headers = request.scope["headers"]
    claimed = webhooks.signature(headers)
    body = await _body(request, hooks)
    webhooks.verify(hooks.secrets, body, claimed)
    return webhooks.parse_event(headers, body)


async def _body(request: Request, hooks: Webhooks) -> bytes:
    """The raw body; `DeliveryTooLarge` at once where its length says so, else as soon as more than that has come.

    One that is not whole in the time after which GitHub itself gives up is `MalformedDelivery`.
    """
    length = count(request.headers.get("content-length")) or 0
    if length > webhooks.MAX_BODY_BYTES:
        raise DeliveryTooLarge(webhooks.MAX_BODY_BYTES)
    try:
        async with asyncio.timeout(hooks.patience), AsyncExitStack() as reading:
            return await _read(request, hooks, reading)
    except TimeoutError:
        raise MalformedDelivery(f"it was not whole after {hooks.patience:g} s") from None


async def _read(request: Request, hooks: Webhooks, reading: AsyncExitStack) -> bytes:
    """What the request sends, of which few may be large at once."""
    body, large = bytearray(), False
    async for chunk in request.stream():
        body += chunk
        if len(body) > webhooks.MAX_BODY_BYTES:
            raise DeliveryTooLarge(webhooks.MAX_BODY_BYTES)
        if not large and len(body) > _LARGE:
            large = True
            await reading.enter_async_context(hooks.large)
    return bytes(body)


def _refused(request: Request, why: WebhookError) -> Response:
    answer = response(refusal(why, serving(request).now()), request.scope["path"])
    if isinstance(why, DeliveryTooLarge | MalformedDelivery):
        answer.headers["connection"] = "close"  # or the server would go on reading what nobody wants
    return answer


def _answer(outcome: Outcome) -> Response:
    status = 200 if outcome is Outcome.PONG else 202
    headers = {"cache-control": NO_STORE.decode()}
    return Response(orjson.dumps({"outcome": outcome}), status, headers, media_type="application/json")

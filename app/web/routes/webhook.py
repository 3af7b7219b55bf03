"""The webhook: GitHub reports that something changed.

No body is parsed before its signature is verified, and no body without a signature is read. GitHub shows the owner each
response beside its delivery, so the error responses say what to do.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from app.domain import webhook_errors
from app.domain.errors import AfterwordError, NotServed, TooManyRequests
from app.github import webhooks
from app.github.headers import parse_count
from app.github.webhooks import WebhookEvent
from app.ports.metrics import DeliveryOutcome
from app.web.context import WebhookEndpoint, client_of, web_context
from app.web.document_response import uncached_json
from app.web.errors import describe_failure, error_response, problem_responses

router = APIRouter()

_LARGE_BODY = 65_536
"""Bytes. GitHub's deliveries have about ten thousand; only those of the longest comments exceed this size."""

_REJECTIONS: Mapping[type[AfterwordError], DeliveryOutcome] = {
    webhook_errors.MissingSecret: DeliveryOutcome.UNCONFIGURED,
    webhook_errors.InvalidSignature: DeliveryOutcome.UNSIGNED,
    webhook_errors.OutdatedSignature: DeliveryOutcome.UNSIGNED,
    TooManyRequests: DeliveryOutcome.UNSIGNED,
}
"""How rejected deliveries are counted; the others are malformed."""
_ERRORS = {
    400: "Signed, and yet not as GitHub documents deliveries; the body says what is wrong.",
    401: "The signature is missing, made with another secret, or SHA-1 only.",
    404: "Of a repository that is not served here.",
    413: "Larger than 25 MB; the rest was not read.",
    415: "Neither JSON nor a form.",
    429: "Wrong signatures came too often from this address; a valid one is received if the body is not large.",
    503: "No secret is configured, or the store cannot keep the delivery: nothing of it was taken.",
}


def _header(name: str, description: str, example: str, pattern: str) -> dict[str, Any]:
    schema = {"type": "string", "pattern": pattern}
    parameter = {"name": name, "in": "header", "required": True, "description": description}
    return parameter | {"schema": schema, "example": example}


def _outcome_response(description: str, *outcomes: DeliveryOutcome) -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": ["outcome"],
        "properties": {
            "outcome": {
                "type": "string",
                "enum": [str(outcome) for outcome in outcomes],
                "description": "What happened to the delivery.",
            }
        },
        "example": {"outcome": str(outcomes[0])},
    }
    return {"description": description, "content": {"application/json": {"schema": schema}}}


_DESCRIPTION_202 = (
    "Taken. `accepted`: the thread is looked at again. `known`: the mirror has it already. `replayed`: it was received "
    "a moment ago. `ignored`: of an event or action that changes nothing here."
)
_OUTCOMES_202 = (DeliveryOutcome.ACCEPTED, DeliveryOutcome.KNOWN, DeliveryOutcome.REPLAYED, DeliveryOutcome.IGNORED)
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: _outcome_response("The answer to a ping.", DeliveryOutcome.PONG),
    202: _outcome_response(_DESCRIPTION_202, *_OUTCOMES_202),
    **problem_responses(_ERRORS),
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
                "schema": {
                    "type": "object",
                    "required": ["payload"],
                    "properties": {"payload": {"type": "string", "description": "The delivery as JSON."}},
                }
            },
        },
    },
}


@router.post(
    "/webhooks/github",
    tags=["Webhook"],
    summary="GitHub's webhook",
    description=(
        "Takes GitHub's deliveries of the events `issue_comment`, `issues` and `repository`, and `push` if the blog's "
        "posts are in a repository. What they tell of is marked durably before the answer, and asked of GitHub "
        "after it."
    ),
    status_code=202,
    responses=_RESPONSES,
    openapi_extra=_REQUEST,
)
async def github(request: Request) -> Response:
    """Receive a delivery."""
    endpoint = web_context(request).features.webhook
    if endpoint is None:
        raise webhook_errors.MissingSecret
    headers = request.scope["headers"]
    try:
        event = await _verify_delivery(request, endpoint)
    except (webhook_errors.WebhookError, TooManyRequests) as error:
        endpoint.receiver.reject(headers, _REJECTIONS.get(type(error), DeliveryOutcome.MALFORMED))
        return _rejection(request, error)
    except ClientDisconnect:
        endpoint.receiver.reject(headers, DeliveryOutcome.MALFORMED)
        return Response(status_code=400)  # the client is gone and does not receive it
    outcome = await endpoint.receiver.receive(event)
    if outcome is DeliveryOutcome.FOREIGN:
        raise NotServed(event.repo.full_name if event.repo else "of this delivery")
    return uncached_json({"outcome": outcome}, 200 if outcome is DeliveryOutcome.PONG else 202)


async def _verify_delivery(request: Request, endpoint: WebhookEndpoint) -> WebhookEvent:
    """Return the event of a verified delivery. The cheapest checks come first.

    Raise `WebhookError` if one fails, and `TooManyRequests` if the client's deliveries failed too often.
    """
    if not endpoint.secrets:
        raise webhook_errors.MissingSecret
    headers, context = request.scope["headers"], web_context(request)
    bucket, client = context.features.limits.bad_signatures, client_of(context, request)
    try:
        digest = webhooks.signature(headers)
        body = await _read_body(request, endpoint, lambda: bucket.require_room(client, context.now()))

        def verify() -> WebhookEvent:
            webhooks.verify(endpoint.secrets, body, digest)
            return webhooks.parse_event(headers, body)

        # a digest of megabytes would stop all other responses
        return await asyncio.to_thread(verify) if len(body) > _LARGE_BODY else verify()
    except (webhook_errors.InvalidSignature, webhook_errors.OutdatedSignature):
        bucket.take(client, context.now())
        raise


async def _read_body(request: Request, endpoint: WebhookEndpoint, require_room: Callable[[], None]) -> bytes:
    """Return the raw body; `require_room` is called before a large one is read.

    Raise `DeliveryTooLarge` at once if `Content-Length` exceeds the limit, else when the received bytes do. Raise
    `MalformedDelivery` if the body is incomplete after the time in which GitHub gives up.
    """
    length, body = parse_count(request.headers.get("content-length")) or 0, bytearray()
    if length > webhooks.MAX_BODY_BYTES:
        raise webhook_errors.DeliveryTooLarge(webhooks.MAX_BODY_BYTES)
    if length > _LARGE_BODY:
        require_room()
    try:
        async with asyncio.timeout(endpoint.body_timeout):
            async for chunk in request.stream():
                body += chunk
                if len(body) > _LARGE_BODY:
                    require_room()
                if len(body) > webhooks.MAX_BODY_BYTES:
                    raise webhook_errors.DeliveryTooLarge(webhooks.MAX_BODY_BYTES)
    except TimeoutError:
        raise webhook_errors.MalformedDelivery(f"it was not whole after {endpoint.body_timeout:g} s") from None
    return bytes(body)


def _rejection(request: Request, error: webhook_errors.WebhookError | TooManyRequests) -> Response:
    response = error_response(describe_failure(error, web_context(request).now()), request.scope["path"])
    if isinstance(error, webhook_errors.DeliveryTooLarge | webhook_errors.MalformedDelivery | TooManyRequests):
        response.headers["connection"] = "close"  # otherwise the server would read the rest of the body
    return response

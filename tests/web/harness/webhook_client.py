"""A fake webhook receiver, and a client that sends bodies in pieces, as no HTTP client does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.types import Message, Receive, Send

from app.github.webhooks import Fields, WebhookEvent
from app.ports.metrics import DeliveryOutcome
from app.web.app import create_app
from app.web.cached_reads import CachedReads
from app.web.context import Features, WebhookEndpoint
from tests.github.deliveries import SECRET
from tests.web.harness.asgi import http_scope
from tests.web.harness.blog import Blog

PATH = "/webhooks/github"


class FakeReceiver:
    """A `WebhookReceiver` that returns `outcome`, or raises `failure` if set."""

    def __init__(self) -> None:
        self.outcome = DeliveryOutcome.ACCEPTED
        self.failure: Exception | None = None
        self.events: list[WebhookEvent] = []
        self.rejections: list[tuple[Fields, DeliveryOutcome]] = []

    @property
    def rejection_outcomes(self) -> list[DeliveryOutcome]:
        return [outcome for _, outcome in self.rejections]

    async def receive(self, event: WebhookEvent) -> DeliveryOutcome:
        self.events.append(event)
        if self.failure is not None:
            raise self.failure
        return self.outcome

    def reject(self, headers: Fields, outcome: DeliveryOutcome) -> None:
        self.rejections.append((headers, outcome))


@dataclass(slots=True)
class WebhookResponse:
    """What an application sent in response to a delivery."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    pieces_read: int = 0
    """How many pieces of the body were read before the response was complete."""


class WebhookClient:
    """The web with a webhook, and a client that sends deliveries to it."""

    def __init__(self, secrets: tuple[bytes, ...] = (SECRET,)) -> None:
        self.receiver = FakeReceiver()
        self.app: CachedReads = app_with_webhook(WebhookEndpoint(secrets, self.receiver))

    async def post(
        self, headers: Fields, *pieces: bytes, ends: bool = True, app: CachedReads | None = None
    ) -> WebhookResponse:
        """Send a request whose body arrives in these pieces. If it does not end, the client disconnects after them."""
        response = WebhookResponse()
        receive = _receive_pieces(pieces, response, ends=ends)
        await (app or self.app)(delivery_scope(headers), receive, record(response))
        return response


def app_with_webhook(endpoint: WebhookEndpoint) -> CachedReads:
    """Return the application of a blog with this webhook."""
    return create_app(replace(Blog().context, features=Features(webhook=endpoint)))


def delivery_scope(headers: Fields) -> dict[str, Any]:
    """Return the scope of a delivery."""
    return http_scope(method="POST", path=PATH, raw_path=PATH.encode(), headers=list(headers))


def _receive_pieces(pieces: Sequence[bytes], response: WebhookResponse, *, ends: bool) -> Receive:
    async def receive() -> Message:
        response.pieces_read += 1
        if response.pieces_read > len(pieces):
            return {"type": "http.disconnect"}
        more = not ends or response.pieces_read < len(pieces)
        return {"type": "http.request", "body": pieces[response.pieces_read - 1], "more_body": more}

    return receive


def record(response: WebhookResponse) -> Send:
    """Return a `send` that writes what it receives into a response."""

    async def send(message: Mapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            response.status = message["status"]
            response.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            response.body += message.get("body", b"")

    return send

"""A fake of the engine's receiver, and a way of sending it bodies piece by piece, as no client does."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app.github.webhooks import Fields, WebhookEvent
from app.jobs.webhook_intake import Outcome
from app.ports.metrics import Received
from app.web.app import create_app
from app.web.cached_reads import CachedReads, Message, Receive, Send
from app.web.context import Webhooks
from tests.github.deliveries import SECRET
from tests.web.blog import Blog

PATH = "/webhooks/github"


class FakeReceiver:
    """Answers with `outcome`, or raises `failure`."""

    def __init__(self) -> None:
        self.outcome = Outcome.ACCEPTED
        self.failure: Exception | None = None
        self.notices: list[WebhookEvent] = []
        self.refusals: list[tuple[Fields, Received]] = []

    async def receive(self, notice: WebhookEvent) -> Outcome:
        self.notices.append(notice)
        if self.failure is not None:
            raise self.failure
        return self.outcome

    def refused(self, headers: Fields, why: Received) -> None:
        self.refusals.append((headers, why))


@dataclass(slots=True)
class Response:
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    read: int = 0
    """How many pieces of the body were taken before the answer was complete."""


class Hooks:
    """The web with a webhook."""

    def __init__(self, secrets: tuple[bytes, ...] = (SECRET,)) -> None:
        self.receiver = FakeReceiver()
        self.app: CachedReads = create_app(replace(Blog().serving, webhooks=Webhooks(secrets, self.receiver)))

    async def post(
        self, headers: Fields, *pieces: bytes, ends: bool = True, app: CachedReads | None = None
    ) -> Response:
        """A request whose body comes in these pieces; where it does not end, the client is gone after them."""
        answer = Response()
        await (app or self.app)(_scope(headers), _receiving(pieces, answer, ends=ends), _sending(answer))
        return answer


def _scope(headers: Fields) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "POST",
        "scheme": "http",
        "path": PATH,
        "raw_path": PATH.encode(),
        "query_string": b"",
        "headers": list(headers),
        "server": ("127.0.0.1", 8000),
    }


def _receiving(pieces: Sequence[bytes], answer: Response, *, ends: bool) -> Receive:
    async def receive() -> Message:
        answer.read += 1
        if answer.read > len(pieces):
            return {"type": "http.disconnect"}
        more = not ends or answer.read < len(pieces)
        return {"type": "http.request", "body": pieces[answer.read - 1], "more_body": more}

    return receive


def _sending(answer: Response) -> Send:
    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            answer.body += message.get("body", b"")

    return send

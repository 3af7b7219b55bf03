"""Webhook deliveries: what happened, sent to an address from threads of its own, as GitHub sends it.

GitHub sends each delivery once, waits ten seconds for the answer, and never sends again by itself. On their way
deliveries come late, twice, out of order or not at all: here a test decides it.
https://docs.github.com/webhooks/webhook-events-and-payloads#delivery-headers
"""

import hmac
import math
import random
import threading
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from http.client import HTTPException
from time import perf_counter
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import orjson

from app.simulator.webhooks.connection import Connection
from app.simulator.world.webhook_events import EVENTS, WebhookEvent

_CONTENT_TYPES = {"json": "application/json", "form": "application/x-www-form-urlencoded"}
_PATIENCE = 10.0
_GRACE = 1.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery and what became of it; doubled ones and redeliveries share the GUID.

    Its payload is kept packed, as thousands of them are kept, of 16 kB each.
    Without an answer `status` is None and `error` says why: `dropped` where it was never sent.
    `seconds` is how long the answer took.
    """

    guid: str
    event: str
    action: str | None
    compressed_payload: bytes = field(repr=False)
    redelivery: bool = False
    status: int | None = None
    error: str = ""
    seconds: float = 0

    @property
    def payload(self) -> bytes:
        """What is told, as JSON."""
        return zlib.decompress(self.compressed_payload)


class Webhook:
    """A webhook of a repository, or of all of them; it sends a `ping` when it is made.

    `repository` is GitHub's object of the one whose events are sent, None for all; `content_type` is `json` or `form`;
    without a secret nothing is signed. Over one connection deliveries arrive in order, over several they overlap.
    Everything may be called from any thread.
    """

    def __init__(
        self,
        url: str,
        secret: str | None = None,
        *,
        content_type: str = "json",
        events: Iterable[str] = EVENTS,
        repository: Mapping[str, Any] | None = None,
        connections: int = 1,
        hook_id: int = 1,
        timeout: float = _PATIENCE,
        new_guid: Callable[[], object] = uuid4,
    ) -> None:
        self.url = url
        self.events = tuple(events)
        self.hook_id = hook_id
        self._secret = secret
        self._content_type = content_type
        self._type = _CONTENT_TYPES[content_type]
        self._repository = repository
        self._new_guid = new_guid
        self._changed = threading.Condition()
        self._queue: deque[Delivery] = deque()
        self._held: list[Delivery] | None = None
        self._made: dict[str, Delivery] = {}
        self._log: list[Delivery] = []
        self._to_lose: float = 0
        self._to_double: float = 0
        self._under_way = 0
        self._answered = 0
        self._closed = False
        self._lines = [Connection(url, timeout) for _ in range(connections)]
        self._threads = [threading.Thread(target=self._work, args=(line,), daemon=True) for line in self._lines]
        for thread in self._threads:
            thread.start()
        self.send("ping", self._ping())

    # What is sent -------------------------------------------------------------------------------------

    def deliver(self, event: WebhookEvent) -> None:
        """Send an event if this webhook is asked to; made for `World.on_event`."""
        ours = self._repository is None or event.repository_id == self._repository["id"]
        if ours and event.name in self.events:
            self.send(event.name, event.payload)

    def send(self, event: str, payload: Mapping[str, Any]) -> str:
        """Send any payload as an event of any name; gives the GUID. The mischief that is due happens to it."""
        compressed_payload = zlib.compress(orjson.dumps(payload), level=1)
        made = Delivery(str(self._new_guid()), event, payload.get("action"), compressed_payload)
        with self._changed:
            if self._closed:
                return made.guid
            self._made[made.guid] = made
            if self._to_lose:
                self._to_lose -= 1
                self._log.append(replace(made, error="dropped"))
            else:
                copies = 2 if self._to_double else 1
                self._to_double = max(0, self._to_double - 1)
                (self._queue if self._held is None else self._held).extend([made] * copies)
            self._changed.notify_all()
        return made.guid

    def redeliver(self, guid: str) -> None:
        """Send a delivery again, lost or not, with the same GUID and body; an unknown one raises KeyError."""
        with self._changed:
            self._queue.append(replace(self._made[guid], redelivery=True))
            self._changed.notify_all()

    # Mischief -----------------------------------------------------------------------------------------

    def drop(self, times: int | None = 1) -> None:
        """Never send the next deliveries; None is for ever, 0 ends it."""
        with self._changed:
            self._to_lose = math.inf if times is None else times

    def duplicate(self, times: int | None = 1) -> None:
        """Send each of the next deliveries twice; None is for ever, 0 ends it."""
        with self._changed:
            self._to_double = math.inf if times is None else times

    def hold(self) -> None:
        """Keep what is to be sent from now on until `release`; a redelivery is not kept."""
        with self._changed:
            self._held = self._held or []

    def release(self, *, shuffled: int | None = None) -> int:
        """Send what was held, in its order or shuffled by a seed; gives how many they are."""
        with self._changed:
            held, self._held = self._held or [], None
            if shuffled is not None:
                random.Random(shuffled).shuffle(held)  # noqa: S311 - the same order for the same seed, nothing secret
            self._queue.extend(held)
            self._changed.notify_all()
            return len(held)

    # What became of it --------------------------------------------------------------------------------

    @property
    def log(self) -> list[Delivery]:
        """What has been answered, has failed or was lost, in that order; the ping among them."""
        with self._changed:
            return list(self._log)

    @property
    def held_count(self) -> int:
        """How many deliveries are held."""
        with self._changed:
            return len(self._held or ())

    @property
    def response_count(self) -> int:
        """How many deliveries were answered, whatever the status; pings do not count, each copy does."""
        with self._changed:
            return self._answered

    def wait(self, answered: int | None = None, timeout: float = 10) -> None:
        """Wait until so many are answered, or with None until nothing but what is held is still to be sent.

        Raises TimeoutError after `timeout` seconds.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._settled(answered), timeout):
                waiting = len(self._queue) + self._under_way
                raise TimeoutError(f"{self._answered} deliveries are answered and {waiting} wait, after {timeout} s")

    def close(self) -> None:
        """Drop what is not sent yet, let what is under way end within a second, else cut it."""
        with self._changed:
            self._closed = True
            self._queue.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(_GRACE)
        for thread, line in zip(self._threads, self._lines, strict=True):
            while thread.is_alive():
                line.cut()
                thread.join(_GRACE / 10)

    # Inside -------------------------------------------------------------------------------------------

    def _ping(self) -> dict[str, Any]:
        config = {"content_type": self._content_type, "insecure_ssl": "0", "url": self.url}
        hook = {
            "type": "Organization" if self._repository is None else "Repository",
            "id": self.hook_id,
            "name": "web",
            "active": True,
            "events": list(self.events),
            "config": config,
        }
        where = {} if self._repository is None else {"repository": dict(self._repository)}
        return {"zen": "Keep it logically awesome.", "hook_id": self.hook_id, "hook": hook, **where}

    def _settled(self, answered: int | None) -> bool:
        if answered is None:
            return not self._queue and not self._under_way
        return self._answered >= answered

    def _work(self, line: Connection) -> None:
        while (delivery := self._next()) is not None:
            done = self._sent(line, delivery)
            with self._changed:
                self._under_way -= 1
                self._answered += done.status is not None and done.event != "ping"
                self._log.append(done)
                self._changed.notify_all()
        line.close()

    def _next(self) -> Delivery | None:
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closed)
            if self._closed:
                return None
            self._under_way += 1
            return self._queue.popleft()

    def _sent(self, line: Connection, delivery: Delivery) -> Delivery:
        body = delivery.payload
        if self._content_type == "form":
            body = urlencode({"payload": body.decode()}).encode()
        began = perf_counter()
        try:
            status = line.post(body, self._headers(delivery, body))
        except (OSError, HTTPException) as failure:
            return replace(delivery, error=str(failure) or type(failure).__name__, seconds=perf_counter() - began)
        return replace(delivery, status=status, seconds=perf_counter() - began)

    def _headers(self, delivery: Delivery, body: bytes) -> dict[str, str]:
        headers = {
            "Accept": "*/*",
            "Content-Type": self._type,
            "User-Agent": "GitHub-Hookshot/5ecc0de",
            "X-GitHub-Delivery": delivery.guid,
            "X-GitHub-Event": delivery.event,
            "X-GitHub-Hook-ID": str(self.hook_id),
        }
        if self._repository is not None:
            headers["X-GitHub-Hook-Installation-Target-ID"] = str(self._repository["id"])
            headers["X-GitHub-Hook-Installation-Target-Type"] = "repository"
        if self._secret is not None:
            key = self._secret.encode()
            headers["X-Hub-Signature"] = f"sha1={hmac.digest(key, body, 'sha1').hex()}"
            headers["X-Hub-Signature-256"] = f"sha256={hmac.digest(key, body, 'sha256').hex()}"
        return headers

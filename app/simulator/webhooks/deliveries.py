"""Webhook deliveries: events, posted to an URL from threads of their own, as GitHub posts them.

GitHub sends each delivery once, waits ten seconds for the response, and never retries automatically. On a network
deliveries come late, twice, out of order or not at all; here a test decides it.
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
_TIMEOUT = 10.0
_GRACE_PERIOD = 1.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery and its result; duplicates and redeliveries share the GUID.

    The payload is stored compressed, because a webhook logs thousands of deliveries of 16 kB each.
    Without a response `status` is None and `error` says why: `dropped` if it was never sent.
    `seconds` is the time until the response.
    """

    guid: str
    event: str
    action: str | None
    compressed_payload: bytes = field(repr=False)
    redelivery: bool = False
    status: int | None = None
    error: str = ""
    seconds: float = 0
    at: float = 0
    """When it was sent, seconds since the epoch; 0 if the webhook has no clock."""

    @property
    def payload(self) -> bytes:
        """Return the payload as JSON."""
        return zlib.decompress(self.compressed_payload)


class Webhook:
    """A webhook of a repository or of all repositories; it sends a `ping` when it is created.

    `repository` is GitHub's object of the repository whose events are sent, None for all. `content_type` is `json` or
    `form`. Without a secret no delivery is signed. Over one connection deliveries arrive in order, over several they
    overlap. `response_count` counts the responses of any status, one for each copy of a delivery, without pings.
    Every method is thread-safe.
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
        timeout: float = _TIMEOUT,
        new_guid: Callable[[], object] = uuid4,
        clock: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.url = url
        self.content_type = content_type
        self.is_signed = secret is not None
        self._clock = clock
        self.events = tuple(events)
        self.hook_id = hook_id
        self._secret = secret
        self._content_type = content_type
        self._repository = repository
        self._new_guid = new_guid
        self._condition = threading.Condition()
        self._queue: deque[Delivery] = deque()
        self._hold_queue: list[Delivery] | None = None
        self._deliveries: dict[str, Delivery] = {}
        self._log: list[Delivery] = []
        self._drops_left: float = 0
        self._duplicates_left: float = 0
        self._in_progress = 0
        self.response_count = 0
        self._closed = False
        self._connections = [Connection(url, timeout) for _ in range(connections)]
        self._threads = [threading.Thread(target=self._send_queue, args=(c,), daemon=True) for c in self._connections]
        for thread in self._threads:
            thread.start()
        self.send("ping", self._ping())

    # Sending ------------------------------------------------------------------------------------------

    def deliver(self, event: WebhookEvent) -> None:
        """Send an event if the webhook subscribes to it; a callback for `World.on_event`."""
        matches = self._repository is None or event.repository_id == self._repository["id"]
        if matches and event.name in self.events:
            self.send(event.name, event.payload)

    def send(self, event: str, payload: Mapping[str, Any]) -> str:
        """Send any payload as an event of any name, unless it is dropped or held; return the GUID."""
        compressed_payload = zlib.compress(orjson.dumps(payload), level=1)
        delivery = Delivery(str(self._new_guid()), event, payload.get("action"), compressed_payload)
        with self._condition:
            if self._closed:
                return delivery.guid
            self._deliveries[delivery.guid] = delivery
            if self._drops_left:
                self._drops_left -= 1
                self._log.append(replace(delivery, error="dropped"))
            else:
                copies = 2 if self._duplicates_left else 1
                self._duplicates_left = max(0, self._duplicates_left - 1)
                (self._queue if self._hold_queue is None else self._hold_queue).extend([delivery] * copies)
            self._condition.notify_all()
        return delivery.guid

    def redeliver(self, guid: str) -> None:
        """Send a delivery again with the same GUID and body, even if it was dropped; raise KeyError if unknown."""
        with self._condition:
            self._queue.append(replace(self._deliveries[guid], redelivery=True))
            self._condition.notify_all()

    # Faults -------------------------------------------------------------------------------------------

    def drop(self, times: int | None = 1) -> None:
        """Drop the next deliveries; None means all later ones, 0 ends it."""
        with self._condition:
            self._drops_left = math.inf if times is None else times

    def duplicate(self, times: int | None = 1) -> None:
        """Send each of the next deliveries twice; None means all later ones, 0 ends it."""
        with self._condition:
            self._duplicates_left = math.inf if times is None else times

    def hold(self) -> None:
        """Hold later deliveries until `release`; a redelivery is not held."""
        with self._condition:
            self._hold_queue = self._hold_queue or []

    def release(self, *, shuffle_seed: int | None = None) -> int:
        """Send the held deliveries and return their number; a seed shuffles them."""
        with self._condition:
            deliveries, self._hold_queue = self._hold_queue or [], None
            if shuffle_seed is not None:
                # S311: the seed makes the order reproducible; nothing is secret.
                random.Random(shuffle_seed).shuffle(deliveries)  # noqa: S311
            self._queue.extend(deliveries)
            self._condition.notify_all()
            return len(deliveries)

    # Results ------------------------------------------------------------------------------------------

    @property
    def log(self) -> list[Delivery]:
        """Return the deliveries that got a response, failed or were dropped, in that order; pings included."""
        with self._condition:
            return list(self._log)

    @property
    def held_count(self) -> int:
        """Return the number of held deliveries."""
        with self._condition:
            return len(self._hold_queue or ())

    def wait(self, responses: int | None = None, timeout: float = 10) -> None:
        """Wait for this many responses; None waits until all deliveries but the held ones are sent.

        Raise TimeoutError after `timeout` seconds.
        """
        with self._condition:
            if not self._condition.wait_for(lambda: self._is_finished(responses), timeout):
                due = len(self._queue) + self._in_progress
                raise TimeoutError(f"{self.response_count} responses came and {due} are due, after {timeout} s")

    def close(self) -> None:
        """Drop the queue, and abort deliveries in progress after a second."""
        with self._condition:
            self._closed = True
            self._queue.clear()
            self._condition.notify_all()
        for thread in self._threads:
            thread.join(_GRACE_PERIOD)
        for thread, connection in zip(self._threads, self._connections, strict=True):
            while thread.is_alive():
                connection.abort()
                thread.join(_GRACE_PERIOD / 10)

    # Inside -------------------------------------------------------------------------------------------

    def _ping(self) -> dict[str, Any]:
        hook = {
            "type": "Organization" if self._repository is None else "Repository",
            "id": self.hook_id,
            "name": "web",
            "active": True,
            "events": list(self.events),
            "config": {"content_type": self._content_type, "insecure_ssl": "0", "url": self.url},
        }
        repository = {} if self._repository is None else {"repository": dict(self._repository)}
        return {"zen": "Keep it logically awesome.", "hook_id": self.hook_id, "hook": hook, **repository}

    def _is_finished(self, responses: int | None) -> bool:
        is_idle = not self._queue and not self._in_progress
        return is_idle if responses is None else self.response_count >= responses

    def _send_queue(self, connection: Connection) -> None:
        while (delivery := self._next()) is not None:
            result = self._post(connection, delivery)
            with self._condition:
                self._in_progress -= 1
                self.response_count += result.status is not None and result.event != "ping"
                self._log.append(result)
                self._condition.notify_all()
        connection.close()

    def _next(self) -> Delivery | None:
        """Wait for the next delivery and return it; None after `close`."""
        with self._condition:
            self._condition.wait_for(lambda: self._queue or self._closed)
            if self._closed:
                return None
            self._in_progress += 1
            return self._queue.popleft()

    def _post(self, connection: Connection, delivery: Delivery) -> Delivery:
        """Send a delivery and return it with its result."""
        body = delivery.payload
        if self._content_type == "form":
            body = urlencode({"payload": body.decode()}).encode()
        start, delivery = perf_counter(), replace(delivery, at=self._clock())
        try:
            status = connection.post(body, self._headers(delivery, body))
        except (OSError, HTTPException) as error:
            return replace(delivery, error=str(error) or type(error).__name__, seconds=perf_counter() - start)
        return replace(delivery, status=status, seconds=perf_counter() - start)

    def _headers(self, delivery: Delivery, body: bytes) -> dict[str, str]:
        headers = {
            "Accept": "*/*",
            "Content-Type": _CONTENT_TYPES[self._content_type],
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

"""Faults: what can go wrong between GitHub and a client, one small value per kind.

A fault turns a finished response into a broken one and does nothing else, so faults can be combined.
"""

import math
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.utils import formatdate, parsedate_to_datetime
from typing import Protocol

from typing_extensions import override

from app.simulator.http.responses import SimulatedResponse, primary_rate_limit, secondary_rate_limit

_BODY_HEADERS = ("etag", "link", "last-modified", "cache-control")
"""Headers that describe the body; a fault that replaces the body drops them."""


class Fault(Protocol):
    """A kind of fault."""

    def apply(self, response: SimulatedResponse, now: float) -> SimulatedResponse:
        """Return the broken form of a response; `now` is the world's time in seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Latency(Fault):
    """A response that comes `seconds` later."""

    seconds: float

    @override
    def apply(self, response: SimulatedResponse, now: float) -> SimulatedResponse:
        return replace(response, delay=response.delay + self.seconds)


@dataclass(frozen=True, slots=True)
class Status(Fault):
    """Another status and body, as a proxy in front of GitHub sends them."""

    status: int
    body: bytes = b"<html><body><h1>Something went wrong</h1></body></html>"
    content_type: str = "text/html; charset=utf-8"

    @override
    def apply(self, response: SimulatedResponse, now: float) -> SimulatedResponse:
        return _replace_body(response, SimulatedResponse(self.status, self.body, {"content-type": self.content_type}))


@dataclass(frozen=True, slots=True)
class Header(Fault):
    """A header with another value; None removes it."""

    name: str
    value: str | None

    @override
    def apply(self, response: SimulatedResponse, now: float) -> SimulatedResponse:
        headers = {name: value for name, value in response.headers.items() if name != self.name.lower()}
        if self.value is not None:
            headers[self.name.lower()] = self.value
        return replace(response, headers=headers)


@dataclass(frozen=True, slots=True)
class ConnectionClosed(Fault):
    """A connection that closes in order (TCP FIN) after half of the body that `Content-Length` announces."""

    @override
    def apply(self, response: SimulatedResponse, now: float) -> SimulatedResponse:
        return replace(response, close=True)


@dataclass(frozen=True, slots=True)
class ConnectionReset(Fault):
    """A connection that is reset (TCP RST) after half of the body that `Content-Length` announces."""

    @override
    def apply(self, response: SimulatedResponse, now: float) -> SimulatedResponse:
        return replace(response, reset=True)


@dataclass(frozen=True, slots=True)
class TruncatedJson(Fault):
    """A complete response whose body is the first half of a JSON document."""

    @override
    def apply(self, response: SimulatedResponse, now: float) -> SimulatedResponse:
        return replace(response, body=response.body[: len(response.body) // 2])


@dataclass(frozen=True, slots=True)
class HtmlPage(Status):
    """An HTML page with status 200, as captive portals and blocks send it."""

    status: int = 200
    body: bytes = b"<!DOCTYPE html><html><head><title>Unicorn!</title></head></html>"


@dataclass(frozen=True, slots=True)
class WrongJsonType(Fault):
    """JSON of another type: an object in place of a list, a list in place of an object."""

    @override
    def apply(self, response: SimulatedResponse, now: float) -> SimulatedResponse:
        body = b'{"message":"Server Error"}' if response.body.startswith(b"[") else b"[]"
        return replace(response, status=200, body=body)


@dataclass(frozen=True, slots=True)
class EmptyList(Fault):
    """An empty list without a next page."""

    @override
    def apply(self, response: SimulatedResponse, now: float) -> SimulatedResponse:
        return Header("link", None).apply(replace(response, status=200, body=b"[]"), now)


@dataclass(frozen=True, slots=True)
class PrimaryRateLimit(Fault):
    """An exhausted hourly limit: 403 or 429, with or without `retry-after`; times are in seconds."""

    status: int = 403
    retry_after: int | None = None
    reset_in: int = 1800

    @override
    def apply(self, response: SimulatedResponse, now: float) -> SimulatedResponse:
        refusal = primary_rate_limit(self.status, "127.0.0.1").with_headers(
            x_ratelimit_remaining="0",
            x_ratelimit_used=response.headers.get("x-ratelimit-limit", "60"),
            x_ratelimit_reset=str(int(now) + self.reset_in),
        )
        if self.retry_after is not None:
            refusal = refusal.with_headers(retry_after=str(self.retry_after))
        return _replace_body(response, refusal)


@dataclass(frozen=True, slots=True)
class SecondaryRateLimit(Fault):
    """Requests that come too fast: 403 or 429, with or without `retry-after` (seconds)."""

    status: int = 403
    retry_after: int | None = 60

    @override
    def apply(self, response: SimulatedResponse, now: float) -> SimulatedResponse:
        return _replace_body(response, secondary_rate_limit(self.status, self.retry_after))


@dataclass(frozen=True, slots=True)
class ClockSkew(Fault):
    """A clock of GitHub that is wrong by `seconds`, in `date` and `x-ratelimit-reset`."""

    seconds: int

    @override
    def apply(self, response: SimulatedResponse, now: float) -> SimulatedResponse:
        headers = dict(response.headers)
        if "x-ratelimit-reset" in headers:
            headers["x-ratelimit-reset"] = str(int(headers["x-ratelimit-reset"]) + self.seconds)
        date = parsedate_to_datetime(headers["date"]).timestamp() if "date" in headers else now
        headers["date"] = formatdate(date + self.seconds, usegmt=True)
        return replace(response, headers=headers)


@dataclass(slots=True, eq=False)
class _Rule:
    """A fault for the next `times` requests whose path with query matches; infinity stands for all requests."""

    fault: Fault
    pattern: re.Pattern[str]
    times: float


class Faults:
    """The rules that are in force, in the order in which they were added; every method is thread-safe."""

    def __init__(self) -> None:
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault, *, match: str = "", times: int | None = 1) -> Callable[[], None]:
        """Break the responses to the next `times` requests that match; return a function that removes this rule.

        The regular expression `match` is searched in the path with query. A second page matches `[?&]page=2`,
        because `per_page` contains `page` too.
        """
        rule = _Rule(fault, re.compile(match), math.inf if times is None else times)
        with self._lock:
            self._rules.append(rule)

        def remove() -> None:
            with self._lock:
                self._rules = [other for other in self._rules if other is not rule]

        return remove

    def clear(self) -> None:
        """Remove all rules."""
        with self._lock:
            self._rules.clear()

    def apply(self, target: str, response: SimulatedResponse, now: float) -> SimulatedResponse:
        """Apply every rule that matches `target`, and decrement its `times`."""
        with self._lock:
            matches = [rule for rule in self._rules if rule.pattern.search(target)]
            for rule in matches:
                rule.times -= 1
            self._rules = [rule for rule in self._rules if rule.times > 0]
        for rule in matches:
            response = rule.fault.apply(response, now)
        return response


def _replace_body(response: SimulatedResponse, error: SimulatedResponse) -> SimulatedResponse:
    """Return the response with the status, body and headers of an error, and its other headers."""
    other_headers = {name: value for name, value in response.headers.items() if name not in _BODY_HEADERS}
    return replace(response, status=error.status, body=error.body, headers={**other_headers, **error.headers})

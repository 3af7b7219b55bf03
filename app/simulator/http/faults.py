"""Faults on demand: what can go wrong between GitHub and a client, one small value per kind.

Each kind changes a finished answer into a broken one and does nothing else, so several can be combined.
"""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.utils import formatdate, parsedate_to_datetime
from itertools import count
from typing import Protocol

from typing_extensions import override

from app.simulator.http.responses import SimulatedResponse, primary_rate_limit, secondary_rate_limit

_OF_A_BODY = ("etag", "link", "last-modified", "cache-control")


class Fault(Protocol):
    """A kind of fault."""

    def apply(self, answer: SimulatedResponse, now: float) -> SimulatedResponse:
        """Break an answer; `now` is the world's time in seconds."""
        ...


@dataclass(frozen=True, slots=True)
class Latency(Fault):
    """The answer comes after so many seconds."""

    seconds: float

    @override
    def apply(self, answer: SimulatedResponse, now: float) -> SimulatedResponse:
        """Delay the answer."""
        return replace(answer, delay=answer.delay + self.seconds)


@dataclass(frozen=True, slots=True)
class Status(Fault):
    """Another status and body instead of the answer, as a proxy in front of GitHub gives them."""

    status: int
    body: bytes = b"<html><body><h1>Something went wrong</h1></body></html>"
    content_type: str = "text/html; charset=utf-8"

    @override
    def apply(self, answer: SimulatedResponse, now: float) -> SimulatedResponse:
        """Put the other status in the answer's place."""
        headers = {name: value for name, value in answer.headers.items() if name not in _OF_A_BODY}
        return replace(
            answer, status=self.status, body=self.body, headers=headers | {"content-type": self.content_type}
        )


@dataclass(frozen=True, slots=True)
class Header(Fault):
    """One header set to another value, or left out with None."""

    name: str
    value: str | None

    @override
    def apply(self, answer: SimulatedResponse, now: float) -> SimulatedResponse:
        """Change the header."""
        others = {name: value for name, value in answer.headers.items() if name != self.name.lower()}
        return replace(answer, headers=others if self.value is None else others | {self.name.lower(): self.value})


@dataclass(frozen=True, slots=True)
class ConnectionClosed(Fault):
    """The connection closes in order (TCP FIN) after half of the body that was announced."""

    @override
    def apply(self, answer: SimulatedResponse, now: float) -> SimulatedResponse:
        """Mark the answer to be cut."""
        return replace(answer, cut=True)


@dataclass(frozen=True, slots=True)
class ConnectionReset(Fault):
    """The connection is reset (TCP RST) after half of the body that was announced."""

    @override
    def apply(self, answer: SimulatedResponse, now: float) -> SimulatedResponse:
        """Mark the answer to be reset."""
        return replace(answer, reset=True)


@dataclass(frozen=True, slots=True)
class TruncatedJson(Fault):
    """A whole answer with half a document in it."""

    @override
    def apply(self, answer: SimulatedResponse, now: float) -> SimulatedResponse:
        """Drop the second half of the body."""
        return replace(answer, body=answer.body[: len(answer.body) // 2])


@dataclass(frozen=True, slots=True)
class HtmlPage(Fault):
    """A page for people with status 200, as captive portals and blocks give it."""

    @override
    def apply(self, answer: SimulatedResponse, now: float) -> SimulatedResponse:
        """Put the page in the answer's place."""
        return Status(200, b"<!DOCTYPE html><html><head><title>Unicorn!</title></head></html>").apply(answer, now)


@dataclass(frozen=True, slots=True)
class WrongJsonType(Fault):
    """JSON of another type: an object where a list is due, a list where an object is due."""

    @override
    def apply(self, answer: SimulatedResponse, now: float) -> SimulatedResponse:
        """Change the type of the body."""
        wrong = b'{"message":"Server Error"}' if answer.body.startswith(b"[") else b"[]"
        return replace(answer, status=200, body=wrong)


@dataclass(frozen=True, slots=True)
class EmptyList(Fault):
    """A list without anything in it, and without a next page."""

    @override
    def apply(self, answer: SimulatedResponse, now: float) -> SimulatedResponse:
        """Empty the list."""
        return Header("link", None).apply(replace(answer, status=200, body=b"[]"), now)


@dataclass(frozen=True, slots=True)
class PrimaryRateLimit(Fault):
    """The hour's asks are used up: 403 or 429, with or without `retry-after` (seconds)."""

    status: int = 403
    retry_after: int | None = None
    reset_in: int = 1800

    @override
    def apply(self, answer: SimulatedResponse, now: float) -> SimulatedResponse:
        """Refuse the ask."""
        refused = primary_rate_limit(self.status, "127.0.0.1")
        headers = {
            **refused.headers,
            "x-ratelimit-remaining": "0",
            "x-ratelimit-used": answer.headers.get("x-ratelimit-limit", "60"),
            "x-ratelimit-reset": str(int(now) + self.reset_in),
        }
        if self.retry_after is not None:
            headers["retry-after"] = str(self.retry_after)
        return _refused(answer, self.status, refused.body, headers)


@dataclass(frozen=True, slots=True)
class SecondaryRateLimit(Fault):
    """Asks come too fast: 403 or 429, with or without `retry-after` (seconds)."""

    status: int = 403
    retry_after: int | None = 60

    @override
    def apply(self, answer: SimulatedResponse, now: float) -> SimulatedResponse:
        """Refuse the ask."""
        refused = secondary_rate_limit(self.status, self.retry_after)
        return _refused(answer, self.status, refused.body, dict(refused.headers))


@dataclass(frozen=True, slots=True)
class ClockSkew(Fault):
    """GitHub's clock goes wrong by so many seconds: `date` and `x-ratelimit-reset` tell another time."""

    seconds: int

    @override
    def apply(self, answer: SimulatedResponse, now: float) -> SimulatedResponse:
        """Shift the times of the headers."""
        shifted = dict(answer.headers)
        if "x-ratelimit-reset" in shifted:
            shifted["x-ratelimit-reset"] = str(int(shifted["x-ratelimit-reset"]) + self.seconds)
        date = parsedate_to_datetime(shifted["date"]).timestamp() if "date" in shifted else now
        shifted["date"] = formatdate(date + self.seconds, usegmt=True)
        return replace(answer, headers=shifted)


@dataclass(frozen=True, slots=True)
class Rule:
    """A fault for the asks whose path with query matches; `times` None is for ever."""

    fault: Fault
    match: re.Pattern[str]
    times: int | None
    number: int


class Faults:
    """The faults that are still to come, in the order of their making; safe to change from another thread."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._numbers = count()
        self._lock = threading.Lock()

    def add(self, fault: Fault, *, match: str = "", times: int | None = 1) -> Callable[[], None]:
        """Break the next `times` answers to asks whose path with query `match` (a regular expression) finds.

        The result ends this fault and no other. A second page is found by `[?&]page=2`, as `per_page` has a page too.
        """
        with self._lock:
            made = Rule(fault, re.compile(match), times, next(self._numbers))
            self._rules.append(made)

        def end() -> None:
            with self._lock:
                self._rules = [rule for rule in self._rules if rule.number != made.number]

        return end

    def clear(self) -> None:
        """Let everything work again."""
        with self._lock:
            self._rules.clear()

    def apply(self, target: str, answer: SimulatedResponse, now: float) -> SimulatedResponse:
        """Apply every rule that matches, and count it down."""
        with self._lock:
            due = [rule for rule in self._rules if rule.match.search(target)]
            self._rules = [left for rule in self._rules if (left := _after(rule, used=rule in due))]
        for rule in due:
            answer = rule.fault.apply(answer, now)
        return answer


def _after(rule: Rule, *, used: bool) -> Rule | None:
    if not used or rule.times is None:
        return rule
    return replace(rule, times=rule.times - 1) if rule.times > 1 else None


def _refused(answer: SimulatedResponse, status: int, body: bytes, headers: dict[str, str]) -> SimulatedResponse:
    kept = {name: value for name, value in answer.headers.items() if name not in _OF_A_BODY}
    return replace(answer, status=status, body=body, headers=kept | headers)

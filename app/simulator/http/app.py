"""GitHub's ways over HTTP: an ASGI application over a world.

It speaks first of who asks (user agent, token), then of how often, then of what; faults come last, so that
whatever a client meets was first a right answer.
https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

import asyncio
import socket
import struct
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from email.utils import formatdate, parsedate_to_datetime
from hashlib import sha256

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from app.simulator.http.faults import Faults
from app.simulator.http.hold import Gate
from app.simulator.http.media_types import Media, media_of
from app.simulator.http.objects import NEWER, OLDER, View
from app.simulator.http.rate_limits import Budget, Limits, Meter
from app.simulator.http.request_log import Ask, Question
from app.simulator.http.resources import Reads
from app.simulator.http.responses import (
    Answer,
    Refusal,
    bad_credentials,
    error,
    json_answer,
    no_user_agent,
    not_found,
    primary_limit,
    secondary_limit,
    unknown_version,
)
from app.simulator.images import PREFIX, PictureHost
from app.simulator.world.records import User
from app.simulator.world.world import World

VERSIONS = (OLDER, NEWER)
"""The versions of the API that are spoken; the first is the one for who names none."""

_ALWAYS = {
    "server": "github.com",
    "access-control-allow-origin": "*",
    "access-control-expose-headers": (
        "ETag, Link, Location, Retry-After, X-GitHub-OTP, X-RateLimit-Limit, X-RateLimit-Remaining,"
        " X-RateLimit-Used, X-RateLimit-Resource, X-RateLimit-Reset, X-OAuth-Scopes, X-Accepted-OAuth-Scopes,"
        " X-Poll-Interval, X-GitHub-Media-Type, X-GitHub-SSO, X-GitHub-Request-Id, Deprecation, Sunset"
    ),
    "content-security-policy": "default-src 'none'",
    "referrer-policy": "origin-when-cross-origin, strict-origin-when-cross-origin",
    "strict-transport-security": "max-age=31536000; includeSubdomains; preload",
    "x-content-type-options": "nosniff",
    "x-frame-options": "deny",
    "x-xss-protection": "0",
}
_PREFLIGHT = {
    "access-control-allow-headers": (
        "Authorization, Content-Type, If-Match, If-Modified-Since, If-None-Match, If-Unmodified-Since,"
        " Accept-Encoding, X-GitHub-OTP, X-Requested-With, User-Agent, GraphQL-Features, X-GitHub-Api-Version"
    ),
    "access-control-allow-methods": "GET, POST, PATCH, PUT, DELETE",
    "access-control-max-age": "86400",
}


class Simulator:
    """The application: answers like GitHub, logs every ask, breaks what it is told to break.

    `base` overrides the address in objects and links (else the one that was asked); `cursors` makes the list of
    issues go by `after`. `asks` is the log, `faults` and `gate` are for tests,
    `failures` what went wrong unintentionally. Another method than GET, HEAD
    and OPTIONS is a 404.
    """

    def __init__(
        self, world: World, *, base: str | None = None, limits: Limits | None = None, cursors: bool = False
    ) -> None:
        self.world = world
        self.limits = limits or Limits()
        self.meter = Meter()
        self.asks: list[Ask] = []
        self.faults = Faults()
        self.gate = Gate()
        self.pictures = PictureHost()
        self.failures: list[Exception] = []
        self._base = base
        self._hooks: list[Callable[[Question], object]] = []
        self._reads = Reads(world, cursors=cursors)
        self._under_way: Counter[str] = Counter()
        self._count = 0

    def on_ask(self, hook: Callable[[Question], object]) -> Callable[[], None]:
        """Call something before each answer is made, in the server's thread; the result stops that."""
        self._hooks.append(hook)
        return lambda: self._hooks.remove(hook)

    def exhaust(self, *, login: str | None = None, remote: str = "127.0.0.1") -> int:
        """Use up the hour of a user or an address; gives the time of the reset."""
        whom = remote if login is None else f"user ID {self.world.user(login).id}"
        limit = self.limits.anonymous if login is None else self.limits.authenticated
        return self.meter.exhaust(whom, limit, self.world.clock()).reset

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ask."""
        question = Question.of(Request(scope, receive), self._base)
        if question.path.startswith(PREFIX):
            await _send(self.pictures.answer(question.path), send, with_body=question.method != "HEAD")
            return
        whom = question.token or question.remote
        self._under_way[whom] += 1
        crowded = self._under_way[whom] > self.limits.at_once
        try:
            await self.gate.passed(question.target)
            answer = self._safely(question, crowded=crowded)
            await asyncio.sleep(answer.delay)
            await _send(answer, send, with_body=question.method != "HEAD")
            if answer.reset:
                _reset(scope["state"]["transport"])
        finally:
            self._under_way[whom] -= 1

    def _safely(self, question: Question, *, crowded: bool) -> Answer:
        """Answer 500 where a hook or the simulator itself fails, and keep the failure for whoever runs it."""
        try:
            return self.answer(question, crowded=crowded)
        except Exception as failure:  # noqa: BLE001 - kept, and raised by `running` at its end
            self.failures.append(failure)
            return error(500, "Server Error")

    def answer(self, question: Question, *, crowded: bool = False) -> Answer:
        """Answer a question and log it; `crowded` means that its asker has too many under way."""
        for hook in tuple(self._hooks):
            hook(question)
        with self.world.lock:
            made, counted = self._judged(question, crowded=crowded)
            now = self.world.clock()
        made = self.pictures.rehomed(made)
        made = replace(made, headers={**made.headers, "date": formatdate(now, usegmt=True)})
        spoiled = self.faults.spoil(question.target, made, now)
        self.asks.append(
            Ask(
                method=question.method,
                target=question.target,
                accept=question.headers.get("accept", ""),
                authorized=question.token is not None,
                if_none_match=question.headers.get("if-none-match"),
                status=spoiled.status,
                counted=counted,
                remote=question.remote,
            )
        )
        return spoiled

    def _judged(self, question: Question, *, crowded: bool) -> tuple[Answer, bool]:
        """Answer, and tell whether that cost one of the hour's asks."""
        if not question.headers.get("user-agent"):
            return no_user_agent(), False
        if question.method == "OPTIONS":
            return Answer(204, headers=_ALWAYS | _PREFLIGHT), False
        try:
            viewer = self._viewer(question)
        except Refusal as refusal:
            return self._counted(question, refusal.answer, None)
        if crowded or self.meter.hurries(_whom(question, viewer), self.limits.points_a_minute, self.world.clock()):
            return self._dressed(question, secondary_limit(self.limits.status), viewer), False
        budget = self._budget(question, viewer)
        if question.path == "/rate_limit":
            return self._dressed(question, self._rates(question, budget), viewer), False
        if not budget.remaining:
            return self._dressed(question, primary_limit(self.limits.status, _whom(question, viewer)), viewer), False
        return self._counted(question, self._read(question, viewer), viewer)

    def _viewer(self, question: Question) -> User | None:
        if question.token is None:
            return None
        known = self.world.tokens.get(question.token)
        if known is None or self.world.users[known.user_id].deleted:
            raise bad_credentials()
        return self.world.users[known.user_id]

    def _read(self, question: Question, viewer: User | None) -> Answer:
        media = media_of(question.headers.get("accept", ""))
        version = question.headers.get("x-github-api-version", VERSIONS[0])
        try:
            if version not in VERSIONS:
                raise unknown_version(version)
            if question.method not in {"GET", "HEAD"}:
                raise not_found()
            answer = self._reads.answer(question, View(question.base, media, version), viewer)
        except Refusal as refusal:
            return refusal.answer
        return _conditional(question, _tagged(question, answer, media))

    def _counted(self, question: Question, answer: Answer, viewer: User | None) -> tuple[Answer, bool]:
        """Spend one ask, unless nothing is new and the asker has a token."""
        costs = answer.status != 304 or viewer is None  # noqa: PLR2004 - Not Modified
        if costs:
            self.meter.spend(_whom(question, viewer), self._limit(viewer), self.world.clock())
        return self._dressed(question, answer, viewer), costs

    def _limit(self, viewer: User | None) -> int:
        return self.limits.anonymous if viewer is None else self.limits.authenticated

    def _budget(self, question: Question, viewer: User | None) -> Budget:
        return self.meter.budget(_whom(question, viewer), self._limit(viewer), self.world.clock())

    def _rates(self, question: Question, budget: Budget) -> Answer:
        core = {name: getattr(budget, name) for name in ("limit", "used", "remaining", "reset")}
        resources = {
            "core": core,
            "search": {"limit": 10, "used": 0, "remaining": 10, "reset": int(self.world.clock()) + 60},
            "graphql": {"limit": 0, "used": 0, "remaining": 0, "reset": budget.reset},
        }
        older = question.headers.get("x-github-api-version") != NEWER
        rates = {"resources": resources, "rate": core} if older else {"resources": resources}
        return json_answer(200, rates, cache_control="no-cache")

    def _dressed(self, question: Question, answer: Answer, viewer: User | None) -> Answer:
        """Give an answer the headers that GitHub gives to all."""
        self._count += 1
        known = viewer is not None
        dress = {
            **_ALWAYS,
            "x-github-request-id": f"{self._count:04X}:1A2B3C:{self._count:06X}:4D5E6F:{int(self.world.clock()):08X}",
            "x-github-media-type": media_of(question.headers.get("accept", "")).name,
            "x-github-api-version-selected": question.headers.get("x-github-api-version", VERSIONS[0]),
            **self._budget(question, viewer).headers,
            **({"x-oauth-scopes": "public_repo", "x-accepted-oauth-scopes": "repo"} if known else {}),
        }
        return replace(answer, headers={**dress, **answer.headers})


def _whom(question: Question, viewer: User | None) -> str:
    """Whose budget is spent, in the words of GitHub's refusal."""
    return question.remote if viewer is None else f"user ID {viewer.id}"


def _tagged(question: Question, answer: Answer, media: Media) -> Answer:
    """Give an answer its weak ETag, which belongs to the address, the media type and the token."""
    identity = f"{question.target} {media.name} {question.token or ''}".encode()
    tag = sha256(identity + answer.body).hexdigest()
    private = question.token is not None
    vary = "Accept, Authorization, Cookie, X-GitHub-OTP, " if private else "Accept, "
    return answer.having(
        etag=f'W/"{tag}"',
        cache_control=f"{'private' if private else 'public'}, max-age=60, s-maxage=60",
        vary=f"{vary}Accept-Encoding, Accept, X-Requested-With",
    )


def _conditional(question: Question, answer: Answer) -> Answer:
    """Answer 304 to who has it already; an ETag is compared weakly, and wins over a date."""
    known = question.headers.get("if-none-match")
    since = question.headers.get("if-modified-since")
    if known is not None:
        tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
        same = answer.headers["etag"].removeprefix("W/") in tags or "*" in tags
    else:
        same = _not_later(answer.headers.get("last-modified"), since)
    if not same:
        return answer
    kept = {name: value for name, value in answer.headers.items() if name != "content-type"}
    return Answer(304, headers=kept)


def _not_later(modified: str | None, since: str | None) -> bool:
    if modified is None or since is None:
        return False
    try:
        return parsedate_to_datetime(modified) <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False


async def _send(answer: Answer, send: Send, *, with_body: bool) -> None:
    headers = [(name.encode(), value.encode("latin-1")) for name, value in answer.headers.items()]
    if answer.status not in {204, 304}:
        headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if answer.cut or answer.reset:
        # Returning without an end makes the server close the connection.
        await send({"type": "http.response.body", "body": answer.body[: len(answer.body) // 2], "more_body": True})
        return
    await send({"type": "http.response.body", "body": answer.body if with_body else b""})


def _reset(transport: asyncio.Transport) -> None:
    """Close a connection so that its peer is told by TCP RST: with nothing to linger for."""
    held = transport.get_extra_info("socket")
    held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()

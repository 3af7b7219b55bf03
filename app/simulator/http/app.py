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
from app.simulator.http.hold import RequestHold
from app.simulator.http.media_types import MediaType, parse_media_type
from app.simulator.http.objects import NEWER, OLDER, View
from app.simulator.http.rate_limits import Budget, Limits, RateLimiter
from app.simulator.http.request_log import IncomingRequest, LoggedRequest
from app.simulator.http.resources import Resources
from app.simulator.http.responses import (
    ResponseError,
    SimulatedResponse,
    bad_credentials,
    error,
    json_response,
    no_user_agent,
    not_found,
    primary_rate_limit,
    secondary_rate_limit,
    unknown_version,
)
from app.simulator.images import IMAGES_PATH, ImageHost
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

    `base_url` overrides the address in objects and links (else the one that was asked); `cursors` makes the list of
    issues go by `after`. `asks` is the log, `faults` and `gate` are for tests,
    `failures` what went wrong unintentionally. Another method than GET, HEAD
    and OPTIONS is a 404.
    """

    def __init__(
        self, world: World, *, base_url: str | None = None, limits: Limits | None = None, cursors: bool = False
    ) -> None:
        self.world = world
        self.limits = limits or Limits()
        self.rate_limiter = RateLimiter()
        self.requests: list[LoggedRequest] = []
        self.faults = Faults()
        self.hold = RequestHold()
        self.images = ImageHost()
        self.internal_errors: list[Exception] = []
        self._base_url = base_url
        self._hooks: list[Callable[[IncomingRequest], object]] = []
        self._resources = Resources(world, cursors=cursors)
        self._under_way: Counter[str] = Counter()
        self._count = 0

    def on_request(self, hook: Callable[[IncomingRequest], object]) -> Callable[[], None]:
        """Call something before each answer is made, in the server's thread; the result stops that."""
        self._hooks.append(hook)
        return lambda: self._hooks.remove(hook)

    def exhaust_rate_limit(self, *, login: str | None = None, client_ip: str = "127.0.0.1") -> int:
        """Use up the hour of a user or an address; gives the time of the reset."""
        whom = client_ip if login is None else f"user ID {self.world.user(login).id}"
        limit = self.limits.anonymous if login is None else self.limits.authenticated
        return self.rate_limiter.exhaust(whom, limit, self.world.clock()).reset

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ask."""
        request = IncomingRequest.of(Request(scope, receive), self._base_url)
        if request.path.startswith(IMAGES_PATH):
            await _send(self.images.respond(request.path), send, with_body=request.method != "HEAD")
            return
        whom = request.token or request.client_ip
        self._under_way[whom] += 1
        crowded = self._under_way[whom] > self.limits.concurrent_requests
        try:
            await self.hold.wait_until_released(request.target)
            answer = self._safely(request, crowded=crowded)
            await asyncio.sleep(answer.delay)
            await _send(answer, send, with_body=request.method != "HEAD")
            if answer.reset:
                _reset(scope["state"]["transport"])
        finally:
            self._under_way[whom] -= 1

    def _safely(self, request: IncomingRequest, *, crowded: bool) -> SimulatedResponse:
        """Answer 500 where a hook or the simulator itself fails, and keep the failure for whoever runs it."""
        try:
            return self.respond(request, crowded=crowded)
        except Exception as failure:  # noqa: BLE001 - kept, and raised by `run_simulator` at its end
            self.internal_errors.append(failure)
            return error(500, "Server Error")

    def respond(self, request: IncomingRequest, *, crowded: bool = False) -> SimulatedResponse:
        """Answer a question and log it; `crowded` means that its asker has too many under way."""
        for hook in tuple(self._hooks):
            hook(request)
        with self.world.lock:
            made, charged = self._judged(request, crowded=crowded)
            now = self.world.clock()
        made = self.images.rewrite_image_urls(made)
        made = replace(made, headers={**made.headers, "date": formatdate(now, usegmt=True)})
        spoiled = self.faults.apply(request.target, made, now)
        self.requests.append(
            LoggedRequest(
                method=request.method,
                target=request.target,
                accept=request.headers.get("accept", ""),
                authenticated=request.token is not None,
                if_none_match=request.headers.get("if-none-match"),
                status=spoiled.status,
                charged=charged,
                client_ip=request.client_ip,
            )
        )
        return spoiled

    def _judged(self, request: IncomingRequest, *, crowded: bool) -> tuple[SimulatedResponse, bool]:
        """Answer, and tell whether that cost one of the hour's asks."""
        if not request.headers.get("user-agent"):
            return no_user_agent(), False
        if request.method == "OPTIONS":
            return SimulatedResponse(204, headers=_ALWAYS | _PREFLIGHT), False
        try:
            viewer = self._viewer(request)
        except ResponseError as refusal:
            return self._counted(request, refusal.answer, None)
        if crowded or self.rate_limiter.is_too_fast(
            _whom(request, viewer), self.limits.points_per_minute, self.world.clock()
        ):
            return self._dressed(request, secondary_rate_limit(self.limits.status), viewer), False
        budget = self._budget(request, viewer)
        if request.path == "/rate_limit":
            return self._dressed(request, self._rates(request, budget), viewer), False
        if not budget.remaining:
            return self._dressed(request, primary_rate_limit(self.limits.status, _whom(request, viewer)), viewer), False
        return self._counted(request, self._read(request, viewer), viewer)

    def _viewer(self, request: IncomingRequest) -> User | None:
        if request.token is None:
            return None
        known = self.world.tokens.get(request.token)
        if known is None or self.world.users[known.user_id].deleted:
            raise bad_credentials()
        return self.world.users[known.user_id]

    def _read(self, request: IncomingRequest, viewer: User | None) -> SimulatedResponse:
        media = parse_media_type(request.headers.get("accept", ""))
        version = request.headers.get("x-github-api-version", VERSIONS[0])
        try:
            if version not in VERSIONS:
                raise unknown_version(version)
            if request.method not in {"GET", "HEAD"}:
                raise not_found()
            answer = self._resources.respond(request, View(request.base_url, media, version), viewer)
        except ResponseError as refusal:
            return refusal.answer
        return _conditional(request, _tagged(request, answer, media))

    def _counted(
        self, request: IncomingRequest, answer: SimulatedResponse, viewer: User | None
    ) -> tuple[SimulatedResponse, bool]:
        """Spend one ask, unless nothing is new and the asker has a token."""
        costs = answer.status != 304 or viewer is None  # noqa: PLR2004 - Not Modified
        if costs:
            self.rate_limiter.charge(_whom(request, viewer), self._limit(viewer), self.world.clock())
        return self._dressed(request, answer, viewer), costs

    def _limit(self, viewer: User | None) -> int:
        return self.limits.anonymous if viewer is None else self.limits.authenticated

    def _budget(self, request: IncomingRequest, viewer: User | None) -> Budget:
        return self.rate_limiter.budget(_whom(request, viewer), self._limit(viewer), self.world.clock())

    def _rates(self, request: IncomingRequest, budget: Budget) -> SimulatedResponse:
        core = {name: getattr(budget, name) for name in ("limit", "used", "remaining", "reset")}
        resources = {
            "core": core,
            "search": {"limit": 10, "used": 0, "remaining": 10, "reset": int(self.world.clock()) + 60},
            "graphql": {"limit": 0, "used": 0, "remaining": 0, "reset": budget.reset},
        }
        older = request.headers.get("x-github-api-version") != NEWER
        rates = {"resources": resources, "rate": core} if older else {"resources": resources}
        return json_response(200, rates, cache_control="no-cache")

    def _dressed(self, request: IncomingRequest, answer: SimulatedResponse, viewer: User | None) -> SimulatedResponse:
        """Give an answer the headers that GitHub gives to all."""
        self._count += 1
        known = viewer is not None
        dress = {
            **_ALWAYS,
            "x-github-request-id": f"{self._count:04X}:1A2B3C:{self._count:06X}:4D5E6F:{int(self.world.clock()):08X}",
            "x-github-media-type": parse_media_type(request.headers.get("accept", "")).name,
            "x-github-api-version-selected": request.headers.get("x-github-api-version", VERSIONS[0]),
            **self._budget(request, viewer).headers,
            **({"x-oauth-scopes": "public_repo", "x-accepted-oauth-scopes": "repo"} if known else {}),
        }
        return replace(answer, headers={**dress, **answer.headers})


def _whom(request: IncomingRequest, viewer: User | None) -> str:
    """Whose budget is spent, in the words of GitHub's refusal."""
    return request.client_ip if viewer is None else f"user ID {viewer.id}"


def _tagged(request: IncomingRequest, answer: SimulatedResponse, media: MediaType) -> SimulatedResponse:
    """Give an answer its weak ETag, which belongs to the address, the media type and the token."""
    identity = f"{request.target} {media.name} {request.token or ''}".encode()
    tag = sha256(identity + answer.body).hexdigest()
    private = request.token is not None
    vary = "Accept, Authorization, Cookie, X-GitHub-OTP, " if private else "Accept, "
    return answer.with_headers(
        etag=f'W/"{tag}"',
        cache_control=f"{'private' if private else 'public'}, max-age=60, s-maxage=60",
        vary=f"{vary}Accept-Encoding, Accept, X-Requested-With",
    )


def _conditional(request: IncomingRequest, answer: SimulatedResponse) -> SimulatedResponse:
    """Answer 304 to who has it already; an ETag is compared weakly, and wins over a date."""
    known = request.headers.get("if-none-match")
    since = request.headers.get("if-modified-since")
    if known is not None:
        tags = {tag.strip().removeprefix("W/") for tag in known.split(",")}
        same = answer.headers["etag"].removeprefix("W/") in tags or "*" in tags
    else:
        same = _not_later(answer.headers.get("last-modified"), since)
    if not same:
        return answer
    kept = {name: value for name, value in answer.headers.items() if name != "content-type"}
    return SimulatedResponse(304, headers=kept)


def _not_later(modified: str | None, since: str | None) -> bool:
    if modified is None or since is None:
        return False
    try:
        return parsedate_to_datetime(modified) <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False


async def _send(answer: SimulatedResponse, send: Send, *, with_body: bool) -> None:
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

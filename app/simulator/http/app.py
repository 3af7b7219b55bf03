"""GitHub's REST API over HTTP: an ASGI application over a world.

A request is checked in GitHub's order: user agent, token, rate limits, resource. Faults are applied last, to the
correct response.
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

from app.simulator.http import responses
from app.simulator.http.archives import CODELOAD_PATH
from app.simulator.http.faults import Faults
from app.simulator.http.hold import RequestHold
from app.simulator.http.images import IMAGES_PATH, ImageHost
from app.simulator.http.rate_limits import Budget, Limits, RateLimiter
from app.simulator.http.request_log import IncomingRequest, LoggedRequest
from app.simulator.http.resources import Resources
from app.simulator.http.responses import SimulatedResponse, StatusError
from app.simulator.world.media_types import MediaType, parse_media_type
from app.simulator.world.objects import NEWER, OLDER, View
from app.simulator.world.records import User
from app.simulator.world.world import World

API_VERSIONS = (OLDER, NEWER)
"""The supported API versions; the first is the default."""

_COMMON_HEADERS = {
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
_PREFLIGHT_HEADERS = {
    "access-control-allow-headers": (
        "Authorization, Content-Type, If-Match, If-Modified-Since, If-None-Match, If-Unmodified-Since,"
        " Accept-Encoding, X-GitHub-OTP, X-Requested-With, User-Agent, GraphQL-Features, X-GitHub-Api-Version"
    ),
    "access-control-allow-methods": "GET, POST, PATCH, PUT, DELETE",
    "access-control-max-age": "86400",
}


class Simulator:
    """The application: it responds like GitHub, logs every request and applies the faults of a test.

    `base_url` overrides the address in objects and links, which is by default the one that the client used. With
    `cursors` the list of issues is paged by `after`. `requests` is the log, `internal_errors` are errors of the
    simulator or of a callback. Methods other than GET, HEAD and OPTIONS get 404.
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
        self._callbacks: list[Callable[[IncomingRequest], object]] = []
        self._resources = Resources(world, cursors=cursors)
        self._in_progress: Counter[str] = Counter()
        self._response_count = 0

    def on_request(self, callback: Callable[[IncomingRequest], object]) -> Callable[[], None]:
        """Call `callback` before each response, in the server's thread; return a function that ends this."""
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    def exhaust_rate_limit(self, *, login: str | None = None, client_ip: str = "127.0.0.1") -> int:
        """Use up the hourly limit of a user or an IP address; return its reset in seconds since the epoch."""
        user = None if login is None else self.world.user(login)
        return self.rate_limiter.exhaust(_client(client_ip, user), self._limit(user), self.world.clock()).reset

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        request = IncomingRequest.of(Request(scope, receive), self._base_url)
        with_body = request.method != "HEAD"
        if request.path.startswith(IMAGES_PATH):
            await _send(self.images.respond(request.path), send, with_body=with_body)
            return
        client = request.token or request.client_ip
        self._in_progress[client] += 1
        too_many = self._in_progress[client] > self.limits.concurrent_requests
        try:
            await self.hold.wait_until_released(request.target)
            response = self._respond_or_fail(request, too_many=too_many)
            await asyncio.sleep(response.delay)
            await _send(response, send, with_body=with_body)
            if response.reset:
                _reset(scope["state"]["transport"])
        finally:
            self._in_progress[client] -= 1

    def _respond_or_fail(self, request: IncomingRequest, *, too_many: bool) -> SimulatedResponse:
        """Return the response; after an internal error store the error and return 500."""
        try:
            return self.respond(request, too_many=too_many)
        except Exception as error:  # noqa: BLE001 - stored, and raised when `run_simulator` ends
            self.internal_errors.append(error)
            return responses.error_response(500, "Server Error")

    def respond(self, request: IncomingRequest, *, too_many: bool = False) -> SimulatedResponse:
        """Return the response to a request, and log both.

        `too_many` tells that the client exceeds the limit of concurrent requests.
        """
        for callback in tuple(self._callbacks):
            callback(request)
        with self.world.lock:
            response, counts_against_limit = self._correct_response(request, too_many=too_many)
            now = self.world.clock()
        response = self.images.rewrite_image_urls(response)
        response = replace(response, headers={**response.headers, "date": formatdate(now, usegmt=True)})
        response = self.faults.apply(request.target, response, now)
        logged_request = LoggedRequest(
            method=request.method,
            target=request.target,
            accept=request.headers.get("accept", ""),
            authenticated=request.token is not None,
            if_none_match=request.headers.get("if-none-match"),
            status=response.status,
            counts_against_limit=counts_against_limit,
            client_ip=request.client_ip,
        )
        self.requests.append(logged_request)
        return response

    def _correct_response(self, request: IncomingRequest, *, too_many: bool) -> tuple[SimulatedResponse, bool]:
        """Return the response before faults, and whether the request counts against the rate limit."""
        if request.path.startswith(CODELOAD_PATH):
            return self._resources.archives.download(request), False
        if not request.headers.get("user-agent"):
            return responses.missing_user_agent(), False
        if request.method == "OPTIONS":
            return SimulatedResponse(204, headers=_COMMON_HEADERS | _PREFLIGHT_HEADERS), False
        try:
            viewer = self._viewer(request)
        except StatusError as error:
            return self._charge(request, error.response, None)
        client, now = _client(request.client_ip, viewer), self.world.clock()
        if too_many or self.rate_limiter.is_too_fast(client, self.limits.points_per_minute, now):
            return self._complete(request, responses.secondary_rate_limit(self.limits.status), viewer), False
        budget = self._budget(request, viewer)
        if request.path == "/rate_limit":
            return self._complete(request, self._rate_limit_status(request, budget), viewer), False
        if not budget.remaining:
            return self._complete(request, responses.primary_rate_limit(self.limits.status, client), viewer), False
        return self._charge(request, self._resource_response(request, viewer), viewer)

    def _viewer(self, request: IncomingRequest) -> User | None:
        """Return the user of the token, None without a token; raise 401 for an unknown token."""
        if request.token is None:
            return None
        user = self.world.users.get(self.world.tokens.get(request.token, 0))
        if user is None or user.deleted:
            raise responses.bad_credentials()
        return user

    def _resource_response(self, request: IncomingRequest, viewer: User | None) -> SimulatedResponse:
        media_type = parse_media_type(request.headers.get("accept", ""))
        version = request.headers.get("x-github-api-version", API_VERSIONS[0])
        try:
            if version not in API_VERSIONS:
                raise responses.unsupported_version(version)
            if request.method not in {"GET", "HEAD"}:
                raise responses.not_found()
            response = self._resources.respond(request, View(request.base_url, media_type, version), viewer)
        except StatusError as error:
            return error.response
        return _or_not_modified(request, _with_etag(request, response, media_type))

    def _charge(
        self, request: IncomingRequest, response: SimulatedResponse, viewer: User | None
    ) -> tuple[SimulatedResponse, bool]:
        """Charge the budget with a request. A 304 is free for a client with a token."""
        counts_against_limit = response.status != 304 or viewer is None  # noqa: PLR2004 - Not Modified
        if counts_against_limit:
            self.rate_limiter.charge(_client(request.client_ip, viewer), self._limit(viewer), self.world.clock())
        return self._complete(request, response, viewer), counts_against_limit

    def _limit(self, viewer: User | None) -> int:
        return self.limits.anonymous if viewer is None else self.limits.authenticated

    def _budget(self, request: IncomingRequest, viewer: User | None) -> Budget:
        return self.rate_limiter.budget(_client(request.client_ip, viewer), self._limit(viewer), self.world.clock())

    def _rate_limit_status(self, request: IncomingRequest, budget: Budget) -> SimulatedResponse:
        """Return the response of `/rate_limit`."""
        core = {name: getattr(budget, name) for name in ("limit", "used", "remaining", "reset")}
        search = {"limit": 10, "used": 0, "remaining": 10, "reset": int(self.world.clock()) + 60}
        graphql = {"limit": 0, "used": 0, "remaining": 0, "reset": budget.reset}
        rates: dict[str, object] = {"resources": {"core": core, "search": search, "graphql": graphql}}
        if request.headers.get("x-github-api-version") != NEWER:
            rates["rate"] = core
        return responses.json_response(200, rates, cache_control="no-cache")

    def _complete(
        self, request: IncomingRequest, response: SimulatedResponse, viewer: User | None
    ) -> SimulatedResponse:
        """Add the headers that GitHub sends with every response."""
        self._response_count += 1
        count, now = self._response_count, int(self.world.clock())
        headers = {
            **_COMMON_HEADERS,
            "x-github-request-id": f"{count:04X}:1A2B3C:{count:06X}:4D5E6F:{now:08X}",
            "x-github-media-type": parse_media_type(request.headers.get("accept", "")).name,
            "x-github-api-version-selected": request.headers.get("x-github-api-version", API_VERSIONS[0]),
            **self._budget(request, viewer).headers,
        }
        if viewer is not None:
            headers |= {"x-oauth-scopes": "public_repo", "x-accepted-oauth-scopes": "repo"}
        return replace(response, headers={**headers, **response.headers})


def _client(ip: str, user: User | None) -> str:
    """Return the client that a budget belongs to, in the words of GitHub's error message."""
    return ip if user is None else f"user ID {user.id}"


def _with_etag(request: IncomingRequest, response: SimulatedResponse, media_type: MediaType) -> SimulatedResponse:
    """Add the weak ETag, which depends on the target, the media type and the token, and the caching headers."""
    identity = f"{request.target} {media_type.name} {request.token or ''}".encode()
    private = request.token is not None
    vary = "Accept, Authorization, Cookie, X-GitHub-OTP, " if private else "Accept, "
    return response.with_headers(
        etag=f'W/"{sha256(identity + response.body).hexdigest()}"',
        cache_control=f"{'private' if private else 'public'}, max-age=60, s-maxage=60",
        vary=f"{vary}Accept-Encoding, Accept, X-Requested-With",
    )


def _or_not_modified(request: IncomingRequest, response: SimulatedResponse) -> SimulatedResponse:
    """Return 304 if the client has the representation. ETags compare weakly and precede dates (RFC 9110, 13.1)."""
    if_none_match = request.headers.get("if-none-match")
    if if_none_match is not None:
        etags = {etag.strip().removeprefix("W/") for etag in if_none_match.split(",")}
        is_current = response.headers["etag"].removeprefix("W/") in etags or "*" in etags
    else:
        is_current = _is_not_later(response.headers.get("last-modified"), request.headers.get("if-modified-since"))
    if not is_current:
        return response
    headers = {name: value for name, value in response.headers.items() if name != "content-type"}
    return SimulatedResponse(304, headers=headers)


def _is_not_later(last_modified: str | None, if_modified_since: str | None) -> bool:
    if last_modified is None or if_modified_since is None:
        return False
    try:
        return parsedate_to_datetime(last_modified) <= parsedate_to_datetime(if_modified_since)
    except (TypeError, ValueError):
        return False


async def _send(response: SimulatedResponse, send: Send, *, with_body: bool) -> None:
    headers = [(name.encode(), value.encode("latin-1")) for name, value in response.headers.items()]
    if response.status not in {204, 304}:
        headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    if response.close or response.reset:
        # The server closes the connection of an application that returns before the end of its body.
        half = response.body[: len(response.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        return
    await send({"type": "http.response.body", "body": response.body if with_body else b""})


def _reset(transport: asyncio.Transport) -> None:
    """Close a connection with TCP RST, by a linger time of zero."""
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()

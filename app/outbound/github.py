"""Send requests to GitHub over HTTP; `app.github` deciphers the responses.

Only GETs are sent, so a request without a usable response is safe to retry: no connection, a time-out, an incomplete
body, a 5xx. A refusal by GitHub is not retried. After a limit no request of any caller leaves until the limit has
passed: GitHub bans clients that continue.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum

from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt
from typing_extensions import override

from app.domain.errors import GitHubError, InvalidRedirect, InvalidResponse, InvalidSetting, RateLimited, Unreachable
from app.domain.times import is_ahead
from app.github import requests
from app.github.rate_limits import LONGEST_WAIT, RateLimit, parse_rate_limit
from app.github.requests import Request
from app.github.responses import Redirect, Response, decipher_response, single_line
from app.outbound.http import HttpClient, HttpResponse
from app.ports.clock import Clock
from app.ports.github import Admission, GitHub

MAX_ATTEMPTS = 3
FIRST_BACKOFF = 1.0
"""Seconds; the delay before a retry is a random part of this, doubled for each further attempt ("full jitter")."""
MAX_REDIRECTS = 5
TIMEOUT = 30.0
"""Seconds for one request with its redirects, retries and delays, once it has a free slot."""
_TOKEN = re.compile(r"[!-~]+")
_LONGEST_ADDED_WAIT = 60.0
_SHORTEST_MASKED_TOKEN = 16
"""A text with this many characters of a token can only have them from our request; GitHub's have 40 or more."""
_OK = 200


class ExchangeOutcome(StrEnum):
    """How one exchange with GitHub ended; the values are metric labels."""

    OK = "answered"
    UNCHANGED = "unchanged"
    REDIRECTED = "redirected"
    RATE_LIMITED = "limited"
    REJECTED = "refused"
    INVALID = "broken"
    UNREACHABLE = "unreachable"


OnExchange = Callable[[Request, ExchangeOutcome], None]


class HttpGitHub(GitHub):
    """The port `GitHub` over HTTP.

    `api` is the base URL of GitHub's API without a trailing slash; nothing is sent to another host. `random` returns
    numbers from 0 up to 1. At most `in_flight` requests run at a time. `on_exchange` is called after each exchange.

    `send` raises `Unreachable` and `InvalidResponse` after three attempts, other errors at once. It raises
    `RateLimited` without an exchange while a limit lasts, and `InvalidRedirect` for a URL on another host.
    """

    def __init__(
        self,
        api: str,
        token: str | None,
        clock: Clock,
        random: Callable[[], float],
        *,
        in_flight: int = 4,
        timeout: float = TIMEOUT,
        on_exchange: OnExchange = lambda _request, _outcome: None,
    ) -> None:
        self._api = api
        self._token = valid_token(token)
        self._clock = clock
        self._random = random
        self._timeout = timeout
        self._on_exchange = on_exchange
        self._http = HttpClient(api, connections=in_flight)
        self._slots = asyncio.Semaphore(in_flight)
        self._rate_limit: RateLimit | None = None
        self._block: RateLimited | None = None
        """The limit that lasts longest."""
        self._limits_in_a_row = 0
        """Limits without a response between."""
        self._request_count = 0

    def __repr__(self) -> str:
        return f"<HttpGitHub {self._api} {'with a' if self._token else 'without'} token>"

    @property
    @override
    def rate_limit(self) -> RateLimit | None:
        return self._rate_limit

    @property
    @override
    def request_count(self) -> int:
        return self._request_count

    @property
    def blocked_until(self) -> float | None:
        """Return until when no request may leave, epoch seconds by our clock; None if requests may leave."""
        block = self._active_block()
        return None if block is None else block.until

    @override
    def validator_key(self, request: Request) -> str:
        return requests.validator_key(request, self._token)

    @override
    async def send(self, request: Request, *, etag: str | None = None, admission: Admission | None = None) -> Response:
        if not requests.same_host(request.url, self._api):
            raise InvalidRedirect(request.path, single_line(request.url))
        async with self._slots:
            try:
                async with asyncio.timeout(self._timeout):
                    return await self._retrying()(self._send_following_redirects, request, etag, admission)
            except TimeoutError:
                self._on_exchange(request, ExchangeOutcome.UNREACHABLE)
                raise Unreachable(request.path, f"no complete response within {self._timeout:g} s") from None

    async def aclose(self) -> None:
        """Close all connections; no request may follow."""
        await self._http.aclose()

    def _retrying(self) -> AsyncRetrying:
        return AsyncRetrying(
            retry=retry_if_exception_type((Unreachable, InvalidResponse)),
            stop=stop_after_attempt(MAX_ATTEMPTS),
            wait=lambda state: self._random() * FIRST_BACKOFF * 2.0 ** (state.attempt_number - 1),
            sleep=self._clock.sleep,
            reraise=True,
        )

    async def _send_following_redirects(
        self, request: Request, etag: str | None, admission: Admission | None
    ) -> Response:
        """Return the response after all redirects, which stay on the API's host."""
        visited_urls: set[str] = set()
        url = request.url
        while url not in visited_urls and len(visited_urls) <= MAX_REDIRECTS:
            visited_urls.add(url)
            result = await self._send_once(replace(request, url=url), etag, admission)
            if isinstance(result, Response):
                return result
            url = result.url
        raise InvalidRedirect(request.path, single_line(url))

    async def _send_once(self, request: Request, etag: str | None, admission: Admission | None) -> Response | Redirect:
        """Return the result of one exchange; count it, and store the limit that it met."""
        block = self._active_block()
        if block is not None:
            raise RateLimited(request.path, until=block.until, kind=block.kind)
        if admission is not None:
            await admission()
        limits_before = self._limits_in_a_row
        self._request_count += 1
        try:
            result = await self._exchange(request, etag, limits_before)
        except GitHubError as error:
            if isinstance(error, RateLimited):
                self._meet_limit(error, limits_before)
            self._on_exchange(request, _outcome(error))
            raise
        if self._limits_in_a_row == limits_before:  # else a limit came since, and this response is older than it
            self._limits_in_a_row = 0
        rate_limit = result.rate_limit if isinstance(result, Response) else None
        if rate_limit is not None and rate_limit.remaining == 0:  # GitHub would refuse the next request
            self._block_for(RateLimited(request.path, until=rate_limit.reset, kind="primary"))
        self._on_exchange(request, _outcome(result))
        return result

    def _meet_limit(self, limit: RateLimited, limits_before: int) -> None:
        # requests that were in flight together met one limit, not several
        self._limits_in_a_row = max(self._limits_in_a_row, limits_before + 1)
        self._rate_limit = None  # `until` counts now; the next response says what remains then
        # if GitHub repeatedly names a wait that is too short, the wait grows nevertheless
        limit.until = max(limit.until, self._clock.now() + min(2.0**limits_before, _LONGEST_ADDED_WAIT))
        self._block_for(limit)

    async def _exchange(self, request: Request, etag: str | None, limits_before: int) -> Response | Redirect:
        headers = requests.headers(request, api=self._api, token=self._token, etag=etag)
        response = mask_token(await self._http.get(request, headers), self._token)
        now = self._clock.now()
        self._rate_limit = parse_rate_limit(response.headers, now=now) or self._rate_limit
        sent_etag = headers.get("If-None-Match")
        return decipher_response(request, *response, now=now, sent_etag=sent_etag, attempt=limits_before)

    def _block_for(self, limit: RateLimited) -> None:
        block = self._active_block()
        if block is None or limit.until > block.until:
            self._block = limit

    def _active_block(self) -> RateLimited | None:
        block = self._block
        is_active = block is not None and is_ahead(block.until, now=self._clock.now(), at_most=LONGEST_WAIT)
        return block if is_active else None


def _outcome(result: Response | Redirect | GitHubError) -> ExchangeOutcome:
    outcomes: Mapping[type, ExchangeOutcome] = {
        Redirect: ExchangeOutcome.REDIRECTED,
        Unreachable: ExchangeOutcome.UNREACHABLE,
        InvalidResponse: ExchangeOutcome.INVALID,
        RateLimited: ExchangeOutcome.RATE_LIMITED,
    }
    if isinstance(result, Response):
        return ExchangeOutcome.UNCHANGED if result.unchanged else ExchangeOutcome.OK
    return outcomes.get(type(result), ExchangeOutcome.REJECTED)


def mask_token(response: HttpResponse, token: str | None) -> HttpResponse:
    """Return the response without the token: a proxy's error may repeat the request, and errors are logged."""
    if not token or len(token) < _SHORTEST_MASKED_TOKEN:
        return response
    headers = {name: value.replace(token, "***") for name, value in response.headers.items()}
    body = response.body if response.status == _OK else response.body.replace(token.encode(), b"***")
    return HttpResponse(response.status, headers, body)


def valid_token(token: str | None) -> str | None:
    """Return the token if it is valid in a header; the HTTP library's error for an invalid one would repeat it."""
    if token and _TOKEN.fullmatch(token) is None:
        raise InvalidSetting(
            "AFTERWORD_GITHUB_TOKEN", "it holds a space, a line end or a letter that no token has. Copy it again."
        )
    return token or None

"""Sends asks to GitHub and brings the answers; what an answer means is `app.github`'s to say.

Only GETs are sent, so whatever got lost on the way may be repeated: no connection, a time-out, a cut body, a 5xx. What
GitHub refused is not. After a limit nothing leaves until it has passed, whoever asks: GitHub bans clients that go on.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt

from app.domain.errors import GitHubError, InvalidRedirect, InvalidResponse, InvalidSetting, RateLimited, Unreachable
from app.github import rate_limits, requests, responses
from app.github.requests import Request
from app.github.responses import RateLimit, Redirect, Response, plain
from app.outbound.http import Exchange, Http
from app.ports.mirror import Admission, Clock

TRIES = 3
FIRST_BACKOFF = 1.0
"""Seconds; doubled for each further try, of which a random part is waited ("full jitter")."""
MOST_REDIRECTS = 5
PATIENCE = 30.0
"""Seconds that one ask may take with its redirects, retries and waits, once a slot is free for it."""
_TOKEN = re.compile(r"[!-~]+")
_LONGEST_OWN_WAIT = 60.0
_TELLING_TOKEN = 16
"""Characters from which on a text that holds the token can only have it from us; GitHub's have 40 and more."""
_OK = 200


class Outcome(StrEnum):
    """How one exchange with GitHub ended, for counting."""

    ANSWERED = "answered"
    UNCHANGED = "unchanged"
    REDIRECTED = "redirected"
    LIMITED = "limited"
    REFUSED = "refused"
    BROKEN = "broken"
    UNREACHABLE = "unreachable"


Observer = Callable[[Request, Outcome], None]


class HttpGitHub:
    """The port `GitHub` over HTTP.

    `api` is the base of GitHub's API without a trailing slash; nothing leaves for another host. `chance` gives numbers
    from 0 up to 1. `in_flight` asks may be under way at once. `observe` is told of every exchange when it has ended.
    """

    def __init__(
        self,
        api: str,
        token: str | None,
        clock: Clock,
        chance: Callable[[], float],
        *,
        in_flight: int = 4,
        patience: float = PATIENCE,
        observe: Observer | None = None,
    ) -> None:
        self._api = api
        self._token = _sendable(token)
        self._clock = clock
        self._chance = chance
        self._patience = patience
        self._observe = observe
        self._http = Http(api, connections=in_flight)
        self._slots = asyncio.Semaphore(in_flight)
        self._rate_limit: RateLimit | None = None
        self._limit: RateLimited | None = None
        self._limits_met = 0
        """Limits met one after the other, without an answer between."""
        self.request_count = 0
        """Exchanges that left, retries and redirects among them."""

    def __repr__(self) -> str:
        return f"<HttpGitHub {self._api} {'with a' if self._token else 'without'} token>"

    @property
    def rate_limit(self) -> RateLimit | None:
        """What is left of the hour by the last answer, with `reset` by our clock; None where nothing is known."""
        return self._rate_limit

    @property
    def limited_until(self) -> float | None:
        """Until when nothing leaves, epoch seconds by our clock; None where asks may leave."""
        if self._limit is None:
            return None
        # a wait longer than any limit means that our clock was set back meanwhile
        lasts = 0 < self._limit.until - self._clock.now() <= rate_limits.LONGEST_WAIT
        return self._limit.until if lasts else None

    def validator_key(self, ask: Request) -> str:
        """What the ETag of an ask belongs to: URL, Accept and token, as one digest."""
        return requests.validator_key(ask, self._token)

    async def send(self, request: Request, *, etag: str | None = None, admit: Admission | None = None) -> Response:
        """The answer, `unchanged` where `etag` still holds; `admit` is called before every exchange that it takes.

        Raises a `GitHubError`: `Unreachable` and `InvalidResponse` after three tries, all others at once; `RateLimited`
        without asking while a limit lasts; `InvalidRedirect` without asking for a URL that is not on the API's host.
        """
        if not requests.same_host(ask.url, self._api):
            raise InvalidRedirect(ask.path, plain(ask.url))
        async with self._slots:
            try:
                async with asyncio.timeout(self._patience):
                    return await self._retrying()(self._followed, ask, etag, admit)
            except TimeoutError:
                self._tell(ask, Outcome.UNREACHABLE)
                raise Unreachable(ask.path, f"no whole answer within {self._patience:g} s") from None

    async def aclose(self) -> None:
        """Closes all connections; nothing may be asked afterwards."""
        await self._http.aclose()

    def _retrying(self) -> AsyncRetrying:
        return AsyncRetrying(
            retry=retry_if_exception_type((Unreachable, InvalidResponse)),
            stop=stop_after_attempt(TRIES),
            wait=self._backoff,
            sleep=self._clock.sleep,
            reraise=True,
        )

    def _backoff(self, state: RetryCallState) -> float:
        return self._chance() * FIRST_BACKOFF * 2.0 ** (state.attempt_number - 1)

    async def _followed(self, ask: Request, etag: str | None, admit: Admission | None) -> Response:
        """The answer at the end of all redirects, which stay on the API's host."""
        seen = {ask.url}
        present = ask
        while True:
            answer = await self._once(present, etag, admit)
            if isinstance(answer, Response):
                return answer
            if answer.url in seen or len(seen) > MOST_REDIRECTS:
                raise InvalidRedirect(ask.path, plain(answer.url))
            seen.add(answer.url)
            present = replace(ask, url=answer.url)

    async def _once(self, ask: Request, etag: str | None, admit: Admission | None) -> Response | Redirect:
        """One exchange: judged, counted, and its limits remembered."""
        self._obey(ask)
        if admit is not None:
            await admit()
        limits_met = self._limits_met
        self.request_count += 1
        try:
            answer = await self._exchange(ask, etag, limits_met)
        except RateLimited as limit:
            # asks that were in flight together met one limit, not several
            self._limits_met = max(self._limits_met, limits_met + 1)
            self._rate_limit = None  # `until` is what holds now; the next answer tells what is left then
            # a wait that is told too short again and again grows all the same
            limit.until = max(limit.until, self._clock.now() + min(2.0**limits_met, _LONGEST_OWN_WAIT))
            self._remember(limit)
            self._tell(ask, Outcome.LIMITED)
            raise
        except GitHubError as failure:
            self._tell(ask, _outcome(failure))
            raise
        if self._limits_met == limits_met:  # else a limit came meanwhile, of which this answer knows nothing
            self._limits_met = 0
        left = answer.rate_limit if isinstance(answer, Response) else None
        if left is not None and left.remaining == 0:  # the next ask would be refused
            self._remember(RateLimited(ask.path, until=left.reset, kind="primary"))
        self._tell(ask, _outcome(answer))
        return answer

    async def _exchange(self, ask: Request, etag: str | None, limits_met: int) -> Response | Redirect:
        headers = requests.headers(ask, api=self._api, token=self._token, etag=etag)
        exchange = self._masked(await self._http.get(ask, headers))
        now = self._clock.now()
        self._rate_limit = rate_limits.parse_rate_limit(exchange.headers, now=now) or self._rate_limit
        return responses.decipher_response(
            ask,
            exchange.status,
            exchange.headers,
            exchange.body,
            now=now,
            sent_etag=headers.get("If-None-Match"),
            attempt=limits_met,
        )

    def _masked(self, exchange: Exchange) -> Exchange:
        """The exchange without the token: a proxy's error may repeat what was sent, and errors are logged."""
        if not self._token or len(self._token) < _TELLING_TOKEN:
            return exchange
        headers = {name: value.replace(self._token, "***") for name, value in exchange.headers.items()}
        body = exchange.body if exchange.status == _OK else exchange.body.replace(self._token.encode(), b"***")
        return Exchange(exchange.status, headers, body)

    def _remember(self, limit: RateLimited) -> None:
        if self.limited_until is None or self._limit is None or limit.until > self._limit.until:
            self._limit = limit

    def _obey(self, ask: Request) -> None:
        until = self.limited_until
        if until is not None and self._limit is not None:
            raise RateLimited(ask.path, until=until, kind=self._limit.kind)

    def _tell(self, ask: Request, outcome: Outcome) -> None:
        if self._observe is not None:
            self._observe(ask, outcome)


def _outcome(result: Response | Redirect | GitHubError) -> Outcome:
    kinds: Mapping[type, Outcome] = {
        Redirect: Outcome.REDIRECTED,
        Unreachable: Outcome.UNREACHABLE,
        InvalidResponse: Outcome.BROKEN,
    }
    if isinstance(result, Response):
        return Outcome.UNCHANGED if result.unchanged else Outcome.ANSWERED
    return kinds.get(type(result), Outcome.REFUSED)


def _sendable(token: str | None) -> str | None:
    """The token, if it can stand in a header; what the HTTP library says otherwise would repeat it."""
    if token and _TOKEN.fullmatch(token) is None:
        raise InvalidSetting(
            "AFTERWORD_GITHUB_TOKEN", "it holds a space, a line end or a letter that no token has. Copy it anew."
        )
    return token or None

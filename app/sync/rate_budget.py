"""The rate budget: the one place that decides whether a request to GitHub may leave now.

All processes on one store share it, and it outlives them: GitHub's rate limit, its last demand for a pause, and,
without a token, the requests of the last sixty minutes. GitHub counts the sixty requests of an address from one reset
to the next. We count them over any sixty minutes: then they suffice whenever GitHub's hour begins.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from app.domain.errors import InvalidResponse, RateLimited, StoreError
from app.domain.priority import Priority
from app.domain.times import is_ahead
from app.github.rate_limits import RateLimit
from app.github.requests import RepositoryRequests, Request, next_page
from app.github.responses import Response
from app.ports.clock import Clock
from app.ports.github import PRIORITY, GitHub
from app.ports.metrics import Metrics, Wait
from app.ports.rate_state import LONGEST_BLOCK, Denial, RateLimitState, RateState, RecordedRequest, Usage

_log = logging.getLogger(__name__)
_HOUR = 3600.0
_COARSENESS = 0.01
"""The stored number of remaining requests is correct up to this share of the hour's limit."""
_RESET_TOLERANCE = 5.0
UNAUTHENTICATED = "unauthenticated"
"""The name under which stores record the requests without a token."""
_RESERVES: Mapping[Priority, tuple[float, int]] = {
    Priority.READ: (1 / 50, 10),
    Priority.DELIVERY: (1 / 50, 10),
    Priority.POLL: (1 / 20, 10),
    Priority.CHECK: (1 / 10, 24),
    Priority.BACKFILL: (1 / 10, 20),
    Priority.APPROVAL: (1 / 2, 20),
}
"""What a priority leaves of GitHub's hour to more urgent ones and to other users of the same token or address: (share
of the hour, and at least this many requests)."""
_READERS = frozenset({Priority.READ, Priority.DELIVERY, Priority.CHECK})


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `most` requests with one of the `priorities` (None: with any) leave in any sixty minutes."""

    priorities: frozenset[Priority] | None
    most: int

    def counts(self, request: RecordedRequest) -> bool:
        """Return True if the cap covers the request."""
        return self.priorities is None or request.priority in self.priorities


MOST = 48
"""Requests in any sixty minutes without a token. GitHub allows 60, and 50 are ours; two cover the time between the
admission of a request and GitHub's counting."""
_ALL = Cap(None, MOST)
CAPS: Mapping[Priority, tuple[Cap, ...]] = {
    Priority.READ: (_ALL, Cap(_READERS, 24)),
    Priority.DELIVERY: (_ALL, Cap(_READERS, 24)),
    Priority.POLL: (_ALL,),
    Priority.CHECK: (_ALL, Cap(_READERS, 16), Cap(frozenset({Priority.CHECK}), 8)),
    Priority.BACKFILL: (Cap(None, 40),),
    Priority.APPROVAL: (Cap(None, 40), Cap(frozenset({Priority.APPROVAL}), 12)),
}
"""Without a token. The poll needs eighteen requests an hour, and the other priorities leave it as many."""


def free_at(requests: Sequence[RecordedRequest], priority: Priority) -> float | None:
    """Return when the next request may leave, None for now; `requests` of the last hour, oldest first."""
    waits: list[float] = []
    for cap in CAPS[priority]:
        counted_requests = [request for request in requests if cap.counts(request)]
        if len(counted_requests) >= cap.most:
            waits.append(counted_requests[len(counted_requests) - cap.most].at + _HOUR)
    return max(waits, default=None)


def reserve(priority: Priority, limit: int) -> int:
    """Return how many requests of an hour's `limit` a priority leaves untouched."""
    share, least = _RESERVES[priority]
    return max(int(limit * share), least)


def denial(usage: Usage, priority: Priority, *, capped: bool, now: float) -> Denial | None:
    """Return why a request may not leave now, or None; `capped` is True without a token."""
    state = current_state(usage.state, now)
    if state.blocked_until is not None:
        return Denial(state.blocked_until, state.blocked_by or "secondary")
    if state.limit is not None and state.remaining is not None and state.reset is not None:
        is_short = state.remaining <= reserve(priority, state.limit)
        if is_short:
            return Denial(state.reset, "budget")
    until = free_at(usage.requests, priority) if capped else None
    return None if until is None else Denial(until, "budget")


@dataclass(frozen=True, slots=True)
class StoredPage:
    """A page whose contents are known: its ETag, and the next page, which a response without contents may leave out."""

    etag: str
    next_url: str | None


FindStoredPage = Callable[[Request], Awaitable[StoredPage | None]]


class RateBudget:
    """Sends requests that the hour allows for their priority.

    `api` is the base of GitHub's REST API. `token_id` names the token in the store without revealing it; None without
    a token.
    """

    def __init__(
        self, github: GitHub, rate_state: RateState, clock: Clock, metrics: Metrics, *, api: str, token_id: str | None
    ) -> None:
        self._github = github
        self._api = api
        self._metrics = metrics
        self._rate_state = rate_state
        self._clock = clock
        self._capped = token_id is None
        self._token_id = token_id or UNAUTHENTICATED
        self._last_shown = self._last_recorded = RateLimitState()

    @property
    def request_count(self) -> int:
        """Return the requests of this process since its start, as GitHub counts them."""
        return self._github.request_count

    @property
    def has_token(self) -> bool:
        """Return True if requests carry a token: then responses that say "unchanged" cost nothing."""
        return not self._capped

    def requests(self, full_name: str) -> RepositoryRequests:
        """Return the requests for a repository under its current name."""
        return RepositoryRequests(self._api, full_name)

    def validator_key(self, request: Request) -> str:
        """Return the key under which the ETag of a request is stored."""
        return self._github.validator_key(request)

    async def state(self) -> RateLimitState:
        """Return GitHub's rate limit as all processes know it, without what has expired."""
        return (await self._usage()).state

    async def affordable(self, priority: Priority) -> int | None:
        """Return how many requests may still leave for a priority; None if no bound is known."""
        usage = await self._usage()
        limit, remaining = usage.state.limit, usage.state.remaining
        bounds: list[int] = []
        if limit is not None and remaining is not None:
            bounds.append(remaining - reserve(priority, limit))
        if self._capped:
            bounds += [cap.most - sum(map(cap.counts, usage.requests)) for cap in CAPS[priority]]
        return max(0, min(bounds)) if bounds else None

    async def send(self, request: Request, priority: Priority, *, etag: str | None = None) -> Response:
        """Return the response.

        Raises what `GitHub.send` raises, and `RateLimited` of kind `budget` if the priority has to wait.
        """
        has_left = False

        async def admission() -> None:
            nonlocal has_left
            has_left = False  # a retry may be denied here: GitHub knows nothing of that
            await self._reserve(request, priority)
            has_left = True

        PRIORITY.set(priority)
        try:
            response = await self._github.send(request, etag=etag, admission=admission)
        except RateLimited as limit:
            if has_left:
                await self._record(limit)
            raise
        await self._record(None)
        return response

    async def pages(
        self, first: Request, priority: Priority, *, stored_page: FindStoredPage | None = None
    ) -> AsyncIterator[Response]:
        """Yield every page of a list from `first` on; raises what `send` raises.

        `stored_page` tells what is known of the page of a request; it is called once for each, before it is sent. The
        response is then `unchanged` if GitHub says so.

        An empty page is believed only when GitHub sends it twice. A next link that leads back to an earlier page raises
        `InvalidResponse`.
        """
        request, urls = first, {first.url}
        while True:
            known_page = None if stored_page is None else await stored_page(request)
            response = await self.send(request, priority, etag=None if known_page is None else known_page.etag)
            if response.unchanged and known_page is not None:
                response = replace(response, next_url=known_page.next_url)
            elif response.data == []:
                response = await self.send(request, priority)
            yield response
            if response.next_url is None:
                return
            if response.next_url in urls:
                raise InvalidResponse(request.path, "its next page is one that was read before")
            urls.add(response.next_url)
            request = next_page(request, response.next_url)

    async def _usage(self) -> Usage:
        now = self._clock.now()
        usage = await self._rate_state.usage(self._token_id, at=now)
        return replace(usage, state=_with_own_count(usage.state, self._github.rate_limit, now))

    async def _reserve(self, request: Request, priority: Priority) -> None:
        """Record that a request leaves, or raise `RateLimited`."""
        now = self._clock.now()
        own = self._github.rate_limit

        def decide(usage: Usage) -> Denial | None:
            usage = replace(usage, state=_with_own_count(usage.state, own, now))
            return denial(usage, priority, capped=self._capped, now=now)

        refusal = await self._rate_state.reserve(self._token_id, priority, at=now, decide=decide, keep=self._capped)
        if refusal is None:
            return
        if refusal.kind == "budget":
            self._metrics.waiting(Wait.BUDGET, refusal.until)
        raise RateLimited(request.path, until=refusal.until, kind=refusal.kind)

    async def _record(self, limit: RateLimited | None) -> None:
        """Store what GitHub just said for other processes and the next start; a failure loses no response."""
        rate_limit = self._github.rate_limit
        if rate_limit is None and limit is None:
            return
        state = RateLimitState()
        if rate_limit is not None:
            state = RateLimitState(rate_limit.limit, rate_limit.remaining, rate_limit.reset)
        if limit is not None:
            state = replace(state, blocked_until=limit.until, blocked_by=limit.kind)
        if state != self._last_shown:
            self._last_shown = state
            self._metrics.rate_limit(state)
        if not _is_news(state, self._last_recorded):
            return
        self._last_recorded = state
        try:
            await self._rate_state.record(self._token_id, state, at=self._clock.now())
        except StoreError as failure:
            self._last_recorded = RateLimitState()
            _log.warning("GitHub's rate limit could not be stored; the next response stores it: %s", failure)


def _is_news(state: RateLimitState, last_state: RateLimitState) -> bool:
    """Return True if other processes need to know a state: one request of thousands tells them nothing."""
    if state.remaining is None or last_state.remaining is None or state.limit is None:
        return state != last_state
    difference = last_state.remaining - state.remaining
    is_close = 0 <= difference <= state.limit * _COARSENESS and _is_same_hour(state.reset, last_state.reset)
    return not is_close or replace(state, remaining=last_state.remaining, reset=last_state.reset) != last_state


def _is_same_hour(reset: float | None, other: float | None) -> bool:
    """Return True for two readings of one reset: each is as exact as GitHub's `Date`, which has whole seconds."""
    return reset is not None and other is not None and abs(reset - other) <= _RESET_TOLERANCE


def _with_own_count(state: RateLimitState, own: RateLimit | None, now: float) -> RateLimitState:
    """Return the state with this process's own count: the smaller of the same hour, or its own if the store has none.

    Another limit than the stored one is ignored: GitHub counts a rejected token's requests by address.
    """
    state = current_state(state, now)
    if own is None:
        return state
    if state.remaining is None:
        return current_state(replace(state, limit=own.limit, remaining=own.remaining, reset=own.reset), now)
    if own.limit != state.limit or not _is_same_hour(state.reset, own.reset):
        return state
    return replace(state, remaining=min(state.remaining, own.remaining))


def current_state(state: RateLimitState, now: float) -> RateLimitState:
    """Return what of a state still holds; a block or an hour longer than any means that our clock was set back."""
    if not is_ahead(state.reset, now=now, at_most=LONGEST_BLOCK):
        state = replace(state, limit=None, remaining=None, reset=None)
    if not is_ahead(state.blocked_until, now=now, at_most=LONGEST_BLOCK):
        state = replace(state, blocked_until=None, blocked_by=None)
    return state

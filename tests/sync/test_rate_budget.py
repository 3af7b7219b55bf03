"""The rate budget: which requests may leave when the hour runs out."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from app.domain.errors import RateLimited, StoreUnusable
from app.domain.priority import Priority
from app.github.rate_limits import RateLimit
from app.github.requests import Request
from app.github.responses import Response
from app.ports.github import Admission
from app.ports.rate_state import RateLimitState, RecordedRequest
from app.store.memory import MemoryRateState
from app.sync.rate_budget import CAPS, MOST, RateBudget, free_at
from tests.fakes import FakeClock
from tests.sync.rate_budgets import REQUEST, TOKEN_ID, FakeGitHub, new_budget, requests_until_refusal


@pytest.mark.parametrize(
    ("limit", "priority", "reserve"),
    [
        (60, Priority.BACKFILL, 20),
        (60, Priority.CHECK, 24),
        (60, Priority.POLL, 10),
        (60, Priority.READ, 10),
        (60, Priority.DELIVERY, 10),
        (5000, Priority.BACKFILL, 500),
        (5000, Priority.READ, 100),
    ],
)
async def test_each_priority_leaves_a_reserve(limit: int, priority: Priority, reserve: int) -> None:
    clock = FakeClock()
    github = FakeGitHub(RateLimit(limit, reserve + 1, clock.now() + 600))
    budget = new_budget(github, clock)
    assert (await budget.send(REQUEST, priority)).url == REQUEST.url
    github.next_limit = RateLimit(limit, reserve, clock.now() + 600)
    await budget.send(REQUEST, priority)  # its response tells the budget
    with pytest.raises(RateLimited) as refusal:
        await budget.send(REQUEST, priority)
    assert refusal.value.until == clock.now() + 600
    assert budget.request_count == 2


async def test_limit_ends_at_its_reset() -> None:
    clock = FakeClock()
    rate_state = MemoryRateState()
    await rate_state.record(TOKEN_ID, RateLimitState(60, 0, clock.now() + 600), at=clock.now())
    budget = new_budget(FakeGitHub(), clock, rate_state)
    assert await budget.affordable(Priority.BACKFILL) == 0
    clock.advance(600)
    assert await budget.affordable(Priority.BACKFILL) is None
    await budget.send(REQUEST, Priority.BACKFILL)


async def test_unknown_limit_admits_requests_with_a_token() -> None:
    budget = new_budget(FakeGitHub(), FakeClock())
    assert await budget.affordable(Priority.BACKFILL) is None
    assert (await budget.send(REQUEST, Priority.BACKFILL, etag='"1"')).etag == '"1"'
    assert budget.validator_key(REQUEST) == f"key of {REQUEST.url}"


async def test_limit_of_one_process_blocks_all() -> None:
    clock = FakeClock()
    rate_state = MemoryRateState()
    limit = RateLimited("/repos/ada/blog", until=clock.now() + 300, kind="secondary")
    with pytest.raises(RateLimited):
        await new_budget(FakeGitHub(failure=limit), clock, rate_state).send(REQUEST, Priority.READ)
    other = FakeGitHub()
    with pytest.raises(RateLimited) as refusal:
        await new_budget(other, clock, rate_state).send(REQUEST, Priority.READ)
    assert (refusal.value.until, refusal.value.kind) == (clock.now() + 300, "secondary")
    assert other.request_count == 0
    clock.advance(301)
    await new_budget(other, clock, rate_state).send(REQUEST, Priority.READ)
    assert other.request_count == 1


async def test_block_from_before_clock_was_set_back_is_ignored() -> None:
    clock = FakeClock()
    rate_state = MemoryRateState()
    until = clock.now() + 90_000
    await rate_state.record(TOKEN_ID, RateLimitState(5000, 0, until, until, "primary"), at=clock.now())
    await new_budget(FakeGitHub(), clock, rate_state).send(REQUEST, Priority.READ)


async def test_late_response_does_not_end_a_block() -> None:
    clock = FakeClock()
    rate_state = MemoryRateState()
    has_left, may_respond = asyncio.Event(), asyncio.Event()

    class LateGitHub(FakeGitHub):
        @override
        async def send(
            self, request: Request, *, etag: str | None = None, admission: Admission | None = None
        ) -> Response:
            assert admission is not None
            await admission()
            has_left.set()
            await may_respond.wait()
            return Response(request.url, {}, etag=etag)

    late = LateGitHub(RateLimit(5000, 4000, clock.now() + 600))
    limited = FakeGitHub(failure=RateLimited("/repos/ada/blog", until=clock.now() + 300, kind="secondary"))
    sending = asyncio.create_task(new_budget(late, clock, rate_state).send(REQUEST, Priority.READ))
    await has_left.wait()
    with pytest.raises(RateLimited):
        await new_budget(limited, clock, rate_state).send(REQUEST, Priority.READ)
    may_respond.set()
    await sending
    state = (await rate_state.usage(TOKEN_ID, at=clock.now())).state
    assert (state.blocked_until, state.remaining) == (clock.now() + 300, 4000)


async def test_limit_of_a_rejected_token_is_not_the_tokens() -> None:
    clock = FakeClock()
    rate_state = MemoryRateState()
    reset = clock.now() + 600
    await rate_state.record(TOKEN_ID, RateLimitState(5000, 4990, reset), at=clock.now())
    budget = new_budget(FakeGitHub(RateLimit(60, 59, reset)), clock, rate_state)
    assert await budget.affordable(Priority.READ) == 4890
    await budget.send(REQUEST, Priority.POLL)


async def test_own_count_of_the_hour_is_more_exact() -> None:
    clock = FakeClock()
    rate_state = MemoryRateState()
    reset = clock.now() + 600
    await rate_state.record(TOKEN_ID, RateLimitState(5000, 4990, reset), at=clock.now())
    budget = new_budget(FakeGitHub(RateLimit(5000, 110, reset + 1)), clock, rate_state)
    assert await budget.affordable(Priority.READ) == 10


@pytest.mark.parametrize("stored", [None, RateLimitState(5000, 4000, 0.0)])
async def test_own_count_holds_while_the_store_has_none(stored: RateLimitState | None) -> None:
    clock, rate_state = FakeClock(), MemoryRateState()
    if stored is not None:  # of an hour that is over
        await rate_state.record(TOKEN_ID, replace(stored, reset=clock.now() - 10), at=clock.now())
    budget = new_budget(FakeGitHub(RateLimit(5000, 110, clock.now() + 600)), clock, rate_state)
    assert await budget.affordable(Priority.READ) == 10
    with pytest.raises(RateLimited):
        await budget.send(REQUEST, Priority.BACKFILL)


async def test_refused_request_records_no_rate_limit() -> None:
    clock = FakeClock()
    rate_state = MemoryRateState()
    await rate_state.record(TOKEN_ID, RateLimitState(5000, 0, clock.now() + 600), at=clock.now())
    github = FakeGitHub(RateLimit(5000, 4000, clock.now() + 60))
    with pytest.raises(RateLimited):
        await new_budget(github, clock, rate_state).send(REQUEST, Priority.READ)
    assert (await rate_state.usage(TOKEN_ID, at=clock.now())).state.remaining == 0


async def test_refused_retry_is_not_recorded_as_githubs_block() -> None:
    clock = FakeClock()

    class RetryingGitHub(FakeGitHub):
        @override
        async def send(
            self, request: Request, *, etag: str | None = None, admission: Admission | None = None
        ) -> Response:
            assert admission is not None
            assert (request, etag) == (REQUEST, None)
            while True:
                await admission()

    budget = new_budget(RetryingGitHub(RateLimit(60, 50, clock.now() + 60)), clock, token_id=None)
    with pytest.raises(RateLimited):
        await budget.send(REQUEST, Priority.CHECK)
    assert (await budget.state()).blocked_until is None


async def test_full_store_loses_no_response() -> None:
    class FullRateState(MemoryRateState):
        @override
        async def record(self, token_id: str, state: RateLimitState, *, at: float) -> None:
            raise StoreUnusable("afterword.db", f"full at {at}: {token_id}, {state}")

    clock = FakeClock()
    github = FakeGitHub(RateLimit(5000, 4000, clock.now() + 60))
    assert (await new_budget(github, clock, FullRateState()).send(REQUEST, Priority.READ)).url == REQUEST.url


async def test_next_response_stores_a_lost_rate_limit() -> None:
    class OnceFullRateState(MemoryRateState):
        is_full = True

        @override
        async def record(self, token_id: str, state: RateLimitState, *, at: float) -> None:
            if self.is_full:
                self.is_full = False
                raise StoreUnusable("afterword.db", "full")
            await super().record(token_id, state, at=at)

    clock, rate_state = FakeClock(), OnceFullRateState()
    budget = new_budget(FakeGitHub(RateLimit(5000, 4000, clock.now() + 60)), clock, rate_state)
    await budget.send(REQUEST, Priority.READ)
    await budget.send(REQUEST, Priority.READ)
    assert (await rate_state.usage(TOKEN_ID, at=clock.now())).state.remaining == 4000


@pytest.mark.parametrize(
    ("priority", "most"),
    [(Priority.READ, 24), (Priority.DELIVERY, 24), (Priority.POLL, MOST), (Priority.CHECK, 8), (Priority.BACKFILL, 40)],
)
async def test_each_priority_has_its_hourly_share_without_token(priority: Priority, most: int) -> None:
    clock = FakeClock()
    budget = new_budget(FakeGitHub(), clock, token_id=None)
    assert await budget.affordable(priority) == most
    assert await requests_until_refusal(budget, priority) == most
    assert await budget.affordable(priority) == 0
    clock.advance(3599)
    assert await requests_until_refusal(budget, priority) == 0
    clock.advance(1)
    assert await requests_until_refusal(budget, priority) == most


async def test_processes_share_the_hour_without_a_token() -> None:
    clock = FakeClock()
    rate_state = MemoryRateState()

    def process() -> RateBudget:
        return new_budget(FakeGitHub(), clock, rate_state, token_id=None)

    assert await requests_until_refusal(process(), Priority.READ) == 24
    assert await requests_until_refusal(process(), Priority.READ) == 0
    assert await requests_until_refusal(process(), Priority.POLL) == 24


async def test_poll_keeps_its_share_whatever_readers_use() -> None:
    clock = FakeClock()
    budget = new_budget(FakeGitHub(), clock, token_id=None)
    for priority in (Priority.READ, Priority.DELIVERY, Priority.CHECK):
        await requests_until_refusal(budget, priority)
    assert await budget.affordable(Priority.POLL) == 24


Steps = st.lists(st.tuples(st.sampled_from(Priority), st.integers(0, 900)), max_size=150)


@given(Steps)
def test_no_order_of_requests_exceeds_the_caps(steps: Sequence[tuple[Priority, int]]) -> None:
    now, admitted = 0.0, list[RecordedRequest]()
    for priority, pause in steps:
        now += pause
        recent = [request for request in admitted if request.at > now - 3600]
        until = free_at(recent, priority)
        if until is None:
            admitted.append(RecordedRequest(priority, now))
        else:
            assert now < until <= now + 3600
    for first in admitted:
        window = [request for request in admitted if first.at <= request.at < first.at + 3600]
        assert len(window) <= MOST
        for caps in CAPS.values():
            assert all(cap.priorities is None or sum(map(cap.counts, window)) <= 48 for cap in caps)

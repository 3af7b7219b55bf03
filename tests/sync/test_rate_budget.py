"""The budget: who may ask when the hour runs out."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import RateLimited, StoreUnusable
from app.domain.priority import Priority, RateLimitState, RecordedRequest
from app.github.requests import Request
from app.github.responses import RateLimit, Response
from app.ports.mirror import Admission
from app.store.memory import MemoryShared
from app.sync.rate_budget import CAPS, MOST, Budget, free_at
from tests.fakes import FakeClock, SilentMetrics

ASK = Request("https://api.github.com/repos/ada/blog", many=False)
TOKEN = "digest of a token"


class FakeGitHub:
    """Answers everything, and says what is left as it is told to."""

    def __init__(self, allowance: RateLimit | None = None, limit: RateLimited | None = None) -> None:
        self.allowance = allowance
        self.limit = limit
        self.asked = 0

    def validator_key(self, ask: Request) -> str:
        return f"key of {ask.url}"

    async def ask(self, ask: Request, *, etag: str | None = None, admit: Admission | None = None) -> Response:
        assert admit is not None
        await admit()
        self.asked += 1
        if self.limit is not None:
            raise self.limit
        return Response(ask.url, {}, etag=etag)


def budget_of(
    github: FakeGitHub, clock: FakeClock, shared: MemoryShared | None = None, *, whose: str | None = TOKEN
) -> Budget:
    return Budget(github, shared or MemoryShared(), clock, SilentMetrics(), whose=whose)


@pytest.mark.parametrize(
    ("limit", "purpose", "reserve"),
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
async def test_each_purpose_leaves_a_reserve_untouched(limit: int, purpose: Priority, reserve: int) -> None:
    clock = FakeClock()
    github = FakeGitHub(RateLimit(limit, reserve + 1, clock.now() + 600))
    budget = budget_of(github, clock)
    assert (await budget.ask(ASK, purpose)).url == ASK.url
    github.allowance = RateLimit(limit, reserve, clock.now() + 600)
    await budget.ask(ASK, purpose)  # which is how the budget comes to know it
    with pytest.raises(RateLimited) as refused:
        await budget.ask(ASK, purpose)
    assert refused.value.until == clock.now() + 600
    assert budget.asked == 2


async def test_the_hour_begins_anew_at_its_reset() -> None:
    clock = FakeClock()
    shared = MemoryShared()
    await shared.note(TOKEN, RateLimitState(60, 0, clock.now() + 600), at=clock.now())
    budget = budget_of(FakeGitHub(), clock, shared)
    assert await budget.affordable(Priority.BACKFILL) == 0
    clock.advance(600)
    assert await budget.affordable(Priority.BACKFILL) is None
    await budget.ask(ASK, Priority.BACKFILL)


async def test_where_no_limit_is_known_every_ask_with_a_token_may_leave() -> None:
    budget = budget_of(FakeGitHub(), FakeClock())
    assert await budget.affordable(Priority.BACKFILL) is None
    assert (await budget.ask(ASK, Priority.BACKFILL, etag='"1"')).etag == '"1"'
    assert budget.validator_key(ASK) == f"key of {ASK.url}"


async def test_what_one_process_was_told_to_wait_for_is_waited_for_by_all() -> None:
    clock = FakeClock()
    shared = MemoryShared()
    limit = RateLimited("/repos/ada/blog", until=clock.now() + 300, kind="secondary")
    with pytest.raises(RateLimited):
        await budget_of(FakeGitHub(limit=limit), clock, shared).ask(ASK, Priority.READ)
    other = FakeGitHub()
    with pytest.raises(RateLimited) as refused:
        await budget_of(other, clock, shared).ask(ASK, Priority.READ)
    assert (refused.value.until, refused.value.kind) == (clock.now() + 300, "secondary")
    assert other.asked == 0
    clock.advance(301)
    await budget_of(other, clock, shared).ask(ASK, Priority.READ)
    assert other.asked == 1


async def test_a_wait_longer_than_any_was_noted_by_a_clock_that_was_set_back_and_is_not_believed() -> None:
    clock = FakeClock()
    shared = MemoryShared()
    await shared.note(
        TOKEN, RateLimitState(5000, 0, clock.now() + 90_000, clock.now() + 90_000, "primary"), at=clock.now()
    )
    await budget_of(FakeGitHub(), clock, shared).ask(ASK, Priority.READ)


async def test_an_answer_that_was_late_does_not_end_a_wait_that_another_process_was_told_of() -> None:
    clock = FakeClock()
    shared = MemoryShared()
    late = FakeGitHub(RateLimit(5000, 4000, clock.now() + 600))
    limited = FakeGitHub(limit=RateLimited("/repos/ada/blog", until=clock.now() + 300, kind="secondary"))
    on_its_way, told = asyncio.Event(), asyncio.Event()

    async def slowly(ask: Request, *, etag: str | None = None, admit: Admission | None = None) -> Response:
        assert admit is not None
        await admit()
        on_its_way.set()
        await told.wait()
        return Response(ask.url, {}, etag=etag)

    late.ask = slowly  # type: ignore[method-assign]
    asking = asyncio.create_task(budget_of(late, clock, shared).ask(ASK, Priority.READ))
    await on_its_way.wait()
    with pytest.raises(RateLimited):
        await budget_of(limited, clock, shared).ask(ASK, Priority.READ)
    told.set()
    await asking
    standing = await shared.standing(TOKEN)
    assert (standing.waits_until, standing.remaining) == (clock.now() + 300, 4000)


async def test_what_is_refused_before_it_leaves_tells_nothing_new() -> None:
    clock = FakeClock()
    shared = MemoryShared()
    await shared.note(TOKEN, RateLimitState(5000, 0, clock.now() + 600), at=clock.now())
    with pytest.raises(RateLimited):
        await budget_of(FakeGitHub(RateLimit(5000, 4000, clock.now() + 60)), clock, shared).ask(ASK, Priority.READ)
    assert (await shared.standing(TOKEN)).remaining == 0


async def test_what_stops_a_repeated_ask_here_is_not_taken_for_githubs_word() -> None:
    clock = FakeClock()
    shared = MemoryShared()

    class Repeating(FakeGitHub):
        async def ask(self, ask: Request, *, etag: str | None = None, admit: Admission | None = None) -> Response:
            assert admit is not None
            assert (ask, etag) == (ASK, None)
            while True:
                await admit()

    budget = budget_of(Repeating(RateLimit(60, 50, clock.now() + 60)), clock, shared, whose=None)
    with pytest.raises(RateLimited):
        await budget.ask(ASK, Priority.CHECK)
    assert (await budget.standing()).waits_until is None


async def test_an_answer_is_not_lost_because_the_store_is_full() -> None:
    class Full(MemoryShared):
        async def note(self, whose: str, standing: RateLimitState, *, at: float) -> None:
            raise StoreUnusable("afterword.db", f"full at {at}: {whose}, {standing}")

    clock = FakeClock()
    github = FakeGitHub(RateLimit(5000, 4000, clock.now() + 60))
    assert (await budget_of(github, clock, Full()).ask(ASK, Priority.READ)).url == ASK.url


async def asks_until_refused(budget: Budget, purpose: Priority) -> int:
    count = 0
    try:
        while True:
            await budget.ask(ASK, purpose)
            count += 1
    except RateLimited:
        return count


@pytest.mark.parametrize(
    ("purpose", "most"),
    [(Priority.READ, 24), (Priority.DELIVERY, 24), (Priority.POLL, MOST), (Priority.CHECK, 8), (Priority.BACKFILL, 40)],
)
async def test_without_a_token_each_purpose_has_its_share_of_any_hour(purpose: Priority, most: int) -> None:
    clock = FakeClock()
    budget = budget_of(FakeGitHub(), clock, whose=None)
    assert await budget.affordable(purpose) == most
    assert await asks_until_refused(budget, purpose) == most
    assert await budget.affordable(purpose) == 0
    clock.advance(3599)
    assert await asks_until_refused(budget, purpose) == 0
    clock.advance(1)
    assert await asks_until_refused(budget, purpose) == most


async def test_without_a_token_the_hour_is_one_for_all_processes_and_for_the_next_start() -> None:
    clock = FakeClock()
    shared = MemoryShared()
    assert await asks_until_refused(budget_of(FakeGitHub(), clock, shared, whose=None), Priority.READ) == 24
    assert await asks_until_refused(budget_of(FakeGitHub(), clock, shared, whose=None), Priority.READ) == 0
    assert await asks_until_refused(budget_of(FakeGitHub(), clock, shared, whose=None), Priority.POLL) == 24


async def test_whatever_readers_and_deliveries_take_the_pulse_keeps_its_eighteen_asks() -> None:
    clock = FakeClock()
    budget = budget_of(FakeGitHub(), clock, whose=None)
    for purpose in (Priority.READ, Priority.DELIVERY, Priority.CHECK):
        await asks_until_refused(budget, purpose)
    assert await budget.affordable(Priority.POLL) == 24


Steps = st.lists(st.tuples(st.sampled_from(Priority), st.integers(0, 900)), max_size=150)


@given(Steps)
def test_no_order_of_asks_leads_over_the_cap_in_any_sixty_minutes(steps: Sequence[tuple[Priority, int]]) -> None:
    now, left = 0.0, list[RecordedRequest]()
    for purpose, pause in steps:
        now += pause
        spent = [entry for entry in left if entry.at > now - 3600]
        until = free_at(spent, purpose)
        if until is None:
            left.append(RecordedRequest(purpose, now))
        else:
            assert now < until <= now + 3600
    for entry in left:
        window = [other for other in left if entry.at <= other.at < entry.at + 3600]
        assert len(window) <= MOST
        for caps in CAPS.values():
            assert all(cap.purposes is None or sum(map(cap.counts, window)) <= 48 for cap in caps)

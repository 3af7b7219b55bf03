"""The budget: who may ask when the hour runs out."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import Limited, StoreUnusable
from app.engine.budget import CAPS, MOST, Budget, free_at
from app.engine.ports import Admit
from app.engine.shared import Purpose, Spent, Standing
from app.github.answers import Allowance, Answer
from app.github.asks import Ask
from app.store.memory import MemoryShared
from tests.fakes import FakeClock, Silent

ASK = Ask("https://api.github.com/repos/ada/blog", many=False)
TOKEN = "digest of a token"


class FakeGitHub:
    """Answers everything, and says what is left as it is told to."""

    def __init__(self, allowance: Allowance | None = None, limit: Limited | None = None) -> None:
        self.allowance = allowance
        self.limit = limit
        self.asked = 0

    def validator_key(self, ask: Ask) -> str:
        return f"key of {ask.url}"

    async def ask(self, ask: Ask, *, etag: str | None = None, admit: Admit | None = None) -> Answer:
        assert admit is not None
        await admit()
        self.asked += 1
        if self.limit is not None:
            raise self.limit
        return Answer(ask.url, {}, etag=etag)


def budget_of(
    github: FakeGitHub, clock: FakeClock, shared: MemoryShared | None = None, *, whose: str | None = TOKEN
) -> Budget:
    return Budget(github, shared or MemoryShared(), clock, Silent(), whose=whose)


@pytest.mark.parametrize(
    ("limit", "purpose", "reserve"),
    [
        (60, Purpose.IMPORT, 20),
        (60, Purpose.CHECK, 24),
        (60, Purpose.PULSE, 10),
        (60, Purpose.READ, 10),
        (60, Purpose.DELIVERY, 10),
        (5000, Purpose.IMPORT, 500),
        (5000, Purpose.READ, 100),
    ],
)
async def test_each_purpose_leaves_a_reserve_untouched(limit: int, purpose: Purpose, reserve: int) -> None:
    clock = FakeClock()
    github = FakeGitHub(Allowance(limit, reserve + 1, clock.now() + 600))
    budget = budget_of(github, clock)
    assert (await budget.ask(ASK, purpose)).url == ASK.url
    github.allowance = Allowance(limit, reserve, clock.now() + 600)
    await budget.ask(ASK, purpose)  # which is how the budget comes to know it
    with pytest.raises(Limited) as refused:
        await budget.ask(ASK, purpose)
    assert refused.value.until == clock.now() + 600
    assert budget.asked == 2


async def test_the_hour_begins_anew_at_its_reset() -> None:
    clock = FakeClock()
    shared = MemoryShared()
    await shared.note(TOKEN, Standing(60, 0, clock.now() + 600), at=clock.now())
    budget = budget_of(FakeGitHub(), clock, shared)
    assert await budget.affordable(Purpose.IMPORT) == 0
    clock.advance(600)
    assert await budget.affordable(Purpose.IMPORT) is None
    await budget.ask(ASK, Purpose.IMPORT)


async def test_where_no_limit_is_known_every_ask_with_a_token_may_leave() -> None:
    budget = budget_of(FakeGitHub(), FakeClock())
    assert await budget.affordable(Purpose.IMPORT) is None
    assert (await budget.ask(ASK, Purpose.IMPORT, etag='"1"')).etag == '"1"'
    assert budget.validator_key(ASK) == f"key of {ASK.url}"


async def test_what_one_process_was_told_to_wait_for_is_waited_for_by_all() -> None:
    clock = FakeClock()
    shared = MemoryShared()
    limit = Limited("/repos/ada/blog", until=clock.now() + 300, kind="secondary")
    with pytest.raises(Limited):
        await budget_of(FakeGitHub(limit=limit), clock, shared).ask(ASK, Purpose.READ)
    other = FakeGitHub()
    with pytest.raises(Limited) as refused:
        await budget_of(other, clock, shared).ask(ASK, Purpose.READ)
    assert (refused.value.until, refused.value.kind) == (clock.now() + 300, "secondary")
    assert other.asked == 0
    clock.advance(301)
    await budget_of(other, clock, shared).ask(ASK, Purpose.READ)
    assert other.asked == 1


async def test_a_wait_longer_than_any_was_noted_by_a_clock_that_was_set_back_and_is_not_believed() -> None:
    clock = FakeClock()
    shared = MemoryShared()
    await shared.note(TOKEN, Standing(5000, 0, clock.now() + 90_000, clock.now() + 90_000, "primary"), at=clock.now())
    await budget_of(FakeGitHub(), clock, shared).ask(ASK, Purpose.READ)


async def test_an_answer_that_was_late_does_not_end_a_wait_that_another_process_was_told_of() -> None:
    clock = FakeClock()
    shared = MemoryShared()
    late = FakeGitHub(Allowance(5000, 4000, clock.now() + 600))
    limited = FakeGitHub(limit=Limited("/repos/ada/blog", until=clock.now() + 300, kind="secondary"))
    on_its_way, told = asyncio.Event(), asyncio.Event()

    async def slowly(ask: Ask, *, etag: str | None = None, admit: Admit | None = None) -> Answer:
        assert admit is not None
        await admit()
        on_its_way.set()
        await told.wait()
        return Answer(ask.url, {}, etag=etag)

    late.ask = slowly  # type: ignore[method-assign]
    asking = asyncio.create_task(budget_of(late, clock, shared).ask(ASK, Purpose.READ))
    await on_its_way.wait()
    with pytest.raises(Limited):
        await budget_of(limited, clock, shared).ask(ASK, Purpose.READ)
    told.set()
    await asking
    standing = await shared.standing(TOKEN)
    assert (standing.waits_until, standing.remaining) == (clock.now() + 300, 4000)


async def test_what_is_refused_before_it_leaves_tells_nothing_new() -> None:
    clock = FakeClock()
    shared = MemoryShared()
    await shared.note(TOKEN, Standing(5000, 0, clock.now() + 600), at=clock.now())
    with pytest.raises(Limited):
        await budget_of(FakeGitHub(Allowance(5000, 4000, clock.now() + 60)), clock, shared).ask(ASK, Purpose.READ)
    assert (await shared.standing(TOKEN)).remaining == 0


async def test_what_stops_a_repeated_ask_here_is_not_taken_for_githubs_word() -> None:
    clock = FakeClock()
    shared = MemoryShared()

    class Repeating(FakeGitHub):
        async def ask(self, ask: Ask, *, etag: str | None = None, admit: Admit | None = None) -> Answer:
            assert admit is not None
            assert (ask, etag) == (ASK, None)
            while True:
                await admit()

    budget = budget_of(Repeating(Allowance(60, 50, clock.now() + 60)), clock, shared, whose=None)
    with pytest.raises(Limited):
        await budget.ask(ASK, Purpose.CHECK)
    assert (await budget.standing()).waits_until is None


async def test_an_answer_is_not_lost_because_the_store_is_full() -> None:
    class Full(MemoryShared):
        async def note(self, whose: str, standing: Standing, *, at: float) -> None:
            raise StoreUnusable("afterword.db", f"full at {at}: {whose}, {standing}")

    clock = FakeClock()
    github = FakeGitHub(Allowance(5000, 4000, clock.now() + 60))
    assert (await budget_of(github, clock, Full()).ask(ASK, Purpose.READ)).url == ASK.url


async def asks_until_refused(budget: Budget, purpose: Purpose) -> int:
    count = 0
    try:
        while True:
            await budget.ask(ASK, purpose)
            count += 1
    except Limited:
        return count


@pytest.mark.parametrize(
    ("purpose", "most"),
    [(Purpose.READ, 24), (Purpose.DELIVERY, 24), (Purpose.PULSE, MOST), (Purpose.CHECK, 8), (Purpose.IMPORT, 40)],
)
async def test_without_a_token_each_purpose_has_its_share_of_any_hour(purpose: Purpose, most: int) -> None:
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
    assert await asks_until_refused(budget_of(FakeGitHub(), clock, shared, whose=None), Purpose.READ) == 24
    assert await asks_until_refused(budget_of(FakeGitHub(), clock, shared, whose=None), Purpose.READ) == 0
    assert await asks_until_refused(budget_of(FakeGitHub(), clock, shared, whose=None), Purpose.PULSE) == 24


async def test_whatever_readers_and_deliveries_take_the_pulse_keeps_its_eighteen_asks() -> None:
    clock = FakeClock()
    budget = budget_of(FakeGitHub(), clock, whose=None)
    for purpose in (Purpose.READ, Purpose.DELIVERY, Purpose.CHECK):
        await asks_until_refused(budget, purpose)
    assert await budget.affordable(Purpose.PULSE) == 24


Steps = st.lists(st.tuples(st.sampled_from(Purpose), st.integers(0, 900)), max_size=150)


@given(Steps)
def test_no_order_of_asks_leads_over_the_cap_in_any_sixty_minutes(steps: Sequence[tuple[Purpose, int]]) -> None:
    now, left = 0.0, list[Spent]()
    for purpose, pause in steps:
        now += pause
        spent = [entry for entry in left if entry.at > now - 3600]
        until = free_at(spent, purpose)
        if until is None:
            left.append(Spent(purpose, now))
        else:
            assert now < until <= now + 3600
    for entry in left:
        window = [other for other in left if entry.at <= other.at < entry.at + 3600]
        assert len(window) <= MOST
        for caps in CAPS.values():
            assert all(cap.purposes is None or sum(map(cap.counts, window)) <= 48 for cap in caps)

"""What every store promises about leases, the hour's ledger, standings and small facts."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from app.ports.jobs import Priority, RateLimitState, RecordedRequest, Shared
from tests.contracts.stores import STORES

HOUR = 3600.0


@pytest.fixture(params=STORES)
async def shared(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Shared]:
    store = await STORES[request.param](tmp_path)
    yield store.shared
    await store.close()


def yes(spent: Sequence[RecordedRequest]) -> None:
    """Lets every ask leave."""


class Asked:
    """Decides as told, and keeps what it was given."""

    def __init__(self, said: float | None = None) -> None:
        self.said = said
        self.given: tuple[RecordedRequest, ...] = ()

    def __call__(self, spent: Sequence[RecordedRequest]) -> float | None:
        self.given = tuple(spent)
        return self.said


async def spend(shared: Shared, at: float, whose: str = "token") -> None:
    assert await shared.spend(whose, Priority.READ, at=at, decide=yes) is None


# --- leases


async def test_a_lease_has_one_holder_who_may_keep_it(shared: Shared) -> None:
    assert await shared.lease("pulse", holder="me", at=0.0, until=10.0)
    assert not await shared.lease("pulse", holder="you", at=9.9, until=20.0)
    assert await shared.lease("pulse", holder="me", at=9.9, until=20.0)
    assert not await shared.lease("pulse", holder="you", at=15.0, until=30.0)
    assert await shared.lease("other", holder="you", at=15.0, until=30.0)


async def test_a_lease_that_ran_out_is_free(shared: Shared) -> None:
    await shared.lease("pulse", holder="me", at=0.0, until=10.0)
    assert await shared.lease("pulse", holder="you", at=10.0, until=20.0)
    assert not await shared.lease("pulse", holder="me", at=10.0, until=20.0)


async def test_a_lease_of_a_clock_that_was_set_back_has_run_out(shared: Shared) -> None:
    await shared.lease("pulse", holder="me", at=990.0, until=1000.0)
    assert not await shared.lease("pulse", holder="you", at=980.0, until=990.0)
    assert await shared.lease("pulse", holder="you", at=979.0, until=989.0)
    assert not await shared.lease("pulse", holder="me", at=980.0, until=990.0)


async def test_only_its_holder_releases_a_lease(shared: Shared) -> None:
    await shared.lease("pulse", holder="me", at=0.0, until=10.0)
    await shared.release("pulse", holder="you")
    assert not await shared.lease("pulse", holder="you", at=1.0, until=10.0)
    await shared.release("pulse", holder="me")
    await shared.release("pulse", holder="me")
    assert await shared.lease("pulse", holder="you", at=1.0, until=10.0)


# --- the hour's ledger


async def test_an_ask_that_may_leave_is_noted(shared: Shared) -> None:
    asked = Asked()
    assert await shared.spend("token", Priority.POLL, at=5.0, decide=asked) is None
    assert asked.given == ()
    assert await shared.spent("token", at=6.0) == (RecordedRequest(Priority.POLL, 5.0),)


async def test_an_ask_that_may_not_leave_is_not_noted(shared: Shared) -> None:
    assert await shared.spend("token", Priority.POLL, at=5.0, decide=Asked(77.0)) == 77.0
    assert await shared.spent("token", at=6.0) == ()


async def test_a_decision_that_fails_notes_nothing(shared: Shared) -> None:
    def fails(spent: Sequence[RecordedRequest]) -> float | None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await shared.spend("token", Priority.POLL, at=5.0, decide=fails)
    assert await shared.spent("token", at=6.0) == ()
    await spend(shared, 7.0)


async def test_what_was_spent_in_the_hour_before_is_given_oldest_first(shared: Shared) -> None:
    for at in (10.0, 20.0, 30.0):
        await spend(shared, at)
    await spend(shared, 35.0, whose="address")
    asked = Asked(0.0)
    await shared.spend("token", Priority.READ, at=40.0, decide=asked)
    assert asked.given == tuple(RecordedRequest(Priority.READ, at) for at in (10.0, 20.0, 30.0))
    assert await shared.spent("token", at=40.0) == asked.given
    assert await shared.spent("address", at=40.0) == (RecordedRequest(Priority.READ, 35.0),)


async def test_the_hour_slides(shared: Shared) -> None:
    for at in (0.0, 1.0, 2.0):
        await spend(shared, at)
    assert [entry.at for entry in await shared.spent("token", at=HOUR)] == [1.0, 2.0]
    asked = Asked()
    await shared.spend("token", Priority.READ, at=HOUR + 1, decide=asked)
    assert [entry.at for entry in asked.given] == [2.0]
    assert [entry.at for entry in await shared.spent("token", at=HOUR + 1)] == [2.0, HOUR + 1]


async def test_what_a_clock_that_was_set_back_spent_later_counts_as_spent_now(shared: Shared) -> None:
    await spend(shared, 90_000.0)
    assert await shared.spent("token", at=10.0) == (RecordedRequest(Priority.READ, 10.0),)
    asked = Asked(99.0)
    await shared.spend("token", Priority.READ, at=20.0, decide=asked)
    assert asked.given == (RecordedRequest(Priority.READ, 20.0),)
    assert await shared.spent("token", at=20.0 + HOUR) == ()


# --- standings and facts


async def test_a_standing_is_unknown_until_it_is_noted(shared: Shared) -> None:
    assert await shared.standing("token") == RateLimitState()
    first = RateLimitState(5000, 4999, 1000.5, waits_until=900.0, waits_for="secondary")
    await shared.note("token", first, at=800.0)
    await shared.note("address", RateLimitState(60), at=800.0)
    assert [await shared.standing(whose) for whose in ("token", "address")] == [first, RateLimitState(60)]
    await shared.note("token", RateLimitState(), at=900.0)
    assert await shared.standing("token") == RateLimitState()


async def test_a_wait_lasts_although_an_answer_that_knows_nothing_of_it_is_noted(shared: Shared) -> None:
    await shared.note("token", RateLimitState(waits_until=900.0, waits_for="secondary"), at=800.0)
    await shared.note("token", RateLimitState(5000, 4999, 1000.0), at=801.0)
    assert await shared.standing("token") == RateLimitState(5000, 4999, 1000.0, 900.0, "secondary")
    await shared.note("token", RateLimitState(waits_until=850.0, waits_for="primary"), at=802.0)
    assert (await shared.standing("token")).waits_until == 900.0
    await shared.note("token", RateLimitState(waits_until=950.0, waits_for="primary"), at=803.0)
    assert await shared.standing("token") == RateLimitState(waits_until=950.0, waits_for="primary")


async def test_a_wait_noted_by_a_clock_that_was_set_back_gives_way(shared: Shared) -> None:
    await shared.note("token", RateLimitState(waits_until=90_000.0, waits_for="primary"), at=89_000.0)
    await shared.note("token", RateLimitState(waits_until=900.0, waits_for="secondary"), at=800.0)
    assert (await shared.standing("token")).waits_until == 900.0


async def test_a_small_fact_is_recalled_by_its_name(shared: Shared) -> None:
    assert await shared.recall("fact") is None
    await shared.remember("fact", "one")
    await shared.remember("other", "\U0001f600\x00")
    await shared.remember("fact", "two")
    assert (await shared.recall("fact"), await shared.recall("other")) == ("two", "\U0001f600\x00")
    await shared.remember("fact", None)
    await shared.remember("fact", None)
    assert await shared.recall("fact") is None

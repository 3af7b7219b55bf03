"""What every store promises about marks and the claims on them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.domain.sites import repository
from app.ports.jobs import THE_REPOSITORY, Job, Priority, Shared
from tests.contracts.stores import STORES

REPO = repository("jane/blog")
OTHER = repository("john/diary")


@pytest.fixture(params=STORES)
async def shared(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Shared]:
    store = await STORES[request.param](tmp_path)
    yield store.shared
    await store.close()


async def claimed(shared: Shared, number: int = 5, *, holder: str = "me", at: float = 20.0, until: float = 60.0) -> Job:
    found = await shared.claim(REPO, number, holder=holder, at=at, until=until)
    assert found is not None
    return found


async def due(shared: Shared, at: float) -> list[int]:
    return [mark.number for mark in await shared.due(at=at)]


# --- marking


async def test_a_new_mark_is_due_at_once(shared: Shared) -> None:
    await shared.mark(REPO, 5, Priority.CHECK, at=10.0)
    said = Job(REPO, 5, Priority.CHECK, thorough=False, seq=1, marked_at=10.0, due_at=10.0)
    assert await shared.marked(REPO, 5) == said
    assert await shared.due(at=10.0) == (said,)
    assert await shared.due(at=9.9) == ()


async def test_nothing_is_marked_that_nobody_marked(shared: Shared) -> None:
    await shared.mark(REPO, 5, Priority.CHECK, at=10.0)
    assert [await shared.marked(*key) for key in ((REPO, 6), (OTHER, 5), (REPO, 10**30))] == [None] * 3
    assert await shared.claim(OTHER, 5, holder="me", at=20.0, until=60.0) is None


async def test_a_repository_is_marked_like_a_thread(shared: Shared) -> None:
    await shared.mark(REPO, THE_REPOSITORY, Priority.POLL, at=10.0)
    assert await due(shared, 10.0) == [THE_REPOSITORY]


@pytest.mark.parametrize(
    ("first", "then", "kept"),
    [
        (Priority.CHECK, Priority.READ, Priority.READ),
        (Priority.READ, Priority.CHECK, Priority.READ),
        (Priority.POLL, Priority.DELIVERY, Priority.DELIVERY),
    ],
)
async def test_the_more_urgent_purpose_is_kept(shared: Shared, first: Priority, then: Priority, kept: Priority) -> None:
    await shared.mark(REPO, 5, first, at=10.0)
    await shared.mark(REPO, 5, then, at=12.0)
    mark = await shared.marked(REPO, 5)
    assert mark == Job(REPO, 5, kept, thorough=False, seq=2, marked_at=10.0, due_at=10.0)


@pytest.mark.parametrize("order", [(True, False), (False, True)])
async def test_a_mark_that_was_thorough_once_stays_so(shared: Shared, order: tuple[bool, bool]) -> None:
    await shared.mark(REPO, 5, Priority.CHECK, at=10.0, thorough=order[0])
    await shared.mark(REPO, 5, Priority.CHECK, at=10.0, thorough=order[1])
    mark = await shared.marked(REPO, 5)
    assert mark is not None
    assert mark.thorough


async def test_a_mark_that_waits_is_due_at_once_only_for_a_more_urgent_purpose(shared: Shared) -> None:
    await shared.mark(REPO, 5, Priority.CHECK, at=10.0)
    await shared.postpone(await claimed(shared), until=500.0)
    await shared.mark(REPO, 5, Priority.CHECK, at=30.0)
    assert await due(shared, 499.0) == []
    await shared.mark(REPO, 5, Priority.READ, at=31.0)
    assert await due(shared, 31.0) == [5]


@pytest.mark.parametrize("order", [(Priority.READ, Priority.DELIVERY), (Priority.DELIVERY, Priority.READ)])
async def test_what_a_reader_waits_for_and_a_delivery_tells_of_is_looked_at_thoroughly(
    shared: Shared, order: tuple[Priority, Priority]
) -> None:
    for purpose in order:
        await shared.mark(REPO, 5, purpose, at=10.0)
    mark = await shared.marked(REPO, 5)
    assert mark is not None
    assert (mark.purpose, mark.thorough) == (Priority.READ, True)


# --- a clock that is set back


async def test_a_mark_of_a_clock_that_was_set_back_far_is_due(shared: Shared) -> None:
    await shared.mark(REPO, 5, Priority.READ, at=90_000.0)
    await shared.mark(REPO, 6, Priority.READ, at=3700.0)
    assert await due(shared, 99.0) == [6, 5]
    assert await due(shared, 100.0) == [5]
    assert await claimed(shared, at=100.0, until=115.0)


async def test_a_mark_of_a_clock_that_was_set_back_a_little_is_due_within_a_minute_of_the_next(shared: Shared) -> None:
    await shared.mark(REPO, 5, Priority.READ, at=2000.0)
    await shared.mark(REPO, 5, Priority.READ, at=100.0)
    assert await due(shared, 159.0) == []
    assert await due(shared, 160.0) == [5]


async def test_a_claim_of_a_clock_that_was_set_back_has_run_out(shared: Shared) -> None:
    await shared.mark(REPO, 5, Priority.READ, at=10.0)
    await claimed(shared, at=90_000.0, until=90_015.0)
    assert await due(shared, 20.0) == [5]
    assert await claimed(shared, holder="you", at=20.0, until=35.0)


async def test_marks_are_due_by_purpose_and_then_by_age(shared: Shared) -> None:
    await shared.mark(REPO, 1, Priority.BACKFILL, at=1.0)
    await shared.mark(REPO, 2, Priority.DELIVERY, at=4.0)
    await shared.mark(OTHER, 3, Priority.DELIVERY, at=3.0)
    await shared.mark(REPO, 4, Priority.READ, at=5.0)
    await shared.mark(REPO, 3, Priority.DELIVERY, at=2.0)
    assert await due(shared, 5.0) == [4, 3, 3, 2, 1]


async def test_a_new_store_has_nothing_to_mend(tmp_path: Path, shared: Shared) -> None:
    stores = [await make(tmp_path) for make in STORES.values()]
    assert [(store.mended, await store.guard()) for store in stores] == [(None, None)] * 2
    for store in stores:
        await store.close()


# --- claims


async def test_a_claimed_mark_is_nobody_elses_until_the_claim_runs_out(shared: Shared) -> None:
    await shared.mark(REPO, 5, Priority.CHECK, at=10.0)
    first = await claimed(shared, at=20.0, until=60.0)
    assert first == await shared.marked(REPO, 5)
    assert await due(shared, 59.0) == []
    assert await shared.claim(REPO, 5, holder="you", at=59.0, until=99.0) is None
    assert await shared.claim(REPO, 5, holder="me", at=59.0, until=99.0) is None
    assert await due(shared, 60.0) == [5]
    assert await shared.claim(REPO, 5, holder="you", at=60.0, until=99.0) == first


async def test_a_mark_that_is_not_due_yet_cannot_be_claimed(shared: Shared) -> None:
    await shared.mark(REPO, 5, Priority.CHECK, at=10.0)
    assert await shared.claim(REPO, 5, holder="me", at=9.0, until=99.0) is None


async def test_a_process_that_ends_gives_back_its_own_claims(shared: Shared) -> None:
    for number in (1, 2, 3):
        await shared.mark(REPO, number, Priority.CHECK, at=10.0)
        await claimed(shared, number, holder="you" if number == 2 else "me")
    await shared.unclaim("me")
    assert await due(shared, 20.0) == [1, 3]


async def test_a_look_that_went_well_takes_the_mark_away(shared: Shared) -> None:
    await shared.mark(REPO, 5, Priority.CHECK, at=10.0)
    mark = await claimed(shared)
    assert await shared.settle(mark, again_at=90.0)
    assert await shared.marked(REPO, 5) is None
    assert await shared.settle(mark, again_at=90.0)


async def test_a_mark_made_anew_during_a_look_stays(shared: Shared) -> None:
    await shared.mark(REPO, 5, Priority.READ, at=10.0)
    await shared.postpone(await claimed(shared), until=30.0)
    mark = await claimed(shared, at=30.0)
    await shared.mark(REPO, 5, Priority.READ, at=31.0)
    assert await due(shared, 31.0) == []
    assert not await shared.settle(mark, again_at=90.0)
    assert await due(shared, 89.0) == []
    [left] = await shared.due(at=90.0)
    assert (left.seq, left.due_at, left.tries, left.purpose) == (2, 90.0, 0, Priority.READ)


async def test_a_mark_that_is_settled_and_made_anew_is_another(shared: Shared) -> None:
    await shared.mark(REPO, 5, Priority.CHECK, at=10.0)
    first = await claimed(shared)
    await shared.settle(first, again_at=0.0)
    await shared.mark(REPO, 5, Priority.CHECK, at=30.0)
    assert not await shared.settle(first, again_at=0.0)
    assert await due(shared, 30.0) == [5]


async def test_a_look_that_failed_is_tried_again_later(shared: Shared) -> None:
    await shared.mark(REPO, 5, Priority.CHECK, at=10.0)
    await shared.postpone(await claimed(shared), until=50.0)
    assert await due(shared, 49.0) == []
    [mark] = await shared.due(at=50.0)
    assert (mark.tries, mark.due_at, mark.marked_at) == (1, 50.0, 10.0)
    await shared.postpone(await claimed(shared, at=50.0), until=70.0)
    assert [mark.tries for mark in await shared.due(at=70.0)] == [2]


async def test_a_mark_may_be_dropped_unseen(shared: Shared) -> None:
    await shared.mark(REPO, 5, Priority.CHECK, at=10.0)
    await shared.drop(await claimed(shared))
    assert await shared.marked(REPO, 5) is None


async def test_a_mark_made_anew_is_not_dropped_but_free(shared: Shared) -> None:
    await shared.mark(REPO, 5, Priority.CHECK, at=10.0)
    mark = await claimed(shared)
    await shared.mark(REPO, 5, Priority.CHECK, at=21.0)
    await shared.drop(mark)
    assert await due(shared, 21.0) == [5]


async def test_what_is_gone_is_not_brought_back_by_a_look_that_ends(shared: Shared) -> None:
    await shared.mark(REPO, 5, Priority.CHECK, at=10.0)
    mark = await claimed(shared)
    await shared.settle(mark, again_at=0.0)
    await shared.postpone(mark, until=30.0)
    await shared.drop(mark)
    assert await shared.marked(REPO, 5) is None


@pytest.mark.parametrize("end", ["settle", "postpone", "drop"])
async def test_a_look_that_took_too_long_leaves_the_claim_of_the_one_that_followed(shared: Shared, end: str) -> None:
    await shared.mark(REPO, 5, Priority.CHECK, at=10.0)
    slow = await claimed(shared, holder="slow", until=60.0)
    await shared.mark(REPO, 5, Priority.CHECK, at=61.0)
    quick = await claimed(shared, holder="quick", at=62.0, until=100.0)
    if end == "settle":
        assert not await shared.settle(slow, again_at=500.0)
    elif end == "postpone":
        await shared.postpone(slow, until=500.0)
    else:
        await shared.drop(slow)
    assert await due(shared, 99.0) == []
    assert await shared.marked(REPO, 5) == quick
    assert await shared.settle(quick, again_at=500.0)


@pytest.mark.parametrize("end", ["postpone", "drop"])
async def test_a_look_that_fails_late_leaves_the_claim_of_who_took_the_same_marking(shared: Shared, end: str) -> None:
    await shared.mark(REPO, 5, Priority.CHECK, at=10.0)
    slow = await claimed(shared, holder="slow", until=60.0)
    quick = await claimed(shared, holder="quick", at=60.0, until=75.0)
    await shared.mark(REPO, 5, Priority.CHECK, at=61.0)
    if end == "postpone":
        await shared.postpone(slow, until=500.0)
    else:
        await shared.drop(slow)
    assert await due(shared, 74.0) == []
    mark = await shared.marked(REPO, 5)
    assert mark is not None
    assert (mark.due_at, mark.tries) == (10.0, 0)
    assert not await shared.settle(quick, again_at=62.0)
    assert await due(shared, 62.0) == [5]


async def test_a_claim_may_be_renewed_as_long_as_it_is_the_holders(shared: Shared) -> None:
    await shared.mark(REPO, 5, Priority.CHECK, at=10.0)
    mark = await claimed(shared, at=20.0, until=35.0)
    await shared.mark(REPO, 5, Priority.CHECK, at=21.0)
    assert await shared.renew(mark, until=45.0)
    assert await due(shared, 44.0) == []
    assert await claimed(shared, holder="you", at=45.0, until=60.0)
    assert not await shared.renew(mark, until=100.0)
    assert await due(shared, 60.0) == [5]


async def test_the_claim_of_a_mark_that_is_gone_or_given_back_is_not_renewed(shared: Shared) -> None:
    await shared.mark(REPO, 5, Priority.CHECK, at=10.0)
    mark = await claimed(shared)
    await shared.unclaim("me")
    assert not await shared.renew(mark, until=100.0)
    assert await due(shared, 20.0) == [5]
    await shared.settle(mark, again_at=0.0)
    assert not await shared.renew(mark, until=100.0)

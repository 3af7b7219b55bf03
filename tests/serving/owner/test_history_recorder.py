"""The recorder: counted in memory, stored rarely, and nothing lost."""

import pytest

from app.domain.errors import StoreUnusable
from app.jobs.poll_schedule import PollOutcome
from app.ports.metrics import DeliveryOutcome
from app.ports.owner.history import MOST_EVENTS, HistoryKind, HistoryRecord
from app.serving.owner.as_json import outcome_totals
from app.serving.owner.history_recorder import HistoryRecorder
from tests.fakes import FakeClock, SilentMetrics
from tests.serving.owner.owner_setup import REPO, CountedHistory, record_events


@pytest.fixture
def history() -> CountedHistory:
    return CountedHistory()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(1_600_000_000.0)


@pytest.fixture
def recorder(history: CountedHistory, clock: FakeClock) -> HistoryRecorder:
    return HistoryRecorder(SilentMetrics(), history, clock)


async def test_day_is_the_same_before_and_after_a_write(recorder: HistoryRecorder, history: CountedHistory) -> None:
    record_events(recorder)
    before = await recorder.last_day()
    await recorder.flush()
    assert await recorder.last_day() == before
    totals = {
        kind: {name: count for name, (count, _) in outcome_totals(before.counts, kind).items()} for kind in HistoryKind
    }
    assert totals == {
        HistoryKind.POLL: {"ok": 1},
        HistoryKind.DELIVERY: {"missed": 2, "accepted": 1},
        HistoryKind.DRIFT: {"comment_missing": 3},
        HistoryKind.REQUEST: {"poll": 1, "check": 1},
    }
    assert [count.least for count in before.counts if count.kind is HistoryKind.REQUEST] == [4991, 4990]
    assert {event.repo_key for event in before.events} == {"ada/blog", ""}


async def test_nothing_is_written_if_nothing_happened(recorder: HistoryRecorder, history: CountedHistory) -> None:
    await recorder.flush()
    record_events(recorder)
    await recorder.flush()
    await recorder.close()
    assert history.writes == 1


async def test_failed_write_loses_nothing(recorder: HistoryRecorder, history: CountedHistory) -> None:
    record_events(recorder)
    history.failures = 1
    with pytest.raises(StoreUnusable):
        await recorder.flush()
    record_events(recorder)
    await recorder.close()
    day = await recorder.last_day()
    assert outcome_totals(day.counts, HistoryKind.POLL)["ok"][0] == 2
    assert len([event for event in day.events if event.kind is HistoryKind.POLL]) == 2


async def test_flood_of_deliveries_takes_bounded_memory(recorder: HistoryRecorder, history: CountedHistory) -> None:
    for _ in range(10_000):
        recorder.delivery("other", DeliveryOutcome.UNSIGNED)
    day = await recorder.last_day()
    assert outcome_totals(day.counts, HistoryKind.DELIVERY)["unsigned"][0] == 10_000
    assert len(day.events) == MOST_EVENTS
    assert history.writes == 0


async def test_day_ends_after_a_day(recorder: HistoryRecorder, clock: FakeClock) -> None:
    record_events(recorder)
    await recorder.flush()
    clock.advance(26 * 3600)
    day = await recorder.last_day()
    assert day == HistoryRecord()


async def test_messages_are_shortened_to_one_line(recorder: HistoryRecorder) -> None:
    recorder.poll(REPO, PollOutcome.FAILED, "a\nb" * 5000)
    (event,) = (await recorder.last_day()).events
    assert len(event.detail) <= 300
    assert "\n" not in event.detail

"""What every store promises about the history of the last day."""

from dataclasses import replace

from app.ports.owner.history import DAY, HOUR, MOST_EVENTS, HistoryEvent, HistoryKind, HistoryRecord, HourCount
from app.ports.store import Store

POLL = HourCount(HOUR, HistoryKind.POLL, "jane/blog", "ok", 1, HOUR + 10.0)
DELIVERY = HourCount(HOUR, HistoryKind.DELIVERY, "", "accepted", 3, HOUR + 20.0)
EVENT = HistoryEvent(100.0, HistoryKind.POLL, "jane/blog", "failed", "GitHub cannot be reached \u2014 <b>")


async def test_counts_of_an_hour_are_added_up(store: Store) -> None:
    request = replace(POLL, kind=HistoryKind.REQUEST, outcome="poll", least=40)
    await store.history.add(HistoryRecord((POLL, DELIVERY, replace(request, least=None))))
    await store.history.add(HistoryRecord((replace(POLL, count=2, last_at=HOUR + 5.0), request)))
    await store.history.add(HistoryRecord((replace(request, least=50, hour=2 * HOUR), replace(request, least=60))))
    assert (await store.history.since(0)).counts == (
        DELIVERY,
        replace(POLL, count=3),
        replace(request, count=3),
        replace(request, hour=2 * HOUR, least=50),
    )


async def test_counts_are_read_from_an_hour_on(store: Store) -> None:
    await store.history.add(HistoryRecord((POLL, replace(POLL, hour=3 * HOUR))))
    assert [count.hour for count in (await store.history.since(2 * HOUR - 1)).counts] == [HOUR, 3 * HOUR]
    assert [count.hour for count in (await store.history.since(2 * HOUR)).counts] == [3 * HOUR]


async def test_counts_are_forgotten_after_a_day(store: Store) -> None:
    await store.history.add(HistoryRecord((POLL,)))
    await store.history.add(HistoryRecord((replace(POLL, hour=HOUR + DAY),)))
    assert [count.hour for count in (await store.history.since(0)).counts] == [HOUR, HOUR + DAY]
    await store.history.add(HistoryRecord((replace(POLL, hour=2 * HOUR + DAY),)))
    assert [count.hour for count in (await store.history.since(0)).counts] == [HOUR + DAY, 2 * HOUR + DAY]


async def test_latest_events_of_each_kind_stay(store: Store) -> None:
    delivery = replace(EVENT, kind=HistoryKind.DELIVERY, at=1.0)
    await store.history.add(HistoryRecord(events=(delivery,)))
    for start in (0, MOST_EVENTS):
        events = tuple(replace(EVENT, at=float(start + n)) for n in range(MOST_EVENTS))
        await store.history.add(HistoryRecord(events=events[::-1]))
    events = (await store.history.since(0)).events
    assert [event.at for event in events if event.kind is HistoryKind.POLL] == [
        float(n) for n in range(2 * MOST_EVENTS - 1, MOST_EVENTS - 1, -1)
    ]
    assert events[-1] == delivery
    assert [event.at for event in (await store.history.since(98.0)).events] == [99.0, 98.0]


async def test_events_keep_their_texts(store: Store) -> None:
    await store.history.add(HistoryRecord(events=(EVENT,)))
    assert (await store.history.since(EVENT.at)).events == (EVENT,)

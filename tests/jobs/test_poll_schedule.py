"""The schedule: when the next poll of a site is due."""

import asyncio
from pathlib import Path

import pytest

from app.domain.errors import RateLimited, Unreachable
from app.domain.times import rfc3339
from app.jobs.poll_schedule import poll_interval
from app.ports.deliveries import Delivery
from app.simulator.http.server import run_simulator
from app.sync.unreported_changes import WebhookHealth
from tests.fakes import FakeClock, ManualClock, run_ready_tasks
from tests.integration.local_service import complete_backfill, new_clock, run_service_with_webhook
from tests.integration.worlds import blog_world_at
from tests.jobs.fake_poller import BLOG, FakePoller, run_schedule, schedule_of

NO_ANSWER = Unreachable("/repos/ada/blog", "no answer")
NO_NEWS = WebhookHealth()
NOW = 1_700_000_000.0


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


# pauses


async def test_polls_come_at_their_interval(clock: FakeClock) -> None:
    schedule = await run_schedule([NO_NEWS] * 3, clock)
    assert clock.slept == [60, 60, 60]
    assert schedule.failures == {}


async def test_failures_lengthen_the_pause_until_a_success(clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    schedule = await run_schedule([NO_ANSWER] * 6 + [NO_NEWS], clock)
    assert clock.slept == [10, 20, 40, 80, 160, 320, 60]
    assert schedule.failures == {}
    assert len([record for record in caplog.records if "cannot be reached" in record.message]) == 1


async def test_last_failure_of_a_site_is_available(clock: FakeClock) -> None:
    schedule = await run_schedule([NO_ANSWER], clock)
    assert schedule.failures == {BLOG: NO_ANSWER}


async def test_poll_after_a_rate_limit_waits_for_its_end(clock: FakeClock) -> None:
    limit = RateLimited("/repos/ada/blog", until=clock.now() + 1234, kind="primary")
    await run_schedule([limit, NO_NEWS], clock)
    assert clock.slept == [1234, 60]


async def test_rate_limit_after_a_failure_is_waited_for(clock: FakeClock) -> None:
    limit = RateLimited("/repos/ada/blog", until=clock.now() + 1234, kind="primary")
    await run_schedule([NO_ANSWER, limit, NO_NEWS], clock)
    assert clock.slept == [10, 1224, 60]


async def test_polls_keep_their_interval_within_a_short_budget(
    clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    start = clock.now()
    limit = RateLimited("/repos/ada/blog", until=start + 1234, kind="budget")
    await run_schedule([limit, NO_NEWS], clock)
    assert clock.slept == [60, 60]
    assert f"ends at {rfc3339(start + 1234)}. The next poll is at {rfc3339(start + 60)}." in caplog.text


async def test_polls_go_on_after_an_internal_error(clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    await run_schedule([ZeroDivisionError(), NO_NEWS], clock)
    assert clock.slept == [10, 60]
    assert "internal error" in caplog.text


async def test_poll_now_ends_the_pause() -> None:
    poller = FakePoller(NO_NEWS, NO_NEWS)
    schedule = schedule_of(poller, ManualClock())
    task = asyncio.create_task(schedule.run(BLOG))
    await run_ready_tasks()
    assert poller.poll_count == 1
    schedule.poll_now()
    await run_ready_tasks()
    assert poller.poll_count == 2
    task.cancel()


async def test_site_is_reconciled_daily_across_restarts(tmp_path: Path) -> None:
    clock, store = new_clock(), f"sqlite:///{tmp_path}/afterword.db"
    reconciled: list[bool] = []
    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock, store=store) as service:
            await complete_backfill(service)
        for seconds in (0, 60, 86_300, 100, 60):
            clock.advance(seconds)
            async with run_service_with_webhook(simulator, clock, store=store) as service:
                await service.application.schedule.poll_once(BLOG)
                site = await service.application.mirror.site(BLOG)
                assert site is not None
                reconciled.append(site.reconciled_at == clock.now())
    assert reconciled == [True, False, False, True, False]


# webhooks


@pytest.mark.parametrize(
    ("last_delivery_at", "missed_at", "seconds"),
    [
        (None, None, 60),
        (NOW - 86_400, None, 600),
        (NOW - 10, NOW - 20, 60),
        (NOW - 20, NOW - 10, 60),
        (NOW - 10, NOW - 3601, 600),
        (NOW - 4000, NOW - 3601, 60),
    ],
)
def test_polls_are_rare_while_the_webhook_works(
    last_delivery_at: float | None, missed_at: float | None, seconds: float
) -> None:
    assert poll_interval(60, last_delivery_at=last_delivery_at, missed_at=missed_at, now=NOW) == seconds


@pytest.mark.parametrize(("every", "rare"), [(60, 600), (400, 600), (3600, 3600), (1, 10)])
def test_rare_polls_come_every_ten_minutes(every: float, rare: float) -> None:
    assert poll_interval(every, last_delivery_at=NOW, missed_at=None, now=NOW) == rare


async def test_polls_become_frequent_after_a_missed_delivery(clock: FakeClock) -> None:
    healthy = WebhookHealth(clock.now())
    missed = WebhookHealth(clock.now(), frozenset({41}), missed_at=clock.now())
    schedule = schedule_of(FakePoller(healthy, missed), clock)
    assert await schedule.poll_once(BLOG) == 600
    assert await schedule.poll_once(BLOG) == 60


async def test_webhook_without_deliveries_for_a_week_is_distrusted() -> None:
    clock = new_clock()
    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            ping = Delivery("1", "ping", "", BLOG, None, full=False, received_at=clock.now())
            await service.application.store.deliveries.accept(ping, replay_within=60)
            for days, pause in ((0, 600), (6, 600), (2, 60)):
                clock.advance(days * 86_400)
                assert await service.application.schedule.poll_once(BLOG) == pause

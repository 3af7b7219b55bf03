"""Maintenance: the store is guarded and repaired, and sizes are sampled."""

import asyncio

import pytest

from app.domain.errors import StoreUnusable
from app.ports.mirror import Change
from app.simulator.http.server import run_simulator
from tests.contracts.mirrors import issue
from tests.integration.local_service import BLOG, run_service
from tests.integration.maintained_store import MaintainedStore
from tests.integration.worlds import blog_world


async def test_repair_is_reported_once(caplog: pytest.LogCaptureFixture) -> None:
    maintained = MaintainedStore()
    await maintained.maintenance.run_once()
    assert maintained.repair_count == 0
    maintained.store.reports = ["The store was damaged and has been replaced."]
    await maintained.maintenance.run_once()
    await maintained.maintenance.run_once()
    assert maintained.repair_count == 1
    assert "The store was damaged" in caplog.text


async def test_repaired_store_is_read_and_polled_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def guard() -> str:
        return "The store was damaged and has been replaced."

    with run_simulator(blog_world(1)) as simulator:
        async with run_service(simulator) as service:
            application = service.application
            await application.poller.poll(BLOG)
            await application.change_feed.catch_up()
            wakeup = application.schedule._wakeups[BLOG] = asyncio.Event()
            await application.maintenance.run_once()
            assert application.change_feed._version == await application.mirror.latest_version()
            assert not wakeup.is_set()
            monkeypatch.setattr(application.store, "guard", guard)
            await application.maintenance.run_once()
            assert application.change_feed._version == 0
            assert wakeup.is_set()


async def test_sizes_are_sampled_every_ten_seconds() -> None:
    maintained = MaintainedStore()
    issues = (issue(1, repo=BLOG), issue(2, repo=BLOG, pull=True))
    await maintained.store.mirror.apply(Change(repo=BLOG, at=1.0, issues=issues))
    for _ in range(25):
        await maintained.maintenance.run_once()
        maintained.clock.advance(1)
    assert maintained.gauges.sizes == [("ada/blog", 1, 0, None)] * 3
    assert maintained.gauges.job_counts == [0] * 3
    assert maintained.gauges.flush_count == 25


@pytest.mark.parametrize(
    ("failure", "message"),
    [(StoreUnusable("here", "it is busy"), "it is busy"), (ZeroDivisionError(), "internal error")],
)
async def test_maintenance_survives_failures(
    failure: Exception, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    maintained = MaintainedStore()
    maintained.store.reports = [failure, failure]
    running = asyncio.create_task(maintained.maintenance.run())
    async with asyncio.timeout(20):
        await maintained.gauges.was_flushed.wait()
    running.cancel()
    assert maintained.clock.slept[:2] == [1, 1]
    assert len(caplog.records) == 1
    assert message in caplog.text

"""What every store promises about deliveries."""

from dataclasses import replace

import pytest

from app.domain.priority import Priority
from app.domain.sites import repository
from app.ports.deliveries import Deliveries, Delivery
from app.ports.jobs import Job, Jobs
from tests.contracts.stores import OTHER, REPO

DELIVERY = Delivery("guid", "issue_comment", "created", REPO, 5, full=False, received_at=100.0)
WEEK = 7 * 24 * 3600.0


async def _claim(jobs: Jobs, *, at: float) -> Job:
    job = await jobs.claim(REPO, 5, worker_id="me", at=at, until=at + 15.0)
    assert job is not None
    return job


async def _due(jobs: Jobs, at: float) -> list[int]:
    return [job.number for job in await jobs.due(at=at)]


# --- the delivery and its job


async def test_delivery_enqueues_a_job(deliveries: Deliveries, jobs: Jobs) -> None:
    assert await deliveries.accept(replace(DELIVERY, full=True), replay_within=60.0)
    job = Job(REPO, 5, Priority.DELIVERY, full=True, generation=1, enqueued_at=100.0, due_at=100.0)
    assert await jobs.due(at=100.0) == (job,)
    assert await deliveries.last_delivery_at(REPO) == 100.0
    assert await deliveries.delivered_since(REPO, since=100.0) == {5}


async def test_delivery_without_a_thread_enqueues_nothing(deliveries: Deliveries, jobs: Jobs) -> None:
    assert await deliveries.accept(replace(DELIVERY, number=None), replay_within=60.0)
    assert (await jobs.due(at=100.0), await deliveries.delivered_since(REPO, since=0.0)) == ((), frozenset())
    assert await deliveries.last_delivery_at(REPO) == 100.0


async def test_delivery_of_a_known_change_enqueues_nothing(deliveries: Deliveries, jobs: Jobs) -> None:
    assert await deliveries.accept(replace(DELIVERY, needs_refresh=False), replay_within=60.0)
    assert await jobs.due(at=100.0) == ()
    assert await deliveries.delivered_since(REPO, since=100.0) == {5}


@pytest.mark.parametrize("moment", [100.0, 159.9, 99.0])
async def test_replay_is_not_stored(deliveries: Deliveries, jobs: Jobs, moment: float) -> None:
    await deliveries.accept(DELIVERY, replay_within=60.0)
    await jobs.complete(await _claim(jobs, at=100.0), next_at=0.0)
    assert not await deliveries.accept(replace(DELIVERY, received_at=moment), replay_within=60.0)
    assert await jobs.find(REPO, 5) is None
    assert await deliveries.last_delivery_at(REPO) == 100.0


@pytest.mark.parametrize("moment", [160.0, 10_000.0, 40.0])
async def test_later_redelivery_is_stored(deliveries: Deliveries, jobs: Jobs, moment: float) -> None:
    await deliveries.accept(DELIVERY, replay_within=60.0)
    await jobs.complete(await _claim(jobs, at=100.0), next_at=0.0)
    assert await deliveries.accept(replace(DELIVERY, received_at=moment), replay_within=60.0)
    assert await jobs.find(REPO, 5) is not None
    assert await deliveries.last_delivery_at(REPO) == moment
    assert not await deliveries.accept(replace(DELIVERY, received_at=moment + 1), replay_within=60.0)


async def test_deliveries_are_found_by_repository_and_time(deliveries: Deliveries) -> None:
    await deliveries.accept(replace(DELIVERY, id="a", number=1, received_at=100.0), replay_within=60.0)
    await deliveries.accept(replace(DELIVERY, id="b", number=0, received_at=200.0), replay_within=60.0)
    await deliveries.accept(replace(DELIVERY, id="c", number=3, received_at=300.0), replay_within=60.0)
    await deliveries.accept(replace(DELIVERY, id="d", number=4, received_at=300.0, repo=OTHER), replay_within=60.0)
    assert await deliveries.delivered_since(REPO, since=200.0) == {0, 3}
    assert await deliveries.delivered_since(OTHER, since=0.0) == {4}
    assert await deliveries.last_delivery_at(repository("no/body")) is None


async def test_deliveries_are_forgotten_after_a_week(deliveries: Deliveries) -> None:
    await deliveries.accept(DELIVERY, replay_within=60.0)
    await deliveries.accept(replace(DELIVERY, id="b", number=6, received_at=100.0 + WEEK), replay_within=60.0)
    assert await deliveries.delivered_since(REPO, since=0.0) == {5, 6}
    await deliveries.accept(replace(DELIVERY, id="c", number=7, received_at=101.0 + WEEK), replay_within=60.0)
    assert await deliveries.delivered_since(REPO, since=0.0) == {6, 7}


async def test_old_deliveries_of_other_sites_are_forgotten(deliveries: Deliveries) -> None:
    await deliveries.accept(DELIVERY, replay_within=60.0)
    await deliveries.accept(replace(DELIVERY, id="b", repo=OTHER, received_at=101.0 + WEEK), replay_within=60.0)
    assert await deliveries.delivered_since(REPO, since=0.0) == frozenset()
    assert await deliveries.last_delivery_at(REPO) is None


# --- when the job is due


async def test_delivery_shortens_the_wait_after_a_failure(deliveries: Deliveries, jobs: Jobs) -> None:
    await deliveries.accept(DELIVERY, replay_within=60.0)
    await jobs.retry_at(await _claim(jobs, at=100.0), 1000.0)
    await deliveries.accept(replace(DELIVERY, id="b", received_at=200.0), replay_within=60.0)
    assert await _due(jobs, 204.9) == []
    assert await _due(jobs, 205.0) == [5]


async def test_many_deliveries_cause_one_retry_in_five_seconds(deliveries: Deliveries, jobs: Jobs) -> None:
    runs = 0
    for second in range(100, 160):
        await deliveries.accept(replace(DELIVERY, id=str(second), received_at=float(second)), replay_within=60.0)
        job = await jobs.claim(REPO, 5, worker_id="me", at=float(second), until=second + 15.0)
        if job is not None:
            runs += 1
            await jobs.retry_at(job, second + 900.0)
    assert runs == 10


async def test_delivery_does_not_hasten_a_throttled_job(deliveries: Deliveries, jobs: Jobs) -> None:
    await deliveries.accept(DELIVERY, replay_within=60.0)
    job = await _claim(jobs, at=100.0)
    await deliveries.accept(replace(DELIVERY, id="b", received_at=101.0), replay_within=60.0)
    await jobs.complete(job, next_at=130.0)
    await deliveries.accept(replace(DELIVERY, id="c", received_at=102.0), replay_within=60.0)
    assert await _due(jobs, 129.0) == []
    assert await _due(jobs, 130.0) == [5]

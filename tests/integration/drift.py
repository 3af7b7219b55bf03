"""Drift: differences between the mirror and GitHub that nothing reports."""

from collections import Counter
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace

from app.domain.records import Tombstone
from app.ports.metrics import Drift
from app.ports.mirror import Change
from app.simulator.http.server import RunningSimulator
from app.simulator.world.world import World
from app.sync.reconcile import Reconcile
from tests.fakes import FakeClock
from tests.integration.local_service import (
    BLOG,
    LocalService,
    complete_backfill,
    github_ids,
    run_service_with_webhook,
)
from tests.integration.recorders import DriftMetrics
from tests.integration.worlds import TOKEN


@asynccontextmanager
async def run_reconciled_service(
    simulator: RunningSimulator, clock: FakeClock, token: str | None = TOKEN
) -> AsyncGenerator[tuple[LocalService, Counter[Drift]], None]:
    """Run a service that has reconciled once without drift; yield it and a counter of later drift."""
    async with run_service_with_webhook(simulator, clock, github_token=token) as service:
        await complete_backfill(service)
        metrics = DriftMetrics()
        service.application.reconciler._drift._metrics = metrics
        await service.application.poller.poll(BLOG, reconcile=Reconcile.NOW)
        assert metrics.counts == Counter()
        clock.advance(3600)
        await service.application.poller.poll(BLOG)
        service.take_requests()
        yield service, metrics.counts


async def reconcile(service: LocalService) -> None:
    """Reconcile; the mirror equals GitHub after it."""
    await service.application.poller.poll(BLOG, reconcile=Reconcile.NOW)
    await assert_mirror_equals_github(service)


async def assert_mirror_equals_github(service: LocalService) -> None:
    """Compare all issues, comments and reactions."""
    world, mirror = service.simulator.world, service.application.mirror
    numbers = {summary.number for summary in (await mirror.site_snapshot(BLOG)).summaries}
    assert numbers == set(world.issue_ids[world.repository("ada/blog").id])
    for number in numbers:
        record = await mirror.thread(BLOG, number)
        assert record is not None
        assert (record.complete, record.count_mismatch) == (True, False)
        issue = world.issue("ada/blog", number)
        assert (record.issue.title, record.issue.state) == (issue.title, issue.state)
        comments = await mirror.comments(BLOG, number)
        assert [comment.id for comment in comments] == github_ids(service.simulator, number)
        assert [c.body for c in comments] == [world.comments[c.id].body for c in comments]
        assert [c.reactions.total for c in comments] == [_reaction_count(world, c.id) for c in comments]


async def assert_threads_equal_github(service: LocalService, numbers: Iterable[int]) -> None:
    """Compare the comments of these posts in the mirror and as readers get them, and the posts' status."""
    world = service.simulator.world
    for number in numbers:
        ids = github_ids(service.simulator, number)
        assert await service.comment_ids(number) == ids
        mirrored = await service.application.mirror.comments(BLOG, number)
        assert {comment.id: comment.body for comment in mirrored} == {key: world.comments[key].body for key in ids}
        assert await service.status(number) == world.issue("ada/blog", number).state


def _reaction_count(world: World, comment_id: int) -> int:
    return sum(count for _, count in world.comments[comment_id].reactions)


async def remove_thread_from_mirror(service: LocalService) -> None:
    tombstone = Tombstone(1, gone=False, checked_at=1.0)
    await service.application.mirror.apply(Change(repo=BLOG, at=service.clock.now(), tombstone=tombstone))


async def change_title_in_mirror(service: LocalService) -> None:
    record = await service.application.mirror.thread(BLOG, 1)
    assert record is not None
    issue = replace(record.issue, title="Wrong", source={**record.issue.source, "title": "Wrong"})
    await service.application.mirror.apply(Change(repo=BLOG, at=service.clock.now(), issues=(issue,)))


async def remove_comments_from_mirror(service: LocalService) -> None:
    ids = frozenset(github_ids(service.simulator, 1)[:2])
    await service.application.mirror.apply(Change(repo=BLOG, at=service.clock.now(), removed_comments=ids))


async def delete_thread(service: LocalService) -> None:
    service.simulator.world.delete_issue("ada/blog", 1)


async def react_to_issue(service: LocalService) -> None:
    service.simulator.world.react(service.simulator.world.issue("ada/blog", 1), "heart")


async def delete_comment(service: LocalService) -> None:
    world = service.simulator.world
    world.delete_comment(world.comments[github_ids(service.simulator, 1)[1]])


async def delete_all_comments(service: LocalService) -> None:
    world = service.simulator.world
    for comment_id in github_ids(service.simulator, 1):
        world.delete_comment(world.comments[comment_id])


async def react_to_comment(service: LocalService) -> None:
    world = service.simulator.world
    world.react(world.comments[github_ids(service.simulator, 1)[1]], "heart", 2)


async def hide_comment(service: LocalService) -> None:
    world = service.simulator.world
    world.hide_comment(world.comments[github_ids(service.simulator, 1)[1]])

"""The reconcile: whatever differs is found, mended and told of once; and rounds notice webhooks that get lost."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from typing_extensions import override

from app.domain.records import Tombstone
from app.domain.sites import Repository
from app.ports.metrics import Drift
from app.ports.mirror import Change
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.world import World
from app.sync.reconcile import Reconcile
from tests.fakes import FakeClock, SilentMetrics
from tests.integration.actions import TOKEN, Webhook, act, clock_of_tests, imported, swept, told, world_at
from tests.integration.application import BLOG, Stage, comments_of


class Observed(SilentMetrics):
    """Counts drift."""

    def __init__(self) -> None:
        self.counts: Counter[Drift] = Counter()

    @override
    def drift(self, repo: Repository, kind: Drift, count: int) -> None:
        assert repo == BLOG
        self.counts[kind] += count


@pytest.fixture
def clock() -> FakeClock:
    return clock_of_tests()


@pytest.fixture
def world(clock: FakeClock) -> World:
    return world_at(clock)


@asynccontextmanager
async def in_service(
    simulator: RunningSimulator, clock: FakeClock, token: str | None = TOKEN
) -> AsyncGenerator[tuple[Stage, Counter[Drift]], None]:
    """An application that has reconciled once, and the drift that it tells of from then on."""
    async with act(simulator, clock, github_token=token) as on:
        await imported(on)
        observed = Observed()
        on.application.reconciler._drift._metrics = observed
        await on.application.poller.poll(BLOG, reconcile=Reconcile.NOW)
        assert observed.counts == Counter()
        clock.advance(3600)
        await on.application.poller.poll(BLOG)
        on.asked()
        yield on, observed.counts


async def as_on_github(on: Stage) -> None:
    world = on.simulator.world
    home = world.repository("ada/blog").id
    mirrored = {tally.number for tally in (await on.application.mirror.site_snapshot(BLOG)).summaries}
    assert mirrored == set(world.issue_ids[home])
    for number in mirrored:
        record = await on.application.mirror.thread(BLOG, number)
        assert record is not None
        assert (record.complete, record.count_mismatch) == (True, False)
        issue = world.issue("ada/blog", number)
        assert (record.issue.title, record.issue.state) == (issue.title, issue.state)
        comments = await on.application.mirror.comments(BLOG, number)
        assert [comment.id for comment in comments] == comments_of(on.simulator, number)
        assert [c.body for c in comments] == [world.comments[c.id].body for c in comments]
        assert [c.reactions.total for c in comments] == [_total(world, c.id) for c in comments]


def _total(world: World, comment_id: int) -> int:
    return sum(count for _, count in world.comments[comment_id].reactions)


async def reconcile(on: Stage) -> None:
    await on.application.poller.poll(BLOG, reconcile=Reconcile.NOW)
    await as_on_github(on)


async def _forgotten_thread(on: Stage) -> None:
    await on.application.mirror.apply(
        Change(repo=BLOG, at=on.clock.now(), tombstone=Tombstone(1, gone=False, checked_at=1.0))
    )


async def _deleted_thread(on: Stage) -> None:
    on.simulator.world.delete_issue("ada/blog", 1)


async def _other_title(on: Stage) -> None:
    record = await on.application.mirror.thread(BLOG, 1)
    assert record is not None
    issue = replace(record.issue, title="Wrong", source={**record.issue.source, "title": "Wrong"})
    await on.application.mirror.apply(Change(repo=BLOG, at=on.clock.now(), issues=(issue,)))


async def _reaction_to_the_issue(on: Stage) -> None:
    on.simulator.world.react(on.simulator.world.issue("ada/blog", 1), "heart")


async def _forgotten_comments(on: Stage) -> None:
    lost = frozenset(comments_of(on.simulator, 1)[:2])
    await on.application.mirror.apply(Change(repo=BLOG, at=on.clock.now(), removed_comments=lost))


async def _deleted_comment(on: Stage) -> None:
    world = on.simulator.world
    world.delete_comment(world.comments[comments_of(on.simulator, 1)[1]])


async def _all_comments_deleted(on: Stage) -> None:
    world = on.simulator.world
    for comment_id in comments_of(on.simulator, 1):
        world.delete_comment(world.comments[comment_id])


async def _reaction_to_a_comment(on: Stage) -> None:
    world = on.simulator.world
    world.react(world.comments[comments_of(on.simulator, 1)[1]], "heart", 2)


async def _hidden_comment(on: Stage) -> None:
    world = on.simulator.world
    world.hide_comment(world.comments[comments_of(on.simulator, 1)[1]])


@pytest.mark.parametrize("counts", [(3, 0, 2), (3, 0, 320)])
@pytest.mark.parametrize(
    ("drift", "expected"),
    [
        (_forgotten_thread, {Drift.THREAD_MISSING: 1}),
        (_deleted_thread, {Drift.THREAD_SURPLUS: 1}),
        (_other_title, {Drift.THREAD_DIFFERS: 1}),
        (_reaction_to_the_issue, {Drift.THREAD_DIFFERS: 1}),
        (_forgotten_comments, {Drift.COMMENT_MISSING: 2}),
        (_deleted_comment, {Drift.COMMENT_SURPLUS: 1}),
        (_all_comments_deleted, {Drift.COMMENT_SURPLUS: 3}),
        (_reaction_to_a_comment, {Drift.COMMENT_DIFFERS: 1}),
        (_hidden_comment, {Drift.COMMENT_DIFFERS: 1}),
    ],
)
async def test_drift_of_every_kind_is_found_mended_and_told_of_once(
    clock: FakeClock,
    counts: tuple[int, ...],
    drift: Callable[[Stage], Awaitable[None]],
    expected: dict[Drift, int],
) -> None:
    with run_simulator(world_at(clock, *counts)) as simulator:
        async with in_service(simulator, clock) as (on, found):
            await drift(on)
            await reconcile(on)
            assert found == expected
            await reconcile(on)
            assert found == expected


async def test_what_is_new_is_no_drift(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with in_service(simulator, clock) as (on, found):
            world.comment("ada/blog", 2, body="First!", author="eve")
            world.open_issue("ada/blog", title="Post 4", body="")
            world.close_issue("ada/blog", 1)
            await reconcile(on)
            assert found == {}


@pytest.mark.parametrize("asked", ["direction=desc", "/issues/comments?sort=created"])
async def test_what_happens_during_a_reconcile_is_no_drift(world: World, clock: FakeClock, asked: str) -> None:
    with run_simulator(world) as simulator:
        async with in_service(simulator, clock) as (on, found):

            def meanwhile(question: object) -> None:
                if asked in str(getattr(question, "target", "")):
                    stop()
                    clock.advance(5)
                    world.comment("ada/blog", 2, body="First!", author="eve")
                    world.open_issue("ada/blog", title="Post 4", body="")

            stop = simulator.on_request(meanwhile)
            await on.application.poller.poll(BLOG, reconcile=Reconcile.NOW)
            assert found == {}
            await on.application.poller.poll(BLOG)
            await as_on_github(on)


@pytest.mark.parametrize("pause", [0, 30, 4000])
async def test_what_a_webhook_told_is_no_drift_though_nobody_has_looked_yet(
    world: World, clock: FakeClock, pause: int
) -> None:
    with run_simulator(world) as simulator:
        async with in_service(simulator, clock) as (on, found):
            await _deleted_comment(on)
            await told(on, 1, full=True)
            world.delete_issue("ada/blog", 3)
            await told(on, 3, full=True)
            clock.advance(pause)
            await reconcile(on)
            assert found == {}


async def test_what_a_webhook_told_before_and_was_looked_at_during_a_reconcile_is_no_drift(
    world: World, clock: FakeClock
) -> None:
    with run_simulator(world) as simulator:
        async with in_service(simulator, clock) as (on, found):
            await _deleted_comment(on)
            await told(on, 1, full=True)
            clock.advance(10)
            simulator.hold.start("sort=created&direction=desc")
            comparing = asyncio.create_task(on.application.poller.poll(BLOG, reconcile=Reconcile.NOW))
            await asyncio.to_thread(simulator.hold.wait_for, 1)
            await swept(on)
            simulator.hold.release()
            await comparing
            await as_on_github(on)
            assert found == {}


async def test_a_quiet_blog_is_compared_for_four_asks_and_what_it_says(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with in_service(simulator, clock) as (on, found):
            await reconcile(on)
            assert len(on.asked()) == 2 + 1 + 1 + 1
            assert found == {}
            site = await on.application.mirror.site(BLOG)
            assert site is not None
            assert site.reconciled_at == clock.now()


async def test_without_a_token_no_more_is_compared_than_the_hour_allows(clock: FakeClock) -> None:
    with run_simulator(world_at(clock, 2, *[1] * 30, 1500)) as simulator:
        async with in_service(simulator, clock, token=None) as (on, found):
            clock.advance(3600)
            await on.application.poller.poll(BLOG)
            await _deleted_comment(on)
            on.simulator.world.react(on.simulator.world.comments[comments_of(simulator, 5)[0]], "heart")
            on.asked()
            await on.application.poller.poll(BLOG, reconcile=Reconcile.NOW)
            assert len(on.asked()) <= 24
            assert found[Drift.COMMENT_SURPLUS] == 1
            assert await on.ids(1) == comments_of(simulator, 1)


# Webhooks that get lost --------------------------------------------------------------------------------


async def untold(on: Stage) -> frozenset[int]:
    return (await on.application.poller.poll(BLOG)).webhook.missed


async def test_a_round_tells_of_comments_that_no_webhook_told(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            webhook = Webhook(world)
            world.comment("ada/blog", 1, body="Told", author="eve")
            await webhook.deliver(on)
            clock.advance(600)
            assert await untold(on) == frozenset()
            world.comment("ada/blog", 2, body="Lost", author="eve")
            world.edit_comment(world.comments[comments_of(simulator, 3)[0]], body="Lost, too")
            webhook.lose()
            clock.advance(600)
            assert await untold(on) == {2, 3}
            clock.advance(600)
            assert await untold(on) == frozenset()


async def test_where_no_webhook_was_ever_heard_of_none_is_missed(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            world.comment("ada/blog", 2, body="First!", author="eve")
            clock.advance(600)
            assert await untold(on) == frozenset()


async def test_a_webhook_may_take_a_minute(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            await told(on, 1)
            clock.advance(600)
            await untold(on)
            clock.advance(600)
            world.comment("ada/blog", 2, body="On its way", author="eve")
            clock.advance(30)
            assert await untold(on) == frozenset()


async def test_what_was_told_and_could_not_be_looked_at_is_not_lost(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            await told(on, 1)
            clock.advance(600)
            await untold(on)
            clock.advance(300)
            world.comment("ada/blog", 2, body="Told", author="eve")
            await told(on, 2)
            clock.advance(300)
            assert await untold(on) == frozenset()


async def test_comments_on_pull_requests_are_nobodys_loss(world: World, clock: FakeClock) -> None:
    number = world.open_pull_request("ada/blog", title="Fix a typo").number
    with run_simulator(world) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            await told(on, 1)
            clock.advance(600)
            await untold(on)
            world.comment("ada/blog", number, body="Thanks", author="eve")
            clock.advance(600)
            assert await untold(on) == frozenset()


async def test_what_changes_about_a_pull_request_is_no_drift(world: World, clock: FakeClock) -> None:
    number = world.open_pull_request("ada/blog", title="Fix a typo").number
    with run_simulator(world) as simulator:
        async with in_service(simulator, clock) as (on, found):
            world.react(world.issue("ada/blog", number), "heart")
            await on.application.poller.poll(BLOG, reconcile=Reconcile.NOW)
            assert found == {}

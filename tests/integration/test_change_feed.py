"""Following: what other processes have changed is announced here, once, and nothing else is."""

import asyncio
from pathlib import Path

import pytest

from app.domain.errors import StoreError, StoreUnusable
from app.domain.sites import Repository
from app.ports.jobs import THE_REPOSITORY
from app.ports.mirror import Change, Mirror, MirrorChange
from app.serving.change_feed import ChangeFeed
from app.simulator.http.server import run_simulator
from app.store.memory import MemoryMirror
from app.store.sqlite import SqliteStore
from tests.contracts.mirrors import issue
from tests.fakes import FakeClock
from tests.integration.actions import NOTES, act, clock_of_tests, imported, world_at
from tests.integration.application import BLOG

CommentHint = list[tuple[Repository, frozenset[int]]]


class Announced:
    """Keeps what was announced; fails so many times first."""

    def __init__(self, failures: int = 0) -> None:
        self.said: CommentHint = []
        self._failures = failures

    async def __call__(self, repo: Repository, numbers: frozenset[int]) -> None:
        if self._failures:
            self._failures -= 1
            raise StoreUnusable("here", "it is busy")
        self.said.append((repo, numbers))


async def changed_by(mirror: Mirror, *numbers: int, repo: Repository = BLOG) -> None:
    """A change of each number: every time its issue has another title."""
    for number in numbers:
        title = f"Title {await mirror.latest()}"
        await mirror.apply(Change(repo=repo, at=1.0, issues=(issue(number, repo=repo, title=title),)))


async def test_what_another_process_changed_is_announced_once(tmp_path: Path) -> None:
    place = str(tmp_path / "afterword.db")
    here, there = await SqliteStore.open(place, origin="here"), await SqliteStore.open(place, origin="there")
    announced = Announced()
    follower = ChangeFeed(here.mirror, FakeClock(), announced, origin="here")
    await changed_by(there.mirror, 1)
    await follower.catch_up()
    assert announced.said == []
    await changed_by(there.mirror, 2, 3)
    await changed_by(there.mirror, 5, repo=NOTES)
    await changed_by(here.mirror, 4)
    await follower.catch_up()
    assert dict(announced.said) == {BLOG: frozenset({2, 3}), NOTES: frozenset({5})}
    announced.said.clear()
    await follower.catch_up()
    assert announced.said == []
    await changed_by(there.mirror, 2)
    await follower.catch_up()
    assert announced.said == [(BLOG, frozenset({2}))]
    await there.close()
    await here.close()


async def test_after_the_store_was_replaced_its_signals_count_from_the_beginning() -> None:
    full, fresh = MemoryMirror("there"), MemoryMirror("there")
    await changed_by(full, *range(1, 30))
    mirrors = [full]

    class Replaced:
        async def latest(self) -> int:
            return await mirrors[-1].latest()

        async def signals(self, *, after: int) -> tuple[MirrorChange, ...]:
            return await mirrors[-1].signals(after=after)

    announced = Announced()
    follower = ChangeFeed(Replaced(), FakeClock(), announced, origin="here")  # type: ignore[arg-type] # all it needs
    await follower.catch_up()
    mirrors.append(fresh)
    await changed_by(fresh, 1, 2)
    await follower.catch_up()
    assert announced.said == []
    follower.begin_anew()
    await follower.catch_up()
    assert announced.said == [(BLOG, frozenset({1, 2}))]


async def test_a_store_that_is_replaced_during_an_announcement_is_followed_from_its_beginning() -> None:
    mirror = MemoryMirror("there")
    announced = Announced()

    async def announce(repo: Repository, numbers: frozenset[int]) -> None:
        await announced(repo, numbers)
        if len(announced.said) == 1:
            follower.begin_anew()

    follower = ChangeFeed(mirror, FakeClock(), announce, origin="here")
    await changed_by(mirror, 1)
    await follower.catch_up()
    await changed_by(mirror, 2)
    await follower.catch_up()
    await follower.catch_up()
    assert announced.said == [(BLOG, frozenset({2})), (BLOG, frozenset({1, 2}))]


async def test_what_could_not_be_announced_is_announced_next_time() -> None:
    mirror = MemoryMirror("there")
    announced = Announced(failures=1)
    follower = ChangeFeed(mirror, FakeClock(), announced, origin="here")
    await follower.catch_up()
    await changed_by(mirror, 1)
    with pytest.raises(StoreError):
        await follower.catch_up()
    await follower.catch_up()
    assert announced.said == [(BLOG, frozenset({1}))]


@pytest.mark.parametrize("failure", [StoreUnusable("here", "it is busy"), ZeroDivisionError()])
async def test_following_survives_a_store_that_fails(failure: Exception, caplog: pytest.LogCaptureFixture) -> None:
    failures = [failure, failure]
    mirror = MemoryMirror("there")
    survived, reached = asyncio.Event(), asyncio.Event()

    async def announce(_: Repository, numbers: frozenset[int]) -> None:
        if failures:
            raise failures.pop()
        survived.set()
        if 2 in numbers:
            reached.set()

    follower = ChangeFeed(mirror, FakeClock(), announce, origin="here")
    await follower.catch_up()
    await changed_by(mirror, 1)
    following = asyncio.create_task(follower.run())
    async with asyncio.timeout(20):
        await survived.wait()
        await changed_by(mirror, 2)
        await reached.wait()
    following.cancel()
    assert len(caplog.records) == 1
    assert "Changes of other processes cannot be followed" in caplog.text


async def test_a_change_of_a_repository_itself_clears_its_documents_and_no_others(tmp_path: Path) -> None:
    clock = clock_of_tests()
    world = world_at(clock)
    world.add_repository("ada/notes")
    world.open_issue("ada/notes", title="A note", body="")
    store, repo = f"sqlite:///{tmp_path}/afterword.db", "ada/blog,ada/notes"
    paths = ("/api/v1/posts/1?repo=ada/blog", "/api/v1/posts/1?repo=ada/notes", "/api/v1/counts?repo=ada/notes")
    with run_simulator(world) as simulator:
        async with (
            act(simulator, clock, store=store, repo=repo) as one,
            act(simulator, clock, store=store, repo=repo, holder="two") as two,
        ):
            await imported(one, BLOG, NOTES)
            await two.afterword.follower.catch_up()
            for path in paths:
                assert (await two.get(path)).status_code == 200
            site = await one.afterword.mirror.site(BLOG)
            assert site is not None
            await one.afterword.mirror.apply(Change(repo=BLOG, at=clock.now(), noted={"private": True}))
            signals = await one.afterword.mirror.signals(after=0)
            assert THE_REPOSITORY in {signal.number for signal in signals if signal.repo == BLOG}
            await two.afterword.follower.catch_up()
            catalogue = two.afterword.reader._catalogue
            assert set(catalogue._by_subject) == {("ada/notes", 1), ("ada/notes", None)}
            assert [(await two.get(path)).status_code for path in paths] == [404, 200, 200]


async def test_what_another_process_commits_before_anything_is_followed_here_is_announced_too(tmp_path: Path) -> None:
    clock = clock_of_tests()
    store = f"sqlite:///{tmp_path}/afterword.db"
    with run_simulator(world_at(clock)) as simulator:
        async with act(simulator, clock, store=store) as one:
            await imported(one)
            async with act(simulator, clock, store=store, holder="two") as two:
                assert await two.ids(2) == []
                new = simulator.world.comment("ada/blog", 2, body="First!", author="eve")
                await one.afterword.pulse.bring_up(BLOG)
                await two.afterword.follower.catch_up()
                assert await two.ids(2) == [new.id]


async def test_a_change_by_one_process_is_served_by_the_other_after_it_has_followed(tmp_path: Path) -> None:
    clock = clock_of_tests()
    store = f"sqlite:///{tmp_path}/afterword.db"
    with run_simulator(world_at(clock)) as simulator:
        async with act(simulator, clock, store=store) as one, act(simulator, clock, store=store, holder="two") as two:
            await imported(one)
            await two.afterword.follower.catch_up()
            assert await two.ids(2) == []
            new = simulator.world.comment("ada/blog", 2, body="First!", author="eve")
            await one.afterword.pulse.bring_up(BLOG)
            await two.afterword.follower.catch_up()
            assert await two.ids(2) == [new.id]
            assert two.asked()[2:] == []

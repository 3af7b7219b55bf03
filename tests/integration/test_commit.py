"""Committing: what was written is announced, whoever is cancelled meanwhile."""

import asyncio

import pytest

from app.domain.errors import StoreUnusable
from app.domain.sites import Repository
from app.ports.jobs import THE_REPOSITORY, Priority
from app.ports.mirror import Change, Mirror
from app.simulator.http.server import run_simulator
from app.store.memory import MemoryMirror
from app.sync.commit import commit
from app.sync.repositories import Repositories
from tests.contracts.mirrors import issue
from tests.integration.actions import act, clock_of_tests, imported, world_at
from tests.integration.application import BLOG, Stage
from tests.integration.test_event_streams import settled

NEW = Change(repo=BLOG, at=1.0, issues=(issue(1, repo=BLOG),))


class Slow:
    """A mirror that commits, and says so only when the gate is open: as a thread does whose caller was cancelled."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror
        self.has_written = asyncio.Event()
        self.gate = asyncio.Event()
        self.failure: Exception | None = None

    def __getattr__(self, name: str) -> object:
        return getattr(self._mirror, name)

    async def apply(self, change: Change) -> frozenset[int]:
        changed = await self._mirror.apply(change)
        self.has_written.set()
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return changed


class Announced:
    """Keeps what was announced."""

    def __init__(self) -> None:
        self.said: list[tuple[Repository, frozenset[int]]] = []

    async def __call__(self, repo: Repository, numbers: frozenset[int]) -> None:
        await asyncio.sleep(0)
        self.said.append((repo, numbers))


@pytest.mark.parametrize("times", [1, 2, 5])
async def test_a_caller_that_is_cancelled_while_it_writes_ends_when_the_change_has_been_announced(times: int) -> None:
    mirror, announced = Slow(MemoryMirror("here")), Announced()
    writing = asyncio.create_task(commit(mirror, NEW, announced))  # type: ignore[arg-type] # as the mirror it holds
    await mirror.has_written.wait()
    for _ in range(times):
        writing.cancel()
        await settled()
    assert not writing.done()
    mirror.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert announced.said == [(BLOG, frozenset({1}))]


async def test_what_a_change_did_not_change_is_not_announced() -> None:
    mirror, announced = MemoryMirror("here"), Announced()
    assert await commit(mirror, NEW, announced) == {1}
    assert await commit(mirror, NEW, announced) == frozenset()
    assert announced.said == [(BLOG, frozenset({1}))]
    assert await commit(mirror, NEW, announced, besides=frozenset({THE_REPOSITORY})) == frozenset()
    assert announced.said[1:] == [(BLOG, frozenset({THE_REPOSITORY}))]


@pytest.mark.parametrize("cancelled", [False, True])
async def test_a_change_that_cannot_be_written_is_not_announced(*, cancelled: bool) -> None:
    mirror, announced = Slow(MemoryMirror("here")), Announced()
    mirror.failure = StoreUnusable("here", "the disk is full")
    writing = asyncio.create_task(commit(mirror, NEW, announced))  # type: ignore[arg-type] # as the mirror it holds
    await mirror.has_written.wait()
    if cancelled:
        writing.cancel()
    mirror.gate.set()
    with pytest.raises(asyncio.CancelledError if cancelled else StoreUnusable):
        await writing
    assert announced.said == []


async def test_who_is_cancelled_together_with_the_writing_is_cancelled() -> None:
    mirror, announced = Slow(MemoryMirror("here")), Announced()
    before = asyncio.all_tasks()
    writing = asyncio.create_task(commit(mirror, NEW, announced))  # type: ignore[arg-type] # as the mirror it holds
    await mirror.has_written.wait()
    for task in asyncio.all_tasks() - before:  # as at the end of the loop
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert announced.said == []


async def _cancelled(on: Stage, deed: str, slow: Slow) -> None:
    if deed == "a thread":
        on.afterword.refresher._mirror = slow  # type: ignore[assignment] # as the mirror it holds
        doing: asyncio.Task[object] = asyncio.create_task(on.afterword.refresher.read(BLOG, 2, Priority.POLL))
    else:
        repositories: Repositories = on.afterword.repositories
        site = await on.afterword.mirror.site(BLOG)
        assert site is not None
        repositories._mirror = slow  # type: ignore[assignment] # as the mirror it holds
        doing = asyncio.create_task(repositories.look(site, Priority.POLL))
    async with asyncio.timeout(20):
        await slow.has_written.wait()
    doing.cancel()
    await settled()
    slow.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await doing


@pytest.mark.parametrize(("deed", "status", "comments"), [("a thread", 200, 1), ("the repository", 404, None)])
async def test_a_round_that_is_cancelled_while_it_writes_leaves_nothing_old_to_be_served(
    deed: str, status: int, comments: int | None
) -> None:
    clock = clock_of_tests()
    with run_simulator(world_at(clock)) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            assert await on.ids(2) == []
            simulator.world.comment("ada/blog", 2, body="First!", author="eve")
            if deed == "the repository":
                simulator.world.make_private("ada/blog")
            await _cancelled(on, deed, Slow(on.afterword.mirror))
            answer = await on.get("/api/v1/posts/2/comments?limit=100")
            assert answer.status_code == status
            assert comments is None or len(answer.json()["comments"]) == comments

"""Job handlers over stores in memory, and a record of what they request from GitHub."""

from collections.abc import Awaitable, Callable
from typing import Any

from typing_extensions import override

from app.domain.priority import Priority
from app.domain.records import SiteRecord, ThreadRef, Tombstone
from app.domain.sites import Repository, repository
from app.domain.thread_state import Snapshot
from app.github.payloads import RepositoryInfo
from app.jobs.handlers import JobHandlers
from app.ports.jobs import Job
from app.ports.mirror import Change
from app.store.memory import MemoryJobs, MemoryMirror
from app.sync.refresh import Refresher
from app.sync.repositories import Repositories
from tests.contracts.mirrors import API, issue
from tests.fakes import FakeClock

BLOG, NOTES = repository("ada/blog"), repository("ada/notes")
FRESH_FOR = 300.0

Request = tuple[str, int, Priority]
"""(method of the refresher, thread number, priority)"""


class RecordedRefresher(Refresher):
    """Records what is refreshed; `failure` is raised, `effect` happens, and `has_issue` is returned."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.failure: Exception | None = None
        self.effect: Callable[[], Awaitable[object]] | None = None
        self.has_issue = True

    @override
    async def read(self, snapshot: Snapshot, priority: Priority) -> bool:
        return await self._request("read", snapshot.requested_ref.number, priority)

    @override
    async def refresh(self, snapshot: Snapshot, priority: Priority) -> bool:
        return await self._request("refresh", snapshot.requested_ref.number, priority)

    @override
    async def check(self, snapshot: Snapshot) -> bool:
        return await self._request("check", snapshot.requested_ref.number, Priority.CHECK)

    async def _request(self, method: str, number: int, priority: Priority) -> bool:
        self.requests.append((method, number, priority))
        if self.failure is not None:
            raise self.failure
        if self.effect is not None:
            await self.effect()
        return self.has_issue


class RecordedRepositories(Repositories):
    """Records refreshes of repositories as (priority, whether a webhook reported it); `failure` is raised."""

    def __init__(self) -> None:
        self.refreshes: list[tuple[Priority, bool]] = []
        self.failure: Exception | None = None

    @override
    async def site(self, repo: Repository, priority: Priority, *, record: SiteRecord | None = None) -> SiteRecord:
        return SiteRecord(repo, 1, repo.full_name)

    @override
    async def refresh(self, site: SiteRecord, priority: Priority, *, reported: bool = False) -> RepositoryInfo:
        self.refreshes.append((priority, reported))
        if self.failure is not None:
            raise self.failure
        return RepositoryInfo(id=site.id, full_name=site.full_name, private=False, has_issues=True, archived=False)


class HandlersSetup:
    """Handlers of two sites."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.mirror = MemoryMirror("here", (BLOG, NOTES))
        self.jobs = MemoryJobs()
        self.refresher = RecordedRefresher()
        self.repositories = RecordedRepositories()
        self.handlers = JobHandlers(
            self.mirror, self.jobs, self.repositories, self.refresher, self.clock, fresh_for=FRESH_FOR
        )

    async def run(self, number: int, priority: Priority, *, full: bool = False) -> bool:
        """Run a job of the blog; return whether it enqueued another."""
        now = self.clock.now()
        return await self.handlers.run(Job(BLOG, number, priority, full, generation=1, enqueued_at=now, due_at=now))

    async def mirror_issue(
        self, number: int, *, repo: Repository = BLOG, complete: bool = True, age: float = 0.0, **fields: Any
    ) -> None:
        """Store an issue without comments that was read completely `age` seconds ago, or one that lacks comments."""
        threads = frozenset([number]) if complete else frozenset()
        item = issue(number, 0 if complete else 2, repo=repo, **fields)
        await self.mirror.apply(Change(repo=repo, at=self.clock.now() - age, issues=(item,), complete_threads=threads))

    async def delete(self, number: int, *, repo: Repository = BLOG, age: float = 0.0) -> None:
        """Store that GitHub answered 410 `age` seconds ago."""
        await self._bury(repo, Tombstone(number, gone=True, checked_at=self.clock.now() - age))

    async def transfer(self, number: int, target: str, *, repo: Repository = BLOG) -> None:
        """Store that an issue was transferred to a target such as `ada/notes/issues/7`."""
        address = f"{API}/repos/{target}"
        await self._bury(repo, Tombstone(number, gone=True, checked_at=self.clock.now(), transferred_to=address))

    async def _bury(self, repo: Repository, tombstone: Tombstone) -> None:
        await self.mirror.apply(Change(repo=repo, at=tombstone.checked_at, tombstone=tombstone))

    async def due_threads(self) -> list[tuple[ThreadRef, Priority]]:
        """Return the threads with a due job, and the priority of each."""
        return [(ThreadRef(job.repo, job.number), job.priority) for job in await self.jobs.due(at=self.clock.now())]

"""What processes share, in the file: every method is one transaction."""

from functools import partial

from app.domain.sites import Repository
from app.ports.jobs import Decide, Delivery, Job, Priority, RateLimitState, RecordedRequest
from app.store.sqlite import jobs, rate_state
from app.store.sqlite.file import SqliteFile


class SqliteShared:
    """What the processes on one file share."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    async def mark(
        self, repo: Repository, number: int, purpose: Priority, *, at: float, thorough: bool = False
    ) -> None:
        """Marks a thread."""
        await self._file.write(partial(jobs.mark, repo=repo, number=number, purpose=purpose, at=at, thorough=thorough))

    async def deliver(self, delivery: Delivery, *, replay_within: float) -> bool:
        """Stores a delivery and its mark together; False for a replay."""
        return await self._file.write(partial(jobs.deliver, delivery=delivery, replay_within=replay_within))

    async def told(self, repo: Repository, *, since: float) -> frozenset[int]:
        """The numbers of the deliveries received at `since` or later."""
        return await self._file.read(partial(jobs.told, repo=repo, since=since))

    async def heard_at(self, repo: Repository) -> float | None:
        """When the last delivery was received."""
        return await self._file.read(partial(jobs.heard_at, repo=repo))

    async def due(self, *, at: float) -> tuple[Job, ...]:
        """The marks that are due and that nobody has claimed."""
        return await self._file.read(partial(jobs.due, at=at))

    async def marked(self, repo: Repository, number: int) -> Job | None:
        """The mark of a thread, claimed or not."""
        return await self._file.read(partial(jobs.marked, repo=repo, number=number))

    async def claim(self, repo: Repository, number: int, *, holder: str, at: float, until: float) -> Job | None:
        """The mark, if it is due and free; it is the holder's then."""
        deed = partial(jobs.claim, repo=repo, number=number, holder=holder, at=at, until=until)
        return await self._file.write(deed)

    async def renew(self, mark: Job, *, until: float) -> bool:
        """Lengthens a claim; False where it is not the holder's any more."""
        return await self._file.write(partial(jobs.renew, mark=mark, until=until))

    async def settle(self, mark: Job, *, again_at: float) -> bool:
        """After a look: True where no mark is left."""
        return await self._file.write(partial(jobs.settle, mark=mark, again_at=again_at))

    async def postpone(self, mark: Job, *, until: float) -> None:
        """After a look that failed."""
        await self._file.write(partial(jobs.postpone, mark=mark, until=until))

    async def unclaim(self, holder: str) -> None:
        """Gives back all claims of a process that ends."""
        await self._file.write(partial(jobs.unclaim, holder=holder))

    async def drop(self, mark: Job) -> None:
        """Takes a mark away unseen, unless it was marked anew meanwhile."""
        await self._file.write(partial(jobs.drop, mark=mark))

    async def lease(self, name: str, *, holder: str, at: float, until: float) -> bool:
        """True where the lease is the holder's from now until `until`."""
        return await self._file.write(partial(rate_state.lease, name=name, holder=holder, at=at, until=until))

    async def release(self, name: str, *, holder: str) -> None:
        """Ends a lease early, if it is the holder's."""
        await self._file.write(partial(rate_state.release, name=name, holder=holder))

    async def spend(self, whose: str, purpose: Priority, *, at: float, decide: Decide) -> float | None:
        """Notes that an ask leaves at `at` if `decide` lets it, and what `decide` said."""
        return await self._file.write(partial(rate_state.spend, whose=whose, purpose=purpose, at=at, decide=decide))

    async def spent(self, whose: str, *, at: float) -> tuple[RecordedRequest, ...]:
        """What `whose` spent in the hour before `at`, oldest first."""
        return await self._file.read(partial(rate_state.spent, whose=whose, at=at))

    async def standing(self, whose: str) -> RateLimitState:
        """What was last noted."""
        return await self._file.read(partial(rate_state.standing, whose=whose))

    async def note(self, whose: str, standing: RateLimitState, *, at: float) -> None:
        """Notes how things stand."""
        await self._file.write(partial(rate_state.note, whose=whose, noted=standing, at=at))

    async def recall(self, name: str) -> str | None:
        """A small fact by its name."""
        return await self._file.read(partial(rate_state.recall, name=name))

    async def remember(self, name: str, value: str | None) -> None:
        """Keeps a small fact in place of the one of that name; None forgets it."""
        await self._file.write(partial(rate_state.remember, name=name, value=value))

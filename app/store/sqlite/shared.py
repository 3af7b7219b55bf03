"""What processes share, in the file: every method is one transaction."""

from functools import partial

from app.domain.sites import Repository
from app.engine.shared import Decide, Delivery, Mark, Purpose, Spent, Standing
from app.store.sqlite import ledger, marks
from app.store.sqlite.file import SqliteFile


class SqliteShared:
    """What the processes on one file share."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    async def mark(self, repo: Repository, number: int, purpose: Purpose, *, at: float, thorough: bool = False) -> None:
        """Marks a thread."""
        await self._file.write(partial(marks.mark, repo=repo, number=number, purpose=purpose, at=at, thorough=thorough))

    async def deliver(self, delivery: Delivery, *, replay_within: float) -> bool:
        """Stores a delivery and its mark together; False for a replay."""
        return await self._file.write(partial(marks.deliver, delivery=delivery, replay_within=replay_within))

    async def told(self, repo: Repository, *, since: float) -> frozenset[int]:
        """The numbers of the deliveries received at `since` or later."""
        return await self._file.read(partial(marks.told, repo=repo, since=since))

    async def heard_at(self, repo: Repository) -> float | None:
        """When the last delivery was received."""
        return await self._file.read(partial(marks.heard_at, repo=repo))

    async def due(self, *, at: float) -> tuple[Mark, ...]:
        """The marks that are due and that nobody has claimed."""
        return await self._file.read(partial(marks.due, at=at))

    async def marked(self, repo: Repository, number: int) -> Mark | None:
        """The mark of a thread, claimed or not."""
        return await self._file.read(partial(marks.marked, repo=repo, number=number))

    async def claim(self, repo: Repository, number: int, *, holder: str, at: float, until: float) -> Mark | None:
        """The mark, if it is due and free; it is the holder's then."""
        deed = partial(marks.claim, repo=repo, number=number, holder=holder, at=at, until=until)
        return await self._file.write(deed)

    async def renew(self, mark: Mark, *, until: float) -> bool:
        """Lengthens a claim; False where it is not the holder's any more."""
        return await self._file.write(partial(marks.renew, mark=mark, until=until))

    async def settle(self, mark: Mark, *, again_at: float) -> bool:
        """After a look: True where no mark is left."""
        return await self._file.write(partial(marks.settle, mark=mark, again_at=again_at))

    async def postpone(self, mark: Mark, *, until: float) -> None:
        """After a look that failed."""
        await self._file.write(partial(marks.postpone, mark=mark, until=until))

    async def unclaim(self, holder: str) -> None:
        """Gives back all claims of a process that ends."""
        await self._file.write(partial(marks.unclaim, holder=holder))

    async def drop(self, mark: Mark) -> None:
        """Takes a mark away unseen, unless it was marked anew meanwhile."""
        await self._file.write(partial(marks.drop, mark=mark))

    async def lease(self, name: str, *, holder: str, at: float, until: float) -> bool:
        """True where the lease is the holder's from now until `until`."""
        return await self._file.write(partial(ledger.lease, name=name, holder=holder, at=at, until=until))

    async def release(self, name: str, *, holder: str) -> None:
        """Ends a lease early, if it is the holder's."""
        await self._file.write(partial(ledger.release, name=name, holder=holder))

    async def spend(self, whose: str, purpose: Purpose, *, at: float, decide: Decide) -> float | None:
        """Notes that an ask leaves at `at` if `decide` lets it, and what `decide` said."""
        return await self._file.write(partial(ledger.spend, whose=whose, purpose=purpose, at=at, decide=decide))

    async def spent(self, whose: str, *, at: float) -> tuple[Spent, ...]:
        """What `whose` spent in the hour before `at`, oldest first."""
        return await self._file.read(partial(ledger.spent, whose=whose, at=at))

    async def standing(self, whose: str) -> Standing:
        """What was last noted."""
        return await self._file.read(partial(ledger.standing, whose=whose))

    async def note(self, whose: str, standing: Standing, *, at: float) -> None:
        """Notes how things stand."""
        await self._file.write(partial(ledger.note, whose=whose, noted=standing, at=at))

    async def recall(self, name: str) -> str | None:
        """A small fact by its name."""
        return await self._file.read(partial(ledger.recall, name=name))

    async def remember(self, name: str, value: str | None) -> None:
        """Keeps a small fact in place of the one of that name; None forgets it."""
        await self._file.write(partial(ledger.remember, name=name, value=value))

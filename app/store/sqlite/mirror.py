"""The mirror in the file: every method is one transaction."""

from functools import partial

from app.domain.sites import Repository
from app.domain.threads import Comment
from app.ports.mirror import Change, IssueSummary, MirrorChange, SiteRecord, ThreadRecord, Tombstone
from app.store.sqlite import read, write
from app.store.sqlite.file import SqliteFile


class SqliteMirror:
    """The mirror in one file; `origin` is the name of this process in its signals."""

    def __init__(self, file: SqliteFile, *, origin: str) -> None:
        self._file = file
        self._origin = origin

    async def site(self, repo: Repository) -> SiteRecord | None:
        """The record of a repository; None before its import began."""
        return await self._file.read(partial(read.site, repo=repo))

    async def thread(self, repo: Repository, number: int) -> ThreadRecord | None:
        """The thread, or pull request, of a number."""
        return await self._file.read(partial(read.thread, repo=repo, number=number))

    async def absence(self, repo: Repository, number: int) -> Tombstone | None:
        """What is known of a number without an issue."""
        return await self._file.read(partial(read.absence, repo=repo, number=number))

    async def comments(self, repo: Repository, number: int) -> tuple[Comment, ...]:
        """All mirrored comments of a thread by ascending id."""
        return await self._file.read(partial(read.comments, repo=repo, number=number))

    async def comment(self, repo: Repository, comment_id: int) -> Comment | None:
        """One comment by its id."""
        return await self._file.read(partial(read.comment, repo=repo, comment_id=comment_id))

    async def avatar(self, repo: Repository, user_id: int, *, numbers: frozenset[int] | None = None) -> str | None:
        """Where GitHub has the picture of somebody who wrote a mirrored comment; `numbers` narrows the threads."""
        return await self._file.read(partial(read.avatar, repo=repo, user_id=user_id, numbers=numbers))

    async def newest_comments(
        self, repo: Repository, *, limit: int, before: int | None, numbers: frozenset[int] | None
    ) -> tuple[Comment, ...]:
        """The comments of all complete threads by descending id, below the id `before`; `numbers` narrows them."""
        question = partial(read.newest_comments, repo=repo, limit=limit, before=before, numbers=numbers)
        return await self._file.read(question)

    async def threads(self, repo: Repository) -> tuple[ThreadRecord, ...]:
        """All threads by descending number, without pull requests."""
        return await self._file.read(partial(read.threads, repo=repo))

    async def tallies(self, repo: Repository) -> tuple[IssueSummary, ...]:
        """All issues and pull requests in short, by descending number."""
        return await self._file.read(partial(read.tallies, repo=repo))

    async def etag(self, key: str) -> str | None:
        """The ETag kept under a validator key."""
        return await self._file.read(partial(read.etag, key=key))

    async def version(self, repo: Repository, number: int) -> int:
        """The `seq` of the latest signal of a thread, present or not; 0 where there never was one."""
        return await self._file.read(partial(read.version, repo=repo, number=number))

    async def signals(self, *, after: int) -> tuple[MirrorChange, ...]:
        """The signals of all repositories with a later `seq`, in order."""
        return await self._file.read(partial(read.signals, after=after))

    async def latest(self) -> int:
        """The `seq` of the latest signal of all; 0 before the first."""
        return await self._file.read(read.latest)

    async def apply(self, change: Change) -> frozenset[int]:
        """Applies all of a change or nothing; the numbers whose issue, comments or completeness it changed.

        A caller that is cancelled stops a change only where it has not begun yet: else it is applied all the same.
        """
        return await self._file.write(partial(write.apply, change=change, origin=self._origin))

    async def close(self) -> None:
        """Ends all work in order; nothing may be asked of the file afterwards."""
        await self._file.close()

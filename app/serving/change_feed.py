"""The change feed: what another process has changed is served here within a second of its commit."""

from collections import defaultdict
from collections.abc import Awaitable, Callable

from app.domain.sites import Repository
from app.jobs.periodic import run_periodically
from app.ports.clock import Clock
from app.ports.mirror import Mirror, Notify

_EVERY = 0.1
"""Seconds; looking for the latest change is one read of an index."""
_AT_LEAST_EVERY = 1.0
"""Seconds between two looks, if the store tells of changes: it may not tell of each."""


class ChangeFeed:
    """Reports other processes' changes; `process_id` marks those of this one.

    `notify` receives the threads that changed, and `show_images` those of whose images sizes became known. `wait` is
    the store's `wait_for_changes`.
    """

    def __init__(
        self,
        mirror: Mirror,
        clock: Clock,
        *,
        notify: Notify,
        show_images: Notify,
        process_id: str,
        after: int | None = None,
        wait: Callable[[float], Awaitable[object]] | None = None,
    ) -> None:
        """Report the changes after a version; None: those after the first look."""
        self._mirror = mirror
        self._clock = clock
        self._reports = {False: notify, True: show_images}
        self._process_id = process_id
        self._version = after
        self._wait = wait
        self._includes_own = False
        """True after a restart: what this process has changed may not be what it remembers."""

    async def run(self) -> None:
        """Read the feed. Never returns."""
        message = "Changes of other processes could not be read; they are read again in a second"
        sleep, every = (self._clock.sleep, _EVERY) if self._wait is None else (self._wait, _AT_LEAST_EVERY)
        await run_periodically(self.catch_up, sleep, every=every, error_message=message)

    async def catch_up(self) -> None:
        """Report what other processes have changed since the last call; nothing at the first."""
        if self._version is None:
            self._version = await self._mirror.latest_version()
            return
        numbers: defaultdict[tuple[Repository, bool], set[int]] = defaultdict(set)
        version = after = self._version
        includes_own = self._includes_own
        for change in await self._mirror.changes(after=after):
            version = change.version
            if includes_own or change.process_id != self._process_id:
                numbers[change.repo, change.images_only].add(change.number)
        for (repo, images_only), threads in numbers.items():
            await self._reports[images_only](repo, frozenset(threads))
        if self._version == after:  # otherwise the store was replaced in between
            self._version = version
            self._includes_own = False

    def restart(self) -> None:
        """Read the feed from the start: the store has been replaced, and its earlier versions mean nothing."""
        self._version = 0
        self._includes_own = True

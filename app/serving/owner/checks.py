"""“Check now”: the owner asks GitHub for one thread, or for the changes of all, within the budget.

One thread is a job as any other, so every process may run it. All threads are one early poll: two conditional requests
for the whole blog. The process that polls may be another one: it reads the wish from the store within a second.
"""

from collections.abc import Callable
from enum import StrEnum

from app.domain.priority import Priority
from app.domain.records import ThreadRef
from app.domain.times import is_within
from app.jobs.periodic import run_periodically
from app.ports.clock import Clock
from app.ports.jobs import Jobs
from app.ports.key_values import KeyValues

_POLL_WISH = "owner poll wish"
_EVERY = 1.0
_STEP = 0.1
_PATIENCE = 3.0
"""Seconds that a check of one thread is waited for."""
_PAUSE, _PAUSE_WITH_TOKEN = 60.0, 10.0
"""Seconds between two polls that the owner may ask for: without a token each costs two of sixty requests an hour."""


class CheckOutcome(StrEnum):
    """The outcome of a wish."""

    DONE = "done"
    WAITING = "waiting"
    """It is done as soon as the budget allows."""
    POLLING = "polling"
    RECENT = "recent"
    """The last one was a moment ago; nothing is asked again."""


class OwnerChecks:
    """Carries out what the owner wants checked."""

    def __init__(
        self,
        jobs: Jobs,
        key_values: KeyValues,
        clock: Clock,
        *,
        wake: Callable[[], None],
        on_done: Callable[[], None],
        poll_now: Callable[[], None],
        has_token: bool,
    ) -> None:
        """Call `wake` to start due jobs, `on_done` after one, `poll_now` to start a poll if this process polls."""
        self._pause = _PAUSE_WITH_TOKEN if has_token else _PAUSE
        self._jobs = jobs
        self._key_values = key_values
        self._clock = clock
        self._wake = wake
        self._on_done = on_done
        self._poll_now = poll_now
        self._last_wish: str | None = None

    async def check(self, ref: ThreadRef) -> CheckOutcome:
        """Ask GitHub for a thread, even if it was checked a moment ago; wait for a few seconds. Raises `StoreError`."""
        await self._jobs.enqueue(*ref, Priority.CHECK, at=self._clock.now(), full=True)
        self._wake()
        until = self._clock.now() + _PATIENCE
        while self._clock.now() < until:
            await self._clock.sleep(_STEP)
            if await self._jobs.find(*ref) is None:
                self._on_done()
                return CheckOutcome.DONE
        return CheckOutcome.WAITING

    async def check_all(self) -> CheckOutcome:
        """Ask for an early poll of all sites. Raises `StoreError`."""
        now = self._clock.now()
        wish = await self._key_values.get(_POLL_WISH)
        if wish is not None and is_within(self._pause, float(wish), now=now):
            return CheckOutcome.RECENT
        await self._key_values.put(_POLL_WISH, str(now))
        await self.grant_wish()
        return CheckOutcome.POLLING

    async def grant_wish(self) -> None:
        """Start a poll if one was asked for since the last call. Raises `StoreError`."""
        wish = await self._key_values.get(_POLL_WISH)
        if wish != self._last_wish:
            self._last_wish = wish
            self._poll_now()

    async def run(self) -> None:
        """Read every second what was asked of another process. Never returns."""
        self._last_wish = await self._key_values.get(_POLL_WISH)
        message = "The owner's wish for a poll could not be read; it is read again in a second"
        await run_periodically(self.grant_wish, self._clock.sleep, every=_EVERY, error_message=message)

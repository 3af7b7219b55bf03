"""Looks at marked threads: each mark once, by whichever process claims it first, and again until it has succeeded.

Readers of cold threads, GitHub's deliveries and checks behind readers' backs all leave a mark and have it looked at
here. The mark is in the store before anything else happens and stays there until a look that began after it has been
committed, so that no crash forgets it; the claim sees to it that a thousand readers in four processes cost one look.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from app.domain.errors import (
    AfterwordError,
    GitHubError,
    NotReady,
    NotVisible,
    PrivateRepository,
    RateLimited,
    StoreError,
)
from app.domain.sites import Repository
from app.domain.times import rfc3339
from app.jobs.batch import DeliveryBatch
from app.jobs.heartbeat import heartbeat
from app.jobs.single_flight import SingleFlight
from app.jobs.throttle import Throttle
from app.ports.jobs import THE_REPOSITORY, Job, Priority, Shared
from app.ports.mirror import Clock, Mirror
from app.sync.poll import Poller
from app.sync.refresh import Refresher
from app.sync.repositories import Repositories
from app.sync.transfers import Transfers

_log = logging.getLogger(__name__)
_CLAIMED_FOR, _RENEWED = 15.0, 5.0
"""Seconds after which a look counts as one of a process that died, unless it says that it goes on; a doubled look does
no harm."""
_LOOK_AROUND = 0.1
_SWEEP = 1.0
"""Seconds between looks for marks that nobody attends: those of processes that ended, and those put off."""
_BETWEEN_SWEEPS = 0.05
"""Seconds between two such looks at least, so that a flood of deliveries does not have all marks read for each."""
_AT_ONCE = 3
"""Looks under way at once, but for those that readers wait for; GitHub wants asks one after the other."""
_CHECKS_AT_ONCE = 2
"""Checks under way at once, in places of their own: a thousand old threads that are read make no delivery wait."""
_FIRST_PAUSE, _LONGEST_PAUSE, _DOUBLINGS = 5.0, 900.0, 10
_HOUR = 3600.0
_READ_TRIES = 5
"""A cold thread that could not be read so often waits for its next reader."""
_ABSENT_FOR = 600.0
"""Seconds for which GitHub's word that a number has no issue is believed."""


class Worker:
    """Attends marks, once a process: `run` for ever, `look` for a reader who waits, `wake` after a delivery."""

    def __init__(
        self,
        *,
        mirror: Mirror,
        shared: Shared,
        repositories: Repositories,
        refresher: Refresher,
        pulse: Poller,
        clock: Clock,
        chance: Callable[[], float],
        holder: str,
        fresh_for: float,
        burst: int,
        places: Transfers,
    ) -> None:
        """`burst` is that of `Throttle`."""
        self._mirror = mirror
        self._shared = shared
        self._repositories = repositories
        self._refresher = refresher
        self._pulse = pulse
        self._clock = clock
        self._chance = chance
        self._holder = holder
        self._fresh_for = fresh_for
        self._places = places
        self._spacing = Throttle(clock, burst=burst)
        self._floods = DeliveryBatch(
            mirror=mirror, shared=shared, pulse=pulse, clock=clock, holder=holder, put_off=self._put_off
        )
        self._flights: SingleFlight[bool] = SingleFlight()
        """Looks by their thread; by a word before it, what waits for its turn to look."""
        self._places_at_once = asyncio.Semaphore(_AT_ONCE)
        self._places_of_checks = asyncio.Semaphore(_CHECKS_AT_ONCE)
        self._woken = asyncio.Event()

    async def look(self, repo: Repository, number: int, purpose: Priority) -> None:
        """Marks a thread and returns when it has been looked at, here or by another process, however many wait.

        Raises `GitHubError` where the look failed here, and `NotReady` where it is put off: the mark stays, and the look
        is taken again by itself.
        """
        await self._shared.mark(repo, number, purpose, at=self._clock.now())
        while not await asyncio.shield(self._begin(repo, number, purpose)):
            now = self._clock.now()
            mark = await self._shared.marked(repo, number)
            if mark is None:
                return
            if 0 < mark.due_at - now <= _HOUR:
                raise NotReady(f"Post {number} of {repo}", retry_after=_seconds(mark.due_at - now))
            await self._clock.sleep(_LOOK_AROUND)

    def wake(self) -> None:
        """Has the marks looked for at once: there is a new one."""
        self._woken.set()

    async def run(self) -> None:
        """Attends marks for ever."""
        while True:
            try:
                await self._attend_due()
            except AfterwordError as failure:
                _log.warning("Marks could not be attended: %s", failure)
            except Exception:  # noqa: BLE001 - logged; attending goes on for ever
                _log.exception("Marks could not be attended by a fault of ours")
            await self._clock.sleep(_BETWEEN_SWEEPS)
            with suppress(TimeoutError):
                async with asyncio.timeout(_SWEEP):
                    await self._woken.wait()

    async def sweep(self) -> None:
        """Attends every mark that is due, and returns when each has been looked at once."""
        rounds, looks = await self._attend_due()
        await asyncio.gather(*rounds, *looks, return_exceptions=True)
        if rounds:
            rounds, looks = await self._attend_due()
            await asyncio.gather(*rounds, *looks, return_exceptions=True)

    async def _attend_due(self) -> tuple[Sequence[asyncio.Task[bool]], Sequence[asyncio.Task[bool]]]:
        """Begins to attend every mark that is due and that nobody attends: in rounds, and in looks."""
        self._woken.clear()
        marks = await self._shared.due(at=self._clock.now())
        floods = self._floods.among(marks)
        left = {mark.seq for flood in floods.values() for mark in flood}
        rounds = [
            self._flights.join(("round", repo.key), partial(self._round, repo, flood)) for repo, flood in floods.items()
        ]
        looks = [
            self._begin(mark.repo, mark.number, mark.purpose, reader=False)
            for mark in marks
            if mark.seq not in left and self._spacing.again_at(mark.repo, mark.number) <= self._clock.now()
        ]
        return rounds, looks

    def _begin(self, repo: Repository, number: int, purpose: Priority, *, reader: bool = True) -> asyncio.Task[bool]:
        """Has a mark attended: at once for a reader who waits for a cold thread, else in turn."""
        if purpose is Priority.CHECK:
            places = self._places_of_checks
        elif reader:
            return self._flights.join((repo.key, number), partial(self._attend, repo, number))
        else:
            places = self._places_at_once
        kind = "check" if purpose is Priority.CHECK else "look"
        return self._flights.join((kind, repo.key, number), partial(self._attend_in_turn, repo, number, places))

    async def _attend_in_turn(self, repo: Repository, number: int, places: asyncio.Semaphore) -> bool:
        async with places:
            return await asyncio.shield(self._flights.join((repo.key, number), partial(self._attend, repo, number)))

    async def close(self) -> None:
        """Ends looks under way; their marks stay."""
        await self._flights.close()
        with suppress(StoreError):
            await self._shared.unclaim(self._holder)

    async def _round(self, repo: Repository, marks: Sequence[Job]) -> bool:
        try:
            made = await self._floods.round(repo, marks)
        except GitHubError:
            raise  # each mark was put off, and said so
        except Exception as failure:
            _log_fault(f"A round over {repo}", failure)
            raise
        if made:  # what it left in doubt is looked at now
            self._woken.set()
        return made

    async def _attend(self, repo: Repository, number: int) -> bool:
        """Claims the mark and looks; False where it is not to be had: another process has it, or nobody should."""
        now = self._clock.now()
        try:
            mark = await self._shared.claim(repo, number, holder=self._holder, at=now, until=now + _CLAIMED_FOR)
            if mark is None:
                return False
            await self._look(mark)
        except GitHubError:
            raise  # it was put off, and that was said
        except Exception as failure:
            _log_fault(f"The look at post {number} of {repo}", failure)
            raise
        return True

    async def _look(self, mark: Job) -> None:
        self._spacing.looked(mark.repo, mark.number)
        try:
            async with heartbeat(partial(self._go_on, mark), every=_RENEWED):
                await self._ask(mark)
        except Exception as failure:  # not where it is cancelled: `close` gives all claims back
            with suppress(StoreError):  # then the claim runs out
                await self._put_off(mark, failure)
            raise
        if not await self._shared.settle(mark, again_at=self._spacing.again_at(mark.repo, mark.number)):
            self._woken.set()

    async def _go_on(self, mark: Job) -> None:
        await self._shared.renew(mark, until=self._clock.now() + _CLAIMED_FOR)

    async def _ask(self, mark: Job) -> None:
        """Asks what the mark is for; nothing where another process has done so since."""
        repo, number = mark.repo, mark.number
        if number == THE_REPOSITORY:
            with suppress(PrivateRepository, NotVisible):  # that is noted: it is what the look was for
                site = await self._repositories.site(repo, mark.purpose)
                await self._repositories.look(site, mark.purpose, told=mark.thorough)
            return
        record = await self._mirror.thread(repo, number)
        whole = record is not None and (record.complete or record.issue.is_pull_request)
        if mark.purpose is Priority.DELIVERY:
            await self._refresher.look(repo, number, mark.purpose)
        elif mark.purpose is Priority.READ:
            if not whole or mark.thorough:
                await self._refresher.look(repo, number, mark.purpose)
        elif record is None:
            await self._check_absent(repo, number)
        elif whole and not (record.issue.is_pull_request or self._is_within(self._fresh_for, record.checked_at)):
            await self._refresher.check(repo, record)
        await self._follow(repo, number)

    async def _follow(self, repo: Repository, number: int) -> None:
        """Has a thread looked at where it has been moved to, if it is a site of ours."""
        place = await self._places.at_last(repo, number)
        if place is None:
            return
        there = await self._mirror.thread(*place)
        cold = not there.complete if there else await self._mirror.absence(*place) is None
        await self._shared.mark(*place, Priority.READ if cold else Priority.CHECK, at=self._clock.now())
        self._woken.set()

    async def _check_absent(self, repo: Repository, number: int) -> None:
        if await self._places.moved(repo, number) is not None:
            return  # an issue never comes back under a number that it had
        absence = await self._mirror.absence(repo, number)
        if absence is None or not self._is_within(_ABSENT_FOR, absence.checked_at):
            await self._refresher.read(repo, number, Priority.CHECK)

    def _is_within(self, seconds: float, at: float | None) -> bool:
        """True for so many seconds after `at`; what is later than now was noted by a clock that has been set back."""
        return at is not None and 0 <= self._clock.now() - at <= seconds

    async def _put_off(self, mark: Job, failure: Exception) -> None:
        """Keeps the mark for later; a check, and what no reader waits for any more, is left to the next reader."""
        told = mark.thorough or mark.purpose is not Priority.READ
        hopeless = not told and mark.tries + 1 >= _READ_TRIES
        if mark.purpose is Priority.CHECK or hopeless:
            await self._shared.drop(mark)
            return
        now = self._clock.now()
        if isinstance(failure, RateLimited):
            until = min(failure.until, now + _HOUR - 1.0) + self._chance()
        else:
            pause = min(_FIRST_PAUSE * 2.0 ** min(mark.tries, _DOUBLINGS), _LONGEST_PAUSE)
            until = now + pause * (0.5 + self._chance() / 2)
        _log.info("Post %s of %s is looked at again at %s: %s", mark.number, mark.repo, rfc3339(until), failure)
        await self._shared.postpone(mark, until=until)


def _seconds(wait: float) -> int:
    return max(1, min(int(wait) + 1, 300))


def _log_fault(what: str, failure: Exception) -> None:
    if isinstance(failure, AfterwordError):
        _log.warning("%s broke off: %s", what, failure)
    else:
        _log.error("%s broke off by a fault of ours", what, exc_info=failure)

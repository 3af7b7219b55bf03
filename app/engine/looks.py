"""Looks at marked threads: each mark once, by whichever process claims it first, and again until it has succeeded.

Readers of cold threads, GitHub's deliveries and checks behind readers' backs all leave a mark and have it looked at
here. The mark is in the store before anything else happens and stays there until a look that began after it has been
committed, so that no crash forgets it; the claim sees to it that a thousand readers in four processes cost one look.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from functools import partial

from cachetools import TTLCache

from app.domain.errors import (
    AfterwordError,
    GitHubError,
    Limited,
    NotVisible,
    NotYet,
    PrivateRepository,
    StoreError,
)
from app.domain.sites import Repository
from app.domain.times import rfc3339
from app.engine.observing import Observer, Wait
from app.engine.places import Places
from app.engine.ports import Clock, Mirror
from app.engine.pulse import Pulse, is_settled
from app.engine.refresh import Refresher
from app.engine.repositories import Repositories
from app.engine.shared import THE_REPOSITORY, Mark, Purpose, Shared
from app.engine.single_flight import SingleFlight

_log = logging.getLogger(__name__)
_CLAIMED_FOR = 15.0
"""Seconds after which a look that has not ended counts as one of a process that died; a doubled look does no harm."""
_LOOK_AROUND = 0.1
_SWEEP = 1.0
"""Seconds between looks for marks that nobody attends: those of processes that ended, and those put off."""
_BETWEEN_SWEEPS = 0.05
"""Seconds between two such looks at least, so that a flood of deliveries does not have all marks read for each."""
_AT_ONCE = 3
"""Looks under way at once; GitHub wants asks one after the other."""
_FLOOD = 5
"""Deliveries waiting at once, from which on a round, two asks for all of them, is cheaper than a look for each."""
_BETWEEN_FLOODS = 2.0
"""Seconds between two such rounds at least."""
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 900.0
_READ_TRIES = 5
"""A cold thread that could not be read so often waits for its next reader."""
_ABSENT_FOR = 600.0
"""Seconds for which GitHub's word that a number has no issue is believed."""
_MINUTE = 60.0
_SPACED = 10_000


class Looks:
    """Attends marks, once a process: `run` for ever, `look` for a reader who waits, `wake` after a delivery."""

    def __init__(
        self,
        *,
        mirror: Mirror,
        shared: Shared,
        repositories: Repositories,
        refresher: Refresher,
        pulse: Pulse,
        clock: Clock,
        chance: Callable[[], float],
        observer: Observer,
        holder: str,
        fresh_for: float,
        burst: int,
        places: Places,
    ) -> None:
        """`burst`: looks at one thread within a minute, after which further ones come at growing distances."""
        self._mirror = mirror
        self._shared = shared
        self._repositories = repositories
        self._refresher = refresher
        self._pulse = pulse
        self._clock = clock
        self._chance = chance
        self._observer = observer
        self._holder = holder
        self._fresh_for = fresh_for
        self._burst = burst
        self._places = places
        self._flights: SingleFlight[None] = SingleFlight()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._woken = asyncio.Event()
        self._looked: TTLCache[tuple[str, int], list[float]] = TTLCache(_SPACED, ttl=_MINUTE, timer=clock.now)
        """When threads were looked at within the last minute."""

    async def look(self, repo: Repository, number: int, purpose: Purpose) -> None:
        """Marks a thread and returns when it has been looked at, here or by another process, however many wait.

        Raises `GitHubError` where the look failed here, and `NotYet` where it is put off: the mark stays, and the look
        is taken again by itself.
        """
        await self._shared.mark(repo, number, purpose, at=self._clock.now())
        about = (repo.key, number)
        await asyncio.shield(self._flights.join(about, partial(self._attend, repo, number)))

    def wake(self, _repo: Repository, _number: int) -> None:
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
        await asyncio.gather(*await self._attend_due(), return_exceptions=True)

    async def _attend_due(self) -> Sequence[asyncio.Task[None]]:
        """Begins to attend every mark that is due and that nobody attends."""
        self._woken.clear()
        marks = await self._shared.due(at=self._clock.now())
        told: defaultdict[Repository, list[Mark]] = defaultdict(list)
        for mark in marks:
            if mark.purpose is Purpose.DELIVERY and not mark.thorough and mark.number != THE_REPOSITORY:
                told[mark.repo].append(mark)
        for repo, flood in told.items():
            if len(flood) > _FLOOD:
                settled = {mark.seq for mark in await self._round(repo, flood)}
                marks = tuple(mark for mark in marks if mark.seq not in settled)
        return [
            self._flights.join((mark.repo.key, mark.number), partial(self._attend_in_turn, mark.repo, mark.number))
            for mark in marks
            if self._again_at(mark.repo, mark.number) <= self._clock.now()
        ]

    async def _attend_in_turn(self, repo: Repository, number: int) -> None:
        async with self._slots:
            await self._attend(repo, number)

    async def close(self) -> None:
        """Ends looks under way; their marks stay."""
        await self._flights.close()
        with suppress(StoreError):
            await self._shared.unclaim(self._holder)

    async def _round(self, repo: Repository, marks: Sequence[Mark]) -> Collection[Mark]:
        """One round in place of many looks: settles the marks of all threads that it left without doubt."""
        began = self._clock.now()
        name, once = f"flood {repo.key}", f"{self._holder} at {began}"
        if not await self._shared.lease(name, holder=once, at=began, until=began + _BETWEEN_FLOODS):
            return marks  # one has just been made, here or by another process
        try:
            await self._pulse.bring_up(repo)
        except GitHubError as failure:
            site = await self._mirror.site(repo)
            if site is None or site.checked_at is None or site.checked_at <= began:
                for mark in marks:
                    await self._put_off(mark, failure)
                return marks
        undoubted = {tally.number for tally in await self._mirror.tallies(repo) if is_settled(tally)}
        settled = [mark for mark in marks if mark.number in undoubted]
        for mark in settled:
            await self._shared.drop(mark)
        return settled

    async def _attend(self, repo: Repository, number: int) -> None:
        """Claims the mark and looks; where another process has it, waits until that has looked."""
        while True:
            now = self._clock.now()
            mark = await self._shared.claim(repo, number, holder=self._holder, at=now, until=now + _CLAIMED_FOR)
            if mark is not None:
                await self._look(mark)
                return
            mark = await self._shared.marked(repo, number)
            if mark is None:
                return
            if mark.due_at > now:
                raise NotYet(f"Post {number} of {repo}", retry_after=_seconds(mark.due_at - now))
            await self._clock.sleep(_LOOK_AROUND)

    async def _look(self, mark: Mark) -> None:
        self._looked.setdefault((mark.repo.key, mark.number), []).append(self._clock.now())
        try:
            await self._ask(mark)
        except GitHubError as failure:
            await self._put_off(mark, failure)
            raise
        except BaseException:
            with suppress(StoreError):
                await asyncio.shield(self._shared.postpone(mark, until=self._clock.now() + _FIRST_PAUSE))
            raise
        if not await self._shared.settle(mark, again_at=self._again_at(mark.repo, mark.number)):
            self._woken.set()

    async def _ask(self, mark: Mark) -> None:
        """Asks what the mark is for; nothing where another process has done so since."""
        repo, number = mark.repo, mark.number
        if number == THE_REPOSITORY:
            with suppress(PrivateRepository, NotVisible):  # that is noted: it is what the look was for
                site = await self._repositories.site(repo, mark.purpose)
                await self._repositories.look(site, mark.purpose, told=mark.thorough)
            return
        record = await self._mirror.thread(repo, number)
        whole = record is not None and (record.complete or record.issue.is_pull_request)
        if mark.purpose is Purpose.DELIVERY:
            await self._refresher.look(repo, number, mark.purpose)
        elif mark.purpose is Purpose.READ:
            if not whole:
                await self._refresher.read(repo, number, mark.purpose)
        elif record is None:
            await self._check_absent(repo, number)
        elif whole and self._is_old(record.checked_at) and not record.issue.is_pull_request:
            await self._refresher.check(repo, record)
        await self._follow(repo, number)

    async def _follow(self, repo: Repository, number: int) -> None:
        """Has a thread looked at where it has been moved to, if it is a site of ours."""
        place = await self._places.at_last(repo, number)
        if place is None:
            return
        there = await self._mirror.thread(*place)
        cold = not there.complete if there else await self._mirror.absence(*place) is None
        await self._shared.mark(*place, Purpose.READ if cold else Purpose.CHECK, at=self._clock.now())
        self._woken.set()

    async def _check_absent(self, repo: Repository, number: int) -> None:
        if await self._places.moved(repo, number) is not None:
            return  # an issue never comes back under a number that it had
        absence = await self._mirror.absence(repo, number)
        if absence is None or self._clock.now() - absence.checked_at > _ABSENT_FOR:
            await self._refresher.read(repo, number, Purpose.CHECK)

    def _is_old(self, checked_at: float | None) -> bool:
        return checked_at is None or self._clock.now() - checked_at > self._fresh_for

    async def _put_off(self, mark: Mark, failure: GitHubError) -> None:
        """Keeps the mark for later; a check, and what no reader waits for any more, is left to the next reader."""
        hopeless = mark.purpose is Purpose.READ and mark.tries + 1 >= _READ_TRIES
        if mark.purpose is Purpose.CHECK or hopeless:
            await self._shared.drop(mark)
            return
        now = self._clock.now()
        if isinstance(failure, Limited):
            until = failure.until + self._chance()
        else:
            pause = min(_FIRST_PAUSE * 2.0**mark.tries, _LONGEST_PAUSE)
            until = now + pause * (0.5 + self._chance() / 2)
            self._observer.waits(Wait.BACKOFF, until)
        _log.info("Post %s of %s is looked at again at %s: %s", mark.number, mark.repo, rfc3339(until), failure)
        await self._shared.postpone(mark, until=until)

    def _again_at(self, repo: Repository, number: int) -> float:
        """When a thread may be looked at next: whoever writes ten comments in a minute is not asked about ten times."""
        looked = [at for at in self._looked.get((repo.key, number), ()) if self._clock.now() - at < _MINUTE]
        if not looked:
            return 0.0
        if len(looked) < self._burst:
            return looked[-1]
        return looked[-1] + min(2.0 ** (len(looked) - self._burst), _MINUTE)


def _seconds(wait: float) -> int:
    return max(1, min(int(wait) + 1, 300))

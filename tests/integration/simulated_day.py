"""A simulated day of a blog: readers on every post, a few writers, and polls by the schedule."""

import random
from datetime import datetime

from app.simulator.http.server import RunningSimulator
from tests.fakes import FakeClock
from tests.integration.local_service import BLOG, LocalService

HOUR = 3600.0
POST_COUNT = 30
_STEP = 40.0
"""Seconds between two reads."""


class SimulatedDay:
    """Reads and writes at random, and records what readers get; the same day for the same seed."""

    def __init__(self, service: LocalService, simulator: RunningSimulator, clock: FakeClock, seed: int) -> None:
        self._service = service
        self._simulator = simulator
        self._clock = clock
        self._rng = random.Random(seed)  # noqa: S311 - repeatable
        self._next_poll_at = clock.now()
        self._request_times: list[float] = []
        self.ages: dict[int, float] = {}
        """The oldest age in seconds with which each post was served."""
        self.delays: list[float] = []
        """The seconds that each comment took to be on its page."""
        self._waiting: dict[int, tuple[int, float]] = {}
        """The post and time of comments that are not on their page yet, by id."""

    async def run_until(self, end: float) -> None:
        """Read, write and poll in steps."""
        while self._clock.now() < end:
            if self._clock.now() >= self._next_poll_at:
                self._next_poll_at = self._clock.now() + await self._service.application.schedule.poll_once(BLOG)
            if self._rng.random() < 0.02:
                self._write()
            await self._read(self._rng.randint(1, POST_COUNT))
            await self._check_waiting()
            await self._service.finish_refreshes()
            self._request_times += [self._clock.now()] * len(self._service.take_requests())
            self._clock.advance(_STEP)

    def _write(self) -> None:
        number = self._rng.randint(1, POST_COUNT)
        comment = self._simulator.world.comment("ada/blog", number, body="Words", author="eve")
        self._waiting[comment.id] = (number, self._clock.now())

    async def _read(self, number: int) -> None:
        response = await self._service.get(f"/api/v1/posts/{number}/comments?limit=100")
        assert response.status_code == 200
        age = int(response.headers["age"])
        checked_at = datetime.fromisoformat(response.json()["post"]["checked_at"]).timestamp()
        assert abs(self._clock.now() - checked_at - age) <= 1
        self.ages[number] = max(self.ages.get(number, 0), age)

    async def _check_waiting(self) -> None:
        for comment_id, (number, at) in list(self._waiting.items()):
            comment = await self._service.application.mirror.comment(BLOG, comment_id)
            if comment is not None and comment_id in await self._service.comment_ids(number):
                self.delays.append(self._clock.now() - at)
                del self._waiting[comment_id]

    def most_requests_an_hour(self) -> int:
        """Return the requests in the fullest sixty minutes."""
        times = self._request_times
        return max((sum(first <= at < first + HOUR for at in times) for first in times), default=0)

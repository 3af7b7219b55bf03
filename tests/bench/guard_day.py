"""Live through a day of a blog by the clock, and count what it costs."""

import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench import guard_worlds as worlds
from tests.bench.guard_ground import (
    BLOG,
    START,
    Answer,
    Clock,
    Comment,
    Event,
    Request,
    Service,
    Status,
    asks_by_kind,
    serving,
    simulation,
)
from tests.bench.guard_scenarios import delivery
from tests.bench.transactions import Transactions, transaction_count

_STEP, _HOUR = 600.0, 3600.0
_LOST_EVERY = 5
"""Of this many deliveries GitHub loses one."""
_POSTS = (7, 12, 19, 28, 41, 42, 100, 101, 102, 103)
_RENAMED = "ada/journal"
_WATCHED = ("/api/v1/counts", "/api/v1/comments?limit=5", "/api/v1/posts/103", "/readyz")
VARIANTS: dict[str, dict[str, Any]] = {
    "token and webhook": {},
    "neither": {"github_token": None, "webhook_secret": None},
}


class Day:
    """Readers and writers, polls and deliveries, in steps of the clock."""

    def __init__(self, service: Service, transactions: Transactions, *, with_webhook: bool) -> None:
        self._service = service
        self._transactions = transactions
        self._with_webhook = with_webhook
        self._chance = random.Random(1)  # noqa: S311  # the same day in every recording
        self._repo = BLOG
        self._events: list[Event] = []
        self._comments: list[Comment] = []
        self._delivered = 0
        self._is_down = False
        self._poll_at = service.clock.now()
        self.costs: Counter[str] = Counter()
        service.world.on_event(self._events.append)

    async def hour(self, hour: int) -> None:
        """Live through one hour."""
        end = self._service.clock.now() + _HOUR
        self._happen(hour)
        while self._service.clock.now() < end:
            await self._step()
            self._service.clock.advance(_STEP)

    def _happen(self, hour: int) -> None:
        """Do what the script has for this hour."""
        world, faults = self._service.world, self._service.simulator.faults
        self._is_down = hour == 10  # GitHub delivers afterwards
        if hour == 5:
            world.open_issue(self._repo, title="A new post", author="ada")
        elif hour == 10:
            faults.add(Status(503), times=None)
        elif hour == 11:
            faults.clear()
        elif hour == 15:
            world.rename_repository(self._repo, _RENAMED)
            self._repo = _RENAMED
        elif hour == 18:
            world.close_issue(self._repo, 41)
        elif hour == 20:
            world.delete_issue(self._repo, 42)

    async def _step(self) -> None:
        self._write()
        await self._deliver()
        if self._service.clock.now() >= self._poll_at:
            await self._cost("polls", self._poll)
        await self._cost("reads", self._read)
        await self._refresh()

    def _write(self) -> None:
        """Write, edit or delete a comment now and then."""
        world, draw = self._service.world, self._chance.random()
        if draw < 0.12:
            number = self._chance.choice(_POSTS[5:])
            if number != 42:
                self._comments.append(world.comment(self._repo, number, body=f"Words {draw}.", author="eve"))
        elif draw < 0.16 and self._comments:
            world.edit_comment(self._chance.choice(self._comments), body=f"Other words {draw}.")
        elif draw < 0.19 and self._comments:
            world.delete_comment(self._comments.pop())

    async def _deliver(self) -> None:
        """Deliver one event at a time; jobs that run at once would share their rendering in some recordings only."""
        while self._events and not self._is_down:
            event = self._events.pop(0)
            self._delivered += 1
            if self._with_webhook and self._delivered % _LOST_EVERY:
                await self._cost("deliveries", partial(self._send, event))
                await self._refresh()

    async def _send(self, event: Event) -> None:
        request = delivery(event.name, event.payload, guid=str(self._delivered))
        self.costs[f"deliveries answered {(await self._service.send(request)).status}"] += 1

    async def _refresh(self) -> None:
        await self._cost("jobs", self._service.refresh_once)

    async def _poll(self) -> None:
        self._poll_at = self._service.clock.now() + await self._service.poll()

    async def _read(self) -> None:
        for _ in range(2):
            number = self._chance.choice(_POSTS)
            path = self._chance.choice([f"/api/v1/posts/{number}/comments", f"/posts/{number}.html"])
            await self._service.get(path)
            await self._service.settle()

    async def _cost(self, name: str, act: Callable[[], Awaitable[object]]) -> None:
        before = self._transactions.total
        await act()
        self.costs[f"transactions of {name}"] += self._transactions.total - before


async def scripted_day(folder: Path, variant: str) -> AsyncIterator[tuple[Request, Answer] | dict[str, Any]]:
    """Yield what readers see each hour, and at last the counts."""
    settings = VARIANTS[variant]
    with transaction_count() as transactions, simulation(worlds.small_world()) as simulator:
        async with serving(simulator, folder, clock=Clock(START + _HOUR, still=True), **settings) as service:
            day = Day(service, transactions, with_webhook=not settings)
            for hour in range(24):
                await day.hour(hour)
                for target in _WATCHED:
                    request = Request(target, note=f"{variant}, hour {hour}")
                    yield request, await service.send(request)
                    await service.settle()
            asks = Counter(asks_by_kind(simulator))
            yield {"github": dict(asks), "requests to GitHub": asks.total(), "store": dict(day.costs)}

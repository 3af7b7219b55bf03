"""Work that waits in a lane."""

import asyncio
from collections.abc import Iterable

from app.serving.clients.lane import Lane


class Workers:
    """Work that waits in a lane of width one; `order` names what had its turn."""

    def __init__(self, most_waiting: int = 6) -> None:
        self.lane = Lane(1, most_waiting)
        self.gate = asyncio.Event()
        self.order: list[str] = []

    async def work(self, name: str) -> None:
        async with self.lane.turn(name, name[0]):
            await self.gate.wait()
            self.order.append(name)

    async def start(self, names: Iterable[str]) -> list[asyncio.Task[None]]:
        tasks = [asyncio.create_task(self.work(name)) for name in names]
        await asyncio.sleep(0)
        return tasks

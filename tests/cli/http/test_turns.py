"""Connections take turns, whatever one of them does."""

import asyncio
from dataclasses import dataclass

from app.cli.http.turns import Turns


@dataclass
class _Connection:
    fails: bool = False
    count: int = 0

    def take_turn(self) -> None:
        self.count += 1
        if self.fails:
            raise RuntimeError("the connection has a fault")


async def test_failed_turn_ends_no_other() -> None:
    errors: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
    turns, connections = Turns(), [_Connection(fails=True), _Connection(), _Connection()]
    for connection in connections:
        turns.wait(connection)
    for _ in range(5):
        await asyncio.sleep(0)
    assert [connection.count for connection in connections] == [1, 1, 1]
    assert len(errors) == 1
    turns.wait(connections[1])
    await asyncio.sleep(0)
    assert connections[1].count == 2

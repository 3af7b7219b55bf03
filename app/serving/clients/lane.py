"""A lane of limited width, where clients take turns, however much each of them asks for."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from app.domain.errors import Overloaded

_OVERLOADED_SECONDS = 2


@dataclass(eq=False, slots=True)
class _Ticket:
    """What waits for its turn."""

    key: Hashable
    turn: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Lane:
    """A limited number of turns at once; clients that wait get them in rotation.

    If too many wait, the last of the client that has most gives its place to one that has fewer.
    """

    def __init__(self, at_once: int, most_waiting: int) -> None:
        self._free = at_once
        self._most_waiting = most_waiting
        self._queues: dict[str, deque[_Ticket]] = {}
        """What each client waits for; the client whose turn is next comes first."""

    @asynccontextmanager
    async def turn(self, key: Hashable, client: str) -> AsyncGenerator[None]:
        """Wait for a turn, and keep it for the block; raise `Overloaded` if too many wait."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(_Ticket(key), client)
        try:
            yield
        finally:
            self._pass_on()

    def join(self, key: Hashable, client: str) -> None:
        """Let what waits for a key wait as this client's too, if its turn is sooner then."""
        own = self._queues.get(client, ())
        for queue in self._queues.values():
            ticket = next((ticket for ticket in queue if ticket.key == key), None)
            if ticket is not None and len(own) + 1 < len(queue):
                self._remove(ticket)
                self._queues.setdefault(client, deque()).append(ticket)
                return

    async def _wait(self, ticket: _Ticket, client: str) -> None:
        if sum(map(len, self._queues.values())) >= self._most_waiting:
            largest = max(self._queues.values(), key=len)
            if len(self._queues.get(client, ())) + 1 >= len(largest):
                raise Overloaded(_OVERLOADED_SECONDS)
            last = largest[-1]
            self._remove(last)
            last.turn.set_exception(Overloaded(_OVERLOADED_SECONDS))
        self._queues.setdefault(client, deque()).append(ticket)
        try:
            await ticket.turn
        except asyncio.CancelledError:
            if ticket.turn.done() and not ticket.turn.cancelled() and ticket.turn.exception() is None:
                self._pass_on()  # the turn came at the same moment
            self._remove(ticket)
            raise

    def _pass_on(self) -> None:
        """Give a turn to the client that waits for it since its last one."""
        while self._queues:
            client = next(iter(self._queues))
            queue = self._queues.pop(client)
            ticket = queue.popleft()
            if queue:
                self._queues[client] = queue
            if not ticket.turn.done():  # or it is cancelled, and has not noticed yet
                ticket.turn.set_result(None)
                return
        self._free += 1

    def _remove(self, ticket: _Ticket) -> None:
        for client, queue in self._queues.items():
            if ticket in queue:
                queue.remove(ticket)
                if not queue:
                    del self._queues[client]
                return

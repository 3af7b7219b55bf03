"""Site records requested through a budget whose first response is late."""

import asyncio
from typing import Any, cast

from app.domain.priority import Priority
from app.github.requests import RepositoryRequests, Request
from app.github.responses import Response
from app.ports.mirror import Mirror
from app.store.memory import MemoryKeyValues
from app.sync.rate_budget import RateBudget
from app.sync.repositories import Repositories
from tests.fakes import FakeClock
from tests.github.objects import repository_object


class LateBudget:
    """Responds to the first request only when `gate` is open."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.count = 0

    def requests(self, full_name: str) -> RepositoryRequests:
        """Return the requests for a repository."""
        return RepositoryRequests("https://api.github.com", full_name)

    async def send(self, request: Request, _priority: Priority) -> Response:
        """Return the repository."""
        self.count += 1
        if self.count == 1:
            await self.gate.wait()
        return Response(request.url, repository_object())


def new_repositories(mirror: Mirror, budget: LateBudget) -> Repositories:
    return Repositories(
        allow_private=False,
        budget=cast("RateBudget", budget),
        mirror=mirror,
        clock=FakeClock(),
        notify=_ignore,
        key_values=MemoryKeyValues(),
    )


async def _ignore(*_: Any) -> None:
    pass

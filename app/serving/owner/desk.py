"""Everything that the owner's page and API work with."""

import asyncio
from dataclasses import dataclass, field

from app.serving.owner.attempts import Attempts
from app.serving.owner.checks import OwnerChecks
from app.serving.owner.live import OwnerNews
from app.serving.owner.overview import OverviewReader
from app.serving.owner.sessions import Sessions


@dataclass(frozen=True, slots=True)
class OwnerDesk:
    """The parts that a request of the owner's needs."""

    overview: OverviewReader
    checks: OwnerChecks
    news: OwnerNews
    sessions: Sessions = field(repr=False)
    attempts: Attempts = field(repr=False)

    async def run(self) -> None:
        """Do what the page needs in the background. Never returns."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.checks.run())
            group.create_task(self.overview.run())

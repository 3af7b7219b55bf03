"""The service on a socket whose address stays when it is started again, on the same store."""

import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from app.simulator.http.server import RunningSimulator
from tests.fakes import FakeClock
from tests.integration.local_service import LocalService, run_service_with_webhook
from tests.web.harness.http_server import run_server


class FeedHost:
    """A port that one service after the other serves, all of them on one store."""

    def __init__(self, simulator: RunningSimulator, clock: FakeClock, listener: socket.socket, folder: Path) -> None:
        self._simulator = simulator
        self._clock = clock
        self._listener = listener
        self._store = f"sqlite:///{folder}/afterword.db"
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"

    @asynccontextmanager
    async def run(self, repo: str, **settings: Any) -> AsyncGenerator[LocalService, None]:
        """Serve a repository under a configured name, mirrored completely."""
        settings = {"store": self._store, "repo": repo, **settings}
        async with (
            run_service_with_webhook(self._simulator, self._clock, **settings) as service,
            run_server(service.application.web, listener=self._listener.dup()),
        ):
            await self.poll(service)
            await self.poll(service)
            yield service

    async def poll(self, service: LocalService) -> None:
        """Let the service learn what changed, and read each thread again as its daily comparison does."""
        self._clock.advance(86_400)
        for repo in service.application.settings.repo:
            await service.application.poller.poll(repo)

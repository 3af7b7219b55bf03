"""Trials that run at the same time, because most of their time is spent in pauses that the service makes after errors.

Each trial has a repository of its own or a service of its own, and ends with the mirror equal to GitHub.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from app.simulator.http.rate_limits import Limits
from app.simulator.http.server import run_simulator
from tests.journeys.github_faults import OWNER, Blog, GitHubClock, Reader, RestartableService, world_of


class Trials:
    """Trials that run at the same time, and readers who read until the end."""

    def __init__(self, stack: ExitStack, folders: pytest.TempPathFactory) -> None:
        self._stack = stack
        self._folders = folders
        self._pool = stack.enter_context(ThreadPoolExecutor(24))
        self._futures: dict[str, Future[None]] = {}
        self.readers: list[Reader] = []

    def blogs(self, clock: GitHubClock, sizes: dict[str, Sequence[int]], **settings: str) -> dict[str, Blog]:
        """Start a GitHub with these blogs, and a service that has mirrored none of them yet."""
        limits = Limits(points_per_minute=1_000_000)
        simulator = self._stack.enter_context(run_simulator(world_of(clock, sizes), limits=limits))
        repos = [f"{OWNER}/{name}" for name in sizes]
        server = RestartableService(self._folders.mktemp("served"), simulator, repos, **settings)
        self._stack.callback(server.close)
        return {name: Blog(f"{OWNER}/{name}", simulator, server) for name in sizes}

    def read(self, blogs: Sequence[Blog]) -> None:
        """Start a reader of these blogs, who reads until the end."""
        self.readers.append(Reader(blogs))
        self._stack.callback(self.readers[-1].stop)

    def start(self, name: str, trial: Callable[[], None]) -> None:
        """Start a trial in a thread."""
        self._futures[name] = self._pool.submit(trial)

    def check(self, name: str) -> None:
        """Wait for a trial; raise the error with which it failed."""
        self._futures[name].result()

    def wait_for_all(self) -> None:
        """Wait for all trials, failed ones included."""
        for future in self._futures.values():
            future.exception()

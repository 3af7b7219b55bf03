"""Receivers of what the application reports."""

import asyncio
from collections import Counter

from typing_extensions import override

from app.domain.errors import StoreUnusable
from app.domain.sites import Repository
from app.ports.metrics import Drift, Gauges
from app.serving.event_streams import Subscriber, ThreadEvent
from tests.fakes import SilentMetrics


class Notifications:
    """Records the notifications of changes; the first `failures` raise instead."""

    def __init__(self, failures: int = 0) -> None:
        self.calls: list[tuple[Repository, frozenset[int]]] = []
        self._failures = failures

    async def __call__(self, repo: Repository, numbers: frozenset[int]) -> None:
        await asyncio.sleep(0)
        if self._failures:
            self._failures -= 1
            raise StoreUnusable("here", "it is busy")
        self.calls.append((repo, numbers))


class DriftMetrics(SilentMetrics):
    """Counts drift by kind."""

    def __init__(self) -> None:
        self.counts: Counter[Drift] = Counter()

    @override
    def drift(self, repo: Repository, kind: Drift, count: int) -> None:
        self.counts[kind] += count


class RecordedGauges(Gauges):
    """Records what maintenance samples."""

    def __init__(self) -> None:
        self.sizes: list[tuple[str, int, int, float | None]] = []
        self.job_counts: list[int] = []
        self.flush_count = 0
        self.was_flushed = asyncio.Event()

    @override
    def comments_held(self, repo: Repository, count: int) -> None:
        pass

    @override
    def mirror_size(self, repo: Repository, *, threads: int, comments: int, checked_at: float | None) -> None:
        self.sizes.append((repo.full_name, threads, comments, checked_at))

    @override
    def due_jobs(self, count: int) -> None:
        self.job_counts.append(count)

    @override
    def flush(self) -> None:
        self.flush_count += 1
        self.was_flushed.set()


class IdlePage(Subscriber):
    """An open page that ignores what it receives."""

    @override
    async def send_event(self, event: ThreadEvent) -> None:
        pass

    @override
    async def send_heartbeat(self) -> None:
        pass

    @override
    async def end(self) -> None:
        pass

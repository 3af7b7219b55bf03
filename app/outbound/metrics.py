"""The ports `Metrics` and `Gauges` for Prometheus, and the exposition for one process or several.

No label value comes from a reader: all are constants of this program, names of configured repositories, or statuses.

If several processes serve, a scrape reaches one of them, and it must report for all. prometheus_client then stores
every value in a file that all of them can read, in the folder of `PROMETHEUS_MULTIPROC_DIR`, and adds the values up at
the scrape. The parent process sets the variable first, empties the folder, and calls `mark_process_dead` for each
process that has ended. The files hold values, not functions: so `flush` must be called about once a second.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, disable_created_metrics, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.process_collector import ProcessCollector
from typing_extensions import override

from app.domain.priority import Priority
from app.domain.sites import Repository
from app.github.requests import Request
from app.github.webhooks import event_label
from app.outbound.github import ExchangeOutcome
from app.outbound.instruments import (
    GitHubInstruments,
    InstrumentFactory,
    MirrorInstruments,
    Mode,
    RenamedGauge,
    ServingInstruments,
)
from app.ports.github import PRIORITY
from app.ports.metrics import Counts, DeliveryOutcome, Drift, Gauges, Metrics, Wait
from app.ports.rate_state import RateLimitState

_REPOSITORY = re.compile(r"/(?:repos/[^/?]+/[^/?]+|repositories/\d+)(?P<rest>/[^?]*)?(?:\?.*)?$")
_ENDPOINTS: Mapping[str, str] = {
    "": "repository",
    "/issues": "issues",
    "/issues/comments": "all_comments",
    "/issues/N": "issue",
    "/issues/N/comments": "comments",
}
"""The endpoints of a repository by the rest of their path, with N for each number."""
_OTHER = "other"
_CPU = "process_cpu_seconds"
_DEPRECATED_PRIORITY_LABELS: Mapping[Priority, str] = {Priority.POLL: "pulse", Priority.BACKFILL: "import"}
"""Label values of the deprecated `afterword_asks_total` that differ from the priority's: dashboards select by them."""


def endpoint_label(request: Request) -> str:
    """Return the kind of endpoint that a request goes to: one of six words."""
    match = _REPOSITORY.search(request.path)
    return _OTHER if match is None else _ENDPOINTS.get(re.sub(r"\d+", "N", match["rest"] or ""), _OTHER)


class _ProcessMetrics:
    """prometheus_client's metrics of a process, as values that are added up over several processes."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._source = ProcessCollector(registry=None)
        self._cpu = Counter(_CPU, "Total user and system CPU time spent in seconds.", registry=registry)
        self._cpu_counted = 0.0
        modes: Mapping[str, Mode] = {"process_start_time_seconds": "livemin", "process_max_fds": "livemin"}
        self._gauges = {
            family.name: Gauge(
                family.name,
                family.documentation,
                registry=registry,
                multiprocess_mode=modes.get(family.name, "livesum"),
            )
            for family in self._source.collect()
            if family.name != _CPU
        }

    def sample(self) -> None:
        for family in self._source.collect():
            value = family.samples[0].value
            if family.name == _CPU:
                self._cpu.inc(max(0.0, value - self._cpu_counted))
                self._cpu_counted = value
            elif family.name in self._gauges:
                self._gauges[family.name].set(value)


@dataclass(frozen=True, slots=True)
class Samples:
    """The values that each `flush` looks up."""

    subscribers: Callable[[], int] = int
    cache_bytes: Callable[[], int] = int
    cached_documents: Callable[[], int] = int


class PrometheusMetrics(Metrics, Gauges):
    """The ports `Metrics` and `Gauges`, and the text for /metrics.

    `now` returns epoch seconds. `folder` is the value of `PROMETHEUS_MULTIPROC_DIR`, None if one process serves.
    """

    def __init__(
        self, *, now: Callable[[], float], version: str, folder: str | None = None, counts: Counts | None = None
    ) -> None:
        # chosen again: the variable may have been set after the import of prometheus_client
        library: Any = values  # its types lack this
        library.ValueClass = library.MutexValue if folder is None else library.MultiProcessValue()
        disable_created_metrics()  # type: ignore[no-untyped-call]  # likewise
        self._now = now
        self._folder = folder
        self._registry = CollectorRegistry()
        factory = InstrumentFactory(self._registry)
        self._github = GitHubInstruments(factory)
        self._mirror = MirrorInstruments(factory)
        self._serving = ServingInstruments(factory)
        self._process = _ProcessMetrics(self._registry)
        self._samples = Samples()
        self._waits: dict[Wait, float | None] = dict.fromkeys(Wait)
        self._checked_at: dict[str, float] = {}
        counts = Counts() if counts is None else counts
        self.response_counts, self.render_counts = counts.responses, counts.renderings
        self._serving.build.labels(version).set(1)
        if folder is None:  # in a folder, this would overwrite what another process knows
            self._set_rate_limit(RateLimitState())

    def sample_from(self, samples: Samples) -> None:
        """Look these up at every `flush` from now on."""
        self._samples = samples

    def exchange(self, request: Request, outcome: ExchangeOutcome) -> None:
        """Count an exchange with GitHub by the priority of the current task."""
        priority, endpoint = PRIORITY.get(), endpoint_label(request)
        label = priority.value if priority else _OTHER
        self._github.requests.labels(label, endpoint, outcome.value).inc()
        old_label = _DEPRECATED_PRIORITY_LABELS.get(priority, label) if priority else _OTHER
        self._github.deprecated_requests.labels(old_label, endpoint, outcome.value).inc()

    @override
    def delivery(self, event: str, outcome: DeliveryOutcome) -> None:
        self._mirror.deliveries.labels(event_label(event), outcome.metric_label).inc()

    @override
    def missed_by_webhook(self, repo: Repository, count: int) -> None:
        self._mirror.misses.labels(repo.full_name).inc(count)
        self._mirror.deprecated_misses.labels(repo.full_name).inc(count)

    @override
    def drift(self, repo: Repository, kind: Drift, count: int) -> None:
        self._mirror.drift.labels(repo.full_name, kind.value).inc(count)

    @override
    def rate_limit(self, state: RateLimitState) -> None:
        self._set_rate_limit(state)
        for reason in (Wait.PRIMARY, Wait.SECONDARY):
            self._waits[reason] = state.blocked_until if state.blocked_by == reason.value else None

    @override
    def waiting(self, reason: Wait, until: float | None) -> None:
        self._waits[reason] = until

    @override
    def mirror_size(self, repo: Repository, *, threads: int, comments: int, checked_at: float | None) -> None:
        self._mirror.threads.labels(repo.full_name).set(threads)
        self._mirror.comments.labels(repo.full_name).set(comments)
        if checked_at is not None:
            self._checked_at[repo.full_name] = checked_at

    @override
    def comments_held(self, repo: Repository, count: int) -> None:
        self._mirror.comments_held.labels(repo.full_name).set(count)

    @override
    def due_jobs(self, count: int) -> None:
        _set_both(self._mirror.due_jobs, count)

    @override
    def flush(self) -> None:
        now = self._now()
        for reason, until in self._waits.items():
            _set_both(self._github.wait, 0.0 if until is None else max(0.0, until - now), reason.value)
        for name, checked_at in self._checked_at.items():
            self._mirror.age.labels(name).set(max(0.0, now - checked_at))
        _set_both(self._serving.subscribers, self._samples.subscribers())
        _set_both(self._serving.cache_bytes, self._samples.cache_bytes())
        _set_both(self._serving.cached_documents, self._samples.cached_documents())
        response_counts = dict(self.response_counts)
        self.response_counts.clear()
        for (kind, status), count in response_counts.items():
            self._serving.responses.labels(kind, str(status)).inc(count)
        render_counts = dict(self.render_counts)
        self.render_counts.clear()
        for kind, count in render_counts.items():
            self._serving.renderings.labels(kind).inc(count)
        self._process.sample()

    def exposition(self) -> bytes:
        """Return all metrics in Prometheus' text format 0.0.4, those of all processes together."""
        self.flush()
        if self._folder is None:
            return generate_latest(self._registry)
        all_processes = CollectorRegistry()
        MultiProcessCollector(all_processes, path=self._folder)  # type: ignore[no-untyped-call]  # likewise
        return generate_latest(all_processes)

    def _set_rate_limit(self, state: RateLimitState) -> None:
        gauges = (self._github.limit, self._github.remaining, self._github.reset)
        for gauge, value in zip(gauges, (state.limit, state.remaining, state.reset), strict=True):
            _set_both(gauge, math.nan if value is None else value)


def _set_both(gauges: RenamedGauge, value: float, *labels: str) -> None:
    for gauge in gauges:
        (gauge.labels(*labels) if labels else gauge).set(value)

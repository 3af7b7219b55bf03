"""The figures for Prometheus: what is counted, under which names, and how several processes are seen as one.

No label's value comes from a reader: all are words of this program, names of configured repositories, or statuses.

Where several processes serve, a scrape reaches one of them and has to speak for all. prometheus_client then keeps every
value in a file that all can read, in the folder that `PROMETHEUS_MULTIPROC_DIR` names, and adds them up at the scrape;
whoever starts the processes sets the variable before, empties the folder, and calls `mark_process_dead` for each that
has ended. Instead of the time that something takes, a file has what each process last knew: so `flush` has to be called
about once a second.
"""

import math
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, disable_created_metrics, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.process_collector import ProcessCollector

from app.domain.sites import Repository
from app.github.requests import Request
from app.outbound.github import Outcome
from app.ports.jobs import Priority, RateLimitState
from app.ports.metrics import KINDS, Drift, Received, Wait
from app.render.keys import Key

Mode = Literal["livemax", "livemin", "livesum", "mostrecent"]
_REPOSITORY = re.compile(r"/(?:repos/[^/?]+/[^/?]+|repositories/\d+)(?P<rest>/[^?]*)?(?:\?.*)?$")
_ADDRESSES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("repository", re.compile(r"")),
    ("issues", re.compile(r"/issues")),
    ("all_comments", re.compile(r"/issues/comments")),
    ("issue", re.compile(r"/issues/\d+")),
    ("comments", re.compile(r"/issues/\d+/comments")),
)
_EVENTS = frozenset({"issue_comment", "issues", "ping", "repository"})
_OTHER = "other"
_CPU = "process_cpu_seconds"


def address_of(ask: Request) -> str:
    """Which kind of address an ask is put to: one of six words."""
    found = _REPOSITORY.search(ask.path)
    if found is None:
        return _OTHER
    rest = found["rest"] or ""
    return next((kind for kind, pattern in _ADDRESSES if pattern.fullmatch(rest)), _OTHER)


class _Instruments:
    """All that is counted and measured, each with its help text."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, about: str, *labels: str) -> Counter:
            return Counter(f"afterword_{name}", about, labels, registry=registry)

        def gauge(name: str, about: str, *labels: str, mode: Mode = "mostrecent") -> Gauge:
            return Gauge(f"afterword_{name}", about, labels, registry=registry, multiprocess_mode=mode)

        self.asks = counter(
            "asks", "Exchanges with GitHub; the outcome unchanged is a 304.", "purpose", "address", "outcome"
        )
        self.limit = gauge("asks_limit", "Asks that GitHub allows in an hour; NaN: not known.")
        self.remaining = gauge("asks_remaining", "Asks that GitHub still allows in this hour; NaN: not known.")
        self.reset = gauge("asks_reset_timestamp_seconds", "When GitHub's hour ends; NaN: not known.")
        self.waiting = gauge(
            "asks_waiting_seconds",
            "Seconds until asks, or after a failure the next round, may leave.",
            "reason",
            mode="livemax",
        )
        self.age = gauge(
            "mirror_age_seconds",
            "Seconds since the repository was last known to be as on GitHub.",
            "repo",
            mode="livemin",
        )
        self.threads = gauge("threads", "Mirrored threads.", "repo")
        self.comments = gauge("comments", "Mirrored comments.", "repo")
        self.marks = gauge("marks", "Threads that are due to be looked at again.")
        self.deliveries = counter("deliveries", "Webhook deliveries.", "event", "outcome")
        self.untold = counter("untold_changes", "Changes found that no webhook told of.", "repo")
        self.drift = counter("drift", "Differences from GitHub that a reconcile found and mended.", "repo", "kind")
        self.served = counter("served", "Requests answered, by kind of document.", "kind", "status")
        self.rendered = counter("rendered", "Documents made.", "kind")
        self.catalogue_bytes = gauge("catalogue_bytes", "Memory taken by finished documents.", mode="livesum")
        self.catalogue_documents = gauge("catalogue_documents", "Finished documents in memory.", mode="livesum")
        self.listeners = gauge("listeners", "Pages that listen for changes.", mode="livesum")
        self.build = gauge("build_info", "The version that runs; always 1.", "version", mode="livemax")


class _Process:
    """prometheus_client's figures of a process, kept so that those of several are added up."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._source = ProcessCollector(registry=None)
        self._cpu = Counter(_CPU, "Total user and system CPU time spent in seconds.", registry=registry)
        self._cpu_told = 0.0
        modes: Mapping[str, Mode] = {"process_start_time_seconds": "livemin", "process_max_fds": "livemin"}
        self._gauges = {
            each.name: Gauge(
                each.name, each.documentation, registry=registry, multiprocess_mode=modes.get(each.name, "livesum")
            )
            for each in self._source.collect()
            if each.name != _CPU
        }

    def sample(self) -> None:
        for each in self._source.collect():
            value = each.samples[0].value
            if each.name == _CPU:
                self._cpu.inc(max(0.0, value - self._cpu_told))
                self._cpu_told = value
            elif each.name in self._gauges:
                self._gauges[each.name].set(value)


@dataclass(frozen=True, slots=True)
class Sampled:
    """What is looked up when it is wanted instead of being told."""

    listeners: Callable[[], int] = int
    catalogue_bytes: Callable[[], int] = int
    catalogue_documents: Callable[[], int] = int


class PrometheusMetrics:
    """The `Observer` of the engine, and the text for /metrics.

    `now` gives epoch seconds. `folder` is what `PROMETHEUS_MULTIPROC_DIR` says, None where one process serves.
    """

    def __init__(self, *, now: Callable[[], float], version: str, folder: str | None = None) -> None:
        # chosen anew: the variable may have been set after prometheus_client was imported
        library: Any = values  # which leaves its types out
        library.ValueClass = library.MutexValue if folder is None else library.MultiProcessValue()
        disable_created_metrics()  # type: ignore[no-untyped-call]  # likewise
        self._now = now
        self._folder = folder
        self._registry = CollectorRegistry()
        self._its = _Instruments(self._registry)
        self._process = _Process(self._registry)
        self._sampled = Sampled()
        self._waits: dict[Wait, float | None] = dict.fromkeys(Wait)
        self._checked: dict[str, float] = {}
        self.served: defaultdict[tuple[str, int], int] = defaultdict(int)
        """What the front has answered since the last `flush`, by (kind of document, status)."""
        self._its.build.labels(version).set(1)
        if folder is None:  # in a folder, what another process knows would be overwritten
            for gauge in (self._its.limit, self._its.remaining, self._its.reset):
                gauge.set(math.nan)

    def watch(self, sampled: Sampled) -> None:
        """From now on these are looked up at every `flush`."""
        self._sampled = sampled

    def asked(self, purpose: Priority | None, ask: Request, outcome: Outcome) -> None:
        """An exchange with GitHub ended."""
        self._its.asks.labels(purpose.value if purpose else _OTHER, address_of(ask), outcome.value).inc()

    def delivered(self, event: str, outcome: Received) -> None:
        """A webhook delivery was answered; an event that we do not subscribe to counts as `other`."""
        self._its.deliveries.labels(event if event in _EVENTS else _OTHER, outcome.value).inc()

    def untold(self, repo: Repository, count: int) -> None:
        """A round found changes that no webhook had told of."""
        self._its.untold.labels(repo.full_name).inc(count)

    def drifted(self, repo: Repository, kind: Drift, count: int) -> None:
        """A reconcile found differences."""
        self._its.drift.labels(repo.full_name, kind.value).inc(count)

    def rendered(self, key: Key) -> None:
        """A document was made."""
        self._its.rendered.labels(KINDS.get(type(key), _OTHER)).inc()

    def stands(self, standing: RateLimitState) -> None:
        """How things are with GitHub."""
        for gauge, value in (
            (self._its.limit, standing.limit),
            (self._its.remaining, standing.remaining),
            (self._its.reset, standing.reset),
        ):
            gauge.set(math.nan if value is None else value)
        for reason in (Wait.PRIMARY, Wait.SECONDARY):
            self._waits[reason] = standing.waits_until if standing.waits_for == reason.value else None

    def waits(self, reason: Wait, until: float | None) -> None:
        """Asks wait until then."""
        self._waits[reason] = until

    def mirrored(self, repo: Repository, *, threads: int, comments: int, checked_at: float | None) -> None:
        """What the mirror holds of a repository, and when all of it was last known to be as on GitHub."""
        self._its.threads.labels(repo.full_name).set(threads)
        self._its.comments.labels(repo.full_name).set(comments)
        if checked_at is not None:
            self._checked[repo.full_name] = checked_at

    def marked(self, count: int) -> None:
        """So many marks are due."""
        self._its.marks.set(count)

    def flush(self) -> None:
        """Brings up to date what depends on the time, is sampled, or is counted elsewhere."""
        now = self._now()
        for reason, until in self._waits.items():
            self._its.waiting.labels(reason.value).set(0.0 if until is None else max(0.0, until - now))
        for name, checked_at in self._checked.items():
            self._its.age.labels(name).set(max(0.0, now - checked_at))
        self._its.listeners.set(self._sampled.listeners())
        self._its.catalogue_bytes.set(self._sampled.catalogue_bytes())
        self._its.catalogue_documents.set(self._sampled.catalogue_documents())
        served = dict(self.served)
        self.served.clear()
        for (kind, status), count in served.items():
            self._its.served.labels(kind, str(status)).inc(count)
        self._process.sample()

    def exposition(self) -> bytes:
        """All figures in Prometheus' text format 0.0.4, those of all processes together."""
        self.flush()
        if self._folder is None:
            return generate_latest(self._registry)
        everyone = CollectorRegistry()
        MultiProcessCollector(everyone, path=self._folder)  # type: ignore[no-untyped-call]  # likewise
        return generate_latest(everyone)

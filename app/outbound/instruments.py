"""The names, labels and help texts of all metrics.

Some metrics also have a deprecated name for one release, so that dashboards keep working until they are changed.
"""

from functools import partial
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge

Mode = Literal["livemax", "livemin", "livesum", "mostrecent"]


RenamedGauge = tuple[Gauge, Gauge]
"""A gauge under its name and under its deprecated name."""


class InstrumentFactory:
    """Creates the instruments of a registry; `mode` says how several processes make one value."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def counter(self, name: str, description: str, *labels: str) -> Counter:
        """Create a counter."""
        return Counter(f"afterword_{name}", description, labels, registry=self._registry)

    def gauge(self, name: str, description: str, *labels: str, mode: Mode = "mostrecent") -> Gauge:
        """Create a gauge."""
        return Gauge(f"afterword_{name}", description, labels, registry=self._registry, multiprocess_mode=mode)

    def renamed_gauge(
        self, name: str, old_name: str, description: str, *labels: str, mode: Mode = "mostrecent"
    ) -> RenamedGauge:
        """Create a gauge with two names."""
        old_gauge = self.gauge(old_name, deprecation_notice(name), *labels, mode=mode)
        return self.gauge(name, description, *labels, mode=mode), old_gauge


def deprecation_notice(name: str) -> str:
    """Return the help text of a deprecated metric."""
    return f"Deprecated: use afterword_{name}."


class GitHubInstruments:
    """The metrics of the exchanges with GitHub."""

    def __init__(self, create: InstrumentFactory) -> None:
        counter, gauge = create.counter, create.renamed_gauge
        labels = ("priority", "endpoint", "outcome")
        self.requests = counter("github_requests", "Exchanges with GitHub; the outcome unchanged is a 304.", *labels)
        old_labels = ("purpose", "address", "outcome")
        self.deprecated_requests = counter("asks", deprecation_notice("github_requests_total"), *old_labels)
        self.limit = gauge("github_rate_limit", "asks_limit", "Requests that GitHub allows in an hour; NaN: unknown.")
        self.remaining = gauge(
            "github_rate_limit_remaining",
            "asks_remaining",
            "Requests that GitHub still allows in this hour; NaN: unknown.",
        )
        self.reset = gauge(
            "github_rate_limit_reset_timestamp_seconds",
            "asks_reset_timestamp_seconds",
            "When GitHub's hour ends; NaN: unknown.",
        )
        self.wait = gauge(
            "github_wait_seconds",
            "asks_waiting_seconds",
            "Seconds until requests, or after a failure the next poll, may leave.",
            "reason",
            mode="livemax",
        )


class MirrorInstruments:
    """The metrics of the mirror, its jobs and its webhook."""

    def __init__(self, create: InstrumentFactory) -> None:
        counter = create.counter
        self.age = create.gauge(
            "mirror_age_seconds", "Seconds since the repository last agreed with GitHub.", "repo", mode="livemin"
        )
        self.threads = create.gauge("threads", "Mirrored threads.", "repo")
        self.comments = create.gauge("comments", "Mirrored comments.", "repo")
        self.comments_held = create.gauge("comments_held", "Comments that the owner's rules hold back.", "repo")
        self.due_jobs = create.renamed_gauge("due_jobs", "marks", "Threads that are due for a refresh.")
        self.deliveries = counter("deliveries", "Webhook deliveries.", "event", "outcome")
        self.deprecated_misses = counter("untold_changes", deprecation_notice("missed_by_webhook_total"), "repo")
        self.misses = counter("missed_by_webhook", "Changes that the poll found and no webhook reported.", "repo")
        self.drift = counter("drift", "Differences from GitHub that a reconcile found and fixed.", "repo", "kind")


class ServingInstruments:
    """The metrics of the responses to readers."""

    def __init__(self, create: InstrumentFactory) -> None:
        summed_gauge = partial(create.renamed_gauge, mode="livesum")
        self.responses = create.counter("served", "Requests answered, by kind of document.", "kind", "status")
        self.renderings = create.counter("rendered", "Documents rendered.", "kind")
        self.cache_bytes = summed_gauge("document_cache_bytes", "catalogue_bytes", "Memory taken by cached documents.")
        self.cached_documents = summed_gauge("document_cache_documents", "catalogue_documents", "Cached documents.")
        self.subscribers = summed_gauge("subscribers", "listeners", "Open pages that are notified of changes.")
        self.build = create.gauge("build_info", "The version that runs; always 1.", "version", mode="livemax")

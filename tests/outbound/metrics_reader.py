"""Read an exposition with prometheus_client's own parser, also that of another process."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from app.outbound.metrics import PrometheusMetrics
from app.ports.metrics import Wait
from tests.fakes import FakeClock

Values = dict[tuple[str, ...], float]
"""Values by (name, label=value, …)."""


def parse(text: bytes) -> Values:
    """Return the values of an exposition."""
    return {
        (sample.name, *sorted(f"{name}={value}" for name, value in sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


class MeteredApplication:
    """Metrics on a fake clock, with their values."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.metrics = PrometheusMetrics(now=self.clock.now, version="1.2.3")

    def values(self) -> Values:
        return parse(self.metrics.exposition())

    def value(self, *name: str) -> float | None:
        return self.values().get(name)

    def waits(self) -> dict[Wait, float]:
        """Return the waits that are not over, in seconds."""
        values = self.values()
        waits = {reason: values["afterword_asks_waiting_seconds", f"reason={reason.value}"] for reason in Wait}
        return {reason: seconds for reason, seconds in waits.items() if seconds}


_WORKER = """
import json, os, sys
options = json.loads(sys.argv[1])
import prometheus_client  # before the variable is set, as an importer of this program may do
os.environ["PROMETHEUS_MULTIPROC_DIR"] = options["folder"]
from app.domain.priority import Priority
from app.domain.sites import repository
from app.ports.github import PRIORITY
from app.ports.metrics import Wait
from app.ports.rate_state import RateLimitState
from app.github.requests import Request
from app.outbound.github import ExchangeOutcome
from app.outbound.metrics import PrometheusMetrics, Samples
now = 1_600_000_000.0
metrics = PrometheusMetrics(now=lambda: now, version="1", folder=options["folder"])
metrics.sample_from(Samples(subscribers=lambda: options["subscribers"], cache_bytes=lambda: 10))
for _ in range(options["responses"]):
    metrics.response_counts["post", 200] += 1
if options["remaining"] is not None:
    metrics.rate_limit(RateLimitState(limit=5000, remaining=options["remaining"], reset=now))
PRIORITY.set(Priority.POLL)
metrics.exchange(Request("https://api.github.com/repos/o/r/issues", True), ExchangeOutcome.UNCHANGED)
metrics.waiting(Wait.BUDGET, now + options["wait"])
metrics.mirror_size(repository("o/r"), threads=2, comments=3, checked_at=now - options["age"])
print(os.getpid())
sys.stdout.write(metrics.exposition().decode() if options["last"] else (metrics.flush(), "")[1])
"""


def run_worker(folder: Path, **options: Any) -> tuple[int, Values]:
    """Run a process as `serve --workers` does; return its id, and the values of all processes if it is the last."""
    argument = json.dumps({"folder": str(folder), "remaining": None, "last": False, **options})
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PROMETHEUS_")}
    worker = subprocess.run(
        [sys.executable, "-c", _WORKER, argument], capture_output=True, text=True, check=True, env=environment
    )
    process_id, _, text = worker.stdout.partition("\n")
    return int(process_id), parse(text.encode())

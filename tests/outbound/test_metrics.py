import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from app.domain.sites import repository
from app.github.requests import RepositoryRequests, Request
from app.outbound.github import Outcome
from app.outbound.metrics import PrometheusMetrics, Sampled, address_of
from app.ports.jobs import Priority, RateLimitState
from app.ports.metrics import KINDS, Drift, Observer, Received, Wait
from app.render.keys import CommentsKey, Key, Order, PostKey
from tests.fakes import FakeClock, Silent

BLOG = repository("Ada/Blog")
ASKS = RepositoryRequests("https://api.github.com", "Ada/Blog")
EVERY_KIND: tuple[type[Key], ...] = get_args(Key)

Figures = dict[tuple[str, ...], float]
"""Values by (name, label=value, …)."""


def read(text: bytes) -> Figures:
    return {
        (sample.name, *sorted(f"{name}={value}" for name, value in sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


class Measured:
    """The metrics on a fake clock, read back by prometheus_client's own parser."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.metrics = PrometheusMetrics(now=self.clock.now, version="1.2.3")

    def figures(self) -> Figures:
        return read(self.metrics.exposition())

    def value(self, *name: str) -> float | None:
        return self.figures().get(name)


@pytest.fixture
def measured() -> Measured:
    return Measured()


@pytest.mark.parametrize(
    ("ask", "kind"),
    [
        (ASKS.repository(), "repository"),
        (ASKS.repository_by_id(7), "repository"),
        (ASKS.issues(), "issues"),
        (ASKS.issues_since("2020-07-01T09:30:00Z"), "issues"),
        (ASKS.issue(41), "issue"),
        (ASKS.comments(41), "comments"),
        (ASKS.comments(41, since="2020-07-01T09:30:00Z"), "comments"),
        (ASKS.all_comments(newest_first=True), "all_comments"),
        (ASKS.all_comments_since("2020-07-01T09:30:00Z"), "all_comments"),
        (Request("https://api.github.com/repositories/7/issues/41/comments?page=2", many=True), "comments"),
        (Request("https://github.example/api/v3/repos/issues/comments/issues?page=2", many=True), "issues"),
        (Request("https://api.github.com/repos/o/r/issues/comments/5", many=False), "other"),
        (Request("https://api.github.com/rate_limit", many=False), "other"),
        (Request("https://[/", many=False), "other"),
    ],
)
def test_an_ask_is_counted_by_the_kind_of_its_address(ask: Request, kind: str) -> None:
    assert address_of(ask) == kind


@given(st.text())
def test_whatever_the_address_its_kind_is_one_of_six_words(path: str) -> None:
    kinds = {"repository", "issues", "issue", "comments", "all_comments", "other"}
    assert address_of(Request(f"https://api.github.com{path}", many=True)) in kinds


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("purpose", [*Priority, None])
def test_asks_are_counted_by_purpose_address_and_outcome(
    measured: Measured, purpose: Priority | None, outcome: Outcome
) -> None:
    measured.metrics.asked(purpose, ASKS.issues(), outcome)
    measured.metrics.asked(purpose, ASKS.issues(), outcome)
    told = f"purpose={purpose.value if purpose else 'other'}"
    assert measured.value("afterword_asks_total", "address=issues", f"outcome={outcome.value}", told) == 2


@pytest.mark.parametrize("outcome", list(Received))
@pytest.mark.parametrize(
    ("event", "told"), [("issues", "issues"), ("issue_comment", "issue_comment"), ("x" * 99, "other")]
)
def test_deliveries_are_counted_by_event_and_outcome(
    measured: Measured, event: str, told: str, outcome: Received
) -> None:
    measured.metrics.delivered(event, outcome)
    assert measured.value("afterword_deliveries_total", f"event={told}", f"outcome={outcome.value}") == 1


@pytest.mark.parametrize("kind", list(Drift))
def test_drift_is_counted_by_kind(measured: Measured, kind: Drift) -> None:
    measured.metrics.drifted(BLOG, kind, 3)
    measured.metrics.drifted(BLOG, kind, 2)
    assert measured.value("afterword_drift_total", f"kind={kind.value}", "repo=Ada/Blog") == 5


def test_changes_that_no_webhook_told_are_counted(measured: Measured) -> None:
    measured.metrics.untold(BLOG, 2)
    assert measured.value("afterword_untold_changes_total", "repo=Ada/Blog") == 2


def test_documents_made_are_counted_by_kind(measured: Measured) -> None:
    measured.metrics.rendered(PostKey(BLOG, 41))
    measured.metrics.rendered(CommentsKey(BLOG, 41, Order.OLDEST, 30, None))
    measured.metrics.rendered(PostKey(BLOG, 42))
    assert measured.value("afterword_rendered_total", "kind=post") == 2
    assert measured.value("afterword_rendered_total", "kind=comments") == 1


def test_every_kind_of_document_has_a_name_of_its_own() -> None:
    assert {kind for union in EVERY_KIND for kind in get_args(union) or (union,)} == set(KINDS)
    assert len(set(KINDS.values())) == len(KINDS)
    assert "other" not in KINDS.values()


def test_what_the_front_counted_is_taken_over_once(measured: Measured) -> None:
    measured.metrics.served["post", 200] += 3
    measured.metrics.served["post", 304] += 1
    measured.metrics.flush()
    measured.metrics.served["post", 200] += 1
    figures = measured.figures()
    assert figures["afterword_served_total", "kind=post", "status=200"] == 4
    assert figures["afterword_served_total", "kind=post", "status=304"] == 1
    assert measured.metrics.served == {}


def test_what_is_left_of_the_hour_is_unknown_until_github_says_it(measured: Measured) -> None:
    names = ("afterword_asks_limit", "afterword_asks_remaining", "afterword_asks_reset_timestamp_seconds")
    assert all(math.isnan(measured.figures()[name,]) for name in names)
    measured.metrics.stands(RateLimitState(limit=5000, remaining=4321, reset=1_600_003_600.0))
    assert [measured.figures()[name,] for name in names] == [5000, 4321, 1_600_003_600]
    measured.metrics.stands(RateLimitState())
    assert all(math.isnan(measured.figures()[name,]) for name in names)


@pytest.mark.parametrize("reason", [Wait.PRIMARY, Wait.SECONDARY])
def test_how_long_github_has_us_wait_runs_down_and_ends(measured: Measured, reason: Wait) -> None:
    measured.metrics.stands(RateLimitState(waits_until=measured.clock.now() + 90, waits_for=reason.value))
    assert waiting(measured) == {reason: 90}
    measured.clock.advance(60)
    assert waiting(measured) == {reason: 30}
    measured.clock.advance(60)
    assert waiting(measured) == {}


def test_a_wait_that_github_has_ended_is_over(measured: Measured) -> None:
    measured.metrics.stands(RateLimitState(waits_until=measured.clock.now() + 90, waits_for="secondary"))
    measured.metrics.stands(RateLimitState())
    assert waiting(measured) == {}


def test_waits_of_our_own_stay_beside_those_of_githubs(measured: Measured) -> None:
    now = measured.clock.now()
    measured.metrics.waits(Wait.BUDGET, now + 10)
    measured.metrics.waits(Wait.BACKOFF, now + 20)
    measured.metrics.stands(RateLimitState(waits_until=now + 30, waits_for="primary"))
    assert waiting(measured) == {Wait.BUDGET: 10, Wait.BACKOFF: 20, Wait.PRIMARY: 30}
    measured.metrics.waits(Wait.BUDGET, None)
    assert waiting(measured) == {Wait.BACKOFF: 20, Wait.PRIMARY: 30}


def waiting(measured: Measured) -> dict[Wait, float]:
    figures = measured.figures()
    found = {reason: figures["afterword_asks_waiting_seconds", f"reason={reason.value}"] for reason in Wait}
    return {reason: seconds for reason, seconds in found.items() if seconds}


def test_the_age_of_the_mirror_grows_until_the_next_round(measured: Measured) -> None:
    measured.metrics.mirrored(BLOG, threads=3, comments=7, checked_at=measured.clock.now() - 5)
    measured.clock.advance(60)
    figures = measured.figures()
    assert figures["afterword_mirror_age_seconds", "repo=Ada/Blog"] == 65
    assert figures["afterword_threads", "repo=Ada/Blog"] == 3
    assert figures["afterword_comments", "repo=Ada/Blog"] == 7


def test_a_mirror_that_was_never_whole_has_no_age(measured: Measured) -> None:
    measured.metrics.mirrored(BLOG, threads=0, comments=0, checked_at=None)
    assert measured.value("afterword_mirror_age_seconds", "repo=Ada/Blog") is None


def test_what_can_be_looked_up_is_looked_up_at_each_scrape(measured: Measured) -> None:
    assert measured.value("afterword_listeners") == 0
    numbers = iter(range(1, 7))
    look = lambda: next(numbers)  # noqa: E731 - one for all three
    measured.metrics.watch(Sampled(listeners=look, catalogue_bytes=look, catalogue_documents=look))
    names = ("afterword_listeners", "afterword_catalogue_bytes", "afterword_catalogue_documents")
    assert [[figures[name,] for name in names] for figures in (measured.figures(), measured.figures())] == [
        [1, 2, 3],
        [4, 5, 6],
    ]


def test_the_marks_that_wait_are_told(measured: Measured) -> None:
    measured.metrics.marked(12)
    assert measured.value("afterword_marks") == 12


def test_the_version_is_told(measured: Measured) -> None:
    assert measured.value("afterword_build_info", "version=1.2.3") == 1


def test_the_process_is_measured(measured: Measured) -> None:
    figures = measured.figures()
    names = ("cpu_seconds_total", "resident_memory_bytes", "open_fds", "max_fds", "start_time_seconds")
    assert all(figures[f"process_{name}",] > 0 for name in names)
    again = measured.figures()
    assert again["process_cpu_seconds_total",] >= figures["process_cpu_seconds_total",]
    assert again["process_cpu_seconds_total",] < figures["process_cpu_seconds_total",] + 5, "it is not added up"


def test_every_figure_is_ours_or_the_process_and_has_a_help_text(measured: Measured) -> None:
    busy(measured.metrics)
    families = list(text_string_to_metric_families(measured.metrics.exposition().decode()))
    assert all(family.name.startswith(("afterword_", "process_")) for family in families)
    assert all(family.documentation.endswith(".") for family in families)
    assert not any(family.name.endswith("_created") for family in families)


@given(st.text())
def test_whoever_sends_whatever_adds_no_figure(event: str) -> None:
    metrics = PrometheusMetrics(now=FakeClock().now, version="1")
    metrics.delivered(f"no event of GitHub's: {event}", Received.UNSIGNED)
    told = [name for name in read(metrics.exposition()) if name[0] == "afterword_deliveries_total"]
    assert told == [("afterword_deliveries_total", "event=other", "outcome=unsigned")]


@pytest.mark.parametrize("observer", [Silent(), PrometheusMetrics(now=FakeClock().now, version="1")], ids=["silent", "metrics"])
def test_both_observers_take_whatever_the_engine_tells(observer: Observer) -> None:
    observer.delivered("issues", Received.ACCEPTED)
    observer.untold(BLOG, 1)
    observer.drifted(BLOG, Drift.COMMENT_MISSING, 1)
    observer.rendered(PostKey(BLOG, 41))
    observer.stands(RateLimitState())
    observer.waits(Wait.BUDGET, None)
    told = read(observer.exposition()) if isinstance(observer, PrometheusMetrics) else {}
    assert told.get(("afterword_rendered_total", "kind=post"), 1) == 1


def busy(metrics: PrometheusMetrics) -> None:
    metrics.asked(Priority.POLL, ASKS.issues(), Outcome.UNCHANGED)
    metrics.delivered("issues", Received.ACCEPTED)
    metrics.drifted(BLOG, Drift.THREAD_DIFFERS, 1)
    metrics.untold(BLOG, 1)
    metrics.rendered(PostKey(BLOG, 41))
    metrics.served["post", 200] += 1
    metrics.mirrored(BLOG, threads=1, comments=1, checked_at=1_600_000_000.0)


WORKER = """
import json, os, sys
given = json.loads(sys.argv[1])
import prometheus_client  # before the variable is set, as whatever imports this program may do
os.environ["PROMETHEUS_MULTIPROC_DIR"] = given["folder"]
from app.domain.sites import repository
from app.ports.metrics import Wait
from app.ports.jobs import Purpose, Standing
from app.github.requests import Ask
from app.outbound.github import Outcome
from app.outbound.metrics import Metrics, Sampled
now = 1_600_000_000.0
metrics = Metrics(now=lambda: now, version="1", folder=given["folder"])
metrics.watch(Sampled(listeners=lambda: given["listeners"], catalogue_bytes=lambda: 10))
for _ in range(given["served"]):
    metrics.served["post", 200] += 1
if given["remaining"] is not None:
    metrics.stands(Standing(limit=5000, remaining=given["remaining"], reset=now))
metrics.asked(Purpose.PULSE, Ask("https://api.github.com/repos/o/r/issues", True), Outcome.UNCHANGED)
metrics.waits(Wait.BUDGET, now + given["wait"])
metrics.mirrored(repository("o/r"), threads=2, comments=3, checked_at=now - given["age"])
print(os.getpid())
sys.stdout.write(metrics.exposition().decode() if given["last"] else (metrics.flush(), "")[1])
"""


def work(folder: Path, **given: Any) -> tuple[int, Figures]:
    """A process of its own, as `serve --workers` starts them: its number, and what it says of all, if it is the last."""
    told = json.dumps({"folder": str(folder), "remaining": None, "last": False, **given})
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PROMETHEUS_")}
    done = subprocess.run(
        [sys.executable, "-c", WORKER, told], capture_output=True, text=True, check=True, env=environment
    )
    number, _, text = done.stdout.partition("\n")
    return int(number), read(text.encode())


def test_a_scrape_of_one_process_speaks_for_all(tmp_path: Path) -> None:
    first, _ = work(tmp_path, listeners=3, served=4, wait=60, age=500, remaining=4000)
    _, figures = work(tmp_path, listeners=2, served=1, wait=10, age=20, last=True)
    assert figures["afterword_served_total", "kind=post", "status=200"] == 5
    assert figures["afterword_asks_total", "address=issues", "outcome=unchanged", "purpose=pulse"] == 2
    assert figures["afterword_listeners",] == 5
    assert figures["afterword_catalogue_bytes",] == 20
    assert figures["afterword_asks_remaining",] == 4000, "who knows nothing does not take away what another knows"
    assert figures["afterword_asks_waiting_seconds", "reason=budget"] == 60
    assert figures["afterword_mirror_age_seconds", "repo=o/r"] == 20
    assert figures["afterword_threads", "repo=o/r"] == 2
    assert figures["afterword_build_info", "version=1"] == 1
    assert figures["process_resident_memory_bytes",] > 0
    assert not any(label.startswith("pid=") for name in figures for label in name)
    assert list(tmp_path.glob(f"*_{first}.db"))

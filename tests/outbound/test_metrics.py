import math
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from app.domain.priority import Priority
from app.domain.sites import repository
from app.github.requests import RepositoryRequests, Request
from app.outbound.github import ExchangeOutcome
from app.outbound.metrics import PrometheusMetrics, Samples, endpoint_label
from app.ports.github import PRIORITY
from app.ports.metrics import DeliveryOutcome, Drift, Metrics, Wait
from app.ports.rate_state import RateLimitState
from app.render.keys import DOCUMENT_KINDS, CommentsKey, Key, PostKey
from tests.fakes import FakeClock, SilentMetrics
from tests.outbound.every_metric import count_everything
from tests.outbound.metrics_reader import MeteredApplication, parse, run_worker

BLOG = repository("Ada/Blog")
REQUESTS = RepositoryRequests("https://api.github.com", "Ada/Blog")
EVERY_KIND: tuple[type[Key], ...] = get_args(Key)
OLD_PRIORITY_LABELS = {Priority.POLL: "pulse", Priority.BACKFILL: "import"}


@pytest.fixture
def application() -> MeteredApplication:
    return MeteredApplication()


@pytest.mark.parametrize(
    ("api_request", "label"),
    [
        (REQUESTS.repository(), "repository"),
        (REQUESTS.repository_by_id(7), "repository"),
        (REQUESTS.issues(), "issues"),
        (REQUESTS.issues_since("2020-07-01T09:30:00Z"), "issues"),
        (REQUESTS.issue(41), "issue"),
        (REQUESTS.comments(41), "comments"),
        (REQUESTS.comments(41, since="2020-07-01T09:30:00Z"), "comments"),
        (REQUESTS.all_comments(newest_first=True), "all_comments"),
        (REQUESTS.all_comments_since("2020-07-01T09:30:00Z"), "all_comments"),
        (Request("https://api.github.com/repositories/7/issues/41/comments?page=2", many=True), "comments"),
        (Request("https://github.example/api/v3/repos/issues/comments/issues?page=2", many=True), "issues"),
        (Request("https://api.github.com/repos/o/r/issues/comments/5", many=False), "other"),
        (Request("https://api.github.com/rate_limit", many=False), "other"),
        (Request("https://[/", many=False), "other"),
    ],
)
def test_request_has_an_endpoint_label(api_request: Request, label: str) -> None:
    assert endpoint_label(api_request) == label


@given(st.text())
def test_endpoint_label_is_one_of_six_words(path: str) -> None:
    labels = {"repository", "issues", "issue", "comments", "all_comments", "other"}
    assert endpoint_label(Request(f"https://api.github.com{path}", many=True)) in labels


@pytest.mark.parametrize("outcome", list(ExchangeOutcome))
@pytest.mark.parametrize("priority", [*Priority, None])
def test_requests_are_counted_by_priority_endpoint_outcome(
    application: MeteredApplication, priority: Priority | None, outcome: ExchangeOutcome
) -> None:
    PRIORITY.set(priority)
    application.metrics.exchange(REQUESTS.issues(), outcome)
    application.metrics.exchange(REQUESTS.issues(), outcome)
    label = priority.value if priority else "other"
    labels = ("endpoint=issues", f"outcome={outcome.value}", f"priority={label}")
    assert application.value("afterword_github_requests_total", *labels) == 2
    old_label = OLD_PRIORITY_LABELS.get(priority, label) if priority else label
    old_labels = ("address=issues", f"outcome={outcome.value}", f"purpose={old_label}")
    assert application.value("afterword_asks_total", *old_labels) == 2


@pytest.mark.parametrize("outcome", list(DeliveryOutcome))
@pytest.mark.parametrize(
    ("event", "label"), [("issues", "issues"), ("issue_comment", "issue_comment"), ("x" * 99, "other")]
)
def test_deliveries_are_counted_by_event_and_outcome(
    application: MeteredApplication, event: str, label: str, outcome: DeliveryOutcome
) -> None:
    application.metrics.delivery(event, outcome)
    labels = (f"event={label}", f"outcome={outcome.metric_label}")
    assert application.value("afterword_deliveries_total", *labels) == 1


def test_delivery_labels_are_the_published_ones() -> None:
    assert {outcome.metric_label for outcome in DeliveryOutcome} == {
        *("accepted", "ignored", "replayed", "unsigned", "foreign", "malformed", "unconfigured", "failed")
    }


@pytest.mark.parametrize("kind", list(Drift))
def test_drift_is_counted_by_kind(application: MeteredApplication, kind: Drift) -> None:
    application.metrics.drift(BLOG, kind, 3)
    application.metrics.drift(BLOG, kind, 2)
    assert application.value("afterword_drift_total", f"kind={kind.value}", "repo=Ada/Blog") == 5


def test_changes_missed_by_webhook_are_counted(application: MeteredApplication) -> None:
    application.metrics.missed_by_webhook(BLOG, 2)
    assert application.value("afterword_untold_changes_total", "repo=Ada/Blog") == 2


def test_rendered_documents_are_counted_by_kind(application: MeteredApplication) -> None:
    application.metrics.render_counts[DOCUMENT_KINDS[PostKey]] += 1
    application.metrics.render_counts[DOCUMENT_KINDS[CommentsKey]] += 1
    application.metrics.render_counts[DOCUMENT_KINDS[PostKey]] += 1
    assert application.value("afterword_rendered_total", "kind=post") == 2
    assert application.value("afterword_rendered_total", "kind=comments") == 1


def test_every_kind_of_document_has_its_label() -> None:
    assert {kind for union in EVERY_KIND for kind in get_args(union) or (union,)} == set(DOCUMENT_KINDS)
    assert len(set(DOCUMENT_KINDS.values())) == len(DOCUMENT_KINDS)
    assert "other" not in DOCUMENT_KINDS.values()


def test_response_counts_are_added_once(application: MeteredApplication) -> None:
    application.metrics.response_counts["post", 200] += 3
    application.metrics.response_counts["post", 304] += 1
    application.metrics.flush()
    application.metrics.response_counts["post", 200] += 1
    values = application.values()
    assert values["afterword_served_total", "kind=post", "status=200"] == 4
    assert values["afterword_served_total", "kind=post", "status=304"] == 1
    assert application.metrics.response_counts == {}


def test_rate_limit_is_unknown_before_the_first_response(application: MeteredApplication) -> None:
    names = ("afterword_asks_limit", "afterword_asks_remaining", "afterword_asks_reset_timestamp_seconds")
    assert all(math.isnan(application.values()[name,]) for name in names)
    application.metrics.rate_limit(RateLimitState(limit=5000, remaining=4321, reset=1_600_003_600.0))
    assert [application.values()[name,] for name in names] == [5000, 4321, 1_600_003_600]
    application.metrics.rate_limit(RateLimitState())
    assert all(math.isnan(application.values()[name,]) for name in names)


@pytest.mark.parametrize("reason", [Wait.PRIMARY, Wait.SECONDARY])
def test_github_wait_runs_down_and_ends(application: MeteredApplication, reason: Wait) -> None:
    until = application.clock.now() + 90
    application.metrics.rate_limit(RateLimitState(blocked_until=until, blocked_by=reason.value))
    assert application.waits() == {reason: 90}
    application.clock.advance(60)
    assert application.waits() == {reason: 30}
    application.clock.advance(60)
    assert application.waits() == {}


def test_later_state_ends_the_wait(application: MeteredApplication) -> None:
    until = application.clock.now() + 90
    application.metrics.rate_limit(RateLimitState(blocked_until=until, blocked_by="secondary"))
    application.metrics.rate_limit(RateLimitState())
    assert application.waits() == {}


def test_own_waits_stay_beside_githubs(application: MeteredApplication) -> None:
    now = application.clock.now()
    application.metrics.waiting(Wait.BUDGET, now + 10)
    application.metrics.waiting(Wait.BACKOFF, now + 20)
    application.metrics.rate_limit(RateLimitState(blocked_until=now + 30, blocked_by="primary"))
    assert application.waits() == {Wait.BUDGET: 10, Wait.BACKOFF: 20, Wait.PRIMARY: 30}
    application.metrics.waiting(Wait.BUDGET, None)
    assert application.waits() == {Wait.BACKOFF: 20, Wait.PRIMARY: 30}


def test_mirror_age_grows_until_the_next_poll(application: MeteredApplication) -> None:
    application.metrics.mirror_size(BLOG, threads=3, comments=7, checked_at=application.clock.now() - 5)
    application.clock.advance(60)
    values = application.values()
    assert values["afterword_mirror_age_seconds", "repo=Ada/Blog"] == 65
    assert values["afterword_threads", "repo=Ada/Blog"] == 3
    assert values["afterword_comments", "repo=Ada/Blog"] == 7


def test_incomplete_mirror_has_no_age(application: MeteredApplication) -> None:
    application.metrics.mirror_size(BLOG, threads=0, comments=0, checked_at=None)
    assert application.value("afterword_mirror_age_seconds", "repo=Ada/Blog") is None


def test_samples_are_looked_up_at_each_scrape(application: MeteredApplication) -> None:
    assert application.value("afterword_listeners") == 0
    numbers = iter(range(1, 7))
    sample = lambda: next(numbers)  # noqa: E731 - one for all three
    application.metrics.sample_from(Samples(subscribers=sample, cache_bytes=sample, cached_documents=sample))
    names = ("afterword_listeners", "afterword_catalogue_bytes", "afterword_catalogue_documents")
    assert [[values[name,] for name in names] for values in (application.values(), application.values())] == [
        [1, 2, 3],
        [4, 5, 6],
    ]


def test_due_jobs_are_shown(application: MeteredApplication) -> None:
    application.metrics.due_jobs(12)
    assert application.value("afterword_marks") == 12


def test_deprecated_names_equal_their_replacements(application: MeteredApplication) -> None:
    count_everything(application.metrics)
    values = application.values()
    for name, deprecated_name in (
        ("github_rate_limit", "asks_limit"),
        ("github_rate_limit_remaining", "asks_remaining"),
        ("github_rate_limit_reset_timestamp_seconds", "asks_reset_timestamp_seconds"),
        ("github_wait_seconds", "asks_waiting_seconds"),
        ("due_jobs", "marks"),
        ("missed_by_webhook_total", "untold_changes_total"),
        ("document_cache_bytes", "catalogue_bytes"),
        ("document_cache_documents", "catalogue_documents"),
        ("subscribers", "listeners"),
    ):
        new = {key[1:]: value for key, value in values.items() if key[0] == f"afterword_{name}"}
        old = {key[1:]: value for key, value in values.items() if key[0] == f"afterword_{deprecated_name}"}
        assert new == old != {}


def test_version_is_shown(application: MeteredApplication) -> None:
    assert application.value("afterword_build_info", "version=1.2.3") == 1


def test_process_metrics_are_shown(application: MeteredApplication) -> None:
    values = application.values()
    names = ("cpu_seconds_total", "resident_memory_bytes", "open_fds", "max_fds", "start_time_seconds")
    assert all(values[f"process_{name}",] > 0 for name in names)
    later_values = application.values()
    assert later_values["process_cpu_seconds_total",] >= values["process_cpu_seconds_total",]
    assert later_values["process_cpu_seconds_total",] < values["process_cpu_seconds_total",] + 5, "it is not added up"


def test_every_metric_has_prefix_and_help_text(application: MeteredApplication) -> None:
    count_everything(application.metrics)
    families = list(text_string_to_metric_families(application.metrics.exposition().decode()))
    assert all(family.name.startswith(("afterword_", "process_")) for family in families)
    assert all(family.documentation.endswith(".") for family in families)
    assert not any(family.name.endswith("_created") for family in families)


@given(st.text())
def test_unknown_events_add_no_label(event: str) -> None:
    metrics = PrometheusMetrics(now=FakeClock().now, version="1")
    metrics.delivery(f"no event of GitHub's: {event}", DeliveryOutcome.UNSIGNED)
    names = [name for name in parse(metrics.exposition()) if name[0] == "afterword_deliveries_total"]
    assert names == [("afterword_deliveries_total", "event=other", "outcome=unsigned")]


@pytest.mark.parametrize(
    "metrics", [SilentMetrics(), PrometheusMetrics(now=FakeClock().now, version="1")], ids=["silent", "metrics"]
)
def test_both_implementations_accept_every_event(metrics: Metrics) -> None:
    metrics.delivery("issues", DeliveryOutcome.ACCEPTED)
    metrics.missed_by_webhook(BLOG, 1)
    metrics.drift(BLOG, Drift.COMMENT_MISSING, 1)
    metrics.rate_limit(RateLimitState())
    metrics.waiting(Wait.BUDGET, None)
    values = parse(metrics.exposition()) if isinstance(metrics, PrometheusMetrics) else {}
    missed = ("afterword_missed_by_webhook_total", "repo=ada/blog")
    assert values.get(missed, 1) == 1


def test_scrape_of_one_process_covers_all(tmp_path: Path) -> None:
    first_id, _ = run_worker(tmp_path, subscribers=3, responses=4, wait=60, age=500, remaining=4000)
    _, values = run_worker(tmp_path, subscribers=2, responses=1, wait=10, age=20, last=True)
    assert values["afterword_served_total", "kind=post", "status=200"] == 5
    assert values["afterword_asks_total", "address=issues", "outcome=unchanged", "purpose=pulse"] == 2
    assert values["afterword_listeners",] == 5
    assert values["afterword_catalogue_bytes",] == 20
    assert values["afterword_asks_remaining",] == 4000, "a process without the limit overwrites no other's"
    assert values["afterword_asks_waiting_seconds", "reason=budget"] == 60
    assert values["afterword_mirror_age_seconds", "repo=o/r"] == 20
    assert values["afterword_threads", "repo=o/r"] == 2
    assert values["afterword_build_info", "version=1"] == 1
    assert values["process_resident_memory_bytes",] > 0
    assert not any(label.startswith("pid=") for name in values for label in name)
    assert list(tmp_path.glob(f"*_{first_id}.db"))

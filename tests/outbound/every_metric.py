"""Counts one event of every kind."""

from app.domain.priority import Priority
from app.domain.sites import repository
from app.github.requests import RepositoryRequests
from app.outbound.github import ExchangeOutcome
from app.outbound.metrics import PrometheusMetrics
from app.ports.github import PRIORITY
from app.ports.metrics import DeliveryOutcome, Drift
from app.ports.rate_state import RateLimitState

_BLOG = repository("ada/blog")
_REQUESTS = RepositoryRequests("https://api.github.com", "ada/blog")


def count_everything(metrics: PrometheusMetrics) -> None:
    """Count and set something in every metric."""
    PRIORITY.set(Priority.POLL)
    metrics.exchange(_REQUESTS.issues(), ExchangeOutcome.UNCHANGED)
    metrics.delivery("issues", DeliveryOutcome.ACCEPTED)
    metrics.drift(_BLOG, Drift.THREAD_DIFFERS, 1)
    metrics.missed_by_webhook(_BLOG, 1)
    metrics.render_counts["post"] += 1
    metrics.response_counts["post", 200] += 1
    metrics.mirror_size(_BLOG, threads=1, comments=1, checked_at=1_600_000_000.0)
    metrics.comments_held(_BLOG, 1)
    metrics.rate_limit(RateLimitState(limit=5000, remaining=1, reset=1_600_003_600.0))
    metrics.due_jobs(2)

"""Find changes that nothing had reported: comments that the webhook missed, and drift.

A poll finds comments that a working webhook should have reported. The daily comparison finds drift: differences from
GitHub that neither a webhook nor a poll reported.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.domain.records import IssueSummary, SiteRecord
from app.domain.sites import Repository
from app.domain.threads import Comment
from app.domain.times import epoch
from app.ports.deliveries import Deliveries
from app.ports.jobs import Jobs
from app.ports.metrics import Drift, Metrics
from app.ports.mirror import Mirror

_log = logging.getLogger(__name__)
_SHORTLY_BEFORE = 120.0
"""Seconds by which a delivery may precede a poll, with its job run only during the poll."""
_TRUST_SECONDS = 7 * 86_400.0
"""Seconds without any delivery after which the webhook may have been removed."""
_DELIVERY_TIME = 60.0
"""Seconds that a delivery may take before its absence means something."""
_MOST_NAMED = 10
"""Threads that a log line names."""


@dataclass(frozen=True, slots=True)
class WebhookHealth:
    """What a poll learned about the webhook."""

    last_delivery_at: float | None = None
    """None if no delivery came for so long that none is expected."""
    missed_threads: frozenset[int] = frozenset()
    """Threads with new comments that no delivery reported, although the webhook works."""
    missed_at: float | None = None
    """When a poll last found such threads."""


class MissedDeliveries:
    """Finds and reports new comments that no delivery reported."""

    def __init__(self, mirror: Mirror, deliveries: Deliveries, metrics: Metrics, *, has_webhook: bool) -> None:
        """Expect deliveries if `has_webhook`: without a secret none is accepted."""
        self._mirror = mirror
        self._deliveries = deliveries
        self._metrics = metrics
        self._has_webhook = has_webhook

    async def check(self, site: SiteRecord, comments: Iterable[Comment], *, date: float, now: float) -> WebhookHealth:
        """Return the webhook's health after a poll; empty if no delivery is expected. `date` is GitHub's clock."""
        if not self._has_webhook:
            return WebhookHealth()
        last_delivery_at = await self._deliveries.last_delivery_at(site.repo)
        if last_delivery_at is None or now - last_delivery_at > _TRUST_SECONDS:
            return WebhookHealth()
        late = [comment for comment in comments if date - epoch(comment.updated_at) > _DELIVERY_TIME]
        copies = await self._mirror.comments_by_id(site.repo, [comment.id for comment in late]) if late else {}
        news = {
            comment.number
            for comment in late
            if comment.id not in copies or copies[comment.id].updated_at < comment.updated_at
        }
        if not news:
            return WebhookHealth(last_delivery_at, missed_at=site.missed_by_webhook_at)
        since = (site.checked_at or 0.0) - 2 * _DELIVERY_TIME
        reported_numbers = await self._deliveries.delivered_since(site.repo, since=since)
        posts = {summary.number for summary in (await self._mirror.part_snapshot(site.repo, news)).threads}
        missed = frozenset(posts - reported_numbers)
        return WebhookHealth(last_delivery_at, missed, now if missed else site.missed_by_webhook_at)

    def report(self, repo: Repository, missed_threads: frozenset[int]) -> None:
        """Count and log the threads that were missed."""
        if not missed_threads:
            return
        self._metrics.missed_by_webhook(repo, len(missed_threads))
        numbers = ", ".join(map(str, sorted(missed_threads)[:_MOST_NAMED]))
        _log.warning(
            "%s: no delivery reported the new comments of %s. See Recent Deliveries of the webhook on GitHub. "
            "Afterword polls as often as without a webhook for at least an hour, until a delivery arrives again.",
            repo,
            f"{numbers}, …" if len(missed_threads) > _MOST_NAMED else numbers,
        )


class DriftReport:
    """Counts drift after a comparison of a whole site."""

    def __init__(self, mirror: Mirror, jobs: Jobs, deliveries: Deliveries, metrics: Metrics) -> None:
        self._mirror = mirror
        self._jobs = jobs
        self._deliveries = deliveries
        self._metrics = metrics

    async def report(
        self,
        site: SiteRecord,
        before: Iterable[IssueSummary],
        *,
        since: float,
        after_version: int,
        differing_threads: frozenset[int],
        differing_comments: frozenset[int],
    ) -> None:
        """Count and log the drift among the changes after `after_version`.

        `before` are the summaries before the comparison; `differing_threads` and `differing_comments` are numbers
        whose text differed although the counts may agree.
        """
        snapshot = await self._mirror.site_snapshot(site.repo)
        old, new = _by_number(before), _by_number(snapshot.summaries)
        reported_numbers = await self._deliveries.delivered_since(site.repo, since=since - _SHORTLY_BEFORE)
        poll_since = snapshot.site.since if snapshot.site else None
        drift: Counter[Drift] = Counter()
        for change in await self._mirror.changes(after=after_version):
            number = change.number
            if change.repo != site.repo or change.images_only or number in reported_numbers:
                continue
            if await self._is_news(site.repo, number, new.get(number), poll_since):
                continue
            by_count = _count_drift(old.get(number), new.get(number))
            if not by_count and number in differing_threads | differing_comments:
                by_count = {Drift.THREAD_DIFFERS if number in differing_threads else Drift.COMMENT_DIFFERS: 1}
            drift.update(by_count)
        self._publish(site, drift)

    async def _is_news(
        self, repo: Repository, number: int, summary: IssueSummary | None, poll_since: str | None
    ) -> bool:
        """Return True if a thread changed after the poll, or has a job anyway."""
        if poll_since is not None and summary is not None:
            comments = await self._mirror.comments(repo, number)
            if max(summary.updated_at, *(comment.updated_at for comment in comments), "") > poll_since:
                return True
        return await self._jobs.find(repo, number) is not None

    def _publish(self, site: SiteRecord, drift: Mapping[Drift, int]) -> None:
        for kind, count in drift.items():
            self._metrics.drift(site.repo, kind, count)
        if drift:
            text = ", ".join(f"{count} × {kind.value.replace('_', ' ')}" for kind, count in sorted(drift.items()))
            _log.warning("%s differed from GitHub and was repaired: %s.", site.repo, text)
        else:
            _log.info("%s was compared with GitHub: no drift.", site.repo)


def _by_number(summaries: Iterable[IssueSummary]) -> dict[int, IssueSummary]:
    return {summary.number: summary for summary in summaries}


def _count_drift(before: IssueSummary | None, after: IssueSummary | None) -> Mapping[Drift, int]:
    """Return by how much a thread had too little or too much; nothing if counts do not tell, or for a pull request."""
    thread = before or after
    if thread is None or thread.is_pull_request:
        return {}
    if before is None:
        return {Drift.THREAD_MISSING: 1}
    if after is None:
        return {Drift.THREAD_SURPLUS: 1}
    if after.mirrored_count != before.mirrored_count:
        is_missing = after.mirrored_count > before.mirrored_count
        kind = Drift.COMMENT_MISSING if is_missing else Drift.COMMENT_SURPLUS
        return {kind: abs(after.mirrored_count - before.mirrored_count)}
    return {}

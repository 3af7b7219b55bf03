"""The overview as JSON: the API and the command line publish the same fields, whose names stay."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.domain.posts.findings import Finding
from app.domain.times import rfc3339
from app.ports.owner.history import HistoryEvent, HistoryKind, HourCount
from app.serving.owner.model import Budget, CommentRow, Overview, PostRow, SiteRow, ThreadRow


def status_object(overview: Overview) -> dict[str, Any]:
    """Return everything but the posts."""
    history = overview.history
    return {
        "at": rfc3339(overview.at),
        "version": overview.version,
        "has_post_list": overview.has_post_list,
        "is_post_list_missing": overview.is_post_list_missing,
        "post_list_failure": overview.post_list_failure,
        "foreign_worker": overview.foreign_worker,
        "generator": overview.generator,
        "posts": len(overview.posts),
        "comments": overview.comment_count,
        "sites": [_site(site) for site in overview.sites],
        "findings": [_finding(finding) for finding in overview.findings],
        "weeks": [{"start": rfc3339(start)[:10], "comments": count} for start, count in overview.weeks],
        "newest": [_comment(comment) for comment in overview.newest],
        "held_comments": [_comment(comment) for comment in overview.held_comments],
        "budget": _budget(overview.budget),
        "polls": _outcomes(history.counts, history.events, HistoryKind.POLL),
        "deliveries": _outcomes(history.counts, history.events, HistoryKind.DELIVERY),
        "drift": _outcomes(history.counts, history.events, HistoryKind.DRIFT),
        "storage": {
            "store_kind": overview.storage.store_kind,
            "store_bytes": overview.storage.store_bytes,
            "cache_bytes": overview.storage.cache_bytes,
            "cached_documents": overview.storage.cached_documents,
            "subscribers": overview.storage.subscriber_count,
        },
    }


def counts_object(overview: Overview) -> dict[str, Any]:
    """Return the posts with their counts."""
    return {"at": rfc3339(overview.at), "posts": [_post(post) for post in overview.posts]}


def _post(post: PostRow) -> dict[str, Any]:
    return {
        "title": _text(post.title),
        "source": _text(post.source),
        "url": _text(post.url),
        "date": _text(post.date),
        "unpublished_reason": _text(post.unpublished_reason),
        "comment_count": post.comment_count,
        "held_count": post.held_count,
        "last_comment_at": post.last_comment_at,
        "checked_at": _time(post.checked_at),
        "threads": [_thread(thread) for thread in post.threads],
        "findings": [_finding(finding) for finding in post.findings],
    }


def _thread(thread: ThreadRow) -> dict[str, Any]:
    return {
        "repo": thread.ref.repo.full_name,
        "ghissueid": thread.ref.number,
        "title": thread.title,
        "url": thread.url,
        "status": thread.status,
        "complete": thread.is_complete,
        "comment_count": thread.comment_count,
        "held_count": thread.held_count,
        "last_comment_at": thread.last_comment_at,
        "checked_at": _time(thread.checked_at),
    }


def _site(site: SiteRow) -> dict[str, Any]:
    return {
        "repo": site.repo,
        "listed": site.is_listed,
        "private": site.is_private,
        "threads": site.thread_count,
        "threads_complete": site.complete_count,
        "comments": site.comment_count,
        "held_count": site.held_count,
        "checked_at": _time(site.checked_at),
        "reconciled_at": _time(site.reconciled_at),
        "last_delivery_at": _time(site.last_delivery_at),
        "failure": site.failure,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    thread = finding.thread
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "message": _text(finding.message),
        "advice": _text(finding.advice),
        "source": _text(finding.source),
        "line": finding.line,
        "repo": thread.repo.full_name if thread else None,
        "ghissueid": thread.number if thread else None,
    }


def _comment(comment: CommentRow) -> dict[str, Any]:
    return {
        "repo": comment.ref.repo.full_name,
        "ghissueid": comment.ref.number,
        "post_title": comment.post_title,
        "author": comment.author,
        "created_at": comment.created_at,
        "url": comment.url,
        "text": comment.text,
        "hidden": comment.hidden,
        "hold_reason": comment.hold_reason,
    }


def _budget(budget: Budget) -> dict[str, Any]:
    return {
        "token": budget.has_token,
        "limit": budget.limit,
        "remaining": budget.remaining,
        "reset": _time(budget.reset),
        "blocked_until": _time(budget.blocked_until),
        "hours": [
            {"start": rfc3339(hour), "requests": count, "least_remaining": least} for hour, count, least in budget.hours
        ],
    }


def _outcomes(counts: Sequence[HourCount], events: Sequence[HistoryEvent], kind: HistoryKind) -> dict[str, Any]:
    """Return how often each outcome came within the last day, and the latest events."""
    return {
        "outcomes": {
            outcome: {"count": count, "last_at": rfc3339(last_at)}
            for outcome, (count, last_at) in outcome_totals(counts, kind).items()
        },
        "latest": [
            {"at": rfc3339(event.at), "repo": event.repo_key or None, "outcome": event.outcome, "detail": event.detail}
            for event in events
            if event.kind is kind
        ],
    }


def outcome_totals(counts: Sequence[HourCount], kind: HistoryKind) -> Mapping[str, tuple[int, float]]:
    """Return how often each outcome of a kind came, and when it last did, the most frequent first."""
    totals: dict[str, tuple[int, float]] = {}
    for count in counts:
        if count.kind is kind:
            before, last_at = totals.get(count.outcome, (0, 0.0))
            totals[count.outcome] = before + count.count, max(last_at, count.last_at)
    return dict(sorted(totals.items(), key=lambda item: -item[1][0]))


def _text(value: str | None) -> str | None:
    """Return text of the blog's files as JSON can hold it: half a surrogate pair becomes a question mark."""
    return None if value is None else value.encode("utf-8", "replace").decode()


def _time(epoch: float | None) -> str | None:
    return None if epoch is None else rfc3339(epoch)

"""Plan a backfill: which comments to request, in which order, and at what cost. Pure.

There are two ways to the comments of a repository. One list has them all, a hundred a request, including those on pull
requests, which are of no use. Or each thread is read alone, at least one request each. The counts in the list of issues
tell in advance what either costs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.records import IssueSummary
from app.github.requests import PER_PAGE

LIST_END = 10_000
"""GitHub pages a list no further than this many items."""


@dataclass(frozen=True, slots=True)
class Plan:
    """First these threads one by one, then, with `use_list`, the repository-wide list."""

    threads: tuple[int, ...] = ()
    use_list: bool = False
    newest_first: bool = True
    """The direction of the list. Newest first serves readers best; only the other can pass `LIST_END`."""
    requests: int = 0
    """What all of it costs, if nothing changes until then."""


def page_count(items: int) -> int:
    """Return the requests for this many items of a list."""
    return -(-items // PER_PAGE)


def cost(items: int) -> int:
    """Return the requests for a thread of this many comments: with several pages, its issue is requested again."""
    return max(1, page_count(items) + (items > PER_PAGE))


def plan(summaries: Sequence[IssueSummary], *, affordable: int | None, list_is_read: bool = False) -> Plan:
    """Return the cheaper way to all comments that are not mirrored yet.

    `affordable` requests remain of the hour for a backfill (None: no bound is known). If the list is cheaper but does
    not fit, the most recently commented threads come first with half of that, so that they are complete within the
    first hour. With `list_is_read`, threads that the list left incomplete are read alone.
    """
    incomplete = sorted(
        (summary for summary in summaries if not summary.is_pull_request and not summary.complete),
        key=lambda summary: (summary.updated_at, summary.number),
        reverse=True,
    )
    by_recency = tuple(summary.number for summary in incomplete)
    one_by_one = sum(cost(summary.comment_count) for summary in incomplete)
    total = sum(summary.comment_count for summary in summaries)
    list_cost = page_count(total)
    fits = affordable is None or list_cost <= affordable
    if list_is_read or one_by_one <= list_cost or (total > LIST_END and not fits):
        return Plan(threads=by_recency, requests=one_by_one)
    if fits:
        return Plan(use_list=True, newest_first=total <= LIST_END, requests=list_cost)
    first = _affordable(incomplete, (affordable or 0) // 2)
    return Plan(threads=first, use_list=True, requests=list_cost + len(first))


def _affordable(summaries: Sequence[IssueSummary], requests: int) -> tuple[int, ...]:
    numbers: list[int] = []
    for summary in summaries:
        requests -= cost(summary.comment_count)
        if requests < 0:
            break
        numbers.append(summary.number)
    return tuple(numbers)

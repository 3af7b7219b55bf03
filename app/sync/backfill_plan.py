"""The import plan: which comments to ask for, in which order, and at what cost. Pure.

There are two ways to the comments of a repository. One list has them all, a hundred an ask, and with them those on
pull requests, which are of no use. Or each thread is read by itself, at least one ask for each. The counts that came
with the list of issues tell beforehand what either costs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.github.requests import PER_PAGE
from app.ports.mirror import IssueSummary

LIST_END = 10_000
"""GitHub pages a list no further than so many items."""


@dataclass(frozen=True, slots=True)
class Plan:
    """First these threads one by one, then, if `whole_list`, the repository-wide list."""

    threads: tuple[int, ...] = ()
    whole_list: bool = False
    newest_first: bool = True
    """The direction of the list. Newest first serves readers best; only the other can pass `LIST_END`."""
    asks: int = 0
    """What all of it costs, if nothing changes meanwhile."""


def pages(items: int) -> int:
    """Asks for so many items of a list."""
    return -(-items // PER_PAGE)


def cost(items: int) -> int:
    """Asks for a thread of so many comments: where it has several pages, its issue is asked for again behind them."""
    return max(1, pages(items) + (items > PER_PAGE))


def plan(tallies: Sequence[IssueSummary], *, affordable: int | None, list_read: bool = False) -> Plan:
    """The cheaper way to all comments that are not yet mirrored.

    `affordable`: how many asks the hour still allows for importing (None: no bound is known). Where the list is cheaper
    but does not fit, the threads commented most recently come first with half of what there is, so that they are whole
    within the first hour. `list_read`: the list was read already, and what is missing after it is read by thread.
    """
    wanted = sorted(
        (t for t in tallies if not t.is_pull_request and not t.complete),
        key=lambda t: (t.updated_at, t.number),
        reverse=True,
    )
    by_recency = tuple(t.number for t in wanted)
    one_by_one = sum(cost(t.comment_count) for t in wanted)
    total = sum(t.comment_count for t in tallies)
    listed = pages(total)
    fits = affordable is None or listed <= affordable
    if list_read or one_by_one <= listed or (total > LIST_END and not fits):
        return Plan(threads=by_recency, asks=one_by_one)
    if fits:
        return Plan(whole_list=True, newest_first=total <= LIST_END, asks=listed)
    first = _first_within(wanted, (affordable or 0) // 2)
    return Plan(threads=first, whole_list=True, asks=listed + len(first))


def _first_within(wanted: Sequence[IssueSummary], asks: int) -> tuple[int, ...]:
    chosen: list[int] = []
    for tally in wanted:
        asks -= cost(tally.comment_count)
        if asks < 0:
            break
        chosen.append(tally.number)
    return tuple(chosen)

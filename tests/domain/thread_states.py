"""Everything that a mirror may have of a number, and the conditions of the table in `app.domain.thread_state`."""

from collections.abc import Mapping

from app.domain.records import SiteRecord, ThreadRecord, ThreadRef, Tombstone
from app.domain.sites import PostFilter
from app.domain.thread_state import Hop, Snapshot, ThreadState
from tests.domain.builders import BLOG, NOTES, comment, issue, record

REQUESTED, TARGET = ThreadRef(BLOG, 41), ThreadRef(NOTES, 7)
COMMENTS = (comment(1), comment(2))
LABELLED = issue(labels=[{"id": 1, "name": "comments"}], comments=3)
UNLABELLED = issue(labels=[], comments=3)

RECORDS: Mapping[str, ThreadRecord | None] = {
    "no issue": None,
    "complete": record(LABELLED, mirrored=2, offset=1, checked_at=300.0),
    "incomplete": record(LABELLED, mirrored=2, complete=False),
    "complete without the label": record(UNLABELLED, mirrored=2, offset=1, checked_at=300.0),
    "incomplete without the label": record(UNLABELLED, mirrored=2, complete=False),
    "pull request": record(issue(pull=True, comments=3), complete=False),
}
TOMBSTONES: Mapping[str, Tombstone | None] = {
    "no tombstone": None,
    "404": Tombstone(41, gone=False, checked_at=200.0),
    "410": Tombstone(41, gone=True, checked_at=200.0),
    "transferred away": Tombstone(41, gone=True, checked_at=200.0, transferred_to="https://api.github.com/elsewhere"),
}
FILTERS: Mapping[str, PostFilter] = {
    "all": PostFilter(),
    "label": PostFilter("Comments"),
    "listed": PostFilter(listed_only=True, posts={BLOG: frozenset({41})}),
    "not listed": PostFilter(listed_only=True, posts={BLOG: frozenset({40}), NOTES: frozenset({7})}),
    "list not read yet": PostFilter(listed_only=True),
}
SITES: Mapping[str, SiteRecord | None] = {
    "no site": None,
    "site without a list": SiteRecord(BLOG, 1, "ada/blog"),
    "listed site": SiteRecord(BLOG, 1, "ada/blog", issues_listed_at=100.0),
    "polled site": SiteRecord(BLOG, 1, "ada/blog", issues_listed_at=100.0, checked_at=400.0),
}
TRANSFER_COUNTS = (0, 1, 2)


def snapshot(
    record: ThreadRecord | None, tombstone: Tombstone | None, transfers: int, site: SiteRecord | None
) -> Snapshot:
    """Return a snapshot of a number that was transferred this many times; the last hop has the tombstone."""
    moved = Tombstone(41, gone=True, checked_at=50.0, transferred_to="https://api.github.com/next")
    way = [Hop(ThreadRef(BLOG, 41 + count), site, moved, version=9 - count) for count in range(transfers)]
    last = Hop(TARGET if transfers else REQUESTED, site, tombstone, version=5)
    return Snapshot((*way, last), record, COMMENTS if record and record.mirrored_count else ())


def table_rows(snapshot: Snapshot, posts: PostFilter) -> Mapping[ThreadState, bool]:
    """Return for each row of the table whether its condition holds."""
    record, site = snapshot.record, snapshot.hops[-1].site
    labels = record.issue.labels if record else ()
    is_issue = record is not None and not record.issue.is_pull_request
    is_post = is_issue and posts.includes(BLOG, 41, labels)
    is_complete = record is not None and record.complete
    has_nothing = record is None and snapshot.tombstone is None
    is_ruled_out = posts.listed_only and 41 not in (posts.posts or {}).get(BLOG, ())
    is_candidate = has_nothing and len(snapshot.hops) == 1 and not is_ruled_out
    is_listed = site is not None and site.issues_listed_at is not None
    return {
        ThreadState.COMPLETE: is_post and is_complete,
        ThreadState.INCOMPLETE: is_post and not is_complete,
        ThreadState.NOT_A_POST: (record is not None and not is_post)
        or (has_nothing and len(snapshot.hops) == 1 and is_ruled_out),
        ThreadState.DELETED: record is None and snapshot.tombstone is not None,
        ThreadState.TRANSFERRED: has_nothing and len(snapshot.hops) > 1,
        ThreadState.UNLISTED: is_candidate and is_listed,
        ThreadState.UNKNOWN: is_candidate and not is_listed,
    }

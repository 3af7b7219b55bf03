"""The issues of a site in short: all of them, some, or those that the mirror may lack comments of."""

from collections.abc import Collection

from app.domain.sites import Repository
from app.ports.mirror import SiteSnapshot
from app.store.rows import parse_all, summary
from app.store.sql.comment_lists import IN_KEYS, OF_SITE
from app.store.sql.session import Session
from app.store.sql.sites import read_site

# ruff: noqa: S608 - the inserted texts are these constants; values are parameters
COUNT_MISMATCH = "comment_count <> mirrored_count + count_offset"
_SUMMARY = f"""
SELECT labels, number, is_pull_request, comment_count, mirrored_count, complete, {COUNT_MISMATCH}, updated_at
FROM issue
"""
SUMMARIES = f"{_SUMMARY} WHERE {OF_SITE} ORDER BY number DESC"
PART_SUMMARIES = f"{_SUMMARY} WHERE {OF_SITE} AND number {IN_KEYS} ORDER BY number DESC"
UNSETTLED_ISSUES = f"{OF_SITE} AND NOT is_pull_request AND (NOT complete OR {COUNT_MISMATCH})"
"""The condition of the index `issue_unsettled`: few issues are in it, however many there are."""
UNSETTLED_SUMMARIES = f"{_SUMMARY} WHERE {UNSETTLED_ISSUES} ORDER BY number DESC"


def read_summaries(
    session: Session, repo: Repository, query: str, numbers: Collection[int] | None = None
) -> SiteSnapshot:
    """Return the record of a site and the issues of one of these queries, within the caller's transaction."""
    rows = session.execute(query, {"key": repo.key, "keys": session.keys(numbers)}).fetchall()
    labels = parse_all(row[0] for row in rows)
    return SiteSnapshot(read_site(session, repo), tuple(map(summary, labels, rows)))

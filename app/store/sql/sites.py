"""The records of repositories."""

from app.domain.records import SiteRecord
from app.domain.sites import Repository
from app.store.rows import site_record
from app.store.sql.session import Session

SITE_RECORDS = """
SELECT key, configured_name, github_id, full_name, issues_next_url, issues_listed_at, comments_next_url, since,
    checked_at, private, reconciled_at, missed_by_webhook_at, not_visible_since, not_visible_count, feed_name,
    entry_name, link_name, former_names, created_at
FROM site
"""
"""All of them; a condition may follow."""
_SITE_RECORD = f"{SITE_RECORDS} WHERE key = :key AND github_id IS NOT NULL"


def read_site(session: Session, repo: Repository) -> SiteRecord | None:
    """Return the record of a repository, within the caller's transaction."""
    row = session.execute(_SITE_RECORD, {"key": repo.key}).fetchone()
    return None if row is None else site_record(row)

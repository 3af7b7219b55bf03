"""The records of repositories."""

from app.domain.records import SiteRecord
from app.domain.sites import Repository
from app.store.postgres.database import execute, site_id
from app.store.postgres.sessions import Connection
from app.store.rows import site_record

SITE_RECORDS = """
SELECT key, configured_name, github_id, full_name, issues_next_url, issues_listed_at, comments_next_url, since,
    checked_at, private, reconciled_at, missed_by_webhook_at, not_visible_since, not_visible_count, feed_name,
    entry_name, link_name, former_names, created_at
FROM site
"""
"""All of them; a condition may follow."""
_SITE_RECORD = f"{SITE_RECORDS} WHERE key = %s AND github_id IS NOT NULL"
_LOCK = f"{SITE_RECORDS.replace('SELECT', 'SELECT id,')} WHERE key = %s FOR UPDATE"


def read_site(connection: Connection, repo: Repository) -> SiteRecord | None:
    """Return the record of a repository, within the caller's transaction."""
    row = execute(connection, _SITE_RECORD, (repo.key,)).fetchone()
    return None if row is None else site_record(row)


def lock_site(connection: Connection, repo: Repository) -> tuple[int, SiteRecord | None]:
    """Let no other process change the mirror of a repository before the caller's transaction ends.

    Return the id and the record of the repository. What the transaction reads afterwards is what the last one before
    has committed.
    """
    row = execute(connection, _LOCK, (repo.key,)).fetchone()
    if row is None:
        site_id(connection, repo)
        row = execute(connection, _LOCK, (repo.key,)).fetchone()
    site, *record = row or ()
    return int(site), site_record(tuple(record)) if record[2] is not None else None

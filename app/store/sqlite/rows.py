"""Rows and parameters that several modules need.

Readers send any number. One beyond SQLite's 64 bits becomes the nearest that SQLite has.
"""

import sqlite3
from dataclasses import replace

from app.domain.records import SiteRecord, ThreadRef
from app.domain.sites import Repository
from app.store.sqlite.connections import clamp

_SITE_RECORD = """
SELECT configured_name, github_id, full_name, issues_next_url, issues_listed_at, comments_next_url, since, checked_at,
    private, reconciled_at, missed_by_webhook_at, not_visible_since, not_visible_count
FROM site WHERE key = ? AND github_id IS NOT NULL
"""
_VERSION = "SELECT version FROM mirror_change WHERE site = (SELECT id FROM site WHERE key = ?) AND number = ?"


def site_record(connection: sqlite3.Connection, repo: Repository) -> SiteRecord | None:
    """Return the record of a repository."""
    row = connection.execute(_SITE_RECORD, (repo.key,)).fetchone()
    if row is None:
        return None
    name, *fields = row
    record = SiteRecord(Repository(repo.key, name), *fields)
    return replace(record, private=bool(record.private))


def version(connection: sqlite3.Connection, ref: ThreadRef) -> int:
    """Return the version of a number's latest change; 0 before the first."""
    row = connection.execute(_VERSION, (ref.repo.key, clamp(ref.number))).fetchone()
    return 0 if row is None else int(row[0])

"""Rows and parameters that several modules need.

Readers send any number. One beyond SQLite's 64 bits becomes the nearest that SQLite has.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import replace

import orjson

from app.domain.records import SiteRecord, ThreadRef
from app.domain.sites import Repository

LARGEST = 2**63 - 1

_SITE_RECORD = """
SELECT configured_name, github_id, full_name, issues_next_url, issues_listed_at, comments_next_url, since, checked_at,
    private, reconciled_at, missed_by_webhook_at, not_visible_since, not_visible_count
FROM site WHERE key = ? AND github_id IS NOT NULL
"""
_VERSION = "SELECT version FROM mirror_change WHERE site = (SELECT id FROM site WHERE key = ?) AND number = ?"


def clamp(number: int) -> int:
    """Return the nearest number that SQLite can hold."""
    return max(-LARGEST, min(number, LARGEST))


def json_list(numbers: Iterable[int]) -> str:
    """Return numbers as one parameter, for `json_each`."""
    return orjson.dumps(tuple(map(clamp, numbers))).decode()


def site_id(connection: sqlite3.Connection, repo: Repository) -> int:
    """Return the id of a repository's row; insert a row without a record if there is none."""
    row = connection.execute("SELECT id FROM site WHERE key = ?", (repo.key,)).fetchone()
    if row is None:
        statement = "INSERT INTO site (key, configured_name) VALUES (?, ?) RETURNING id"
        row = connection.execute(statement, (repo.key, repo.full_name)).fetchone()
    return int(row[0])


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

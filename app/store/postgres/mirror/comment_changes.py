"""When comments changed: rows of `comment_change`, which statements that change comments write themselves.

The version of a row is one more than the latest that is committed. The site is locked, so that is later than all
versions of the thread before, and at most the one that the thread gets at the end of the transaction.
"""

# ruff: noqa: S608 - the inserted texts are constants; values are parameters


def insert_changes(changes: str) -> str:
    """Return the statement that records changes; `changes` names a query with the columns site, number and id."""
    return f"""
INSERT INTO comment_change (site, number, id, version)
SELECT changes.site, changes.number, changes.id, mirror_version.version + 1 FROM {changes} AS changes, mirror_version
ON CONFLICT (site, number, id) DO UPDATE SET version = excluded.version
"""


def delete_and_record(delete: str) -> str:
    """Return a statement that deletes comments, records that, and returns their numbers."""
    return f"""
WITH deleted AS ({delete} RETURNING site, number, id), changes AS ({insert_changes("deleted")})
SELECT number FROM deleted
"""

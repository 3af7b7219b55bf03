"""The versions of changes: in the order of their commits, without gaps, and recognizable after a failover.

A sequence of PostgreSQL's would not do: a transaction that took a lower number may commit later, and who reads the
changes after the higher one would never see it. So a row holds the latest version, and its lock is kept until the
commit.

A database may become older than it was: a replica without the last second takes over, or yesterday's backup is
restored. Then versions are given twice. Each transaction leaves a random nonce beside its version; a process that does
not find the nonce that it has seen reads everything again.
"""

import secrets
import threading

from app.store.postgres.database import execute, scalar
from app.store.postgres.sessions import Connection

CHANNEL = "afterword"
"""The channel of notifications; their text is the process that made the change."""
_LATEST_COUNT = 100_000
"""Versions whose nonces are kept. Who has seen none of these reads everything again, which is only slower."""
_PUT_CHANGES = f"""
WITH next AS (UPDATE mirror_version SET version = version + %(count)s RETURNING version),
    forgotten AS (DELETE FROM version_nonce WHERE version < (SELECT version FROM next) - {_LATEST_COUNT}),
    nonces AS (INSERT INTO version_nonce (version, nonce) SELECT version, %(nonce)s FROM next),
    changes AS (
        INSERT INTO mirror_change (site, number, version, process_id)
        SELECT new.site, new.number, next.version - %(count)s + new.place, %(process_id)s
        FROM next, unnest(%(sites)s::bigint[], %(numbers)s::bigint[]) WITH ORDINALITY AS new (site, number, place)
        ON CONFLICT (site, number) DO UPDATE SET version = excluded.version, process_id = excluded.process_id
    )
SELECT version{{notify}} FROM next
"""  # noqa: S608 - constants
"""One statement: the fewer there are, the less a distant server costs."""
_NOTIFY = f", pg_notify('{CHANNEL}', %(process_id)s)"
_LATEST_NONCE = "SELECT version, nonce FROM version_nonce ORDER BY version DESC LIMIT 1"
_HAS_NONCE = "SELECT EXISTS (SELECT FROM version_nonce WHERE version = %s AND nonce = %s)"
_ADVANCE = "UPDATE mirror_version SET version = greatest(version, %(version)s)"
_START = "INSERT INTO mirror_version (version) VALUES (%s) ON CONFLICT DO NOTHING"
_ADVANCE_GENERATIONS = "SELECT setval('job_generation', greatest(nextval('job_generation'), %s))"


Nonce = tuple[int, int]
"""A version and its random number."""


class NewVersions:
    """The versions that one transaction of a process gives; the others hear of them if the server notifies."""

    def __init__(self, process_id: str, *, notifies: bool = True) -> None:
        self.nonce: Nonce | None = None
        """That of the latest version, once there is one."""
        self._process_id = process_id
        self._statement = _PUT_CHANGES.format(notify=_NOTIFY if notifies else "")

    def put(self, connection: Connection, changes: list[tuple[int, int]]) -> None:
        """Give numbers of sites the next versions, in their order, within the caller's transaction."""
        if not changes:
            return
        parameters = {
            "count": len(changes),
            "nonce": secrets.randbits(63),
            "process_id": self._process_id,
            "sites": [site for site, _ in changes],
            "numbers": [number for _, number in changes],
        }
        self.nonce = int(scalar(connection, self._statement, parameters)), int(str(parameters["nonce"]))


def start_versions(connection: Connection, at: float) -> None:
    """Make versions and generations of a new store begin at the millisecond of its creation.

    So they are later than those of the store before, which processes and pages have seen.
    """
    execute(connection, _START, (int(at * 1000),))
    execute(connection, _ADVANCE_GENERATIONS, (int(at * 1000),))


def advance_versions(connection: Connection, at: float) -> None:
    """Make the next versions and generations of a store that became older later than those that were lost."""
    execute(connection, _ADVANCE, {"version": int(at * 1000)})
    execute(connection, _ADVANCE_GENERATIONS, (int(at * 1000),))


def _latest_nonce(connection: Connection) -> Nonce | None:
    """Return the latest version with its nonce, within the caller's transaction; None before the first."""
    row = execute(connection, _LATEST_NONCE).fetchone()
    return None if row is None else (int(row[0]), int(row[1]))


class SeenVersion:
    """The latest version that this process has seen, with its nonce; used by several threads."""

    def __init__(self) -> None:
        self._latest: Nonce | None = None
        self._lock = threading.Lock()
        self.is_lost = False
        """True after the store was found without it; the owner of this object sets it back."""

    def remember(self, nonce: Nonce | None) -> None:
        """Remember what this process has committed, unless a later version was seen since."""
        with self._lock:
            if nonce is not None and (self._latest is None or nonce > self._latest):
                self._latest = nonce

    def check(self, connection: Connection) -> None:
        """Notice that the store became older, or remember the latest version of a transaction that reads it."""
        with self._lock:
            previous = self._latest
        latest = _latest_nonce(connection)
        is_lost = previous not in (None, latest) and not scalar(connection, _HAS_NONCE, previous)
        with self._lock:
            if is_lost:
                self.is_lost = True
                self._latest = latest
            elif latest is not None and (self._latest is None or latest > self._latest):
                self._latest = latest

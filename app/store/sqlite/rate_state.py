"""Leases, the hour's ledger and small facts in the tables, each within a transaction that the caller opened."""

import sqlite3
from dataclasses import astuple

from app.ports.jobs import Decide, Priority, RateLimitState, RecordedRequest
from app.store import rules
from app.store.rules import HOUR, Lease

_PUT_LEASE = "INSERT OR REPLACE INTO lease (name, holder, until) VALUES (?, ?, ?)"
_SPENT = "SELECT purpose, at FROM spent WHERE whose = ? AND at > ? ORDER BY at, rowid"
_STANDING = "SELECT hourly, remaining, reset, waits_until, waits_for FROM standing WHERE whose = ?"
_PUT_STANDING = """
INSERT OR REPLACE INTO standing (whose, hourly, remaining, reset, waits_until, waits_for) VALUES (?, ?, ?, ?, ?, ?)
"""
_PURPOSES = {purpose.value: purpose for purpose in Priority}


def lease(connection: sqlite3.Connection, name: str, *, holder: str, at: float, until: float) -> bool:
    """True where the lease is the holder's from now until `until`."""
    found = connection.execute("SELECT holder, until FROM lease WHERE name = ?", (name,)).fetchone()
    if found is not None and not Lease(*found).is_open_to(holder, at=at, until=until):
        return False
    connection.execute(_PUT_LEASE, (name, holder, until))
    return True


def release(connection: sqlite3.Connection, name: str, holder: str) -> None:
    """Ends a lease early, if it is the holder's."""
    connection.execute("DELETE FROM lease WHERE name = ? AND holder = ?", (name, holder))


def spend(connection: sqlite3.Connection, whose: str, purpose: Priority, *, at: float, decide: Decide) -> float | None:
    """Notes an ask if `decide` lets it, and what `decide` said."""
    connection.execute("DELETE FROM spent WHERE at <= ?", (at - HOUR,))
    connection.execute("UPDATE spent SET at = ? WHERE at > ? AND whose = ?", (at, at, whose))
    said = decide(spent(connection, whose, at=at))
    if said is None:
        connection.execute("INSERT INTO spent (whose, purpose, at) VALUES (?, ?, ?)", (whose, purpose.value, at))
    return said


def spent(connection: sqlite3.Connection, whose: str, at: float) -> tuple[RecordedRequest, ...]:
    """What `whose` spent in the hour before `at`, oldest first."""
    rows = connection.execute(_SPENT, (whose, at - HOUR))
    return rules.in_the_hour((RecordedRequest(_PURPOSES[purpose], when) for purpose, when in rows), at=at)


def standing(connection: sqlite3.Connection, whose: str) -> RateLimitState:
    """What was last noted."""
    row = connection.execute(_STANDING, (whose,)).fetchone()
    return RateLimitState() if row is None else RateLimitState(*row)


def note(connection: sqlite3.Connection, whose: str, noted: RateLimitState, at: float) -> None:
    """Notes how things stand; a longer wait stays."""
    connection.execute(_PUT_STANDING, (whose, *astuple(noted.after(standing(connection, whose), at=at))))


def recall(connection: sqlite3.Connection, name: str) -> str | None:
    """A small fact by its name."""
    row = connection.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


def remember(connection: sqlite3.Connection, name: str, value: str | None) -> None:
    """Keeps a small fact in place of the one of that name; None forgets it."""
    if value is None:
        connection.execute("DELETE FROM fact WHERE name = ?", (name,))
    else:
        connection.execute("INSERT OR REPLACE INTO fact (name, value) VALUES (?, ?)", (name, value))

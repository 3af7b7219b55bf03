"""Marks and deliveries in the tables, each function within a transaction that the caller opened."""

import sqlite3
from dataclasses import replace
from typing import Any

from app.domain.sites import Repository
from app.ports.jobs import Delivery, Job, Priority
from app.store import rules
from app.store.rules import Kept
from app.store.sqlite.read import bounded
from app.store.sqlite.write import site_id

_COLUMNS = """
SELECT site.key, site.spelling, number, purpose, thorough, seq, marked_at, due_at, tries,
    holder, claimed_until, claimed_seq
FROM mark JOIN site ON site.id = mark.site
"""
_ONE = f"{_COLUMNS} WHERE site.key = :key AND number = :number"
_DUE = f"""
{_COLUMNS} WHERE (due_at <= :at OR due_at > :at + :hour)
AND (claimed_until IS NULL OR claimed_until <= :at OR claimed_until > :at + :hour)
"""
_HELD = f"{_COLUMNS} WHERE holder = :holder"
_PUT = """
INSERT OR REPLACE INTO mark (
    seq, site, number, purpose, thorough, marked_at, due_at, tries, holder, claimed_until, claimed_seq
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
"""A `seq` of null is the next one."""
_DROP = "DELETE FROM mark WHERE seq = ?"
_FORGET = "DELETE FROM delivery WHERE site IN (SELECT id FROM site) AND received_at < ?"
"""Of every site: naming them has the index used."""
_PUT_DELIVERY = """
INSERT OR REPLACE INTO delivery (id, site, number, event, action, received_at) VALUES (?, ?, ?, ?, ?, ?)
"""
_TOLD = """
SELECT DISTINCT number FROM delivery
WHERE site = (SELECT id FROM site WHERE key = ?) AND received_at >= ? AND number IS NOT NULL
"""
_HEARD_AT = "SELECT max(received_at) FROM delivery WHERE site = (SELECT id FROM site WHERE key = ?)"


def mark(
    connection: sqlite3.Connection, repo: Repository, number: int, purpose: Priority, *, at: float, thorough: bool
) -> None:
    """Marks a thread."""
    kept = _kept(connection, repo, number)
    _put(connection, rules.marked(kept, repo, bounded(number), purpose, at=at, thorough=thorough))


def deliver(connection: sqlite3.Connection, delivery: Delivery, replay_within: float) -> bool:
    """Stores a delivery and its mark; False for a replay."""
    found = connection.execute("SELECT received_at FROM delivery WHERE id = ?", (delivery.id,)).fetchone()
    if rules.is_replay(delivery, None if found is None else found[0], within=replay_within):
        return False
    site = site_id(connection, delivery.repo)
    number = None if delivery.number is None else bounded(delivery.number)
    connection.execute(_FORGET, (delivery.received_at - rules.WEEK,))
    row = (delivery.id, site, number, delivery.event, delivery.action, delivery.received_at)
    connection.execute(_PUT_DELIVERY, row)
    if number is not None and delivery.look:
        at, thorough = delivery.received_at, delivery.thorough
        mark(connection, delivery.repo, number, Priority.DELIVERY, at=at, thorough=thorough)
    return True


def told(connection: sqlite3.Connection, repo: Repository, since: float) -> frozenset[int]:
    """The numbers of the deliveries received at `since` or later."""
    return frozenset(number for (number,) in connection.execute(_TOLD, (repo.key, since)))


def heard_at(connection: sqlite3.Connection, repo: Repository) -> float | None:
    """When the last delivery was received."""
    (found,) = connection.execute(_HEARD_AT, (repo.key,)).fetchone()
    return None if found is None else float(found)


def due(connection: sqlite3.Connection, at: float) -> tuple[Job, ...]:
    """The marks that are due and that nobody has claimed."""
    return rules.in_order(_from(row).mark for row in connection.execute(_DUE, {"at": at, "hour": rules.HOUR}))


def marked(connection: sqlite3.Connection, repo: Repository, number: int) -> Job | None:
    """The mark of a thread, claimed or not."""
    kept = _kept(connection, repo, number)
    return None if kept is None else kept.mark


def claim(
    connection: sqlite3.Connection, repo: Repository, number: int, *, holder: str, at: float, until: float
) -> Job | None:
    """The mark, if it is due and free; it is the holder's then."""
    kept = _kept(connection, repo, number)
    if kept is None or not kept.is_due(at):
        return None
    _put(connection, rules.claimed(kept, holder=holder, until=until))
    return replace(kept.mark, holder=holder)


def renew(connection: sqlite3.Connection, mark: Job, until: float) -> bool:
    """Lengthens a claim; False where it is not the holder's any more."""
    kept = _kept(connection, mark.repo, mark.number)
    longer = None if kept is None else rules.heartbeat(kept, mark, until=until)
    if longer is not None:
        _put(connection, longer)
    return longer is not None


def settle(connection: sqlite3.Connection, mark: Job, again_at: float) -> bool:
    """After a look: True where no mark is left."""
    kept = _kept(connection, mark.repo, mark.number)
    if kept is None:
        return True
    left = rules.settled(kept, mark, again_at=again_at)
    _keep(connection, kept, left)
    return left is None


def postpone(connection: sqlite3.Connection, mark: Job, until: float) -> None:
    """After a look that failed."""
    kept = _kept(connection, mark.repo, mark.number)
    if kept is not None:
        _put(connection, rules.postponed(kept, mark, until=until))


def unclaim(connection: sqlite3.Connection, holder: str) -> None:
    """Gives back all claims of a process."""
    for row in connection.execute(_HELD, {"holder": holder}).fetchall():
        _put(connection, rules.unclaimed(_from(row)))


def drop(connection: sqlite3.Connection, mark: Job) -> None:
    """Takes a mark away unseen, unless it was marked anew meanwhile."""
    kept = _kept(connection, mark.repo, mark.number)
    if kept is not None:
        _keep(connection, kept, rules.dropped(kept, mark))


def _kept(connection: sqlite3.Connection, repo: Repository, number: int) -> Kept | None:
    row = connection.execute(_ONE, {"key": repo.key, "number": bounded(number)}).fetchone()
    return None if row is None else _from(row)


def _from(row: tuple[Any, ...]) -> Kept:
    key, spelling, number, purpose, thorough, seq, marked_at, due_at, tries, *claim = row
    repo = Repository(key, spelling)
    return Kept(Job(repo, number, Priority(purpose), bool(thorough), seq, marked_at, due_at, tries), *claim)


def _keep(connection: sqlite3.Connection, before: Kept, after: Kept | None) -> None:
    if after is None:
        connection.execute(_DROP, (before.mark.seq,))
    else:
        _put(connection, after)


def _put(connection: sqlite3.Connection, kept: Kept) -> None:
    mark = kept.mark
    row = (
        mark.seq or None,
        site_id(connection, mark.repo),
        mark.number,
        mark.purpose.value,
        mark.thorough,
        mark.marked_at,
        mark.due_at,
        mark.tries,
        kept.holder,
        kept.claimed_until,
        kept.claimed_seq,
    )
    connection.execute(_PUT, row)

"""Copy all tables, read them back, and only then keep them.

A copy is one consistent moment of its source. What a running service stores after that moment would be lost, with the
webhooks that it has accepted by then: so the source must be out of use from the beginning to the end, or the owner
says that what comes later may be read from GitHub again.
"""

import marshal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from app.domain.errors import CopyRefused
from app.domain.worker_names import describe_worker
from app.ports.copies.tables import TABLES, Row, StoredTables, StoreSource, StoreTarget, Table

_PLAIN = 2
"""The format of `marshal` in which equal rows have equal bytes."""


@dataclass(frozen=True, slots=True)
class CopyProgress:
    """How far a copy is."""

    rows: int
    total: int
    is_check: bool = False
    """Whether the copy is complete, and is read back."""


OnCopyProgress = Callable[[CopyProgress], None]


def copy_store(
    source: StoreSource, target: StoreTarget, *, now: Callable[[], float], is_live: bool, on_progress: OnCopyProgress
) -> Mapping[str, int]:
    """Copy all tables and return how many rows each has. Raises `StoreError` before the target keeps anything.

    With `is_live` a service may work on the source.
    """
    if not is_live:
        _refuse_use(source, now())
    steps = _Steps(on_progress, sum(source.count(table) for table in TABLES))
    digests = {table: _copy(table, source, target, steps) for table in TABLES}
    steps.begin_check()
    for table, digest in digests.items():
        if _digest(table, target, steps) != digest:
            raise CopyRefused(
                f"The copy in {target.name} is not what {source.name} holds (table {table.name}). Nothing was kept of "
                "it. Copy again; if that fails as well, check the disk."
            )
    if not is_live:
        _refuse_use(source, now())
    source.confirm()
    target.commit(source.counters())
    return {table.name: digest.count for table, digest in digests.items()}


@dataclass(slots=True)
class _Steps:
    """Counts rows and reports them."""

    on_progress: OnCopyProgress
    total: int
    rows: int = 0
    is_check: bool = False

    def add(self, rows: int) -> None:
        """Report further rows."""
        self.rows += rows
        self.on_progress(CopyProgress(self.rows, self.total, self.is_check))

    def begin_check(self) -> None:
        """Count from the beginning."""
        self.rows, self.is_check = 0, True


@dataclass(frozen=True, slots=True)
class _Digest:
    """What the rows of a table are, in short."""

    count: int
    value: bytes


def _copy(table: Table, source: StoreSource, target: StoreTarget, steps: _Steps) -> _Digest:
    count, digest = 0, blake2b()
    for rows in source.batches(table):
        target.write(table, rows)
        count += len(rows)
        _add(digest, rows)
        steps.add(len(rows))
    return _Digest(count, digest.digest())


def _digest(table: Table, tables: StoredTables, steps: _Steps) -> _Digest:
    count, digest = 0, blake2b()
    for rows in tables.batches(table):
        count += len(rows)
        _add(digest, rows)
        steps.add(len(rows))
    return _Digest(count, digest.digest())


def _add(digest: blake2b, rows: Sequence[Row]) -> None:
    for row in rows:
        digest.update(marshal.dumps(row, _PLAIN))


def _refuse_use(source: StoreSource, at: float) -> None:
    worker = source.user(at)
    if worker is not None:
        raise CopyRefused(
            f"A service works on {source.name} ({describe_worker(worker)}). Stop it, and copy after ten seconds: what "
            "it stores later, such as a webhook that it has just accepted, would be missing in the copy. With --live, "
            "copy what it has now; the rest is read from GitHub again."
        )

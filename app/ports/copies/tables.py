"""The tables of a store, as they are copied to another one.

Every durable store has the same tables with the same columns, so a copy moves rows and knows nothing of what they mean.
Neither leases nor claims of jobs are copied: the processes that hold them work on the store that is copied. Nor is it
copied when each comment changed: only a process that has read an earlier version of its thread asks for that.

Nothing here is asynchronous: a copy is all that its process does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

Value = int | float | str | bytes | None
"""True is 1 and False is 0."""
Row = tuple[Value, ...]

SERVICE_LEASE = "poll"
"""One of the processes of a running service has it."""
LONGEST_LEASE = 3600.0
"""Seconds. A longer lease was recorded before the clock was set back."""
MOST_ROWS, MOST_BYTES = 1000, 2**20
"""A batch ends with the row that reaches one of these."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table: what is copied of it, and in which order."""

    name: str
    columns: tuple[str, ...]
    order: str
    """Columns that sort the rows alike in every store; texts are sorted by their bytes."""


@dataclass(frozen=True, slots=True)
class Counters:
    """The latest numbers that a store has given: those of its next changes and jobs are greater."""

    version: int
    generation: int


TABLES: Sequence[Table] = (
    Table(
        "site",
        (
            "id",
            "key",
            "configured_name",
            "github_id",
            "full_name",
            "issues_next_url",
            "issues_listed_at",
            "comments_next_url",
            "since",
            "checked_at",
            "private",
            "reconciled_at",
            "missed_by_webhook_at",
            "not_visible_since",
            "not_visible_count",
            "feed_name",
            "entry_name",
            "link_name",
            "former_names",
            "created_at",
        ),
        "id",
    ),
    Table(
        "issue",
        (
            "site",
            "number",
            "is_pull_request",
            "updated_at",
            "comment_count",
            "mirrored_count",
            "complete",
            "count_offset",
            "checked_at",
            "labels",
            "source",
        ),
        "site, number",
    ),
    Table(
        "comment",
        ("site", "id", "number", "updated_at", "author", "created_at", "image_sizes", "approval", "source"),
        "site, id",
    ),
    Table("tombstone", ("site", "number", "gone", "checked_at", "transferred_to"), "site, number"),
    Table("mirror_change", ("version", "site", "number", "process_id"), "version"),
    Table("etag", ("key", "value", "at"), "key"),
    Table(
        "job",
        ("generation", "site", "number", "priority", "full_refresh", "enqueued_at", "due_at", "attempts"),
        "generation",
    ),
    Table("delivery", ("id", "site", "number", "event", "action", "received_at"), "id"),
    Table("recorded_request", ("token_id", "priority", "at"), "at, token_id, priority"),
    Table(
        "rate_limit_state",
        ("token_id", "hourly_limit", "remaining", "reset", "blocked_until", "blocked_by"),
        "token_id",
    ),
    Table("key_value", ("key", "value"), "key"),
    Table(
        "hour_count",
        ("hour", "kind", "repo_key", "outcome", "count", "last_at", "least"),
        "hour, kind, repo_key, outcome",
    ),
    Table("history_event", ("at", "kind", "repo_key", "outcome", "detail"), "id"),
)
"""All that is copied; a table comes after those that its rows refer to."""


class StoredTables(Protocol):
    """The tables of one store at one moment. Each method may raise `StoreError`."""

    name: str
    """The store, for messages: without a password."""

    def count(self, table: Table) -> int:
        """Return the number of rows."""

    def batches(self, table: Table) -> Iterator[Sequence[Row]]:
        """Yield all rows in the table's order, so many at a time as fit into the memory of a small machine."""


class StoreSource(StoredTables, Protocol):
    """The store that is copied, as it was when it was opened; it is never changed."""

    def counters(self) -> Counters:
        """Return the latest numbers that the store has given."""

    def user(self, at: float) -> str | None:
        """Return a process that works on the store now, at the time `at`; None if there is none."""

    def confirm(self) -> None:
        """Raise `CopyRefused` if what was read may not be one moment of the store."""


class StoreTarget(StoredTables, Protocol):
    """The store that is written: other processes see nothing of it before `commit`, and all of it afterwards."""

    def write(self, table: Table, rows: Sequence[Row]) -> None:
        """Add rows, with the ids that they have."""

    def commit(self, counters: Counters) -> None:
        """Keep what was written; the next numbers that the store gives are greater than `counters`.

        A target that is closed without it is as it was before.
        """


def batches_of(rows: Iterator[Row]) -> Iterator[Sequence[Row]]:
    """Yield rows in batches of bounded size."""
    batch: list[Row] = []
    size = 0
    for row in rows:
        batch.append(row)
        size += sum(len(value) for value in row if isinstance(value, str | bytes))
        if len(batch) >= MOST_ROWS or size >= MOST_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch

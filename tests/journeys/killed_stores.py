"""The stores of killed processes: what they run with, what must be in them, and stores of earlier versions."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson

from app.simulator.http.server import RunningSimulator
from app.simulator.webhooks.deliveries import Webhook
from app.simulator.world.world import World
from app.store.sqlite.schema import MIGRATIONS
from tests.integration.worlds import TOKEN
from tests.journeys.ground_truth import query

SECRET = "It's a Secret to Everybody"
_TEXTS = "SELECT id, updated_at, json_extract(CAST(source AS TEXT), '$.body') FROM comment"
_TO_BE_REFRESHED = """
    SELECT number FROM job
    UNION SELECT number FROM issue WHERE comment_count <> mirrored_count + count_offset
"""
_OLD_TABLES = {"site": "site", "issue": "issue", "comment": "comment", "absence": "tombstone", "etag": "etag"}
"""Tables that a store of 0.3.0 or earlier has, with their present names."""
_OLD_COLUMNS = {
    "spelling": "configured_name",
    "list_next": "issues_next_url",
    "listed_at": "issues_listed_at",
    "comments_next": "comments_next_url",
    "mirrored": "mirrored_count",
    "surplus": "count_offset",
    "moved_to": "transferred_to",
}
"""Columns of those tables that have another name today."""


def settings_for(simulator: RunningSimulator, store: Path) -> dict[str, str]:
    """Return the settings of a child process by field name."""
    return {
        "repo": "ada/blog",
        "github_api_url": simulator.url,
        "github_token": TOKEN,
        "store": f"sqlite:///{store}",
        "webhook_secret": SECRET,
        "poll_interval": "1",
    }


def is_imported(store: Path) -> bool:
    """Return whether the backfill of a store is complete."""
    has_tables = store.exists() and query(store, "SELECT 1 FROM sqlite_schema WHERE name = 'site'")
    return bool(has_tables and query(store, "SELECT 1 FROM site WHERE checked_at IS NOT NULL"))


def hold_lease(store: Path, until: float) -> None:
    """Take the lease to poll for the test, so that no process polls."""
    query(store, f"INSERT OR REPLACE INTO lease (name, worker_id, until) VALUES ('poll', 'the test', {until})")  # noqa: S608


def lost_deliveries(hook: Webhook, world: World, store: Path) -> list[str]:
    """Return accepted deliveries that the mirror neither reflects nor will, each with what the mirror has instead.

    A thread will be refreshed if it has a job or if its counts differ. The second case is needed: a list of changes
    that was requested before a comment was deleted may be applied after the refresh of its thread, and the process may
    be killed right then.
    """
    pending = {number for (number,) in query(store, _TO_BE_REFRESHED)}
    changed_at = dict(query(store, "SELECT number, updated_at FROM issue"))
    mirrored = {key: (at, text) for key, at, text in query(store, _TEXTS)}

    def is_reflected(payload: Any) -> bool:
        if "comment" not in payload:
            return bool(changed_at[payload["issue"]["number"]] >= payload["issue"]["updated_at"])
        comment, row = payload["comment"], mirrored.get(payload["comment"]["id"])
        current = world.comments.get(comment["id"])
        if payload["action"] == "deleted" or current is None:
            return row is None or payload["action"] != "deleted"
        return row is not None and (row[0] > comment["updated_at"] or row[1] in {comment["body"], current.body})

    accepted = [(d.action, orjson.loads(d.payload)) for d in hook.log if d.status == 202]
    return [
        f"{action}: {payload}, mirrored: {mirrored.get(payload.get('comment', {}).get('id'))}"
        for action, payload in accepted
        if payload["issue"]["number"] not in pending and not is_reflected(payload)
    ]


def store_of_version(version: int, current: Path) -> Path:
    """Create a store as an earlier version wrote it, with the content of the current one and many ETags."""
    store = current.with_name(f"{version}.db")
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        for statement in (statement for migration in MIGRATIONS[:version] for statement in migration):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {version}")
        connection.execute("ATTACH ? AS present", (str(current),))
        for old_table, table in _OLD_TABLES.items():
            columns = [name for _, name, *_ in connection.execute(f"PRAGMA main.table_info({old_table})")]
            values = ", ".join(_OLD_COLUMNS.get(name, name) for name in columns)
            rows = f"SELECT {values} FROM present.{table}"  # noqa: S608 - names that the schema itself gives
            connection.execute(f"INSERT INTO main.{old_table} ({', '.join(columns)}) {rows}")
        connection.executemany(
            "INSERT INTO etag (key, value) VALUES (?, ?)", ((f"key {n}", f"etag {n}") for n in range(5000))
        )
    return store


def copy_store(template: Path, store: Path) -> None:
    """Copy a store, and remove the journals of a store that was there before."""
    for ending in ("-wal", "-shm"):
        Path(f"{store}{ending}").unlink(missing_ok=True)
    shutil.copyfile(template, store)

"""Compares a mirror in a file with the simulator: every thread and comment, none missing, none twice."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import orjson

from app.bootstrap import Application, open_application
from app.outbound.clock import random
from app.ports.mirror import Change
from app.settings import Settings
from app.simulator.world.records import rfc3339
from app.simulator.world.world import World
from tests.integration.local_service import BLOG
from tests.journeys.killed_service import OffsetClock

_CLAIMS_EXPIRE = 1000.0
"""Seconds after which the claims of killed processes have expired."""
_RECONCILE_INTERVAL = 90_000.0
"""Seconds after which everything is compared with GitHub again."""
_INCONSISTENCIES = {
    "comments counted wrongly": """
        SELECT number FROM issue WHERE mirrored_count <>
            (SELECT count(*) FROM comment WHERE comment.site = issue.site AND comment.number = issue.number)
    """,
    "comments without a thread": "SELECT id FROM comment LEFT JOIN issue USING (site, number) WHERE issue.site IS NULL",
    "issues with a tombstone": "SELECT number FROM issue JOIN tombstone USING (site, number)",
    "jobs": "SELECT number, priority, attempts, worker_id FROM job",
    "broken references": "PRAGMA foreign_key_check",
}


def query(store: Path, sql: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query on the file."""
    with closing(sqlite3.connect(store, isolation_level=None)) as connection:
        return connection.execute(sql).fetchall()


def is_intact(store: Path) -> bool:
    """Return whether SQLite finds the file undamaged."""
    return query(store, "PRAGMA integrity_check") == [("ok",)]


def damaged_files(store: Path) -> list[Path]:
    """Return the files that the service moved aside because they were damaged."""
    return list(store.parent.glob(f"{store.name}.broken*"))


async def catch_up(world: World, settings: Settings, clock: OffsetClock) -> None:
    """Run two processes without a kill; each polls once and runs every job.

    The first has a record that everything was compared a moment ago. So it would not restore what a killed process
    lost, and nothing is missing after it. The second runs a day later and compares everything, so that it finds
    deletions that no webhook reported.
    """
    clock.offset += _CLAIMS_EXPIRE
    async with open_application(settings, lambda _: None, clock, random) as application:
        now = clock.now()
        await application.mirror.apply(Change(repo=BLOG, at=now, site_update={"reconciled_at": now}))
        await _poll_once(application)
    assert _missing_comments(world, Path(settings.store_path or "")) == {}
    clock.offset += _RECONCILE_INTERVAL
    async with open_application(settings, lambda _: None, clock, random) as application:
        await _poll_once(application)


async def _poll_once(application: Application) -> None:
    await application.schedule.poll_once(BLOG)
    assert application.schedule.failures == {}
    await application.worker.run_due()


def _missing_comments(world: World, store: Path) -> dict[int, str | None]:
    """Return the texts, by id, of comments that the mirror lacks or has with another text."""
    mirrored = dict(query(store, "SELECT id, json_extract(CAST(source AS TEXT), '$.body') FROM comment"))
    texts = {key: text for _, _, comments in _github_threads(world).values() for key, (text, _) in comments.items()}
    return {key: text for key, text in texts.items() if key not in mirrored or mirrored[key] != text}


async def assert_mirrored(world: World, settings: Settings, clock: OffsetClock) -> None:
    """Assert that the mirror equals the world: in the tables, through the port and as readers get it."""
    store = Path(settings.store_path or "")
    assert is_intact(store)
    assert {name: rows for name, sql in _INCONSISTENCIES.items() if (rows := query(store, sql))} == {}
    assert damaged_files(store) == []
    async with open_application(settings, lambda _: None, clock, random) as application:
        assert await _mirrored_threads(application) == _github_threads(world)
        assert await _served_counts(application) == {
            str(number): len(comments) for number, (_, _, comments) in _github_threads(world).items()
        }


Threads = dict[int, tuple[str, str, dict[int, tuple[str | None, str]]]]
"""By number: title, state and the comments by id, each with its text and the time of its last change."""


def _github_threads(world: World) -> Threads:
    repository_id = world.repository(BLOG.full_name).id
    issues = [world.issues[key] for key in world.issue_ids[repository_id].values()]
    return {
        issue.number: (
            issue.title,
            issue.state,
            {
                key: (world.comments[key].body, rfc3339(world.comments[key].updated_at))
                for key in sorted(world.comment_ids[issue.id])
            },
        )
        for issue in issues
        if not issue.is_pull_request
    }


async def _mirrored_threads(application: Application) -> Threads:
    records = await application.mirror.threads(BLOG)
    assert [record.issue.number for record in records if not record.complete or record.count_mismatch] == []
    threads: Threads = {}
    for record in records:
        comments = await application.mirror.comments(BLOG, record.issue.number)
        assert [comment.id for comment in comments] == sorted({comment.id for comment in comments})
        assert record.issue.comment_count == record.mirrored_count == len(comments)
        texts: dict[int, tuple[str | None, str]] = {c.id: (c.body, c.updated_at) for c in comments}
        threads[record.issue.number] = (record.issue.title, record.issue.state, texts)
    return threads


async def _served_counts(application: Application) -> Any:
    transport = httpx.ASGITransport(application.web)
    async with httpx.AsyncClient(transport=transport, base_url="http://comments.example.com") as client:
        return orjson.loads((await client.get("/api/v1/counts")).content)["counts"]

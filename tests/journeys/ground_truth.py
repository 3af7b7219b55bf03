"""Whether a mirror in a file is what the simulator has: every thread, every comment, nothing lost, nothing doubled."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import orjson

from app.bootstrap import Afterword, assembled
from app.outbound.clock import random
from app.settings import Settings
from app.simulator.world.records import rfc3339
from app.simulator.world.world import World
from app.sync.reconcile import reconciled
from tests.integration.application import BLOG
from tests.journeys.killed_service import Later

_MINUTES = 1000.0
"""Seconds after which what the killed ones had claimed has run out."""
_DAY = 90_000.0
"""Seconds after which everything is compared anew."""
_UNSOUND = {
    "comments counted wrongly": """
        SELECT number FROM issue WHERE mirrored <>
            (SELECT count(*) FROM comment WHERE comment.site = issue.site AND comment.number = issue.number)
    """,
    "comments without a thread": "SELECT id FROM comment LEFT JOIN issue USING (site, number) WHERE issue.site IS NULL",
    "issues that are absent too": "SELECT number FROM issue JOIN absence USING (site, number)",
    "marks": "SELECT number, purpose, tries, holder FROM mark",
    "broken references": "PRAGMA foreign_key_check",
}


def asked(place: Path, question: str) -> list[tuple[Any, ...]]:
    """The rows that a question to the file is answered with."""
    with closing(sqlite3.connect(place, isolation_level=None)) as connection:
        return connection.execute(question).fetchall()


def whole(place: Path) -> bool:
    """Whether SQLite finds the file in order."""
    return asked(place, "PRAGMA integrity_check") == [("ok",)]


def kept_aside(place: Path) -> list[Path]:
    """Files that were found broken."""
    return list(place.parent.glob(f"{place.name}.broken*"))


async def brought_up(world: World, settings: Settings, clock: Later) -> None:
    """Two undisturbed processes; each does one round and attends every mark.

    The first believes that all was compared a moment ago: whatever a killed one lost would be missing after it, and is
    not. The second comes a day later and compares everything, so that deletions which nothing told of are found too.
    """
    clock.by += _MINUTES
    async with assembled(settings, lambda _: None, clock, random) as afterword:
        await afterword.shared.remember(reconciled(BLOG), str(clock.now()))
        await _one_round(afterword)
    assert _lost(world, Path(settings.store_path or "")) == {}
    clock.by += _DAY
    async with assembled(settings, lambda _: None, clock, random) as afterword:
        await _one_round(afterword)


async def _one_round(afterword: Afterword) -> None:
    await afterword.schedule.round(BLOG)
    assert afterword.schedule.failures == {}
    await afterword.looks.sweep()


def _lost(world: World, place: Path) -> dict[int, str | None]:
    """Comments that the mirror does not have, or not as they are."""
    mirrored = dict(asked(place, "SELECT id, json_extract(CAST(source AS TEXT), '$.body') FROM comment"))
    told = {key: text for _, _, comments in _there(world).values() for key, (text, _) in comments.items()}
    return {key: text for key, text in told.items() if key not in mirrored or mirrored[key] != text}


async def mirror_is(world: World, settings: Settings, clock: Later) -> None:
    """Asserts that the mirror is what the world is, in the tables, through the port and as readers get it."""
    place = Path(settings.store_path or "")
    assert whole(place)
    assert {what: rows for what, question in _UNSOUND.items() if (rows := asked(place, question))} == {}
    assert kept_aside(place) == []
    async with assembled(settings, lambda _: None, clock, random) as afterword:
        assert await _mirrored(afterword) == _there(world)
        assert await _counts(afterword) == {
            str(number): len(comments) for number, (_, _, comments) in _there(world).items()
        }


Threads = dict[int, tuple[str, str, dict[int, tuple[str | None, str]]]]
"""By number: title, state and the comments by id, each with its text and when that was last changed."""


def _there(world: World) -> Threads:
    home = world.repository(BLOG.full_name).id
    issues = [world.issues[key] for key in world.issue_ids[home].values()]
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


async def _mirrored(afterword: Afterword) -> Threads:
    records = await afterword.mirror.threads(BLOG)
    assert [record.issue.number for record in records if not record.complete or record.in_doubt] == []
    found: Threads = {}
    for record in records:
        comments = await afterword.mirror.comments(BLOG, record.issue.number)
        assert [comment.id for comment in comments] == sorted({comment.id for comment in comments})
        assert record.issue.comment_count == record.mirrored == len(comments)
        told: dict[int, tuple[str | None, str]] = {c.id: (c.body, c.updated_at) for c in comments}
        found[record.issue.number] = (record.issue.title, record.issue.state, told)
    return found


async def _counts(afterword: Afterword) -> Any:
    transport = httpx.ASGITransport(afterword.web)
    async with httpx.AsyncClient(transport=transport, base_url="http://comments.example.com") as client:
        return orjson.loads((await client.get("/api/v1/counts")).content)["counts"]

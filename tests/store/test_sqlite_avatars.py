"""A store from before there were avatars learns who wrote what."""

import sqlite3
from contextlib import closing
from pathlib import Path

import orjson

from app.domain.threads import GHOST_ID
from app.store.sqlite import SqliteMirror, SqliteStore
from app.store.sqlite.schema import MIGRATIONS
from tests.contracts.mirrors import REPO, comment, user

BEFORE = 3
"""The last version that did not know."""


def older(place: Path) -> None:
    """A store of that version with a comment of somebody's and one whose account is deleted."""
    with closing(sqlite3.connect(place)) as connection, connection:
        for statement in (statement for migration in MIGRATIONS[:BEFORE] for statement in migration):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {BEFORE}")
        connection.execute("INSERT INTO site (key, spelling) VALUES (?, ?)", (REPO.key, REPO.full_name))
        connection.execute(
            "INSERT INTO issue (site, number, is_pull_request, updated_at, comment_count, labels, source) "
            "VALUES (1, 1, 0, '', 2, X'5B5D', X'7B7D')"
        )
        for item in (comment(1, user=user() | {"id": 2**40}), comment(2, user=None)):
            connection.execute(
                "INSERT INTO comment (site, id, number, updated_at, source) VALUES (1, ?, 1, ?, ?)",
                (item.id, item.updated_at, orjson.dumps(item.source)),
            )


async def opened(place: Path) -> SqliteMirror:
    return (await SqliteStore.open(str(place), origin="here")).mirror


async def test_a_store_of_an_older_version_learns_who_wrote_its_comments(tmp_path: Path) -> None:
    older(tmp_path / "afterword.db")
    mirror = await opened(tmp_path / "afterword.db")
    assert await mirror.avatar(REPO, 2**40) == user()["avatar_url"]
    assert await mirror.avatar(REPO, GHOST_ID) == f"https://avatars.githubusercontent.com/u/{GHOST_ID}"
    assert await mirror.avatar(REPO, 583231) is None
    await mirror.close()


async def test_who_wrote_is_found_by_an_index(tmp_path: Path) -> None:
    await (await opened(tmp_path / "afterword.db")).close()
    with closing(sqlite3.connect(tmp_path / "afterword.db")) as connection:
        plan = connection.execute(
            "EXPLAIN QUERY PLAN SELECT source FROM comment WHERE site = (SELECT id FROM site WHERE key = 'a') "
            "AND author = 1 LIMIT 1"
        ).fetchall()
    assert "comment_by_author" in plan[0][3]

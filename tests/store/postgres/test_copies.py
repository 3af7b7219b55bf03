"""Copies to and from a database: what is refused, and that no message has the password."""

from pathlib import Path

import pytest

from app.bootstrap.stores.copies import open_source, open_target, refuse_same
from app.domain.errors import CopyRefused, StoreError
from app.outbound.clock import SystemClock
from app.ports.copies.tables import TABLES
from app.store.postgres.copies.target import OTHER_TABLES
from tests.contracts.copies.stores import SERVICE, copy, sqlite
from tests.contracts.mirrors import REPO, issue, put
from tests.postgres_server import PASSWORD, PostgresServer
from tests.store.postgres.conftest import Open

_COLUMNS = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'afterword'"
_NOT_COPIED = {
    *(("job", column) for column in ("worker_id", "claimed_until", "claimed_generation")),
    *((table, "id") for table in ("recorded_request", "history_event")),
}
"""Claims of processes that work on the other store, and the order of rows."""


async def test_database_that_a_service_works_on_is_refused(open_store: Open, address: str, tmp_path: Path) -> None:
    source = sqlite(tmp_path, "source")
    async with source.opened() as first_store:
        await put(first_store.mirror, issue(1))
    store, now = await open_store(address), SystemClock().now()
    await put(store.mirror, issue(2))
    await store.leases.acquire("poll", worker_id=SERVICE, at=now, until=now + 60)
    with pytest.raises(CopyRefused, match=r"A service works on .* \(Afterword 1.0, process 7 on host\)"):
        copy(source.address, address, replace=True)
    assert [item.issue.number for item in await store.mirror.threads(REPO)] == [2]


async def test_open_service_reads_everything_again(open_store: Open, address: str, tmp_path: Path) -> None:
    source = sqlite(tmp_path, "source")
    async with source.opened() as first_store:
        await put(first_store.mirror, issue(1))
    store = await open_store(address)
    await put(store.mirror, issue(2))
    copy(source.address, address, replace=True)
    await store.mirror.latest_version()
    assert "is older than it was" in str(await store.guard())


def test_database_without_tables_is_refused(server: PostgresServer) -> None:
    name = server.database()
    with pytest.raises(CopyRefused, match="There is no store in postgresql://"), open_source(server.address(name)):
        pass


def test_copies_under_way_exclude_each_other(address: str) -> None:
    with (
        open_target(address, replace=True),
        pytest.raises(CopyRefused, match=r"Another copy to .* is under way"),
        open_target(address, replace=True),
    ):
        pass


async def test_database_under_two_names_is_one_store(open_store: Open, server: PostgresServer, address: str) -> None:
    store = await open_store(address)
    await put(store.mirror, issue(2))
    with pytest.raises(CopyRefused, match="FROM is the same database"):
        copy(address, server.address("empty"), replace=True)
    assert [item.issue.number for item in await store.mirror.threads(REPO)] == [2]


def test_refusals_have_no_password(server: PostgresServer) -> None:
    good, wrong = server.address("postgres"), server.address("postgres", password="wrong-secret")
    with pytest.raises(CopyRefused, match="are the same store") as same:
        refuse_same(good, wrong)
    with pytest.raises(StoreError, match="Check the user and the password") as refused, open_source(wrong):
        pass
    with pytest.raises(CopyRefused, match="the port of the database is no number") as misspelt:
        open_source(f"postgresql://user:{PASSWORD}@host:x/database")
    for error in (same, refused, misspelt):
        assert not any(secret in str(error.value) for secret in (PASSWORD, "wrong-secret"))


def test_every_table_and_column_is_copied_or_emptied(server: PostgresServer, address: str) -> None:
    columns = {(str(table), str(column)) for table, column in server.query(_COLUMNS, database="empty")}
    not_copied = {*OTHER_TABLES, "schema_version", "mirror_version"}
    stored = {item for item in columns if item[0] not in not_copied} - _NOT_COPIED
    assert {(table.name, column) for table in TABLES for column in table.columns} == stored
    assert not_copied <= {table for table, _ in columns}

"""The database is away, restarted, restored from a backup, or of another version."""

import asyncio
import logging
import traceback
from contextlib import closing
from dataclasses import replace

import psycopg
import pytest

from app.cli.doctor.checks.store import judge_database
from app.domain.errors import DatabaseUnusable, StoreError, StoreTooNew
from app.domain.priority import Priority
from app.domain.records import SiteRecord, Tombstone
from app.outbound.clock import SystemClock
from app.ports.deliveries import Delivery
from app.ports.mirror import Change
from app.store.postgres import PostgresStore
from app.store.postgres.inspection import inspect
from app.store.postgres.opening import prepare
from app.store.postgres.schema import MIGRATIONS, Migration
from app.store.postgres.sessions import Address
from app.store.postgres.versions import NewVersions
from tests.contracts.mirrors import comment, issue
from tests.contracts.stores import REPO
from tests.postgres_server import PASSWORD, PostgresServer
from tests.store.postgres.conftest import Open

_CUTTING_TRIGGER = """
DO $do$ BEGIN
    CREATE FUNCTION public.cut() RETURNS trigger LANGUAGE plpgsql AS $cut$
        BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END
    $cut$;
    CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON afterword.tombstone DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION public.cut();
END $do$
"""
_DELIVERY = Delivery("guid", "issues", "edited", REPO, 41, full=False, received_at=5.0)


async def test_reads_and_writes_go_on_after_a_restart(own_server: PostgresServer, open_store: Open) -> None:
    store = await open_store(own_server.local_address(own_server.database()))
    await store.mirror.apply(Change(repo=REPO, at=1.0, issues=(issue(1, 1),)))
    await store.jobs.enqueue(REPO, 1, Priority.READ, at=1.0)
    own_server.kill()
    with pytest.raises(DatabaseUnusable, match="cannot be used"):
        await store.mirror.thread(REPO, 1)
    with pytest.raises(DatabaseUnusable):
        await store.deliveries.accept(_DELIVERY, replay_within=60.0)
    with pytest.raises(DatabaseUnusable):
        await store.guard()
    change = asyncio.create_task(store.mirror.apply(Change(repo=REPO, at=1.0, comments=(comment(7),))))
    await asyncio.sleep(0)
    own_server.start()
    assert await change == {1}  # it waited
    assert await store.deliveries.accept(_DELIVERY, replay_within=60.0)
    assert len(await store.jobs.due(at=9.0)) == 2
    assert await store.guard() is None


async def test_reads_of_a_start_wait_for_the_server(own_server: PostgresServer, open_store: Open) -> None:
    store = await open_store(own_server.local_address(own_server.database()), patience=15.0)
    own_server.kill()
    reads = [asyncio.create_task(read) for read in (store.mirror.latest_version(), store.key_values.get("secret"))]
    await asyncio.sleep(0)
    own_server.start()
    assert await asyncio.gather(*reads) == [0, None]


async def test_frozen_server_keeps_no_caller_waiting(own_server: PostgresServer, open_store: Open) -> None:
    store = await open_store(own_server.local_address(own_server.database()))
    database = store._database
    await store.jobs.enqueue(REPO, 1, Priority.READ, at=1.0)
    database._short_lane = replace(database._short_lane, deadline=0.1)
    with own_server.frozen():
        for _ in range(3):  # one under way, two behind it
            with pytest.raises(DatabaseUnusable, match="it does not reply"):
                await store.deliveries.accept(_DELIVERY, replay_within=60.0)
    database._short_lane = replace(database._short_lane, deadline=20.0)
    assert await store.deliveries.accept(_DELIVERY, replay_within=60.0)  # nothing was accepted before


async def test_cut_connections_cause_no_error(server: PostgresServer, address: str, open_store: Open) -> None:
    store = await open_store(address)
    await store.mirror.apply(Change(repo=REPO, at=1.0, issues=(issue(1, 1),)))
    await store.mirror.thread(REPO, 1)
    await store.jobs.enqueue(REPO, 1, Priority.READ, at=1.0)
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'afterword'"
    server.query(cut, database="postgres")
    assert await store.mirror.thread(REPO, 1) is not None
    assert await store.mirror.apply(Change(repo=REPO, at=1.0, comments=(comment(7),))) == {1}
    assert len(await store.jobs.due(at=9.0)) == 1


async def test_older_database_is_noticed_and_continued(server: PostgresServer, open_store: Open) -> None:
    name = server.database()
    store = await open_store(server.local_address(name), now=lambda: 2.0)
    reconciled_at = SystemClock().now()
    site = SiteRecord(REPO, 1, REPO.full_name, reconciled_at=reconciled_at)
    await store.mirror.apply(Change(repo=REPO, at=1.0, site=site, issues=(issue(1),)))
    assert await store.guard() is None
    backup = server.copy(name)
    await store.mirror.apply(Change(repo=REPO, at=1.0, issues=(issue(2),)))
    assert await store.guard() is None
    latest = await store.mirror.latest_version()
    server.drop(name)
    server.execute(f"ALTER DATABASE {backup} RENAME TO {name}")
    other = await open_store(server.local_address(name), "there")
    await other.mirror.apply(Change(repo=REPO, at=1.0, issues=(issue(3),)))
    assert await other.mirror.latest_version() == latest  # given twice
    store._now = lambda: 50.0
    report = await store.guard()
    assert report is not None
    assert "is older than it was" in report
    assert await store.guard() is None
    await store.mirror.apply(Change(repo=REPO, at=1.0, issues=(issue(4),)))
    assert await store.mirror.latest_version() > 50_000
    assert {change.number for change in await store.mirror.changes(after=0)} == {0, 1, 3, 4}
    record = await store.mirror.site(REPO)
    assert record is not None
    assert record.reconciled_at == reconciled_at + 600.0 - 86_400.0  # a day later is in ten minutes


async def test_commit_without_a_reply_is_reported(server: PostgresServer, address: str, open_store: Open) -> None:
    """A trigger cuts the connection within the commit, so the client cannot know what is stored."""
    store = await open_store(address)
    await store.mirror.apply(Change(repo=REPO, at=1.0, issues=(issue(1),)))
    database = str(psycopg.conninfo.conninfo_to_dict(address)["dbname"])
    server.execute(_CUTTING_TRIGGER, database=database)
    tombstone = Tombstone(1, gone=True, checked_at=1.0)
    try:
        with pytest.raises(StoreError):
            await store.mirror.apply(Change(repo=REPO, at=1.0, tombstone=tombstone))
    finally:
        server.execute("DROP FUNCTION public.cut() CASCADE", database=database)
    report = await store.guard()
    assert report is not None
    assert "while a change was being committed" in report
    assert await store.guard() is None


def test_processes_that_start_together_make_the_tables_once(server: PostgresServer) -> None:
    address = server.local_address(server.database())

    async def prepare_together() -> None:
        await asyncio.gather(
            *(asyncio.to_thread(prepare, Address(address), MIGRATIONS, lambda: 1.0, patience=0.0) for _ in range(6))
        )

    asyncio.run(prepare_together())
    assert inspect(address).is_sound


async def test_older_process_goes_on_beside_compatible_tables(server: PostgresServer, open_store: Open) -> None:
    address = server.local_address(server.database())
    older = await open_store(address)
    await older.mirror.apply(Change(repo=REPO, at=1.0, issues=(issue(1),)))
    compatible = (*MIGRATIONS, Migration(("ALTER TABLE site ADD COLUMN color text",), is_compatible=True))
    await open_store(address, migrations=compatible)
    assert await older.guard() is None
    assert await older.mirror.apply(Change(repo=REPO, at=1.0, issues=(issue(2),))) == {2}
    await open_store(address)
    await open_store(address, migrations=(*compatible, Migration(("ALTER TABLE site RENAME COLUMN color TO hue",))))
    with pytest.raises(StoreTooNew, match="has schema 3, and this version knows 1 at most"):
        await older.guard()
    with pytest.raises(StoreTooNew):
        await older.mirror.apply(Change(repo=REPO, at=1.0, issues=(issue(3),)))
    with pytest.raises(StoreTooNew):
        await open_store(address)


async def test_failed_migration_changes_nothing(server: PostgresServer, open_store: Open) -> None:
    address = server.local_address(server.database())
    await open_store(address)
    broken = (*MIGRATIONS, Migration(("ALTER TABLE site ADD COLUMN color text", "ALTER TABLE nothing RENAME TO all_")))
    with pytest.raises(DatabaseUnusable, match="does not exist"):
        await open_store(address, migrations=broken)
    assert inspect(address).schema == len(MIGRATIONS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"password": "wrong-secret"}, r"password authentication failed.*Check the user and the password"),
        ({"dbname": "nothing"}, r'database "nothing" does not exist.*Create the database with createdb'),
        ({"port": "1"}, r"refused.*Start the server, or check host and port"),
        ({"sslmode": "require"}, r"SSL.*Check sslmode and sslrootcert"),
        ({"host": "no-such-host.invalid"}, r"Check the host"),
    ],
)
async def test_unusable_address_is_refused_without_its_password(
    server: PostgresServer, change: dict[str, str], message: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    parameters = psycopg.conninfo.conninfo_to_dict(server.address("postgres")) | change
    address = psycopg.conninfo.make_conninfo(**{key: str(value) for key, value in parameters.items()})
    with pytest.raises(DatabaseUnusable, match=message) as failure:
        await PostgresStore.open(address, process_id="here", now=lambda: 1.0)
    trace = [str(line) for line in traceback.TracebackException.from_exception(failure.value).format_exception_only()]
    told = f"{failure.value!r} {failure.value.__cause__} {trace} {Address(address)!r} {caplog.text}"
    assert str(parameters["password"]) not in told


async def test_database_of_others_is_refused(server: PostgresServer) -> None:
    latin = server.address("latin")
    server.execute("CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    taken = server.database()
    server.execute("CREATE SCHEMA afterword", database=taken)
    server.execute("CREATE TABLE afterword.other (id int)", database=taken)
    for address, message in ((latin, "encoding LATIN1"), (server.address(taken), "tables of another program")):
        with pytest.raises(DatabaseUnusable, match=message):
            await PostgresStore.open(address, process_id="here", now=lambda: 1.0)
        assert inspect(address).is_sound is False


async def test_settings_of_the_database_change_nothing(server: PostgresServer, open_store: Open) -> None:
    name = server.database()
    for setting in ("client_encoding = 'LATIN1'", "default_transaction_isolation = 'serializable'"):
        server.execute(f"ALTER DATABASE {name} SET {setting}")
    store = await open_store(server.local_address(name))
    text = comment(7, text="✓ 日本")
    await store.mirror.apply(Change(repo=REPO, at=1.0, issues=(issue(1, 1),), comments=(text,)))
    assert await store.mirror.comment(REPO, 7) == text


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (psycopg.errors.LockNotAvailable("canceling statement due to lock timeout"), "Look for locks"),
        (psycopg.errors.DiskFull("could not extend file: No space left on device"), "Free space"),
        (psycopg.errors.TooManyConnections('too many connections for role "a"'), "Raise max_connections"),
    ],
)
def test_failures_of_a_server_say_what_to_do(error: psycopg.Error, advice: str) -> None:
    assert advice in str(Address("postgresql://a@b/c").failure(error))


async def test_dead_processes_leave_no_locks(server: PostgresServer, address: str, open_store: Open) -> None:
    store = await open_store(address)
    await store.mirror.apply(Change(repo=REPO, at=1.0, issues=(issue(1),)))
    with closing(psycopg.connect(address)) as dying:
        dying.execute("SET search_path = afterword")
        NewVersions("dying").put(dying, [(1, 1)])
        dying.execute("SELECT id FROM site FOR UPDATE").fetchall()
    assert await store.mirror.apply(Change(repo=REPO, at=1.0, issues=(issue(2),))) == {2}


def test_doctor_examines_a_database(server: PostgresServer, address: str) -> None:
    sound = judge_database(inspect(address))
    assert sound.findings == ()
    assert "schema 1" in sound.detail
    fresh = judge_database(inspect(server.address(server.database())))
    assert "no tables yet: the first start makes them" in fresh.detail
    refusal = judge_database(inspect(server.address("nothing")))
    (finding,) = refusal.findings
    assert (finding.rule, "createdb" in finding.advice) == ("store-unusable", True)
    assert PASSWORD not in f"{sound} {fresh} {refusal}"

"""Two processes on one database: what both do at the same moment, and what one hears of the other."""

import asyncio
from contextlib import closing

import psycopg
import pytest

from app.bootstrap.stores.databases import StoreClock
from app.domain.priority import Priority
from app.outbound.clock import SystemClock
from app.ports.deliveries import Delivery
from app.ports.mirror import Change
from app.ports.rate_state import Denial, Usage
from tests.contracts.mirrors import comment, issue
from tests.contracts.stores import OTHER, REPO
from tests.fakes import FakeClock
from tests.postgres_server import PostgresServer
from tests.store.postgres.conftest import Open, listen

_TOGETHER = 8


def _one_only(usage: Usage) -> Denial | None:
    return Denial(until=9.0, kind="budget") if usage.requests else None


async def test_last_request_is_admitted_once(address: str, open_store: Open) -> None:
    here, there = await open_store(address), await open_store(address, "there")
    denials = await asyncio.gather(
        *(
            store.rate_state.reserve("token", Priority.POLL, at=5.0, decide=_one_only, keep=True)
            for store in (here, there) * _TOGETHER
        )
    )
    assert denials.count(None) == 1


async def test_one_process_gets_a_lease_and_a_job(address: str, open_store: Open) -> None:
    here, there = await open_store(address), await open_store(address, "there")
    got_lease = await asyncio.gather(
        *(
            store.leases.acquire("poll", worker_id=store.mirror._process_id, at=1.0, until=6.0)
            for store in (here, there)
        )
    )
    await asyncio.gather(*(store.jobs.enqueue(REPO, 41, Priority.READ, at=1.0) for store in (here, there) * _TOGETHER))
    claims = await asyncio.gather(
        *(store.jobs.claim(REPO, 41, worker_id=name, at=2.0, until=9.0) for store, name in ((here, "a"), (there, "b")))
    )
    assert sorted(got_lease) == [False, True]
    assert len(await here.jobs.due(at=1.0)) == 0
    assert claims.count(None) == 1


async def test_delivery_at_both_is_accepted_once(address: str, open_store: Open) -> None:
    here, there = await open_store(address), await open_store(address, "there")
    delivery = Delivery("guid", "issues", "edited", REPO, 41, full=False, received_at=5.0)
    accepted = await asyncio.gather(
        *(store.deliveries.accept(delivery, replay_within=60.0) for store in (here, there) * _TOGETHER)
    )
    assert accepted.count(True) == 1
    assert len(await here.jobs.due(at=6.0)) == 1


async def test_changes_are_read_in_the_order_of_commits(address: str, open_store: Open) -> None:
    """A reader who looks again and again misses none: no lower version appears after a higher one."""
    here, there = await open_store(address), await open_store(address, "there")
    for repo in (REPO, OTHER):
        await here.mirror.apply(Change(repo=repo, at=1.0, issues=(issue(1, repo=repo),)))
    seen: set[int] = set()
    after = latest = await here.mirror.latest_version()
    is_done = False

    async def write(store_number: int) -> None:
        store, repo = ((here, REPO), (there, OTHER))[store_number % 2]
        for key in range(10):
            item = comment(store_number * 100 + key + 1, 1, updated_at="2026-01-01T00:00:00Z", repo=repo)
            await store.mirror.apply(Change(repo=repo, at=1.0, comments=(item,)))

    async def read() -> None:
        nonlocal after
        while not is_done or after < await there.mirror.latest_version():
            changes = await there.mirror.changes(after=after)
            assert all(change.version > after for change in changes)
            seen.update(change.version for change in changes)
            after = changes[-1].version if changes else after

    reader = asyncio.create_task(read())
    await asyncio.gather(*map(write, range(4)))
    is_done = True
    await reader
    assert max(seen) == latest + 40
    assert len((await here.mirror.snapshot(REPO, 1)).comments) == len((await here.mirror.snapshot(OTHER, 1)).comments)


async def test_commit_of_another_process_ends_the_wait(address: str, open_store: Open) -> None:
    here, there = await open_store(address), await open_store(address, "there")
    assert here.wait_for_changes is not None
    await listen(here)
    waiting = asyncio.create_task(here.wait_for_changes(100.0))
    await there.mirror.apply(Change(repo=REPO, at=1.0, issues=(issue(1),)))
    async with asyncio.timeout(20):
        await waiting


async def test_own_commit_does_not_end_the_wait(address: str, open_store: Open) -> None:
    here, there = await open_store(address), await open_store(address, "there")
    assert here.wait_for_changes is not None
    await listen(here)
    waiting = asyncio.create_task(here.wait_for_changes(100.0))
    await here.mirror.apply(Change(repo=REPO, at=1.0, issues=(issue(1),)))
    await here.mirror.latest_version()
    assert not waiting.done()
    await there.mirror.apply(Change(repo=REPO, at=1.0, issues=(issue(2),)))
    async with asyncio.timeout(20):
        await waiting


@pytest.fixture
def bare_address(server: PostgresServer) -> str:
    """Return the address of a new database that has neither notifications nor advisory locks."""
    address = server.local_address(server.database())
    with closing(psycopg.connect(address, autocommit=True)) as connection:
        for function in ("pg_notify(text, text)", "pg_advisory_xact_lock(bigint)"):
            connection.execute(f"ALTER FUNCTION pg_catalog.{function} RENAME TO missing_{function[3:6]}".encode())
    return address


async def test_server_may_lack_notifications_and_locks(bare_address: str, open_store: Open) -> None:
    stores = await asyncio.gather(*(open_store(bare_address, name) for name in ("here", "there", "elsewhere")))
    after = await stores[1].mirror.latest_version()
    await stores[0].mirror.apply(Change(repo=REPO, at=1.0, issues=(issue(1),)))
    assert [change.number for change in await stores[1].mirror.changes(after=after)] == [1]


async def test_cut_listener_listens_again(server: PostgresServer, address: str, open_store: Open) -> None:
    store = await open_store(address)
    assert store.wait_for_changes is not None
    await listen(store)
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN afterword'"
    server.query(cut, database="postgres")
    async with asyncio.timeout(20):
        while store._notifications.hears_changes:
            await store.wait_for_changes(0.1)
        await store.wait_for_changes(100.0)  # it does not wait for notifications
    await listen(store)


async def test_machines_share_the_time_of_the_database(address: str, open_store: Open) -> None:
    """With a minute between them, each would find the other's leases expired, or much too long."""
    clock = SystemClock()
    fast, slow = [
        StoreClock(local, await open_store(address, now=local.now))
        for local in (FakeClock(clock.now() + 60.0), FakeClock(clock.now() - 60.0))
    ]
    assert abs(fast.now() - slow.now()) < 5.0
    assert abs(fast.now() - clock.now()) < 5.0

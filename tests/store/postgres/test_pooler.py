"""pgbouncer in between, which lends a connection for one transaction: no session state, no notifications."""

import asyncio
from collections.abc import Iterator

import pytest

from app.domain.priority import Priority
from app.ports.mirror import Change
from app.store.postgres.inspection import inspect
from tests.contracts.mirrors import comment, issue
from tests.contracts.stores import OTHER, REPO
from tests.postgres_server import PASSWORD, PostgresServer, run_pooler
from tests.store.postgres.conftest import Open


@pytest.fixture
def pooled_address(own_server: PostgresServer) -> Iterator[str]:
    name = own_server.database()
    with run_pooler(own_server) as port:
        yield f"postgresql://afterword:{PASSWORD}@127.0.0.1:{port}/{name}"


async def test_two_processes_share_a_pooler(pooled_address: str, open_store: Open) -> None:
    here, there = await open_store(pooled_address), await open_store(pooled_address, "there")
    assert there.wait_for_changes is not None
    listening = asyncio.create_task(there.wait_for_changes(0.5))
    for repo in (REPO, OTHER):
        await here.mirror.apply(Change(repo=repo, at=1.0, issues=(issue(1, 30, repo=repo),)))
    after = await there.mirror.latest_version()

    async def write(number: int) -> None:
        store, repo = ((here, REPO), (there, OTHER))[number % 2]
        await store.mirror.apply(Change(repo=repo, at=1.0, comments=(comment(number + 1, 1, repo=repo),)))
        await store.jobs.enqueue(repo, number, Priority.READ, at=1.0)
        await store.leases.acquire("poll", worker_id="here", at=1.0, until=6.0)
        assert await store.mirror.thread(repo, 1) is not None

    await asyncio.gather(*map(write, range(20)))
    await listening
    assert {change.repo for change in await there.mirror.changes(after=after)} == {REPO, OTHER}
    assert len(await there.jobs.due(at=2.0)) == 20
    assert len((await there.mirror.snapshot(REPO, 1)).comments) == 10
    assert await here.guard() is None
    assert inspect(pooled_address).is_sound
    async with asyncio.timeout(20):
        await there.wait_for_changes(100.0)
    assert not there._notifications.hears_changes

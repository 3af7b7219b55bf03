"""The records of sites: what GitHub says of a repository never undoes the progress of its backfill."""

import asyncio
from dataclasses import replace

from app.domain.priority import Priority
from app.domain.sites import repository
from app.ports.mirror import Change
from app.store.memory import MemoryMirror
from tests.sync.late_budget import LateBudget, new_repositories

BLOG = repository("octo/blog")


async def test_late_response_keeps_the_progress_of_a_backfill() -> None:
    mirror, budget = MemoryMirror("here"), LateBudget()
    repositories = new_repositories(mirror, budget)
    late = asyncio.create_task(repositories.request_record(BLOG, Priority.READ))
    await asyncio.sleep(0)
    site = await repositories.site(BLOG, Priority.BACKFILL)
    await mirror.apply(Change(repo=BLOG, at=1.0, site_update={"issues_listed_at": 5.0}))
    budget.gate.set()
    assert await late == site
    await mirror.apply(repositories.with_new_record(Change(repo=BLOG, at=2.0)))
    record = await mirror.site(BLOG)
    assert record is not None
    assert record.issues_listed_at == 5.0


async def test_record_of_a_new_site_is_requested_once() -> None:
    mirror, budget = MemoryMirror("here"), LateBudget()
    repositories = new_repositories(mirror, budget)
    budget.gate.set()
    site = await repositories.request_record(BLOG, Priority.READ)
    assert await repositories.request_record(BLOG, Priority.READ) == site
    assert budget.count == 1
    assert await mirror.site(BLOG) is None
    await mirror.apply(repositories.with_new_record(Change(repo=BLOG, at=2.0)))
    assert await mirror.site(BLOG) == site


async def test_name_stored_by_another_process_is_confirmed_again() -> None:
    mirror, budget = MemoryMirror("here"), LateBudget()
    repositories = new_repositories(mirror, budget)
    budget.gate.set()
    site = await repositories.site(BLOG, Priority.POLL)
    assert await repositories.confirmed_name(site, Priority.POLL, force=False) == site.full_name
    assert budget.count == 1
    renamed_site = replace(site, full_name="octo/journal")
    await repositories.confirmed_name(renamed_site, Priority.POLL, force=False)
    assert budget.count == 2

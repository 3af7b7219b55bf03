"""The only composition root: settings in, a running application out, and closed again in order."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from app.domain.errors import GitHubError, Limited, Unreachable
from app.domain.times import rfc3339
from app.engine.budget import Budget, Purpose
from app.engine.catalogue import Catalogue
from app.engine.importing import Importer, Watch
from app.engine.ports import Clock, Mirror
from app.engine.publish import Publisher
from app.engine.pulse import Pulse
from app.engine.read import Reader
from app.engine.refresh import Refresher
from app.engine.repositories import Repositories
from app.engine.schedule import Schedule
from app.outbound.github import HttpGitHub
from app.settings import Settings
from app.store.memory import MemoryMirror
from app.store.sqlite import SqliteMirror
from app.web.answer import Origins
from app.web.app import create_app
from app.web.front import Front
from app.web.respond import Serving

_MEGABYTE = 1_000_000
_PATIENCE = 5.0
"""Seconds that a start waits for GitHub to know a repository; serving begins all the same then."""


@dataclass(frozen=True, slots=True)
class Afterword:
    """The parts that run, put together."""

    settings: Settings
    mirror: Mirror
    budget: Budget
    repositories: Repositories
    refresher: Refresher
    pulse: Pulse
    importer: Importer
    schedule: Schedule
    reader: Reader
    web: Front

    async def meet_github(self) -> GitHubError | None:
        """Asks GitHub for the repositories that the mirror does not know yet.

        Raises what only the owner can mend: a wrong name or token. Returns what passes by itself: GitHub is away, or
        a limit is reached; serving may begin.
        """
        for repo in self.settings.repo:
            try:
                async with asyncio.timeout(_PATIENCE):
                    await self.repositories.site(repo, Purpose.IMPORT)
            except (Unreachable, Limited) as failure:
                return failure
            except TimeoutError:
                return Unreachable(f"/repos/{repo}", f"no answer within {_PATIENCE:g} s")
        return None

    async def follow(self) -> None:
        """Imports all sites and keeps them up to date, for ever."""
        async with asyncio.TaskGroup() as group:
            for repo in self.settings.repo:
                group.create_task(self.schedule.follow(repo))


@asynccontextmanager
async def assembled(
    settings: Settings, watch: Watch, clock: Clock, chance: Callable[[], float]
) -> AsyncGenerator[Afterword, None]:
    """The application over an open store; everything is closed in order at the end. Raises `StoreError`."""
    path = settings.store_path
    mirror: Mirror = MemoryMirror() if path is None else await SqliteMirror.open(path)
    github = HttpGitHub(settings.github_api_url, settings.token, clock, chance)
    budget = Budget(github, clock)
    catalogue = Catalogue(settings.catalogue_mb * _MEGABYTE)
    publisher = Publisher(mirror, catalogue, settings.served, settings.public_url, allow_private=settings.allow_private)
    repositories = Repositories(
        api=settings.github_api_url,
        allow_private=settings.allow_private,
        budget=budget,
        mirror=mirror,
        clock=clock,
        announce=publisher.changed,
    )
    refresher = Refresher(repositories, budget, mirror, clock, publisher.changed)
    importer = Importer(
        repositories=repositories, refresher=refresher, budget=budget, mirror=mirror, clock=clock, watch=watch
    )
    pulse = Pulse(
        repositories=repositories, refresher=refresher, importer=importer, budget=budget, mirror=mirror, clock=clock
    )
    schedule = Schedule(pulse, clock, chance, every=settings.pulse_seconds)
    reader = Reader(
        mirror=mirror,
        catalogue=catalogue,
        publisher=publisher,
        refresher=refresher,
        clock=clock,
        fresh_for=settings.fresh_for,
        cold_wait=settings.cold_wait,
    )
    serving = Serving(
        reads=reader,
        sites=settings.repo,
        now=clock.now,
        origins=Origins(frozenset(origin.encode() for origin in settings.origins)),
        public_url=settings.public_url,
        readiness=lambda: _readiness(settings, mirror, schedule),
    )
    try:
        yield Afterword(
            settings=settings,
            mirror=mirror,
            budget=budget,
            repositories=repositories,
            refresher=refresher,
            pulse=pulse,
            importer=importer,
            schedule=schedule,
            reader=reader,
            web=create_app(serving),
        )
    finally:
        await reader.close()
        await github.aclose()
        await mirror.close()


async def _readiness(settings: Settings, mirror: Mirror, schedule: Schedule) -> Mapping[str, Any]:
    """Ready to be sent traffic as soon as every site can be answered for: its list of issues is mirrored."""
    sites: list[dict[str, Any]] = []
    for repo in settings.repo:
        record = await mirror.site(repo)
        listed = record is not None and record.listed_at is not None
        threads = [tally for tally in await mirror.tallies(repo) if not tally.is_pull_request]
        failure = schedule.failures.get(repo)
        sites.append(
            {
                "repo": repo.full_name,
                "listed": listed,
                "threads": len(threads),
                "threads_complete": sum(tally.complete for tally in threads),
                "checked_at": rfc3339(record.checked_at) if record is not None and record.checked_at else None,
                "failure": str(failure) if failure else None,
            }
        )
    return {"ready": all(site["listed"] for site in sites), "sites": sites}

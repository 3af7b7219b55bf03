"""Whether traffic may be sent here, and how far each site is."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.domain.sites import Repository
from app.domain.times import rfc3339
from app.jobs.schedule import Schedule
from app.ports.mirror import Mirror
from app.serving.views import Publisher


class Readiness:
    """Ready as soon as every site can be answered for: its list of issues is mirrored, and its posts are known."""

    def __init__(self, sites: Sequence[Repository], mirror: Mirror, schedule: Schedule, publisher: Publisher) -> None:
        self._sites = sites
        self._mirror = mirror
        self._schedule = schedule
        self._publisher = publisher

    async def state(self) -> Mapping[str, Any]:
        """`ready` (bool), and for each site how far its import is, when it was checked, and what failed last."""
        sites = [await self._site(repo) for repo in self._sites]
        return {"ready": self._publisher.serve.is_known and all(site["listed"] for site in sites), "sites": sites}

    async def _site(self, repo: Repository) -> dict[str, Any]:
        record = await self._mirror.site(repo)
        threads = [tally for tally in await self._mirror.tallies(repo) if not tally.is_pull_request]
        failure = self._schedule.failures.get(repo)
        return {
            "repo": repo.full_name,
            "listed": record is not None and record.listed_at is not None,
            "threads": len(threads),
            "threads_complete": sum(tally.complete for tally in threads),
            "checked_at": rfc3339(record.checked_at) if record is not None and record.checked_at else None,
            "failure": str(failure) if failure else None,
        }

"""Whether traffic may be sent here, and how far the backfill of each site is."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from app.domain.sites import Repository
from app.domain.times import rfc3339
from app.jobs.poll_schedule import Schedule
from app.jobs.single_flight import SingleFlight
from app.ports.mirror import Mirror
from app.serving.access_policy import AccessPolicy


class Readiness:
    """Ready once every site can be answered for: its list of issues is mirrored, and its posts are known."""

    def __init__(
        self,
        sites: Sequence[Repository],
        mirror: Mirror,
        schedule: Schedule,
        access: AccessPolicy,
        post_failure: Callable[[], Awaitable[str | None]],
    ) -> None:
        """Ask `post_failure` why the source of the posts cannot be read."""
        self._sites = sites
        self._mirror = mirror
        self._schedule = schedule
        self._access = access
        self._post_failure = post_failure
        self._reading: SingleFlight[Mapping[str, Any]] = SingleFlight()

    async def state(self) -> Mapping[str, Any]:
        """Return `ready` (bool), `sites`: how far the backfill of each is, its last check and failure, and `posts`.

        All who ask at the same time share one read of the mirror: anybody may ask.
        """
        return await asyncio.shield(self._reading.join(None, self._state))

    async def _state(self) -> Mapping[str, Any]:
        sites = [await self._site(repo) for repo in self._sites]
        is_known = self._access.posts.is_known
        return {
            "ready": is_known and all(site["listed"] for site in sites),
            "sites": sites,
            "posts": {"ready": is_known, "failure": await self._post_failure()},
        }

    async def _site(self, repo: Repository) -> dict[str, Any]:
        snapshot = await self._mirror.site_snapshot(repo, urgent=True)
        site = snapshot.site
        failure = self._schedule.failures.get(repo)
        numbers = frozenset[int]() if self._access.hides(site) else self._access.post_numbers(repo, snapshot)
        threads = [thread for thread in snapshot.threads if thread.number in numbers]
        return {
            "repo": repo.full_name,
            "listed": snapshot.is_listed,
            "threads": len(threads),
            "threads_complete": sum(thread.complete for thread in threads),
            "checked_at": rfc3339(site.checked_at) if site is not None and site.checked_at else None,
            "failure": str(failure) if failure else None,
        }

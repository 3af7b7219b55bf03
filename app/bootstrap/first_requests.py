"""The first requests to GitHub, before anything is served."""

import asyncio
from collections.abc import Sequence

from app.domain.errors import GitHubError, RateLimited, Unreachable
from app.domain.priority import Priority
from app.domain.sites import Repository
from app.sync.repositories import Repositories

_PATIENCE = 5.0
"""Seconds that a start waits for GitHub to show a repository; then serving begins without it."""


async def check_repositories(repositories: Repositories, sites: Sequence[Repository]) -> GitHubError | None:
    """Request the repositories that the mirror does not know yet.

    Raises what only the owner can repair: a wrong name or token. Returns what passes: GitHub is away, or a limit is
    reached; serving may begin.
    """
    for repo in sites:
        try:
            async with asyncio.timeout(_PATIENCE):
                await repositories.site(repo, Priority.BACKFILL)
        except (Unreachable, RateLimited) as failure:
            return failure
        except TimeoutError:
            return Unreachable(f"/repos/{repo}", f"no answer within {_PATIENCE:g} s")
    return None

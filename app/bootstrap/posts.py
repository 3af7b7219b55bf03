"""What reads the blog's posts in a running application."""

import os
import platform
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from app import VERSION
from app.bootstrap.core import posts_key
from app.domain.posts.posts import PostCatalog
from app.domain.worker_names import WorkerName
from app.github.requests import secret_digest
from app.jobs.content.pushes import PushNotes
from app.jobs.post_list import PostList
from app.ports.clock import Clock
from app.ports.key_values import KeyValues
from app.settings import Settings
from app.sync.rate_budget import RateBudget


def worker_name(settings: Settings, process_id: str) -> WorkerName:
    """Return how this process is called in the store; processes with the same settings are of one kind."""
    kind = f"{VERSION} {settings.repo} {settings.posts} {settings.generator} {settings.serve} {settings.token}"
    process = f"process {os.getpid()} on {platform.node() or 'this machine'}"
    return WorkerName(secret_digest(kind)[:8], VERSION, process, process_id)


async def post_failure(post_lists: Sequence[PostList]) -> str | None:
    """Return why posts cannot be read; None if they can, or come from nowhere. Raises `StoreError`."""
    failures = [await posts.failure() for posts in post_lists]
    return next((failure for failure in failures if failure), None)


def make_post_lists(
    settings: Settings,
    key_values: KeyValues,
    clock: Clock,
    *,
    budget: RateBudget,
    pushes: PushNotes,
    serve: Callable[[PostCatalog], Awaitable[None]],
) -> tuple[PostList, ...]:
    """Return the list of the blog's posts; none if the settings name no source.

    `serve` is called with each new catalog.
    """
    source = settings.posts
    if source is None:
        return ()
    from app.outbound.content.repository_posts import GitHubAccess  # noqa: PLC0415 - few have posts elsewhere
    from app.outbound.content.sources import SourceOptions, open_post_source  # noqa: PLC0415 - likewise

    identity = f"{source} {settings.generator} {settings.repo} {VERSION}"
    access = GitHubAccess(budget, key_values, pushes, f"content {secret_digest(identity)}")
    options = SourceOptions(settings.repo, settings.generator, clock, access)
    open_source = partial(open_post_source, source, options)
    return (PostList(open_source, posts_key(source), settings.repo, key_values, serve, clock),)

"""Purges: after a change is committed, a CDN is called with the tags of the documents that it concerns.

The mirror's change feed is the queue. What was sent is stored as the version up to which it was sent, so no restart and
no crash loses a purge: it is sent again at worst. Only the process that polls sends. The feed has one entry a thread at
most, however long a CDN is away. Beyond some hundred tags, everything of the repositories is purged instead.

| when                                        | what is purged                          |
|---------------------------------------------|-----------------------------------------|
| a thread changes                            | its documents, and lists, feeds, counts |
| the repository's name or visibility changes | everything of the repository            |
| posts are added to the list, or removed     | as if their threads had changed         |
| other repositories are served               | everything, by its earlier tags as well |
| nothing is stored of earlier purges         | everything                              |
"""

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.domain.cache_tags import CacheTags
from app.domain.errors import PurgeFailed
from app.domain.sites import PostFilter, Repository
from app.domain.times import is_ahead
from app.jobs.periodic import run_periodically
from app.ports.clock import Clock
from app.ports.key_values import KeyValues
from app.ports.mirror import MirrorChange

_log = logging.getLogger(__name__)
_KEY = "purges"
_EVERY, _BATCH_SECONDS = 0.25, 0.5
"""Seconds between looks at the feed, and for which a change waits for others. By then other processes have swapped
their documents: a CDN that asks again gets the new ones."""
_MOST_TAGS, _TAGS_AT_ONCE = 300, 30
"""Beyond the first number everything is purged. Cloudflare takes a hundred tags in a call, Fastly 256."""
_FIRST_DELAY, _LONGEST_DELAY, _DOUBLINGS = 1.0, 300.0, 9
"""Seconds after a first failed call; each further one doubles them."""


class Cdn(Protocol):
    """Who is called."""

    async def purge(self, tags: Sequence[str]) -> None:
        """Purge all documents with one of these tags. Raises `PurgeFailed`."""


class Feed(Protocol):
    """What is read of the mirror."""

    async def changes(self, *, after: int) -> tuple[MirrorChange, ...]:
        """Return the changes with a later version, in order."""

    async def latest_version(self) -> int:
        """Return the version of the latest change."""


Posts = Mapping[str, frozenset[int]]


@dataclass(frozen=True, slots=True)
class _Progress:
    """Up to which version of the feed, and for which posts, purges were sent."""

    version: int
    posts: Posts | None
    all_tags: tuple[str, ...]
    """Those that all documents together had: other repositories have other tags."""

    def to_json(self) -> str:
        posts = None if self.posts is None else {name: sorted(numbers) for name, numbers in self.posts.items()}
        return json.dumps({"version": self.version, "posts": posts, "all_tags": self.all_tags})


def _from_json(text: str) -> _Progress:
    value = json.loads(text)
    posts = value["posts"]
    return _Progress(
        value["version"],
        None if posts is None else {name: frozenset(numbers) for name, numbers in posts.items()},
        tuple(value.get("all_tags", ())),
    )


class Purges:
    """Sends purges. `post_filter` gives the posts that are served now."""

    def __init__(
        self,
        feed: Feed,
        key_values: KeyValues,
        cdn: Cdn,
        clock: Clock,
        tags: CacheTags,
        *,
        sites: Sequence[Repository],
        post_filter: Callable[[], PostFilter],
    ) -> None:
        self._feed = feed
        self._key_values = key_values
        self._cdn = cdn
        self._clock = clock
        self._tags = tags
        self._sites = {repo.full_name.lower(): repo for repo in sites}
        self._post_filter = post_filter
        self._progress: _Progress | None = None
        self._failures = 0
        self._retry_at: float | None = None

    async def run(self) -> None:
        """Send purges while this process is the one that polls. Never returns."""
        self._progress = None  # another process may have sent some since
        message = "Purges could not be sent; the next attempt is in a second"
        await run_periodically(self.run_once, self._clock.sleep, every=_EVERY, error_message=message)

    def restart(self) -> None:
        """Purge everything: another store has taken the place of the one whose versions are known."""
        self._progress = None

    async def run_once(self) -> None:
        """Send what changed since the last successful call, if anything did and no failure delays it."""
        post_filter = self._post_filter()
        if not post_filter.is_known or is_ahead(self._retry_at, now=self._clock.now(), at_most=_LONGEST_DELAY):
            return
        if self._progress is None:
            self._progress = await self._load()
        before = self._progress
        if before is not None and not await self._has_news(before, post_filter):
            return
        await self._clock.sleep(_BATCH_SECONDS)
        version, posts = await self._feed.latest_version(), _names(post_filter)
        tags = self._tags.all() if before is None else await self._changed_tags(before, version, posts)
        await self._send(tags, _Progress(version, posts, self._tags.all()))

    async def _load(self) -> _Progress | None:
        text = await self._key_values.get(_KEY)
        return None if text is None else _from_json(text)

    async def _has_news(self, progress: _Progress, post_filter: PostFilter) -> bool:
        now = _Progress(await self._feed.latest_version(), _names(post_filter), self._tags.all())
        return now != progress

    async def _changed_tags(self, progress: _Progress, version: int, posts: Posts | None) -> Sequence[str]:
        if progress.all_tags != self._tags.all():
            return tuple(dict.fromkeys((*progress.all_tags, *self._tags.all())))
        if version < progress.version or (posts is None) is not (progress.posts is None):
            return self._tags.all()
        numbers: dict[Repository, set[int]] = {}
        for change in await self._feed.changes(after=progress.version):
            numbers.setdefault(change.repo, set()).add(change.number)
        for name, threads in _changed_posts(progress.posts or {}, posts or {}):
            if name in self._sites:
                numbers.setdefault(self._sites[name], set()).update(threads)
        tags = [tag for repo, threads in numbers.items() for tag in self._tags.of_change(repo, threads)]
        return tags if len(tags) <= _MOST_TAGS else self._tags.all()

    async def _send(self, tags: Sequence[str], progress: _Progress) -> None:
        try:
            for start in range(0, len(tags), _TAGS_AT_ONCE):
                await self._cdn.purge(tags[start : start + _TAGS_AT_ONCE])
        except PurgeFailed as failure:
            delay = failure.retry_after or _FIRST_DELAY * 2.0 ** min(self._failures, _DOUBLINGS)
            self._retry_at = self._clock.now() + min(delay, _LONGEST_DELAY)
            self._failures += 1
            if self._failures == 1:
                _log.warning("%s Afterword tries again, with growing pauses, until it succeeds.", failure)
            return
        if self._failures:
            _log.info("Purges succeed again, after %d failures.", self._failures)
        self._failures, self._retry_at = 0, None
        await self._key_values.put(_KEY, progress.to_json())
        self._progress = progress


def _names(post_filter: PostFilter) -> Posts | None:
    """Return the numbers that a list allows by the name of their repository; None if no list decides."""
    if post_filter.posts is None or not post_filter.listed_only:
        return None
    return {repo.full_name.lower(): numbers for repo, numbers in post_filter.posts.items()}


def _changed_posts(before: Posts, after: Posts) -> Iterable[tuple[str, frozenset[int]]]:
    for name in {*before, *after}:
        yield name, before.get(name, frozenset()) ^ after.get(name, frozenset())

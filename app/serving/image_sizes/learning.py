"""Learn the sizes of images that readers request, so that the comments' HTML states them from then on.

A browser that knows a size reserves the space before it has the image, and nothing moves. A size is read each time an
image is served, whether it was fetched just now or years ago, and stored if its comment lacks it. What many requests
teach within a second is one transaction, and makes the documents of each thread once.

| step | where |
|---|---|
| An image is served: its size waits to be stored, unless the comment has it. | `ImageSizes.learn`, of `ImageProxy` |
| After a second the sizes are stored beside GitHub's text. No thread's version changes. | `Mirror.learn_image_sizes` |
| Documents of these threads are dropped. Open pages hear nothing: they have the images. | `Updater.show_images` |
| Other processes read of it as a change of `images_only`, and drop theirs. | `ChangeFeed` |
| The next reader's document states the sizes. | `Renderer.sanitize`, `state_sizes` |

A size that cannot be stored, or that waits while the process is killed, is learnt again by a later request.
"""

import asyncio
import logging
from collections import defaultdict
from contextlib import suppress

from cachetools import TTLCache

from app.domain.errors import StoreError
from app.domain.sites import Repository
from app.domain.threads import Comment, ImageSize
from app.ports.clock import Clock
from app.ports.images import Image, ImageStore
from app.ports.mirror import Mirror, Notify
from app.serving.image_sizes.headers import LONGEST_HEADER, image_size

_log = logging.getLogger(__name__)
_DELAY = 1.0
"""Seconds in which sizes are collected before they are stored."""
_MOST_WAITING = 5_000
_MOST_RECENT, _RECENT_SECONDS = 20_000, 600.0
"""Images whose size was learnt, or found to be unknown, are left alone for a while."""
_NOT_RECENT = (0, 0)
"""No image has this size, and None is the size of one that is unknown."""

_ImageKey = tuple[Repository, int, str]
"""The repository, the comment's id, and the name of the image."""


class ImageSizes:
    """Stores the sizes of images in `mirror`; `on_change` hears of the threads whose documents change by them."""

    def __init__(self, mirror: Mirror, store: ImageStore, clock: Clock, on_change: Notify) -> None:
        self._mirror = mirror
        self._store = store
        self._clock = clock
        self._on_change = on_change
        self._waiting: dict[_ImageKey, ImageSize | None] = {}
        """What waits to be stored; None means a size that stands behind what was read of the image."""
        self._recent: TTLCache[_ImageKey, ImageSize | None] = TTLCache(_MOST_RECENT, _RECENT_SECONDS, timer=clock.now)
        self._task: asyncio.Task[None] | None = None

    def learn(self, repo: Repository, comment: Comment, name: str, image: Image) -> None:
        """Store the size of a comment's image within a moment, unless the comment has it; wait for nothing."""
        key = repo, comment.id, name
        size = image_size(image.content_type, image.body)
        known_size = None if comment.image_sizes is None else comment.image_sizes.get(name)
        is_new = size is not None and size != known_size
        is_hidden = size is None and known_size is None and image.rest is not None
        if not (is_new or is_hidden) or len(self._waiting) >= _MOST_WAITING:
            return
        if self._recent.get(key, _NOT_RECENT) == size:
            return
        self._recent[key] = self._waiting[key] = size
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._store_later())

    async def close(self) -> None:
        """Store what waits."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        await self._store_waiting()

    async def _store_later(self) -> None:
        while self._waiting:
            await self._clock.sleep(_DELAY)
            await self._store_waiting()

    async def _store_waiting(self) -> None:
        waiting, self._waiting = self._waiting, {}
        sizes: defaultdict[Repository, defaultdict[int, dict[str, ImageSize]]] = defaultdict(lambda: defaultdict(dict))
        for (repo, comment_id, name), size in waiting.items():
            known_size = size or await self._stored_size(name)
            if known_size is not None:
                sizes[repo][comment_id][name] = known_size
        for repo, sizes_by_comment in sizes.items():
            try:
                numbers = await self._mirror.learn_image_sizes(repo, sizes_by_comment)
            except StoreError as error:
                _log.warning("Sizes of images of %s are not stored; later readers show them again: %s", repo, error)
                continue
            if numbers:
                await self._on_change(repo, numbers)

    async def _stored_size(self, name: str) -> ImageSize | None:
        """Return the size of a stored image whose header is longer than what is read of it at once."""
        cached_image = await self._store.get(name)
        if cached_image is None or cached_image.image.rest is None:
            return None
        image, start = cached_image.image, bytearray(cached_image.image.body)
        with suppress(StoreError):
            async for part in cached_image.image.rest.parts():
                start += part
                if len(start) >= LONGEST_HEADER:
                    break
        return image_size(image.content_type, bytes(start))

"""The image proxy: avatars and images in comments, fetched once instead of by readers' browsers, then cached.

Only what readers are shown may be requested: the avatar of a user who wrote here, an image in a comment that is served.
So the service can be used neither to fetch other things nor to fill its disk. A reader of a page still causes no
request to GitHub's API; image hosts have no such limit, and each image is requested once.
"""

import asyncio
import logging
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b

from cachetools import LRUCache, TTLCache

from app.domain.errors import AfterwordError, ImageNotFound, ImageRejected, NotReady, StoreError, Unreachable
from app.domain.threads import GHOST_ID, Comment
from app.domain.times import is_within
from app.jobs.single_flight import SingleFlight
from app.ports.clock import Clock
from app.ports.images import CachedImage, Image, ImageSource, ImageStore
from app.render.sanitizer.sanitize import image_urls
from app.serving.access_policy import VisibleImages
from app.serving.image_sizes.learning import ImageSizes

_log = logging.getLogger(__name__)
_AT_ONCE, _MOST_WAITING = 6, 200
_FRESH_FOR = 7 * 86_400.0
"""Seconds after which an avatar is fetched again in the background: people change theirs."""
_REJECTION_SECONDS, _UNREACHABLE_SECONDS = 600.0, 60.0
"""Seconds for which a rejected image, and one whose host did not answer, is not tried again."""
_MOST_FAILURES = 10_000
_RETRY_AFTER = 5
LARGEST_AVATAR, LARGEST_IMAGE = 1_000_000, 8_000_000
_AVATAR_PIXELS = 96
_MOST_ADDRESSES = 50_000
"""Addresses of images in comments, so that each comment is parsed once for all its images."""
GHOST = Image(
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96"><path fill="#d0d7de" d="M0 0h96v96H0z"/>'
    b'<path fill="#fff" d="M48 18a19 19 0 1 1 0 38 19 19 0 0 1 0-38M12 96a36 36 0 0 1 72 0"/></svg>',
    "image/svg+xml",
)
"""The avatar of a deleted account: drawn here, since only the public GitHub has one."""


@dataclass(frozen=True, slots=True)
class _ImageRequest:
    """An image that may be fetched: its name in the store, its address, and the seconds for which it is fresh."""

    name: str
    address: str
    largest: int
    fresh_for: float


class ImageProxy:
    """Serves images from the store, and fetches those that it lacks."""

    def __init__(
        self, *, source: ImageSource, store: ImageStore, access: VisibleImages, sizes: ImageSizes, clock: Clock
    ) -> None:
        self._source = source
        self._store = store
        self._access = access
        self._sizes = sizes
        self._clock = clock
        self._fetching: SingleFlight[Image] = SingleFlight()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._rejections: TTLCache[str, ImageRejected] = TTLCache(_MOST_FAILURES, _REJECTION_SECONDS, timer=clock.now)
        self._retry_times: TTLCache[str, float] = TTLCache(_MOST_FAILURES, _UNREACHABLE_SECONDS, timer=clock.now)
        """When images whose host did not answer are tried again."""
        self._addresses: LRUCache[tuple[str, bytes], Mapping[str, str]] = LRUCache(_MOST_ADDRESSES, getsizeof=_weight)

    async def avatar(self, user_id: int) -> Image:
        """Return the avatar of a user who wrote here; raise `ImageNotFound` for any other."""
        if user_id == GHOST_ID:
            return GHOST
        name = f"avatar {user_id}"
        cached_image = await self._store.get(name)
        try:
            request = await self._avatar_request(name, user_id)
        except StoreError:
            if cached_image is None:
                raise
            return cached_image.image  # who is shown is unknown now: what was shown stays
        if cached_image is None:
            return await self._fetched_image(request)
        if not self._is_fresh(cached_image, _FRESH_FOR):
            with suppress(AfterwordError):  # the old one is still good
                self._start(request)
        return cached_image.image

    async def image(self, comment_id: int, name: str) -> Image:
        """Return an image of a comment; raise `ImageNotFound` if readers are shown no such comment or image."""
        visible = await self._access.comment(comment_id)
        address = None if visible is None else (await self._image_addresses(visible.comment)).get(name)
        if visible is None or address is None:
            raise ImageNotFound
        cached_image = await self._store.get(name)
        if cached_image is not None:
            image = cached_image.image
        else:
            image = await self._fetched_image(_ImageRequest(name, address, LARGEST_IMAGE, math.inf))
        self._sizes.learn(*visible, name, image)
        return image

    async def close(self) -> None:
        """Cancel the fetches that are under way, and store the sizes that are known."""
        await self._fetching.close()
        await self._sizes.close()

    async def _avatar_request(self, name: str, user_id: int) -> _ImageRequest:
        address = await self._access.avatar(user_id)
        if address is None:
            raise ImageNotFound
        sized_address = f"{address}{'&' if '?' in address else '?'}s={_AVATAR_PIXELS}"
        return _ImageRequest(name, sized_address, LARGEST_AVATAR, _FRESH_FOR)

    async def _image_addresses(self, comment: Comment) -> Mapping[str, str]:
        html = comment.source.get("body_html")
        if not isinstance(html, str):
            return {}
        key = (comment.url, blake2b(html.encode("utf-8", "replace"), digest_size=16).digest())
        addresses = self._addresses.get(key)
        if addresses is None:
            addresses = self._addresses[key] = await asyncio.to_thread(image_urls, html, source_url=comment.url)
        return addresses

    async def _fetched_image(self, request: _ImageRequest) -> Image:
        """Fetch an image together with its other readers; return an image that only this reader consumes."""
        image = await asyncio.shield(self._start(request))
        cached_image = await self._store.get(request.name)
        if cached_image is not None:
            return cached_image.image
        if image.rest is not None:  # it is another reader's, and was removed from the store just now
            raise NotReady("The picture", retry_after=_RETRY_AFTER)
        return image

    def _is_fresh(self, cached_image: CachedImage, fresh_for: float) -> bool:
        return is_within(fresh_for, cached_image.cached_at, now=self._clock.now())

    def _start(self, request: _ImageRequest) -> asyncio.Task[Image]:
        """Start fetching; raise the failure of a recent attempt, or `NotReady` if too many images wait."""
        name = request.name
        rejection, retry_at = self._rejections.get(name), self._retry_times.get(name)
        if rejection is not None:
            raise ImageRejected(rejection.address, rejection.reason)  # a new one: a raised one grows its traceback
        if retry_at is not None:
            raise NotReady("The picture", retry_after=math.ceil(retry_at - self._clock.now()))
        if name not in self._fetching and len(self._fetching) >= _MOST_WAITING:
            raise NotReady("The picture", retry_after=_RETRY_AFTER)
        return self._fetching.join(name, lambda: self._fetch(request))

    async def _fetch(self, request: _ImageRequest) -> Image:
        try:
            cached_image = await self._store.get(request.name)  # another process may have been faster
            if cached_image is not None and self._is_fresh(cached_image, request.fresh_for):
                return cached_image.image
            async with self._slots:
                image = await self._source.fetch(request.address, largest=request.largest)
            await self._store.put(request.name, image)
        except ImageRejected as rejection:
            self._rejections[request.name] = rejection.with_traceback(None)
            _log.info("The image %s is not shown: %s.", rejection.address, rejection.reason)
            raise ImageRejected(rejection.address, rejection.reason) from None
        except Unreachable as failure:
            self._retry_times[request.name] = self._clock.now() + _UNREACHABLE_SECONDS
            _log.info(
                "The image %s cannot be fetched now; its next reader tries again: %s", failure.path, failure.reason
            )
            raise NotReady("The picture", retry_after=int(_UNREACHABLE_SECONDS)) from None
        else:
            return image


def _weight(addresses: Mapping[str, str]) -> int:
    return 1 + len(addresses)

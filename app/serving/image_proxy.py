"""Pictures: avatars and what stands in comments, fetched once in place of readers' browsers, then kept.

Only what readers are shown may be asked for: the avatar of somebody who has written here, a picture that stands in a
comment which is served. So nobody can use the service to have things fetched or to fill its disk. A reader of a page
still causes no ask of GitHub's API; picture hosts have no such limit, and each picture is asked for once.
"""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from typing import Protocol

from cachetools import LRUCache, TTLCache

from app.domain.errors import AfterwordError, ImageNotFound, ImageRejected, NotReady, StoreError, Unreachable
from app.domain.threads import GHOST_ID, Comment
from app.jobs.single_flight import SingleFlight
from app.ports.mirror import Clock
from app.render.images import images

_log = logging.getLogger(__name__)
_AT_ONCE, _MOST_WAITING = 6, 200
_FRESH_FOR = 7 * 86_400.0
"""Seconds after which an avatar is fetched again, behind the reader's back: people change theirs."""
_REFUSED_FOR, _AWAY_FOR = 600.0, 60.0
"""Seconds for which a picture that was refused, and one whose host did not answer, is not tried again."""
_FAILURES_KEPT = 10_000
_RETRY_AFTER = 5
LARGEST_AVATAR, LARGEST_IMAGE = 1_000_000, 8_000_000
_AVATAR_PIXELS = 96
_ADDRESSES_KEPT = 50_000
"""Of pictures in comments, so that each comment is read once for the many that ask for its pictures."""


@dataclass(frozen=True, slots=True)
class Image:
    """The bytes of a picture, and what they are."""

    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture on the shelf since a time, epoch seconds."""

    picture: Image
    at: float


GHOST = Image(
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96"><path fill="#d0d7de" d="M0 0h96v96H0z"/>'
    b'<path fill="#fff" d="M48 18a19 19 0 1 1 0 38 19 19 0 0 1 0-38M12 96a36 36 0 0 1 72 0"/></svg>',
    "image/svg+xml",
)
"""The picture of whoever has deleted their account: drawn here, since no GitHub but the public one has any."""


class Source(Protocol):
    """Fetches pictures from the hosts that GitHub has them at."""

    async def fetch(self, address: str, *, largest: int) -> Image:
        """The picture of at most so many bytes; raises `ImageRejected`, or `Unreachable` where nobody answered."""


class ImageStore(Protocol):
    """Keeps pictures, as many as there is room for; never fails."""

    async def get(self, name: str) -> Kept | None:
        """The picture of a name."""

    async def put(self, name: str, picture: Image) -> None:
        """Keeps a picture in place of the one of the same name."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A picture that may be fetched: its name on the shelf, where GitHub has it, and for how long it is good."""

    name: str
    address: str
    largest: int
    fresh_for: float


class ImageProxy:
    """`visible` gives a comment of this id as readers may see it, `avatar_of` where GitHub has somebody's avatar."""

    def __init__(
        self,
        *,
        source: Source,
        shelf: ImageStore,
        visible: Callable[[int], Awaitable[Comment | None]],
        avatar_of: Callable[[int], Awaitable[str | None]],
        clock: Clock,
    ) -> None:
        self._source = source
        self._shelf = shelf
        self._visible = visible
        self._avatar_of = avatar_of
        self._clock = clock
        self._fetching: SingleFlight[Image] = SingleFlight()
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self._refused: TTLCache[str, ImageRejected] = TTLCache(_FAILURES_KEPT, _REFUSED_FOR, timer=clock.now)
        self._away: TTLCache[str, float] = TTLCache(_FAILURES_KEPT, _AWAY_FOR, timer=clock.now)
        """Until when pictures are not tried again whose host did not answer."""
        self._found: LRUCache[tuple[str, bytes], Mapping[str, str]] = LRUCache(_ADDRESSES_KEPT, getsizeof=_weight)

    async def avatar(self, user_id: int) -> Image:
        """The picture of somebody who has written here; `ImageNotFound` for everybody else."""
        if user_id == GHOST_ID:
            return GHOST
        name = f"avatar {user_id}"
        kept = await self._shelf.get(name)
        try:
            wanted = await self._avatar(name, user_id)
        except StoreError:
            if kept is None:
                raise
            return kept.picture  # who is shown cannot be told now: what was shown goes on
        if kept is None:
            return await asyncio.shield(self._begin(wanted))
        if self._is_old(kept, _FRESH_FOR):
            with suppress(AfterwordError):  # the old one is still good
                self._begin(wanted)
        return kept.picture

    async def image(self, comment_id: int, name: str) -> Image:
        """A picture that stands in a comment; `ImageNotFound` where readers are shown no such comment or picture."""
        comment = await self._visible(comment_id)
        address = None if comment is None else (await self._images(comment)).get(name)
        if address is None:
            raise ImageNotFound
        kept = await self._shelf.get(name)
        if kept is not None:
            return kept.picture
        return await asyncio.shield(self._begin(_Wanted(name, address, LARGEST_IMAGE, math.inf)))

    async def close(self) -> None:
        """Ends what is under way."""
        await self._fetching.close()

    async def _avatar(self, name: str, user_id: int) -> _Wanted:
        address = await self._avatar_of(user_id)
        if address is None:
            raise ImageNotFound
        sized = f"{address}{'&' if '?' in address else '?'}s={_AVATAR_PIXELS}"
        return _Wanted(name, sized, LARGEST_AVATAR, _FRESH_FOR)

    async def _images(self, comment: Comment) -> Mapping[str, str]:
        html = comment.source.get("body_html")
        if not isinstance(html, str):
            return {}
        key = (comment.url, blake2b(html.encode("utf-8", "replace"), digest_size=16).digest())
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = await asyncio.to_thread(images, html, base_url=comment.url)
        return found

    def _is_old(self, kept: Kept, fresh_for: float) -> bool:
        return not 0 <= self._clock.now() - kept.at <= fresh_for  # a clock that was set back proves nothing

    def _begin(self, wanted: _Wanted) -> asyncio.Task[Image]:
        """Raises what became of the last try where that was a moment ago, and `NotReady` where too many wait."""
        name = wanted.name
        refused, away_until = self._refused.get(name), self._away.get(name)
        if refused is not None:
            raise ImageRejected(refused.address, refused.reason)  # anew: one that is raised again grows its traceback
        if away_until is not None:
            raise NotReady("The picture", retry_after=math.ceil(away_until - self._clock.now()))
        if name not in self._fetching and len(self._fetching) >= _MOST_WAITING:
            raise NotReady("The picture", retry_after=_RETRY_AFTER)
        return self._fetching.join(name, lambda: self._fetched(wanted))

    async def _fetched(self, wanted: _Wanted) -> Image:
        try:
            kept = await self._shelf.get(wanted.name)  # somebody else may have been faster
            if kept is not None and not self._is_old(kept, wanted.fresh_for):
                return kept.picture
            async with self._at_once:
                picture = await self._source.fetch(wanted.address, largest=wanted.largest)
            await self._shelf.put(wanted.name, picture)
        except ImageRejected as refusal:
            self._refused[wanted.name] = refusal.with_traceback(None)
            _log.info("The picture %s is not shown: %s.", refusal.address, refusal.reason)
            raise ImageRejected(refusal.address, refusal.reason) from None
        except Unreachable as failure:
            self._away[wanted.name] = self._clock.now() + _AWAY_FOR
            _log.info("The picture %s cannot be fetched now: %s.", failure.path, failure.reason)
            raise NotReady("The picture", retry_after=int(_AWAY_FOR)) from None
        else:
            return picture


def _weight(found: Mapping[str, str]) -> int:
    return 1 + len(found)

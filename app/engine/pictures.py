"""Pictures: avatars and what stands in comments, fetched once in place of readers' browsers, then kept.

Only what readers are shown may be asked for: the avatar of somebody who has written here, a picture that stands in a
comment which is served. So nobody can use the service to have things fetched or to fill its disk. A reader of a page
still causes no ask of GitHub's API; picture hosts have no such limit, and each picture is asked for once.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from cachetools import TTLCache

from app.domain.errors import AfterwordError, NoSuchPicture, NotYet, PictureRefused
from app.domain.threads import GHOST_ID, Comment
from app.engine.ports import Clock
from app.engine.single_flight import SingleFlight
from app.render.pictures import images

_log = logging.getLogger(__name__)
_AT_ONCE, _MOST_WAITING = 6, 200
_FRESH_FOR = 7 * 86_400.0
"""Seconds after which an avatar is fetched again, behind the reader's back: people change theirs."""
_FAILED_FOR, _AWAY_FOR = 600.0, 60.0
"""Seconds for which a picture that was refused, and one whose host did not answer, is not tried again."""
_FAILURES_KEPT = 10_000
_RETRY_AFTER = 5
_GHOST = f"https://avatars.githubusercontent.com/u/{GHOST_ID}"
_LARGEST_AVATAR, LARGEST_IMAGE = 1_000_000, 8_000_000
_AVATAR_PIXELS = 96


@dataclass(frozen=True, slots=True)
class Picture:
    """The bytes of a picture, and what they are."""

    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture on the shelf since a time, epoch seconds."""

    picture: Picture
    at: float


class Source(Protocol):
    """Fetches pictures from the hosts that GitHub has them at."""

    async def fetch(self, address: str, *, largest: int) -> Picture:
        """The picture of at most so many bytes; raises `PictureRefused`, or `Unreachable` where nobody answered."""


class Shelf(Protocol):
    """Keeps pictures, as many as there is room for; never fails."""

    async def get(self, name: str) -> Kept | None:
        """The picture of a name."""

    async def put(self, name: str, picture: Picture) -> None:
        """Keeps a picture in place of the one of the same name."""


class Pictures:
    """`visible` gives a comment of this id as readers may see it, `avatar_of` where GitHub has somebody's avatar."""

    def __init__(
        self,
        *,
        source: Source,
        shelf: Shelf,
        visible: Callable[[int], Awaitable[Comment | None]],
        avatar_of: Callable[[int], Awaitable[str | None]],
        clock: Clock,
    ) -> None:
        self._source = source
        self._shelf = shelf
        self._visible = visible
        self._avatar_of = avatar_of
        self._clock = clock
        self._fetching: SingleFlight[Picture] = SingleFlight()
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self._under_way = 0
        self._refused: TTLCache[str, AfterwordError] = TTLCache(_FAILURES_KEPT, _FAILED_FOR, timer=clock.now)
        self._away: TTLCache[str, AfterwordError] = TTLCache(_FAILURES_KEPT, _AWAY_FOR, timer=clock.now)

    async def avatar(self, user_id: int) -> Picture:
        """The picture of somebody who has written here; `NoSuchPicture` for everybody else."""
        name = f"avatar {user_id}"
        kept = await self._shelf.get(name)
        if kept is None:
            return await asyncio.shield(self._begin(name, lambda: self._fetch_avatar(name, user_id)))
        if not 0 <= self._clock.now() - kept.at <= _FRESH_FOR and not self._failed(name):
            self._begin(name, lambda: self._fetch_avatar(name, user_id))
        return kept.picture

    async def image(self, comment_id: int, name: str) -> Picture:
        """A picture that stands in a comment; `NoSuchPicture` where readers are shown no such comment or picture."""
        comment = await self._visible(comment_id)
        html = comment.source.get("body_html") if comment is not None else None
        if comment is None or not isinstance(html, str):
            raise NoSuchPicture
        found = await asyncio.to_thread(images, html, base_url=comment.url)
        if name not in found:
            raise NoSuchPicture
        kept = await self._shelf.get(name)
        if kept is not None:
            return kept.picture
        return await asyncio.shield(self._begin(name, lambda: self._fetch(name, found[name], LARGEST_IMAGE)))

    def _failed(self, name: str) -> AfterwordError | None:
        return self._refused.get(name) or self._away.get(name)

    def _begin(self, name: str, fetch: Callable[[], Awaitable[Picture]]) -> asyncio.Task[Picture]:
        """Raises what became of the last try where that was a moment ago, and `NotYet` where too many wait."""
        failure = self._failed(name)
        if failure is not None:
            raise failure
        if self._under_way >= _MOST_WAITING:
            raise NotYet("The picture", retry_after=_RETRY_AFTER)

        async def fetched() -> Picture:
            self._under_way += 1
            try:
                async with self._at_once:
                    return await fetch()
            except AfterwordError as failure:
                refused = isinstance(failure, PictureRefused | NoSuchPicture)
                (self._refused if refused else self._away)[name] = failure
                _log.info("The picture %r is not to be had: %s", name, failure)
                raise
            finally:
                self._under_way -= 1

        return self._fetching.join(name, fetched)

    async def _fetch_avatar(self, name: str, user_id: int) -> Picture:
        address = _GHOST if user_id == GHOST_ID else await self._avatar_of(user_id)
        if address is None:
            raise NoSuchPicture
        sized = f"{address}{'&' if '?' in address else '?'}s={_AVATAR_PIXELS}"
        return await self._fetch(name, sized, _LARGEST_AVATAR)

    async def _fetch(self, name: str, address: str, largest: int) -> Picture:
        picture = await self._source.fetch(address, largest=largest)
        await self._shelf.put(name, picture)
        return picture

    async def close(self) -> None:
        """Ends what is under way."""
        await self._fetching.close()

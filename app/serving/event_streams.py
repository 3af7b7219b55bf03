"""Pages that listen for changes: one registry and one pair of tasks for all of them, however many they are.

What a page hears is how its thread is now, never what became of it: so nothing has to be kept for pages that were away
or that take it slowly, and a page that hears twice is told nothing false. Each page is told by a task that lives as
long as the page takes to hear it; while it does, only the latest state waits for it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

import orjson

from app.domain.errors import NotServed
from app.domain.sites import Repository
from app.domain.threads import Status
from app.ports.jobs import THE_REPOSITORY
from app.ports.mirror import Clock
from app.render.document import Document
from app.render.keys import PostKey

_log = logging.getLogger(__name__)
_BREATH = 25.0
"""Seconds between signs of life: proxies and load balancers take a minute of silence for the end."""
_MOST = 20_000
_AT_ONCE = 250
"""How many pages are told before readers have their turn."""
_SOONEST_MS, _SPREAD_MS = 2_000, 4_000
_Subject = tuple[str, int]
"""(repository key, number)"""


@dataclass(frozen=True, slots=True)
class State:
    """How a thread is at a version, as far as a page needs it to decide whether to read it again."""

    repo: str
    number: int
    status: str
    comment_count: int | None
    version: int

    @property
    def id(self) -> str:
        """Tells this state from the others of the thread: without its version changing it may become a post, or cease.

        Of digits and letters, and the version alone where there is a thread to show.
        """
        return f"{self.version}-missing" if self.status == Status.MISSING else str(self.version)


class Subscriber(Protocol):
    """One page that listens. Each method returns once the page can take more, and may raise OSError."""

    async def tell(self, state: State) -> None:
        """Says that the thread has changed, and how it is now."""

    async def breathe(self) -> None:
        """Gives a sign of life."""

    async def end(self) -> None:
        """Says that nothing more will come."""


class _Sign(Enum):
    LIFE = "life"
    END = "end"


@dataclass(slots=True, eq=False)
class Topic:
    """All who listen to one thread."""

    repo: Repository
    number: int
    places: set["Place"] = field(default_factory=set)
    state: State | None = None
    """How the thread was last read; None while nobody knows how it is now."""


@dataclass(slots=True, eq=False)
class Place:
    """One listener's place in an audience; what it is to hear next waits here while it is being told something."""

    audience: Topic
    listener: Subscriber
    speaking: bool = True
    """True while something is being said to it: from the beginning on, since whoever joins has to greet it first."""
    next: State | _Sign | None = None
    ended: bool = False
    """True once it was told the end, or has left: nothing may be said to it any more."""


class Subscribers:
    """All listeners of this process. `version` and `document` say how a thread is, and must not ask GitHub."""

    def __init__(
        self,
        *,
        version: Callable[[Repository, int], Awaitable[int]],
        document: Callable[[PostKey], Awaitable[Document]],
        clock: Clock,
        chance: Callable[[], float],
        most: int = _MOST,
    ) -> None:
        self._version = version
        self._document = document
        self._clock = clock
        self._chance = chance
        self._most = most
        self._audiences: dict[_Subject, Topic] = {}
        self._changed: dict[_Subject, None] = {}
        self._failed: set[_Subject] = set()
        self._woken = asyncio.Event()
        self._speeches: set[asyncio.Task[None]] = set()
        self._listening = 0
        self._closed = False

    @property
    def listening(self) -> int:
        """How many listen now."""
        return self._listening

    def retry_ms(self) -> int:
        """After how many milliseconds a page that was cut off is to come back: not all at once."""
        return _SOONEST_MS + int(_SPREAD_MS * self._chance())

    def join(self, repo: Repository, number: int, listener: Subscriber) -> Place | None:
        """A place for a listener, who is to be greeted before `greeted`; None where there is no more room.

        From here on no change passes it by. Whoever joins has to `leave`.
        """
        if self._closed or self._listening >= self._most:
            return None
        audience = self._audiences.setdefault((repo.key, number), Topic(repo, number))
        place = Place(audience, listener)
        audience.places.add(place)
        self._listening += 1
        return place

    async def present(self, place: Place) -> State | None:
        """How the thread of a place is now; None where that cannot be read: the listener is told when it can."""
        audience = place.audience
        if audience.state is not None:
            return audience.state
        about = _subject(audience)
        try:
            state = await self._read(audience)
        except Exception:  # noqa: BLE001 - it is read once more for the whole audience, and then logged
            self.changed(audience.repo, {audience.number})
            return None
        if audience.state is None and about not in self._changed:
            audience.state = state
        return state

    def greeted(self, place: Place) -> None:
        """The listener has been greeted: what has happened meanwhile is told now."""
        place.speaking = False
        if place.next is not None:
            self._begin(place)

    def leave(self, place: Place) -> None:
        """The listener is gone, or is given up."""
        audience = place.audience
        place.ended, place.next = True, None
        if place not in audience.places:
            return
        audience.places.discard(place)
        self._listening -= 1
        if not audience.places:
            del self._audiences[_subject(audience)]

    def changed(self, repo: Repository, numbers: Iterable[int]) -> None:
        """Has all who listen to these threads told, once; called when readers are already served the new state.

        `THE_REPOSITORY` among them means all of its threads.
        """
        about = {(repo.key, number) for number in numbers}
        if (repo.key, THE_REPOSITORY) in about:
            about = {subject for subject in self._audiences if subject[0] == repo.key}
        for subject in about & self._audiences.keys():
            self._mark(subject)

    def _mark(self, about: _Subject) -> None:
        self._audiences[about].state = None
        self._changed[about] = None
        self._woken.set()

    async def run(self) -> None:
        """Tells of changes and gives signs of life, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._breathe())
            group.create_task(self._follow())

    async def _breathe(self) -> None:
        """Once for all; what could not be read the last time is read again with each breath."""
        while True:
            await self._clock.sleep(_BREATH)
            for about in self._failed & self._audiences.keys():
                self._mark(about)
            self._failed.clear()
            await self._say_to_all([*self._places()], _Sign.LIFE)

    def _places(self) -> Iterable[Place]:
        return (place for audience in self._audiences.values() for place in audience.places)

    async def _follow(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            while self._changed:
                about = next(iter(self._changed))
                del self._changed[about]
                if about in self._audiences:
                    await self._spread(self._audiences[about])

    async def _spread(self, audience: Topic) -> None:
        """Reads how a thread is now and tells all who listen to it; one that may not be read any more ends them."""
        word: State | _Sign
        try:
            word = await self._read(audience)
        except NotServed:
            word = _Sign.END
        except Exception:  # noqa: BLE001 - logged; one thread must not silence all others
            _log.exception("Post %s of %s could not be read for who listens", audience.number, audience.repo)
            self._failed.add(_subject(audience))
            return
        if isinstance(word, State) and _subject(audience) not in self._changed:
            audience.state = word
        await self._say_to_all([*audience.places], word)

    async def _read(self, audience: Topic) -> State:
        """The version first: a change in between is then told twice, where it would else be lost."""
        version = await self._version(audience.repo, audience.number)
        document = await self._document(PostKey(audience.repo, audience.number))
        post = orjson.loads(document.bodies["identity"])
        return State(audience.repo.full_name, audience.number, post["status"], post["comment_count"], version)

    async def _say_to_all(self, places: list[Place], word: State | _Sign) -> None:
        for start in range(0, len(places), _AT_ONCE):
            for place in places[start : start + _AT_ONCE]:
                self._say(place, word)
            await asyncio.sleep(0)

    def _say(self, place: Place, word: State | _Sign) -> None:
        """The end goes before all else, and a sign of life is not needed where anything else is being said."""
        if place.ended or place.next is _Sign.END or (word is _Sign.LIFE and place.speaking):
            return
        place.next = word
        if not place.speaking:
            self._begin(place)

    def _begin(self, place: Place) -> None:
        place.speaking = True
        speech = asyncio.create_task(self._speak(place))
        self._speeches.add(speech)
        speech.add_done_callback(self._speeches.discard)

    async def _speak(self, place: Place) -> None:
        """Says what waits, until nothing does."""
        try:
            while place.next is not None and not place.ended:
                word, place.next = place.next, None
                if isinstance(word, State):
                    await place.listener.tell(word)
                elif word is _Sign.LIFE:
                    await place.listener.breathe()
                else:
                    place.ended = True
                    await place.listener.end()
        except OSError:
            self.leave(place)
        finally:
            place.speaking = False

    def close(self) -> None:
        """Ends all streams and lets nobody join any more; may be called again, and from a signal's handler."""
        self._closed = True
        for place in [*self._places()]:
            self._say(place, _Sign.END)


def _subject(audience: Topic) -> _Subject:
    return audience.repo.key, audience.number

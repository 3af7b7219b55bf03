"""Event streams: open pages that hear of changes. One registry and one pair of tasks serve all of them.

An event tells the current state of a thread, never its history. So nothing is stored for pages that were away or that
are slow, and a repeated event is never wrong. A task tells each page, and lives as long as the page takes to receive
it; only the latest event waits behind it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

import orjson

from app.domain.errors import NotServed, ReadError
from app.domain.records import REPOSITORY_NUMBER, ThreadRef
from app.domain.sites import Repository
from app.domain.threads import Status
from app.jobs.periodic import run_periodically
from app.ports.clock import Clock
from app.render.document import Document
from app.render.keys import PostKey

_log = logging.getLogger(__name__)
_HEARTBEAT_EVERY = 15.0
"""Seconds between heartbeats: Traffic Server and h2o close a stream after thirty seconds of silence, others later."""
_MOST = 20_000
_AT_ONCE = 250
"""How many pages receive an event before readers have their turn."""
_SHORTEST_RETRY_MS, _RETRY_SPREAD_MS = 2_000, 4_000


@dataclass(frozen=True, slots=True)
class ThreadEvent:
    """The state of a thread at a version, as far as a page needs it to decide whether to read it again."""

    repo: str
    number: int
    status: str
    comment_count: int | None
    version: int

    @property
    def id(self) -> str:
        """Return the event's id: the version, with a suffix if there is no thread to show.

        A thread may become a post, or cease to be one, without a new version.
        """
        return f"{self.version}-missing" if self.status == Status.MISSING else str(self.version)


class Subscriber(Protocol):
    """One open page. Each method returns once the page can take more, and may raise OSError."""

    async def send_event(self, event: ThreadEvent) -> None:
        """Send that the thread has changed, and its current state."""

    async def send_heartbeat(self) -> None:
        """Send a sign of life."""

    async def end(self) -> None:
        """Send that nothing more will come."""


class _Control(Enum):
    HEARTBEAT = "heartbeat"
    END = "end"


@dataclass(slots=True, eq=False)
class Topic:
    """A thread and all its subscriptions."""

    ref: ThreadRef
    subscriptions: set["Subscription"] = field(default_factory=set)
    event: ThreadEvent | None = None
    """The thread's state when it was last read; None if that is out of date."""


@dataclass(slots=True, eq=False)
class Subscription:
    """A page's subscription to a topic; the next message waits here while the page receives another."""

    topic: Topic
    subscriber: Subscriber
    is_sending: bool = True
    """True while the page receives something: from the start, since a new page is welcomed first."""
    next: ThreadEvent | _Control | None = None
    has_ended: bool = False
    """True after the end was sent, or the page has left: nothing may be sent any more."""


class Subscribers:
    """All subscriptions of this process. `document` reads a thread's state without asking GitHub."""

    def __init__(
        self,
        *,
        document: Callable[[PostKey], Awaitable[Document]],
        clock: Clock,
        random: Callable[[], float],
        most: int = _MOST,
    ) -> None:
        self._document = document
        self._clock = clock
        self._random = random
        self._most = most
        self._topics: dict[ThreadRef, Topic] = {}
        self._outdated_refs: dict[ThreadRef, None] = {}
        self._unreadable: set[ThreadRef] = set()
        self._wakeup = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self.count = 0
        """How many pages are subscribed."""
        self._is_closed = False

    def retry_ms(self) -> int:
        """Return the milliseconds after which a page reconnects: not all at once."""
        return _SHORTEST_RETRY_MS + int(_RETRY_SPREAD_MS * self._random())

    def subscribe(self, repo: Repository, number: int, subscriber: Subscriber) -> Subscription | None:
        """Return a subscription; None if there is no room. The page is welcomed before `finish_welcome` is called.

        From here on it misses no change. The caller has to `unsubscribe`.
        """
        if self._is_closed or self.count >= self._most:
            return None
        ref = ThreadRef(repo, number)
        topic = self._topics.setdefault(ref, Topic(ref))
        subscription = Subscription(topic, subscriber)
        topic.subscriptions.add(subscription)
        self.count += 1
        return subscription

    async def current_event(self, subscription: Subscription) -> ThreadEvent | None:
        """Return the current state of a subscription's thread; None if it cannot be read: it is sent once it can."""
        topic = subscription.topic
        if topic.event is not None:
            return topic.event
        try:
            event = await self._read(topic)
        except Exception:  # noqa: BLE001 - it is read once more for the whole topic, and then logged
            self.notify(topic.ref.repo, {topic.ref.number})
            return None
        if topic.event is None and topic.ref not in self._outdated_refs:
            topic.event = event
        return event

    def finish_welcome(self, subscription: Subscription) -> None:
        """Send what has happened during the welcome."""
        subscription.is_sending = False
        if subscription.next is not None:
            self._start_sending(subscription)

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription: the page has left, or is given up."""
        topic = subscription.topic
        subscription.has_ended, subscription.next = True, None
        if subscription not in topic.subscriptions:
            return
        topic.subscriptions.discard(subscription)
        self.count -= 1
        if not topic.subscriptions:
            del self._topics[topic.ref]

    def notify(self, repo: Repository, numbers: Iterable[int]) -> None:
        """Send an event to all subscribers of these threads; readers are already served the new state.

        `REPOSITORY_NUMBER` among the numbers means all threads of the repository.
        """
        refs = {ThreadRef(repo, number) for number in numbers}
        if ThreadRef(repo, REPOSITORY_NUMBER) in refs:
            refs = {ref for ref in self._topics if ref.repo == repo}
        for ref in refs & self._topics.keys():
            self._outdate(ref)

    def _outdate(self, ref: ThreadRef) -> None:
        self._topics[ref].event = None
        self._outdated_refs[ref] = None
        self._wakeup.set()

    async def run(self) -> None:
        """Send events and heartbeats. Never returns."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._send_heartbeats())
            group.create_task(self._send_events())

    async def _send_heartbeats(self) -> None:
        await self._clock.sleep(_HEARTBEAT_EVERY)
        message = "Heartbeats could not be sent; the next ones follow"
        await run_periodically(self._beat, self._clock.sleep, every=_HEARTBEAT_EVERY, error_message=message)

    async def _beat(self) -> None:
        """Send a heartbeat to all; read again what could not be read the last time."""
        for ref in self._unreadable & self._topics.keys():
            self._outdate(ref)
        self._unreadable.clear()
        await self._send_to_all([*self._subscriptions()], _Control.HEARTBEAT)

    def _subscriptions(self) -> Iterable[Subscription]:
        return (subscription for topic in self._topics.values() for subscription in topic.subscriptions)

    async def _send_events(self) -> None:
        while True:
            await self._wakeup.wait()
            self._wakeup.clear()
            while self._outdated_refs:
                ref = next(iter(self._outdated_refs))
                del self._outdated_refs[ref]
                if ref in self._topics:
                    await self._publish(self._topics[ref])

    async def _publish(self, topic: Topic) -> None:
        """Read a thread's current state and send it to all; end the streams of one that may not be read any more."""
        message: ThreadEvent | _Control
        try:
            message = await self._read(topic)
        except NotServed:
            message = _Control.END
        except ReadError as failure:
            text = "Post %s of %s could not be read for its subscribers; it is read again at the next heartbeat: %s"
            _log.info(text, topic.ref.number, topic.ref.repo, failure)
            self._unreadable.add(topic.ref)
            return
        except Exception:  # noqa: BLE001 - logged; one thread must not silence all others
            _log.exception("Post %s of %s could not be read for its subscribers", topic.ref.number, topic.ref.repo)
            self._unreadable.add(topic.ref)
            return
        if isinstance(message, ThreadEvent) and topic.ref not in self._outdated_refs:
            topic.event = message
        await self._send_to_all([*topic.subscriptions], message)

    async def _read(self, topic: Topic) -> ThreadEvent:
        repo, number = topic.ref
        document = await self._document(PostKey(repo, number))
        post = orjson.loads(document.bodies["identity"])
        return ThreadEvent(repo.full_name, number, post["status"], post["comment_count"], post["version"])

    async def _send_to_all(self, subscriptions: list[Subscription], message: ThreadEvent | _Control) -> None:
        for start in range(0, len(subscriptions), _AT_ONCE):
            for subscription in subscriptions[start : start + _AT_ONCE]:
                self._send(subscription, message)
            await asyncio.sleep(0)

    def _send(self, subscription: Subscription, message: ThreadEvent | _Control) -> None:
        """Send a message after the current one: the end replaces all else, and any message replaces a heartbeat."""
        if subscription.has_ended or subscription.next is _Control.END:
            return
        if message is _Control.HEARTBEAT and subscription.is_sending:
            return
        subscription.next = message
        if not subscription.is_sending:
            self._start_sending(subscription)

    def _start_sending(self, subscription: Subscription) -> None:
        subscription.is_sending = True
        task = asyncio.create_task(self._send_waiting(subscription))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send_waiting(self, subscription: Subscription) -> None:
        """Send what waits until nothing does."""
        try:
            while subscription.next is not None and not subscription.has_ended:
                message, subscription.next = subscription.next, None
                if isinstance(message, ThreadEvent):
                    await subscription.subscriber.send_event(message)
                elif message is _Control.HEARTBEAT:
                    await subscription.subscriber.send_heartbeat()
                else:
                    subscription.has_ended = True
                    await subscription.subscriber.end()
        except OSError:
            self.unsubscribe(subscription)
        finally:
            subscription.is_sending = False

    def close(self) -> None:
        """End all streams and accept no further ones; may be called again, and from a signal handler."""
        self._is_closed = True
        for subscription in [*self._subscriptions()]:
            self._send(subscription, _Control.END)

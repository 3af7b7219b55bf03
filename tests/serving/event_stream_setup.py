"""Subscribers that run among fakes: threads, pages, and a clock that the test moves."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import orjson
from typing_extensions import override

from app.domain.sites import Repository, repository
from app.render.document import JSON, Document
from app.render.keys import PostKey
from app.serving.event_streams import Subscriber, Subscribers, Subscription, ThreadEvent
from tests.fakes import ManualClock, run_ready_tasks

BLOG, NOTES = repository("Ada/Blog"), repository("ada/notes")
POST, OTHER = 41, 42
HEARTBEAT_SECONDS = 15


class FakeThreads:
    """The threads' versions and documents; `failure` is raised for documents, after `gate` was opened."""

    def __init__(self) -> None:
        self.versions: dict[int, int] = {}
        self.reads: list[int] = []
        self.failure: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def document(self, key: PostKey) -> Document:
        """Return a document with a comment for each change so far."""
        self.reads.append(key.number)
        count = self.versions.get(key.number, 0)
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        body = orjson.dumps({"status": "open", "comment_count": count, "version": count})
        return Document({"identity": body}, 'W/"a"', JSON, checked_at=None)


class FakePage(Subscriber):
    """A page that records what it receives; it receives nothing while `gate` is closed."""

    def __init__(self) -> None:
        self.messages: list[int | str] = []
        """The version of each event, "heartbeat" and "end"."""
        self.events: list[ThreadEvent] = []
        self._received = asyncio.Event()
        self.failure: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    @override
    async def send_event(self, event: ThreadEvent) -> None:
        await self._receive(event.version)
        self.events.append(event)
        self._received.set()

    @override
    async def send_heartbeat(self) -> None:
        await self._receive("heartbeat")

    @override
    async def end(self) -> None:
        await self._receive("end")

    async def wait_for(self, comment_count: int) -> None:
        """Wait for an event with this number of comments; raise TimeoutError after ten seconds."""
        async with asyncio.timeout(10):
            while not self.events or self.events[-1].comment_count != comment_count:
                self._received.clear()
                await self._received.wait()

    async def _receive(self, message: int | str) -> None:
        if self.failure is not None:
            raise self.failure
        await self.gate.wait()
        self.messages.append(message)


class StreamSetup:
    """Subscribers over fake threads."""

    def __init__(self, *, most: int = 1000, random: float = 0.5) -> None:
        self.threads = FakeThreads()
        self.clock = ManualClock()
        self.subscribers = Subscribers(
            document=self.threads.document,
            clock=self.clock,
            random=lambda: random,
            most=most,
        )

    def subscribe(self, page: FakePage, number: int = POST, repo: Repository = BLOG) -> Subscription:
        """Subscribe a page that is not welcomed yet."""
        subscription = self.subscribers.subscribe(repo, number, page)
        assert subscription is not None
        return subscription

    async def add_page(self, number: int = POST, repo: Repository = BLOG) -> FakePage:
        """Subscribe and welcome a page."""
        page = FakePage()
        subscription = self.subscribe(page, number, repo)
        await self.subscribers.current_event(subscription)
        self.subscribers.finish_welcome(subscription)
        return page

    async def change(self, number: int = POST, repo: Repository = BLOG) -> None:
        """Change a thread and notify its subscribers."""
        self.threads.versions[number] = self.threads.versions.get(number, 0) + 1
        self.subscribers.notify(repo, {number})
        await run_ready_tasks()

    async def pass_heartbeat(self) -> None:
        """Let time pass until the next heartbeat was sent."""
        await self.clock.advance(HEARTBEAT_SECONDS)


@asynccontextmanager
async def run_subscribers(*, most: int = 1000) -> AsyncGenerator[StreamSetup, None]:
    """Run subscribers; they must not end before the block does."""
    setup = StreamSetup(most=most)
    task = asyncio.create_task(setup.subscribers.run())
    await run_ready_tasks()
    try:
        yield setup
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.wait({task})

"""What serves documents, over a mirror of three sites in memory."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable

from typing_extensions import override

from app.domain.posts.posts import Post, PostCatalog, Posts
from app.domain.records import SiteRecord, ThreadRef, Tombstone
from app.domain.sites import PostFilter, Repository, repository
from app.domain.thread_state import Snapshot
from app.domain.threads import ImageSize
from app.github import payloads
from app.ports.mirror import Change, Select
from app.render.document import Document
from app.render.keys import Key
from app.render.sanitizer.sanitize import image_name
from app.serving.access_policy import AccessPolicy, VisibleImages
from app.serving.document_cache import DocumentCache, Documents
from app.serving.event_streams import Subscribers
from app.serving.renderer import Renderer
from app.serving.updater import Updater
from app.serving.views import Views
from app.store.memory import MemoryKeyValues, MemoryMirror
from tests.contracts.mirrors import API, issue
from tests.fakes import FakeClock
from tests.github.objects import comment_object

BLOG, NOTES, THIRD = SITES = repository("ada/blog"), repository("ada/notes"), repository("ada/third")


class GatedMirror(MemoryMirror):
    """A mirror whose snapshots are returned only while `gate` is open, as they were when they were read."""

    def __init__(self) -> None:
        super().__init__("here", SITES)
        self.gate = asyncio.Event()
        self.gate.set()
        self.was_read = asyncio.Event()

    @override
    async def snapshot(
        self, repo: Repository, number: int, *, with_comments: bool = True, select: Select | None = None
    ) -> Snapshot:
        snapshot = await super().snapshot(repo, number, with_comments=with_comments, select=select)
        self.was_read.set()
        await self.gate.wait()
        return snapshot


class RecordedSubscribers(Subscribers):
    """Records the threads whose subscribers are notified."""

    def __init__(self, documents: Documents) -> None:
        super().__init__(document=documents.current, clock=FakeClock(), random=lambda: 0.0)
        self.notified: set[ThreadRef] = set()

    @override
    def notify(self, repo: Repository, numbers: Iterable[int]) -> None:
        self.notified |= {ThreadRef(repo, number) for number in numbers}


class DocumentSetup:
    """Documents of three sites with an issue 7 each; issue 1 of the blog was transferred: it is 7 of the notes now."""

    def __init__(self, posts: PostFilter | None = None) -> None:
        self.mirror = GatedMirror()
        self.key_values = MemoryKeyValues()
        self.cache = DocumentCache(1_000_000)
        self.access = AccessPolicy(posts or PostFilter(), allow_private=False)
        self.images = VisibleImages(self.mirror, self.access, SITES)
        views = Views(self.mirror, self.key_values, self.access, Renderer(b"secret"), Counter())
        self.documents = Documents(views, self.cache)
        self._subscribers = RecordedSubscribers(self.documents)
        self._updater = Updater(self.documents, self.access, self._subscribers, SITES)

    async def fill(self) -> None:
        """Mirror the sites."""
        for number, repo in enumerate(SITES, start=1):
            site = SiteRecord(repo, number, repo.full_name, issues_listed_at=1.0)
            await self.mirror.apply(Change(repo=repo, at=1.0, site=site, issues=(issue(7, repo=repo),)))
        await self.transfer(BLOG, 1, NOTES, 7)

    async def comment(self, comment_id: int, *, repo: Repository = BLOG, **fields: str) -> None:
        """Make this the only comment of issue 7."""
        comment = payloads.comment(comment_object(comment_id, 7, **fields))
        issues, threads = (issue(7, repo=repo, comments=1),), frozenset({7})
        await self.mirror.apply(Change(repo=repo, at=1.0, issues=issues, comments=(comment,), complete_threads=threads))

    async def transfer(self, repo: Repository, number: int, target: Repository, target_number: int) -> None:
        """Mirror that an issue was transferred."""
        address = f"{API}/repos/{target}/issues/{target_number}"
        tombstone = Tombstone(number, gone=True, checked_at=1.0, transferred_to=address)
        await self.mirror.apply(Change(repo=repo, at=1.0, tombstone=tombstone))

    async def retitle(self, repo: Repository, number: int, title: str) -> None:
        """Mirror another title of an issue."""
        await self.mirror.apply(Change(repo=repo, at=1.0, issues=(issue(number, repo=repo, title=title),)))

    async def hide(self, repo: Repository) -> None:
        """Mirror that a repository became private."""
        await self.mirror.apply(Change(repo=repo, at=2.0, site_update={"private": True}))

    async def report_change(self, repo: Repository, number: int) -> set[ThreadRef]:
        """Report a committed change; return the threads whose subscribers were notified."""
        return await self._take_notified(self._updater.update(repo, frozenset({number})))

    async def learn_size(self, comment_id: int, address: str, size: ImageSize) -> set[ThreadRef]:
        """Learn the size of an image in a comment of the blog; return the threads whose subscribers were notified."""
        numbers = await self.mirror.learn_image_sizes(BLOG, {comment_id: {image_name(address): size}})
        return await self._take_notified(self._updater.show_images(BLOG, numbers))

    async def replace_posts(self, posts: Posts) -> set[ThreadRef]:
        """Serve another list of posts; return the threads whose subscribers were notified."""
        refs = {ThreadRef(repo, number) for repo, numbers in posts.items() for number in numbers}
        catalog = PostCatalog(tuple(Post(f"{ref.number}.md", frozenset({ref})) for ref in refs))
        return await self._take_notified(self._updater.replace_posts(catalog))

    async def _take_notified(self, update: Awaitable[None]) -> set[ThreadRef]:
        self._subscribers.notified = set()
        await update
        return self._subscribers.notified

    async def body(self, key: Key) -> bytes:
        """Return the body of a new document."""
        return (await self.documents.document(key)).bodies["identity"]

    async def overtake(self, key: Key, change: Callable[[], Awaitable[object]]) -> asyncio.Task[Document]:
        """Make a document, and let a change happen after the mirror was read for it; return the finished task."""
        self.mirror.gate.clear()
        self.mirror.was_read.clear()
        task = asyncio.create_task(self.documents.document(key))
        await self.mirror.was_read.wait()
        await change()
        self.mirror.gate.set()
        await asyncio.wait({task})
        return task

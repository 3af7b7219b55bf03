"""The image proxy among fakes: GitHub's hosts, an image store, and what readers are shown."""

import asyncio
from collections.abc import Mapping

from typing_extensions import override

from app.domain.sites import Repository
from app.domain.threads import Comment, ImageSize
from app.ports.images import CachedImage, Image, ImageSource, ImageStore
from app.serving.access_policy import VisibleComment, VisibleImages
from app.serving.image_proxy import ImageProxy
from app.serving.image_sizes.learning import ImageSizes
from app.store.memory import MemoryMirror
from tests.contracts.mirrors import REPO
from tests.fakes import FakeClock
from tests.render.sample_threads import a_comment

ADA, BOB, STRANGER = 7, 8, 9
CAMO = "https://camo.githubusercontent.com/8f1c/6874"
HTML = f'<p><img src="{CAMO}"> <img src="/owner/name/raw/main/x.png"></p>'


class FakeImageSource(ImageSource):
    """GitHub's image hosts: the n-th request returns the body `n` once `gate` is open, or raises `failure`."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, int]] = []
        """(address, allowed bytes)"""
        self.failure: Exception | None = None
        self.body: bytes | None = None
        """Is returned in place of the number, if set."""
        self.content_type = "image/png"
        self.gate = asyncio.Event()
        self.gate.set()
        self.has_begun = asyncio.Event()
        """Is set by the first request: before it, a comment is parsed in a thread."""
        self.at_once = self.most_at_once = 0

    @override
    async def fetch(self, address: str, *, largest: int) -> Image:
        self.requests.append((address, largest))
        self.has_begun.set()
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await self.gate.wait()
        self.at_once -= 1
        if self.failure is not None:
            raise self.failure
        return Image(self.body or f"{len(self.requests)}".encode(), self.content_type)


class FakeImageStore(ImageStore):
    """Images in memory; reading and writing take a turn of the event loop."""

    def __init__(self, clock: FakeClock) -> None:
        self.images: dict[str, CachedImage] = {}
        self._clock = clock

    @override
    async def get(self, name: str) -> CachedImage | None:
        await asyncio.sleep(0)
        return self.images.get(name)

    @override
    async def put(self, name: str, image: Image) -> None:
        await asyncio.sleep(0)
        self.images[name] = CachedImage(image, self._clock.now())


class FailingMirror(MemoryMirror):
    """A mirror that raises `failure`, if set, in place of storing sizes."""

    failure: Exception | None = None

    @override
    async def learn_image_sizes(self, repo: Repository, sizes: Mapping[int, Mapping[str, ImageSize]]) -> frozenset[int]:
        if self.failure is not None:
            raise self.failure
        return await super().learn_image_sizes(repo, sizes)


class FakeImageAccess(VisibleImages):
    """What readers are shown: `comments` by id, `avatars` by user id; `failure` is raised for avatars."""

    def __init__(self) -> None:
        self.comments: dict[int, Comment] = {1: a_comment(1, body_html=HTML), 2: a_comment(2, body_html=None)}
        self.avatars = {ADA: "https://avatars.githubusercontent.com/u/7?v=4", BOB: "https://ghe.example/avatars/8"}
        self.failure: Exception | None = None

    @override
    async def comment(self, comment_id: int) -> VisibleComment | None:
        comment = self.comments.get(comment_id)
        return None if comment is None else VisibleComment(REPO, comment)

    @override
    async def avatar(self, user_id: int) -> str | None:
        if self.failure is not None:
            raise self.failure
        return self.avatars.get(user_id)


class ImageSetup:
    """An image proxy and its fakes."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.source = FakeImageSource()
        self.store = FakeImageStore(self.clock)
        self.access = FakeImageAccess()
        self.mirror = FailingMirror("here")
        self.changed: list[frozenset[int]] = []
        """The threads of whose images sizes became known, one set for each report."""
        self.use_store(self.store)

    def use_store(self, store: ImageStore) -> None:
        """Let a new proxy use another image store."""
        self.sizes = ImageSizes(self.mirror, store, self.clock, self.record)
        self.proxy = ImageProxy(source=self.source, store=store, access=self.access, sizes=self.sizes, clock=self.clock)

    async def record(self, repo: Repository, numbers: frozenset[int]) -> None:
        """Record that documents of these threads change."""
        assert repo == REPO
        self.changed.append(numbers)

    def show_many_avatars(self) -> None:
        """Show the avatars of the users 1 to 299 only."""
        self.access.avatars = {n: f"https://avatars.githubusercontent.com/u/{n}" for n in range(1, 300)}

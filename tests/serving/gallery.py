"""The engine's pictures among fakes: GitHub's hosts, a shelf, and what readers are shown."""

import asyncio

from app.domain.threads import Comment
from app.ports.images import CachedImage, Image
from app.serving.image_proxy import ImageProxy
from tests.fakes import FakeClock
from tests.render.sample_threads import a_comment

ADA, BOB, NOBODY = 7, 8, 9
CAMO = "https://camo.githubusercontent.com/8f1c/6874"
HTML = f'<p><img src="{CAMO}"> <img src="/owner/name/raw/main/x.png"></p>'


class FakeSource:
    """GitHub's picture hosts: gives what it was told, and waits while its gate is shut."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []
        self.failure: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()
        self.begun = asyncio.Event()
        """Is set once a picture is being fetched; a comment is read in a thread before."""
        self.at_once = self.most_at_once = 0

    async def fetch(self, address: str, *, largest: int) -> Image:
        self.asked.append((address, largest))
        self.begun.set()
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await self.open.wait()
        self.at_once -= 1
        if self.failure is not None:
            raise self.failure
        return Image(f"{len(self.asked)}".encode(), "image/png")


class FakeShelf:
    def __init__(self, clock: FakeClock) -> None:
        self.kept: dict[str, CachedImage] = {}
        self._clock = clock

    async def get(self, name: str) -> CachedImage | None:
        await asyncio.sleep(0)
        return self.kept.get(name)

    async def put(self, name: str, image: Image) -> None:
        await asyncio.sleep(0)
        self.kept[name] = CachedImage(image, self._clock.now())


class Stage:
    """The engine among fakes; `comments` are those that readers are shown."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.source = FakeSource()
        self.shelf = FakeShelf(self.clock)
        self.comments: dict[int, Comment] = {1: a_comment(1, body_html=HTML), 2: a_comment(2, body_html=None)}
        self.avatars = {ADA: "https://avatars.githubusercontent.com/u/7?v=4", BOB: "https://ghe.example/avatars/8"}
        self.looked_up: list[int] = []
        self.pictures = ImageProxy(
            source=self.source, shelf=self.shelf, visible=self._visible, avatar_of=self._avatar_of, clock=self.clock
        )

    async def _visible(self, comment_id: int) -> Comment | None:
        self.looked_up.append(comment_id)
        return self.comments.get(comment_id)

    async def _avatar_of(self, user_id: int) -> str | None:
        return self.avatars.get(user_id)

    async def settled(self) -> None:
        """Until nothing moves any more but what waits at the gate."""
        for _ in range(20):
            await asyncio.sleep(0)

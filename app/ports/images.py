"""Images: where they come from, and where they are stored."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol


class ImageRest(Protocol):
    """The rest of a large image, which stays in its place until it is sent."""

    size: int
    """Bytes."""

    def parts(self) -> AsyncIterator[bytes]:
        """Yield it in parts, once. Raises `StoreError` if it cannot be read."""


@dataclass(frozen=True, slots=True)
class Image:
    """The bytes of an image and their media type."""

    body: bytes
    """The whole image; only its start if it has a rest."""
    content_type: str
    rest: ImageRest | None = None

    @property
    def size(self) -> int:
        """Return the length of the whole image in bytes."""
        return len(self.body) + (0 if self.rest is None else self.rest.size)


@dataclass(frozen=True, slots=True)
class CachedImage:
    """A stored image, and when it was stored, epoch seconds."""

    image: Image
    cached_at: float


class ImageSource(Protocol):
    """Fetches images from GitHub's image hosts."""

    async def fetch(self, address: str, *, largest: int) -> Image:
        """Return the image of at most `largest` bytes.

        Raises `ImageRejected` if the address or the response is not allowed, `Unreachable` if the host doesn't respond.
        """


class ImageStore(Protocol):
    """Stores images while there is room for them. Its methods never fail."""

    async def get(self, name: str) -> CachedImage | None:
        """Return the image of a name; None if it is not stored or cannot be read."""

    async def put(self, name: str, image: Image) -> None:
        """Store a whole image in place of the one of the same name."""

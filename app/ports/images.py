"""Images: where they come from, and where they are stored."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Image:
    """The bytes of an image and their media type."""

    body: bytes
    content_type: str


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
        """Store an image in place of the one of the same name."""

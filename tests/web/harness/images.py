"""Fakes of the image proxy."""

from collections.abc import AsyncIterator, Sequence

from app.domain.errors import AfterwordError
from app.ports.images import Image, ImageRest

PNG, SVG = Image(b"\x89PNG", "image/png"), Image(b"<svg/>", "image/svg+xml")


class LaterParts(ImageRest):
    """The rest of an image in memory."""

    def __init__(self, parts: Sequence[bytes]) -> None:
        self.size = sum(map(len, parts))
        self._parts = parts

    async def parts(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            yield part


class FakeImages:
    """An `ImageReader` that returns `result`, or raises `failure` if set."""

    def __init__(self) -> None:
        self.requests: list[tuple[int, str] | int] = []
        """The arguments of each call."""
        self.result = PNG
        self.failure: AfterwordError | None = None

    async def avatar(self, user_id: int) -> Image:
        return self._read(user_id)

    async def image(self, comment_id: int, name: str) -> Image:
        return self._read((comment_id, name))

    def _read(self, request: tuple[int, str] | int) -> Image:
        self.requests.append(request)
        if self.failure is not None:
            raise self.failure
        return self.result


class UnusedImages:
    """An `ImageReader` for tests that only render its URLs."""

    async def avatar(self, user_id: int) -> Image:
        raise AssertionError(user_id)

    async def image(self, comment_id: int, name: str) -> Image:
        raise AssertionError(comment_id, name)

"""What the tests of the image source share: addresses, images, and a fake resolver."""

from collections.abc import Callable, Sequence

from pytest_httpx import HTTPXMock

from app.outbound.images import HttpImageSource

CAMO = "https://camo.githubusercontent.com/8f1c/6874"
PUBLIC, PUBLIC_6 = "140.82.121.4", "2606:50c0:8000::154"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"></svg>'


class FakeResolver:
    """Resolves host names by their first label; all others have one public address."""

    def __init__(self, **addresses: Sequence[str]) -> None:
        self.addresses = dict(addresses)
        self.hosts: list[str] = []
        """The names in the order of their resolution."""

    async def __call__(self, host: str) -> Sequence[str]:
        self.hosts.append(host)
        return self.addresses.get(host.split(".", maxsplit=1)[0], (PUBLIC,))


MakeSource = Callable[..., HttpImageSource]


def add_png(httpx_mock: HTTPXMock, **options: object) -> None:
    """Respond with a PNG."""
    httpx_mock.add_response(**{"content": PNG, **options})  # type: ignore[arg-type]

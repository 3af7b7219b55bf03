"""An image host in place of GitHub's: avatars, proxied and uploaded images, drawn on request.

While `base_url` is set, the API's responses name this host in place of GitHub's hosts, as GitHub Enterprise does.
"""

import struct
import zlib
from dataclasses import dataclass, field, replace
from hashlib import sha256

from app.simulator.http.responses import SimulatedResponse

IMAGES_PATH = "/_pictures/"
_HOSTS = ("avatars", "camo", "private-user-images", "user-images", "raw")
_AVATAR_SIZE, _IMAGE_SIZE = (96, 96), (640, 360)


@dataclass(slots=True)
class ImageHost:
    """The host; `requested_paths` is its log, and `overrides` are a test's responses in place of images, by path."""

    base_url: str | None = None
    requested_paths: list[str] = field(default_factory=list)
    overrides: dict[str, SimulatedResponse] = field(default_factory=dict)

    def rewrite_image_urls(self, response: SimulatedResponse) -> SimulatedResponse:
        """Return a response of the API with all image URLs pointing to this host, if `base_url` is set."""
        if self.base_url is None:
            return response
        body = response.body
        for host in _HOSTS:
            github_url, our_url = f"https://{host}.githubusercontent.com/", f"{self.base_url}{IMAGES_PATH}{host}/"
            body = body.replace(github_url.encode(), our_url.encode())
        return replace(response, body=body)

    def respond(self, path: str) -> SimulatedResponse:
        """Return the image of a path, or the response that overrides it, and log the path."""
        self.requested_paths.append(path)
        if path in self.overrides:
            return self.overrides[path]
        size = _AVATAR_SIZE if path.startswith(f"{IMAGES_PATH}avatars/") else _IMAGE_SIZE
        return SimulatedResponse(200, png(path, *size), {"content-type": "image/png", "set-cookie": "seen=1"})


def png(name: str, width: int, height: int) -> bytes:
    """Return a PNG of a disc, with colors derived from the name: https://www.w3.org/TR/png/."""
    digest = sha256(name.encode()).digest()
    background, disc = bytes(96 + byte // 2 for byte in digest[:3]), bytes(byte // 2 for byte in digest[3:6])
    radius = min(width, height) * 0.3
    rows = bytearray()
    for y in range(height):
        half = max(0.0, radius**2 - (y - height / 2) ** 2) ** 0.5
        start, end = int(width / 2 - half), int(width / 2 + half)
        rows += b"\0" + background * start + disc * (end - start) + background * (width - end)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows), 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

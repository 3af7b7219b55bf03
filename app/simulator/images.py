"""A host of pictures in place of GitHub's: avatars, proxied and uploaded pictures, drawn when they are asked for.

While `base_url` is set, what the API answers names this host where GitHub would name its own, as an Enterprise does.
"""

import struct
import zlib
from dataclasses import dataclass, field, replace
from hashlib import sha256

from app.simulator.http.responses import SimulatedResponse

IMAGES_PATH = "/_pictures/"
_HOSTS = ("avatars", "camo", "private-user-images", "user-images", "raw")
_AVATAR, _WIDE = (96, 96), (640, 360)


@dataclass(slots=True)
class ImageHost:
    """`requested_paths` is the log, by path; `overrides` are answers that a test wants in place of a picture, by path."""

    base_url: str | None = None
    requested_paths: list[str] = field(default_factory=list)
    overrides: dict[str, SimulatedResponse] = field(default_factory=dict)

    def rewrite_image_urls(self, answer: SimulatedResponse) -> SimulatedResponse:
        """The API's answer with pictures here."""
        if self.base_url is None:
            return answer
        body = answer.body
        for host in _HOSTS:
            theirs, ours = f"https://{host}.githubusercontent.com/", f"{self.base_url}{IMAGES_PATH}{host}/"
            body = body.replace(theirs.encode(), ours.encode())
        return replace(answer, body=body)

    def respond(self, path: str) -> SimulatedResponse:
        """A picture that differs by its path."""
        self.requested_paths.append(path)
        prepared = self.overrides.get(path)
        if prepared is not None:
            return prepared
        size = _AVATAR if path.startswith(f"{IMAGES_PATH}avatars/") else _WIDE
        return SimulatedResponse(200, png(path, *size), {"content-type": "image/png", "set-cookie": "seen=1"})


def png(name: str, width: int, height: int) -> bytes:
    """A disc before a ground, in colours that the name decides: https://www.w3.org/TR/png/."""
    digest = sha256(name.encode()).digest()
    ground, disc = bytes(96 + byte // 2 for byte in digest[:3]), bytes(byte // 2 for byte in digest[3:6])
    radius = min(width, height) * 0.3
    rows = bytearray()
    for y in range(height):
        half = max(0.0, radius**2 - (y - height / 2) ** 2) ** 0.5
        left, right = int(width / 2 - half), int(width / 2 + half)
        rows += b"\0" + ground * left + disc * (right - left) + ground * (width - right)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(rows), 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

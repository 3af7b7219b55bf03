"""A host of pictures in place of GitHub's: avatars, proxied and uploaded pictures, drawn when they are asked for.

While `home` is set, what the API answers names this host where GitHub would name its own, as an Enterprise does.
"""

import struct
import zlib
from dataclasses import dataclass, field, replace
from hashlib import sha256

from app.simulator.http.responses import Answer

PREFIX = "/_pictures/"
_HOSTS = ("avatars", "camo", "private-user-images", "user-images", "raw")
_AVATAR, _WIDE = (96, 96), (640, 360)


@dataclass(slots=True)
class PictureHost:
    """`asked` is the log, by path; `prepared` are answers that a test wants in place of a picture, by path."""

    home: str | None = None
    asked: list[str] = field(default_factory=list)
    prepared: dict[str, Answer] = field(default_factory=dict)

    def rehomed(self, answer: Answer) -> Answer:
        """The API's answer with pictures here."""
        if self.home is None:
            return answer
        body = answer.body
        for host in _HOSTS:
            theirs, ours = f"https://{host}.githubusercontent.com/", f"{self.home}{PREFIX}{host}/"
            body = body.replace(theirs.encode(), ours.encode())
        return replace(answer, body=body)

    def answer(self, path: str) -> Answer:
        """A picture that differs by its path."""
        self.asked.append(path)
        prepared = self.prepared.get(path)
        if prepared is not None:
            return prepared
        size = _AVATAR if path.startswith(f"{PREFIX}avatars/") else _WIDE
        return Answer(200, png(path, *size), {"content-type": "image/png", "set-cookie": "seen=1"})


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

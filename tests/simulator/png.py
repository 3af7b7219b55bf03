"""A decoder for the images of the simulator."""

import struct
import zlib


def decode_png(body: bytes) -> tuple[int, int, bytes]:
    """Return the width, height and rows of a PNG, and check its checksums."""
    assert body.startswith(b"\x89PNG\r\n\x1a\n")
    offset, chunks = 8, dict[bytes, bytes]()
    while offset < len(body):
        (length,) = struct.unpack(">I", body[offset : offset + 4])
        kind, data = body[offset + 4 : offset + 8], body[offset + 8 : offset + 8 + length]
        assert struct.unpack(">I", body[offset + 8 + length : offset + 12 + length]) == (zlib.crc32(kind + data),)
        chunks[kind] = data
        offset += 12 + length
    width, height = struct.unpack(">II", chunks[b"IHDR"][:8])
    return width, height, zlib.decompress(chunks[b"IDAT"])

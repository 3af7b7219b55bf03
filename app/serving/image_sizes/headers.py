"""Read the size of an image from its header, as browsers do. Nothing is decoded, and no input raises.

Each loop is bounded, and so is what is read. An image is unknown, not wrong, if its header goes on after the bytes that
are here, or if it says what no browser could show. imagesize 2.0.1 was tried. It reads SVG sizes from any element and
no orientation of PNG, and one hostile AVIF of a few kilobytes takes gigabytes of memory.
"""

import re
import struct
from collections.abc import Callable, Mapping
from types import MappingProxyType

from app.domain.threads import ImageSize
from app.serving.image_sizes.avif import avif_size
from app.serving.image_sizes.svg import svg_size

LONGEST_HEADER = 1_000_000
"""Bytes: photographs carry previews, profiles and texts before their size."""
_LARGEST = 65_535
"""Pixels; JPEG and GIF have no larger ones, and browsers refuse others."""
_MOST_PARTS = 2_000
"""Parts of a header that are looked at: chunks, segments, entries."""
_JPEG_MARKER = re.compile(rb"[^\xff]*+\xff++(.)", re.DOTALL)
_STANDALONE = frozenset({0x00, 0x01, *range(0xD0, 0xD9)})
"""JPEG markers without a segment, and 0, which is none."""
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_APP1, _END_OF_IMAGE, _START_OF_SCAN = 0xE1, 0xD9, 0xDA
_EXIF = b"Exif\0\0"
_ORIENTATION, _SHORT = 0x0112, 3
_QUARTER_TURNS = frozenset({5, 6, 7, 8})
"""Orientations that exchange width and height."""


def image_size(content_type: str, body: bytes) -> ImageSize | None:
    """Return the size of an image that begins with `body`; None if that does not say it."""
    read_size = _READERS.get(content_type)
    try:
        size = read_size(body[:LONGEST_HEADER]) if read_size is not None else None
    except (struct.error, IndexError, ValueError, OverflowError):  # the header is shorter than it says
        return None
    return size if size is not None and all(1 <= length <= _LARGEST for length in size) else None


def _png_size(data: bytes) -> ImageSize | None:
    """Return the size in https://www.w3.org/TR/png/ with the orientation of its Exif, which precedes the pixels."""
    width, height = struct.unpack_from(">II", data, 16)
    orientation, offset = 1, 8
    for _ in range(_MOST_PARTS):
        length, kind = struct.unpack_from(">I4s", data, offset)
        if kind == b"IDAT":
            return _with_orientation(width, height, orientation)
        if kind == b"eXIf":
            orientation = _orientation(data[offset + 8 : offset + 8 + length])
        offset += 12 + length
    return None


def _jpeg_size(data: bytes) -> ImageSize | None:
    """Return the size in the frame header with the first orientation before the scan: ITU T.81, B.2."""
    size: ImageSize | None = None
    orientation, offset = 1, 2
    for _ in range(_MOST_PARTS):
        match = _JPEG_MARKER.match(data, offset)
        if match is None or match[1][0] == _END_OF_IMAGE:
            return None
        marker, offset = match[1][0], match.end()
        if marker == _START_OF_SCAN:
            return size and _with_orientation(*size, orientation)
        if marker in _STANDALONE:
            continue
        (length,) = struct.unpack_from(">H", data, offset)
        if marker in _START_OF_FRAME and size is None:
            height, width = struct.unpack_from(">HH", data, offset + 3)
            size = width, height
        elif marker == _APP1 and orientation == 1 and data.startswith(_EXIF, offset + 2):
            orientation = _orientation(data[offset + 2 + len(_EXIF) : offset + length])
        offset += max(length, 2)
    return None


def _gif_size(data: bytes) -> ImageSize:
    width, height = struct.unpack_from("<HH", data, 6)
    return width, height


def _webp_size(data: bytes) -> ImageSize | None:
    """Return the size of the canvas: https://developers.google.com/speed/webp/docs/riff_container.

    Browsers show no orientation of WebP.
    """
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF  # the other bits are a scale, which browsers ignore
    return None


def _orientation(exif: bytes) -> int:
    """Return the orientation of Exif's TIFF, from 1 to 8; 1 if it says none: CIPA DC-008, 4.6."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None:
        return 1
    try:
        (offset,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, offset)
        for entry in range(offset + 2, offset + 2 + 12 * min(count, _MOST_PARTS), 12):
            tag, kind, length, value = struct.unpack_from(f"{order}HHIH", exif, entry)
            if (tag, kind, length) == (_ORIENTATION, _SHORT, 1):
                return int(value)
    except struct.error:
        pass
    return 1


def _with_orientation(width: int, height: int, orientation: int) -> ImageSize:
    return (height, width) if orientation in _QUARTER_TURNS else (width, height)


_READERS: Mapping[str, Callable[[bytes], ImageSize | None]] = MappingProxyType(
    {
        "image/png": _png_size,
        "image/jpeg": _jpeg_size,
        "image/gif": _gif_size,
        "image/webp": _webp_size,
        "image/avif": avif_size,
        "image/svg+xml": svg_size,
    }
)

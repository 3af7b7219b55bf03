"""Read the size of an AVIF image from its boxes: ISO/IEC 14496-12 (boxes) and 23008-12 (items and their properties).

The primary item is associated with properties by index: `ispe` is its size, and `irot` turns it by quarters.
https://aomediacodec.github.io/av1-avif/
"""

import struct
from collections.abc import Iterator, Sequence
from itertools import islice

from app.domain.threads import ImageSize

_MOST_BOXES = 2_000
_WIDE = 1
"""A flag: an index of a property has two bytes. Also the first version whose item ids have four."""
_Box = tuple[bytes, bytes]
"""The kind of a box, and its content."""


def avif_size(data: bytes) -> ImageSize | None:
    """Return the size of the primary item; None if the boxes do not say it. Raises struct.error or IndexError."""
    meta = _first(data, b"meta")[4:]
    primary, properties = _item_id(_first(meta, b"pitm")), _first(meta, b"iprp")
    size, is_turned = None, False
    boxes = list(_boxes(_first(properties, b"ipco")))
    for index in _associations(_first(properties, b"ipma"), primary):
        kind, content = boxes[index - 1] if index else (b"", b"")
        if kind == b"ispe":
            size = struct.unpack_from(">II", content, 4)
        elif kind == b"irot":
            is_turned = bool(content[0] & 1)
        elif kind == b"clap":  # shows a part, whose size is a matter of rounding
            return None
    return size and (size[::-1] if is_turned else size)


def _boxes(data: bytes) -> Iterator[_Box]:
    return islice(_all_boxes(data), _MOST_BOXES)


def _all_boxes(data: bytes) -> Iterator[_Box]:
    """Yield the complete boxes of a container; what follows is cut off, or no box."""
    offset = 0
    while offset + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, offset)
        header = 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", data, offset + 8)
            header = 16
        elif length == 0:
            length = len(data) - offset
        if length < header or offset + length > len(data):
            return
        yield kind, data[offset + header : offset + length]
        offset += length


def _first(data: bytes, wanted_kind: bytes) -> bytes:
    return next((content for kind, content in _boxes(data) if kind == wanted_kind), b"")


def _item_id(pitm: bytes) -> int:
    (item,) = struct.unpack_from(">H" if pitm[0] == 0 else ">I", pitm, 4)
    return int(item)


def _associations(ipma: bytes, item: int) -> Sequence[int]:
    """Return the indexes of an item's properties; 1 is the first, and 0 means none."""
    (count,) = struct.unpack_from(">I", ipma, 4)
    id_format, id_length = (">I", 4) if ipma[0] >= _WIDE else (">H", 2)
    width, mask = (2, 0x7FFF) if ipma[3] & _WIDE else (1, 0x7F)  # the first bit means: essential
    offset = 8
    for _ in range(min(count, _MOST_BOXES)):
        (current,) = struct.unpack_from(id_format, ipma, offset)
        start = offset + id_length + 1
        offset = start + width * ipma[start - 1]
        if current == item:
            return [int.from_bytes(ipma[i : i + width], "big") & mask for i in range(start, offset, width)]
    return ()

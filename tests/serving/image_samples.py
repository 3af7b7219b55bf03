"""Small images of 60 × 40 pixels in every format that the service passes on; the turned ones are shown as 40 × 60."""

import struct
from base64 import b64decode
from collections.abc import Mapping
from types import MappingProxyType
from zlib import crc32

from app.simulator.http.images import png

WIDE, TALL = (60, 40), (40, 60)

PNG = png("sample", *WIDE)
GIF = b"GIF89a" + struct.pack("<HH", *WIDE) + b64decode("gAAAAAAA////IfkEAQAAAAAsAAAAAAEAAQAAAgFEADs=")
JPEG = b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAP////////////////////////////////////////////////////////////////////////////"
    "//////////wAALCAAoADwBAREA/8QAFQABAQAAAAAAAAAAAAAAAAAAAAH/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/9oACAEBAAA/AIAAAAAAAAAA"
    "AAA//9k="
)
WEBP = b64decode(
    "UklGRkQAAABXRUJQVlA4IDgAAABwAwCdASo8ACgAP83m73G/uDKsIqgD8DmJZwDOdAd7tTT4QQAA/uUK2ydrmrNRe4tOSSj5xwAAAA=="
)
WEBP_LOSSLESS = b64decode("UklGRiQAAABXRUJQVlA4TBcAAAAvO8AJAAdQj1JUq/8BICH8Xy9G9D/1AQA=")
WEBP_TRANSPARENT = b64decode(
    "UklGRmIAAABXRUJQVlA4WAoAAAAQAAAAOwAAJwAAQUxQSBAAAAABB9CxiAgACeH/ejGi/6kPVlA4ICwAAABQAwCdASo8ACgAPm02mEkkIyKhIqgA"
    "gA2JaQAAE/GOHwhFgAD++3jAAAAAAA=="
)
AVIF = b64decode(
    "AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUIAAADrbWV0YQAAAAAAAAAhaGRscgAAAAAAAAAAcGljdAAAAAAAAAAAAAAAAAAAAAAOcG"
    "l0bQAAAAAAAQAAAB5pbG9jAAAAAEQAAAEAAQAAAAEAAAETAAAAKAAAAChpaW5mAAAAAAABAAAAGmluZmUCAAAAAAEAAGF2MDFDb2xvcgAAAABq"
    "aXBycAAAAEtpcGNvAAAAFGlzcGUAAAAAAAAAPAAAACgAAAAQcGl4aQAAAAADCAgIAAAADGF2MUOBAAwAAAAAE2NvbHJuY2x4AAEADQAGgAAAAB"
    "dpcG1hAAAAAAAAAAEAAQQBAoMEAAAAMG1kYXQSAAoJGBV7naICGg0IMhkf94eFFd///+LAAADPyinHlMdjLrSgvyIa"
)
AVIF_TURNED = b64decode(
    "AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUIAAAD1bWV0YQAAAAAAAAAhaGRscgAAAAAAAAAAcGljdAAAAAAAAAAAAAAAAAAAAAAOcG"
    "l0bQAAAAAAAQAAAB5pbG9jAAAAAEQAAAEAAQAAAAEAAAEdAAAAKAAAAChpaW5mAAAAAAABAAAAGmluZmUCAAAAAAEAAGF2MDFDb2xvcgAAAAB0"
    "aXBycAAAAFRpcGNvAAAAFGlzcGUAAAAAAAAAPAAAACgAAAAQcGl4aQAAAAADCAgIAAAADGF2MUOBAAwAAAAAE2NvbHJuY2x4AAEADQAGgAAAAA"
    "lpcm90AwAAABhpcG1hAAAAAAAAAAEAAQUBAoMEhQAAADBtZGF0EgAKCRgVe52iAhoNCDIZH/eHhRXf///iwAAAz8opx5THYy60oL8iGg=="
)


def exif(orientation: int, order: str = ">") -> bytes:
    """Return Exif's TIFF that says only the orientation."""
    start = (b"MM\0*" if order == ">" else b"II*\0") + struct.pack(f"{order}IH", 8, 1)
    return start + struct.pack(f"{order}HHIHxxI", 0x0112, 3, 1, orientation, 0)


def jpeg_with(kind: int, *contents: bytes) -> bytes:
    """Return the JPEG with a segment for each content after its first marker."""
    segments = (struct.pack(">BBH", 0xFF, kind, 2 + len(content)) + content for content in contents)
    return JPEG[:2] + b"".join(segments) + JPEG[2:]


def png_with(kind: bytes, content: bytes) -> bytes:
    """Return the PNG with a chunk before its pixels."""
    chunk = struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc32(kind + content))
    return PNG[:33] + chunk + PNG[33:]


def svg(attributes: str) -> bytes:
    """Return a drawing with these attributes."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}><path fill="#07c" d="M0 0h999v999H0z"/></svg>'.encode()
    )


PHOTOGRAPH = jpeg_with(0xE2, *[b"a profile" + bytes(50_000)] * 3)
"""A JPEG whose size stands behind more than is read of a stored image at once."""

SAMPLES: Mapping[str, tuple[str, bytes, tuple[int, int]]] = MappingProxyType(
    {
        "PNG": ("image/png", PNG, WIDE),
        "turned PNG": ("image/png", png_with(b"eXIf", exif(6)), TALL),
        "JPEG": ("image/jpeg", JPEG, WIDE),
        "turned JPEG": ("image/jpeg", jpeg_with(0xE1, b"Exif\0\0" + exif(8)), TALL),
        "turned JPEG in the other order": ("image/jpeg", jpeg_with(0xE1, b"Exif\0\0" + exif(5, "<")), TALL),
        "JPEG upside down": ("image/jpeg", jpeg_with(0xE1, b"http://ns", b"Exif\0\0" + exif(3)), WIDE),
        "JPEG with a long header": ("image/jpeg", PHOTOGRAPH, WIDE),
        "GIF": ("image/gif", GIF, WIDE),
        "WebP": ("image/webp", WEBP, WIDE),
        "lossless WebP": ("image/webp", WEBP_LOSSLESS, WIDE),
        "transparent WebP": ("image/webp", WEBP_TRANSPARENT, WIDE),
        "AVIF": ("image/avif", AVIF, WIDE),
        "turned AVIF": ("image/avif", AVIF_TURNED, TALL),
        "SVG": ("image/svg+xml", svg("width='60' height=\"40px\" viewBox='0 0 9 9'"), WIDE),
        "SVG with one length": ("image/svg+xml", svg('height="40" viewBox="0,0 3 2"'), WIDE),
        "SVG in inches": ("image/svg+xml", svg('width="0.625in" height="30PT"'), WIDE),
        "SVG without a shape": ("image/svg+xml", svg('width="60"'), (60, 150)),
        "SVG in percent of nothing": ("image/svg+xml", svg('width="100%" height="40"'), (300, 40)),
        "SVG after a comment": (
            "image/svg+xml",
            b'<!-- width="1" -->\n' + svg('data-width="2" width="60" height="40"'),
            WIDE,
        ),
    }
)
"""Name to media type, bytes, and the size at which a browser shows it."""

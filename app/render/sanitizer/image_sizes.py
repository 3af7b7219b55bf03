"""State the sizes of images, so that a browser reserves their space before it has them.

An author's width or height stays, and the other one follows from the shape. A percentage has no other: browsers take
the shape from two numbers only.
https://html.spec.whatwg.org/multipage/rendering.html#attributes-for-embedded-content-and-images
"""

import re
from collections.abc import Callable, Mapping
from html import unescape

from app.domain.threads import ImageSize
from app.render.sanitizer.allow_list import sanitize_value
from app.render.sanitizer.tags import parse_attributes, start_tag

_IMAGE = re.compile(r'<img((?: [a-z-]+="[^"]*+")*+)>')


def state_sizes(html: str, image_size: Callable[[str], ImageSize | None]) -> str:
    """Return balanced markup whose images have `width` and `height`, if `image_size` knows the size of their `src`.

    The markup is as `structure.balance` writes it: no attribute's value contains a quote or `<`, so only tags match.
    """

    def sized_tag(match: re.Match[str]) -> str:
        attributes = parse_attributes(match[1])
        url = sanitize_value("img", "src", unescape(attributes.get("src", "")))
        size = image_size(url) if url else None
        return match[0] if size is None else start_tag("img", {**attributes, **_lengths(size, attributes)})

    return _IMAGE.sub(sized_tag, html)


def _lengths(size: ImageSize, attributes: Mapping[str, str]) -> Mapping[str, str]:
    """Return both lengths of an image; none if its author has stated both, or one that the other cannot follow."""
    author_values = [sanitize_value("img", name, attributes.get(name, "")) for name in ("width", "height")]
    if all(author_values) or any(value and not value.isdecimal() for value in author_values):
        return {}
    width, height = size
    author_width, author_height = (int(value or 0) for value in author_values)
    if author_width:
        width, height = author_width, max(1, round(author_width * height / width))
    elif author_height:
        width, height = max(1, round(author_height * width / height)), author_height
    lengths = {"width": str(width), "height": str(height)}
    return lengths if all(sanitize_value("img", name, value) for name, value in lengths.items()) else {}

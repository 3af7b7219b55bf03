"""Read the size of an SVG drawing from its root element: https://www.w3.org/TR/SVG2/coords.html#SizingSVGInCSS.

A drawing without an absolute width or height fills the text's column, whatever its `viewBox` says: it has no size.
"""

import re
from collections.abc import Mapping
from html import unescape
from types import MappingProxyType

from app.domain.threads import ImageSize

_ROOT_WITHIN = 16_384
"""Bytes in which the root element ends: drawing programs write comments before it."""
_ROOT = re.compile(
    r"\ufeff?+\s*+(?:(?:<\?[^>]*+>|<!--(?>.*?-->)|<!DOCTYPE[^>\[]*+>)\s*+)*+"
    r"<svg(?P<attributes>(?:[^<>\"']++|\"[^\"]*+\"|'[^']*+')*+)>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"\s([\w:.-]+)\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)')")
_LENGTH = re.compile(
    r"\s*([+-]?(?:[0-9]{1,9}(?:\.[0-9]{0,9})?|\.[0-9]{1,9})(?:e[+-]?[0-9])?)([a-z]*|%)\s*", re.IGNORECASE
)
_SEPARATOR = re.compile(r"[\s,]+")
_PIXELS: Mapping[str, float] = MappingProxyType(
    {"": 1, "px": 1, "in": 96, "cm": 96 / 2.54, "mm": 96 / 25.4, "q": 96 / 101.6, "pt": 96 / 72, "pc": 16, "em": 16}
)
"""CSS pixels of each unit."""
_VIEW_BOX_NUMBERS = 4
"""Left, top, width and height."""
_DEFAULT_WIDTH, _DEFAULT_HEIGHT = 300, 150
"""What browsers take where a drawing has one length and no shape: https://www.w3.org/TR/css-images-3/#default-sizing."""


def svg_size(data: bytes) -> ImageSize | None:
    """Return the size of a drawing; None if it has none of its own. Raises ValueError for a unit that depends."""
    root = _ROOT.match(data[:_ROOT_WITHIN].decode("utf-8", "replace"))
    if root is None:
        return None
    matches = _ATTRIBUTE.findall(root["attributes"])
    attributes = {name: unescape(first or second) for name, first, second in matches}
    width, height = _length(attributes.get("width", "")), _length(attributes.get("height", ""))
    if width is None and height is None:
        return None
    ratio = _ratio(attributes.get("viewBox", ""))
    if width is None and height is not None:
        width = _DEFAULT_WIDTH if ratio is None else height * ratio
    elif height is None and width is not None:
        height = _DEFAULT_HEIGHT if ratio is None else width / ratio
    return None if width is None or height is None else (round(width), round(height))


def _length(text: str) -> float | None:
    """Return CSS pixels; None for a percentage, and for what is no length: both mean that there is none."""
    match = _LENGTH.fullmatch(text)
    if match is None or match[2] == "%":
        return None
    unit = match[2].lower()
    if unit not in _PIXELS:
        raise ValueError(f"the length depends on {unit}")
    return float(match[1]) * _PIXELS[unit]


def _ratio(view_box: str) -> float | None:
    """Return the width of a view box divided by its height; None if it is none."""
    numbers = [_length(part) for part in _SEPARATOR.split(view_box.strip())]
    if len(numbers) != _VIEW_BOX_NUMBERS:
        return None
    width, height = (number or 0.0 for number in numbers[2:])
    return width / height if width > 0 and height > 0 else None

"""The direction of a text, as a browser finds it for `dir=auto`."""

import re
from unicodedata import bidirectional

_MAYBE_STRONG = re.compile(r"[A-Za-z]|[^\x00-\x7f]")
_DIRECTIONS = {"L": "ltr", "R": "rtl", "AL": "rtl"}


def direction(text: str) -> str | None:
    """Return `ltr` or `rtl` for a text, None if no character of it has a direction.

    As with `dir=auto` the first one decides: https://www.unicode.org/reports/tr9/#P2
    """
    for match in _MAYBE_STRONG.finditer(text):
        side = _DIRECTIONS.get(bidirectional(match[0]))
        if side:
            return side
    return None

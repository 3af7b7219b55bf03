"""Count the links in a rendered comment that its author wrote.

These are none: links in quotes and in code, mentions of people, pages of the blog's own repository, anchors within the
comment, and the link that GitHub puts around a picture.
"""

import re
from collections.abc import Sequence
from html import unescape
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

_LARGEST_HTML = 500_000
_LINK_START = re.compile(r"<a\s", re.IGNORECASE)
_TEXT = re.compile(r"""\b(?:href|title|alt)=(?:"([^"]{1,100000})|'([^']{1,100000}))""", re.IGNORECASE)
_NOT_COUNTED = frozenset({"blockquote", "pre", "code"})
_MENTIONS = frozenset({"user-mention", "team-mention"})

Attributes = Sequence[tuple[str, str | None]]


def has_links(html: str, page_url: str, *, at_least: int) -> bool:
    """Return True if the HTML has this many links; `page_url` is the comment's address on GitHub.

    All links of a text beyond half a million characters count: it is not parsed.
    """
    most = len(_LINK_START.findall(html))
    if most < at_least or len(html) > _LARGEST_HTML:
        return most >= at_least
    counter = _LinkCounter(page_url)
    counter.feed(html)
    counter.close()
    return counter.count >= at_least


def attribute_texts(html: str) -> list[str]:
    """Return what the HTML says beside its text: addresses of links, titles that a pointer shows, and descriptions."""
    return [unescape(double or single) for double, single in _TEXT.findall(html)]


class _LinkCounter(HTMLParser):
    """Counts links while it is fed."""

    def __init__(self, page_url: str) -> None:
        super().__init__()
        self.count = 0
        parts = urlsplit(page_url)
        self._host = (parts.hostname or "").lower()
        self._repository = [segment.lower() for segment in parts.path.split("/")[1:3]]
        self._depth = 0
        """How many quotes and code blocks surround the position."""
        self._link: str | None = None
        """The address of the open link, if it counts."""
        self._has_text = self._has_own_picture = False

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        """Begin an element."""
        fields = {name: value or "" for name, value in attrs}
        if tag in _NOT_COUNTED:
            self._depth += 1
        elif tag == "a":
            self._end_link()
            self._link = fields.get("href") if self._counts(fields) else None
            self._has_text = self._has_own_picture = False
        elif tag == "img" and self._link is not None:
            is_own = self._link in (fields.get("src"), fields.get("data-canonical-src"))
            self._has_own_picture, self._has_text = is_own, self._has_text or not is_own

    def handle_data(self, data: str) -> None:
        """Note that a link has a text."""
        self._has_text = self._has_text or bool(data.strip())

    def handle_endtag(self, tag: str) -> None:
        """End an element."""
        if tag in _NOT_COUNTED:
            self._depth = max(0, self._depth - 1)
        elif tag == "a":
            self._end_link()

    def close(self) -> None:
        """Count a link that was not closed."""
        super().close()
        self._end_link()

    def _end_link(self) -> None:
        if self._link is not None and (self._has_text or not self._has_own_picture):
            self.count += 1
        self._link = None

    def _counts(self, fields: dict[str, str]) -> bool:
        address = fields.get("href", "").strip()
        if self._depth or not address or address.startswith("#"):
            return False
        try:
            parts = urlsplit(address)
            host = (parts.hostname or "").lower()
        except ValueError:
            return True
        if host and host != self._host:
            return True
        if not host and parts.scheme:  # an address such as mailto:
            return True
        path = unquote(parts.path)
        if "\\" in address or ".." in path.split("/"):  # a browser may go elsewhere
            return True
        segments = [segment.lower() for segment in path.split("/")[1:3]]
        is_mention = not _MENTIONS.isdisjoint(fields.get("class", "").split())
        return not (is_mention or segments == self._repository)

"""Pages and the `Link` header, in the form of octokit/fixtures' recorded responses.

The URLs go by the repository's id and keep the client's parameters in their order. `page` stays at its position or
comes last. The first page has next and last; a page in between prev, next, last and first; the last page prev and
first.
https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

Parameters = Sequence[tuple[str, str]]

MAX_RESULTS = 10_000
"""The largest `page` times `per_page` that a list serves; beyond it the status is 422."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list: `number` counts from 1, and the page has at most `size` items."""

    number: int = 1
    size: int = 30

    @property
    def start(self) -> int:
        """Return the number of items before the page."""
        return (self.number - 1) * self.size

    @property
    def is_beyond_limit(self) -> bool:
        """Return whether the page lies beyond the results that GitHub serves by page number."""
        return self.number > 1 and self.number * self.size > MAX_RESULTS


def parse_page(parameters: Parameters) -> Page:
    """Parse `page` and `per_page`; anything but a positive number means the default, more than 100 means 100."""
    values = dict(parameters)
    return Page(_positive(values.get("page"), 1), min(100, _positive(values.get("per_page"), 30)))


def link_header(url: str, parameters: Parameters, page: Page, total: int) -> str | None:
    """Return the `Link` header of a page among `total` items; None if all items fit on one page."""
    last = max(1, -(-total // page.size))
    if last == 1 and page.number == 1:
        return None
    relations = (
        ("prev", min(page.number - 1, last), page.number > 1),
        ("next", page.number + 1, page.number < last),
        ("last", last, page.number != last),
        ("first", 1, page.number > 1),
    )
    pages = [(rel, _replace(parameters, "page", str(number))) for rel, number, applies in relations if applies]
    return ", ".join(_link(url, page_parameters, rel) for rel, page_parameters in pages)


def cursor_link_header(url: str, parameters: Parameters, page: Page, after: int, total: int) -> str | None:
    """Return the `Link` header of a list that is paged by cursor: only `next`, None at the end."""
    if after >= total:
        return None
    next_parameters = _replace(parameters, "after", encode_cursor(after))
    return _link(url, _replace(next_parameters, "page", str(page.number + 1)), "next")


def encode_cursor(position: int) -> str:
    """Return the opaque cursor after `position` items."""
    return urlsafe_b64encode(f"cursor:v2:{position}".encode()).decode()


def decode_cursor(text: str) -> int | None:
    """Return the position of a cursor; None for text that `encode_cursor` did not make."""
    try:
        kind, version, number = urlsafe_b64decode(text.encode()).decode().split(":")
        return int(number) if (kind, version) == ("cursor", "v2") and int(number) >= 0 else None
    except ValueError:
        return None


def _positive(text: str | None, default: int) -> int:
    if text is None or not (text.isascii() and text.isdigit()):
        return default
    return int(text[:9]) or default


def _replace(parameters: Parameters, name: str, value: str) -> Parameters:
    if all(key != name for key, _ in parameters):
        return [*parameters, (name, value)]
    return [(key, value if key == name else old) for key, old in parameters]


def _link(url: str, parameters: Parameters, rel: str) -> str:
    return f'<{url}?{urlencode(parameters)}>; rel="{rel}"'

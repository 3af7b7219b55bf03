"""Pages and the `Link` header, in the form of octokit/fixtures' recorded answers.

The addresses go by the repository's id and keep the caller's parameters in their order; `page` stays in its
place or comes last. First page: next, last; in between: prev, next, last, first; last page: prev, first.
https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

Parameters = Sequence[tuple[str, str]]

REACH = 10_000
"""`page` times `per_page` beyond which a list answers 422."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: `number` from 1, at most `size` things."""

    number: int = 1
    size: int = 30

    @property
    def start(self) -> int:
        """How many things come before the page."""
        return (self.number - 1) * self.size

    @property
    def too_far(self) -> bool:
        """Whether the page lies beyond GitHub's reach."""
        return self.number > 1 and self.number * self.size > REACH


def parse_page(parameters: Parameters) -> Page:
    """Read `page` and `per_page`; what is no positive number means the default, more than 100 means 100."""
    asked = dict(parameters)
    return Page(_positive(asked.get("page"), 1), min(100, _positive(asked.get("per_page"), 30)))


def link_header(address: str, parameters: Parameters, page: Page, total: int) -> str | None:
    """Write the `Link` header of a page among `total` things; None when all fits on one page."""
    last = max(1, -(-total // page.size))
    if last == 1 and page.number == 1:
        return None
    targets: dict[str, int] = {}
    if page.number > 1:
        targets["prev"] = min(page.number - 1, last)
    if page.number < last:
        targets["next"] = page.number + 1
    if page.number != last:
        targets["last"] = last
    if page.number > 1:
        targets["first"] = 1
    return ", ".join(_link(address, _replaced(parameters, "page", str(number)), rel) for rel, number in targets.items())


def cursor_link_header(address: str, parameters: Parameters, page: Page, after: int, total: int) -> str | None:
    """Write the `Link` header of a list that goes by cursor: only `next`, None at the end."""
    if after >= total:
        return None
    onwards = _replaced(parameters, "after", encode_cursor(after))
    return _link(address, _replaced(onwards, "page", str(page.number + 1)), "next")


def encode_cursor(position: int) -> str:
    """Make the opaque cursor that stands after so many things."""
    return urlsafe_b64encode(f"cursor:v2:{position}".encode()).decode()


def decode_cursor(text: str) -> int | None:
    """Read a cursor of ours; None for anything else."""
    try:
        kind, version, number = urlsafe_b64decode(text.encode()).decode().split(":")
        return int(number) if (kind, version) == ("cursor", "v2") and int(number) >= 0 else None
    except ValueError:
        return None


def _positive(text: str | None, default: int) -> int:
    if text is None or not (text.isascii() and text.isdigit()):
        return default
    return int(text[:9]) or default


def _replaced(parameters: Parameters, name: str, value: str) -> Parameters:
    if all(known != name for known, _ in parameters):
        return [*parameters, (name, value)]
    return [(known, value if known == name else old) for known, old in parameters]


def _link(address: str, parameters: Parameters, rel: str) -> str:
    return f'<{address}?{urlencode(parameters)}>; rel="{rel}"'

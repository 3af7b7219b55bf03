"""The Link header of a list that is paged by number, in GitHub's own form.

Which relations a page has, and their order, is what GitHub was recorded to send: `next, last` on the first page,
`prev, next, last, first` in the middle, `prev, first` on the last, `prev, last, first` beyond it.
Follows https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api
"""

from collections.abc import Iterator, Sequence
from urllib.parse import quote

_OF_AN_ADDRESS = ":/[]%"
"""What a base address holds beside letters, digits and `-._~`; all else would be a way out of `<…>`."""


def link_header(base: str, path: str, query: Sequence[tuple[str, str]], page: int, last: int) -> str | None:
    r"""The header's value, or None where the list has one page and that is the one asked for.

    `base` is scheme and host (with a prefix, if there is one), `path` and `query` are decoded, as the caller sent
    them. `page` comes first in each query, since many a script reads the number by `/page=(\d+)/`, which would find
    the one of `per_page` otherwise.
    """
    others = "".join(f"&{_encoded(name)}={_encoded(value)}" for name, value in query if name != "page")
    address = quote(base.rstrip("/"), safe=_OF_AN_ADDRESS, errors="replace") + quote(path, errors="replace")
    relations = [f'<{address}?page={number}{others}>; rel="{name}"' for name, number in _relations(page, last)]
    return ", ".join(relations) or None


def _encoded(text: str) -> str:
    return quote(text, safe="", errors="replace")


def _relations(page: int, last: int) -> Iterator[tuple[str, int]]:
    if page > 1:
        yield "prev", min(page - 1, last)
    if page < last:
        yield "next", page + 1
    if page != last:
        yield "last", last
    if page > 1:
        yield "first", 1

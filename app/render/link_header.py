"""The Link header of a list with numbered pages, in GitHub's format.

The relations of a page and their order are those of recorded GitHub responses: `next, last` on the first page,
`prev, next, last, first` between, `prev, first` on the last page, `prev, last, first` beyond it.
Follows https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api
"""

from collections.abc import Iterator, Sequence
from urllib.parse import quote

_BASE_URL_SAFE = ":/[]%"
"""What a base URL may contain besides letters, digits and `-._~`. Other characters could end the `<…>`."""


def link_header(base_url: str, path: str, query: Sequence[tuple[str, str]], page: int, last: int) -> str | None:
    r"""Return the header's value, or None if the list has one page and that page is requested.

    `base_url` is scheme and host, with a path prefix if there is one. `path` and `query` are decoded, as the caller
    sent them. `page` is the first parameter of each link: many scripts read the number with `/page=(\d+)/`, which
    would also match `per_page`.
    """
    rest = "".join(f"&{_quote(name)}={_quote(value)}" for name, value in query if name != "page")
    address = quote(base_url.rstrip("/"), safe=_BASE_URL_SAFE, errors="replace") + quote(path, errors="replace")
    links = [f'<{address}?page={number}{rest}>; rel="{name}"' for name, number in _relations(page, last)]
    return ", ".join(links) or None


def _quote(text: str) -> str:
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

"""What pages asked with lately, in bounded memory: what visitors make up does not push out what pages ask for."""

from collections.abc import Iterator
from itertools import chain

from cachetools import Cache, LFUCache, LRUCache

from app.domain.sites import Repository
from app.domain.terms.index import ThreadQuery

Search = tuple[Repository, ThreadQuery]
MOST_SEARCHES = 500
"""Of known pages, and as many others; a term has a thousand characters at most."""


class RecentSearches:
    """The searches of the blog's known pages, the latest; and of all others those that are asked for most often."""

    def __init__(self) -> None:
        self._of_pages: Cache[Search, None] = LRUCache(MOST_SEARCHES)
        self._others: Cache[Search, None] = LFUCache(MOST_SEARCHES)

    def add(self, search: Search, *, is_of_page: bool) -> None:
        """Remember a search; `is_of_page` if a known page has that title or address."""
        (self._of_pages if is_of_page else self._others)[search] = None

    def __iter__(self) -> Iterator[Search]:
        """Yield the searches, those of known pages first."""
        return chain(self._of_pages, self._others)

    def __len__(self) -> int:
        return len(self._of_pages) + len(self._others)

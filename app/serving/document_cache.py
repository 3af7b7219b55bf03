"""The documents in memory, bounded in bytes, by key and by what they are made of; the least recently read go first."""

import sys
from collections import defaultdict

from cachetools import LRUCache

from app.domain.sites import Repository
from app.render.document import Document
from app.render.keys import Key, ThreadKey

CacheTag = tuple[str, int | None]
"""(repository key, number) for documents of one thread; None as the number for documents of the whole site."""


def cache_tag(key: Key) -> CacheTag:
    """Return what a document is made of."""
    number = key.number if isinstance(key, ThreadKey) else None
    return key.repo.key, number


_Entry = tuple[Document, int]
"""A document and its weight together with its key, in bytes."""


class _Documents(LRUCache[Key, _Entry]):
    """An LRU cache that keeps an index of its keys by tag."""

    def __init__(self, max_bytes: int, by_tag: defaultdict[CacheTag, dict[Key, None]]) -> None:
        super().__init__(max_bytes, getsizeof=lambda entry: entry[1])
        self._by_tag = by_tag

    def __delitem__(self, key: Key) -> None:
        super().__delitem__(key)
        self._remove_from_index(key)

    def popitem(self) -> tuple[Key, _Entry]:
        key, entry = super().popitem()
        self._remove_from_index(key)
        return key, entry

    def _remove_from_index(self, key: Key) -> None:
        tag = cache_tag(key)
        keys = self._by_tag.get(tag)
        if keys is not None:
            keys.pop(key, None)
            if not keys:
                del self._by_tag[tag]


class DocumentCache:
    """Finished documents by key; at most `max_bytes` of them."""

    def __init__(self, max_bytes: int) -> None:
        self._by_tag: defaultdict[CacheTag, dict[Key, None]] = defaultdict(dict)
        self._documents = _Documents(max_bytes, self._by_tag)

    @property
    def bytes(self) -> int:
        """Return the weight of all documents."""
        return int(self._documents.currsize)

    def __len__(self) -> int:
        return len(self._documents)

    def get(self, key: Key) -> Document | None:
        """Return the document, which becomes the most recently read one."""
        entry = self._documents.get(key)
        return entry[0] if entry is not None else None

    def put(self, key: Key, document: Document) -> None:
        """Replace the document of a key; one larger than the cache is not stored."""
        weight = document.size + _weight(key)
        if weight > self._documents.maxsize:
            self.discard(key)
            return
        self._documents[key] = document, weight
        self._by_tag[cache_tag(key)][key] = None

    def discard(self, key: Key) -> None:
        """Remove a document if it is cached."""
        self._documents.pop(key, None)

    def tagged(self, tag: CacheTag) -> list[Key]:
        """Return the keys of the documents of one thread, or of a whole site, in the order they were first cached."""
        return list(self._by_tag.get(tag, ()))

    def clear(self, repo: Repository) -> None:
        """Remove every document of a repository."""
        for key in [key for key in self._documents if key.repo == repo]:
            self.discard(key)


def _weight(key: Key) -> int:
    """Return about what a key weighs: a reader's parameters may be longer than the response."""
    values = [getattr(key, name) for name in key.__slots__]
    texts = sum(sys.getsizeof(value) for value in values if isinstance(value, str))
    items = sum(sys.getsizeof(item) + 8 for value in values if isinstance(value, tuple) for item in value)
    return 512 + texts + items

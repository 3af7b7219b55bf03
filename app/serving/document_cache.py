"""The documents in memory: least recently read out first, bounded in bytes, found by what they are made of."""

import sys
from collections import defaultdict

from cachetools import LRUCache

from app.domain.sites import Repository
from app.render.document import Document
from app.render.keys import Key, ThreadKey

Subject = tuple[str, int | None]
"""(repository key, number) for documents of one thread; None as the number for documents of the whole site."""


def subject(key: Key) -> Subject:
    """What a document is made of."""
    number = key.number if isinstance(key, ThreadKey) else None
    return key.repo.key, number


_Kept = tuple[Document, int]
"""A document, and what it weighs together with its key, in bytes."""


class _Documents(LRUCache[Key, _Kept]):
    """Tells the catalogue what it drops."""

    def __init__(self, max_bytes: int, by_subject: defaultdict[Subject, dict[Key, None]]) -> None:
        super().__init__(max_bytes, getsizeof=lambda kept: kept[1])
        self._by_subject = by_subject

    def __delitem__(self, key: Key) -> None:
        super().__delitem__(key)
        self._forget(key)

    def popitem(self) -> tuple[Key, _Kept]:
        key, kept = super().popitem()
        self._forget(key)
        return key, kept

    def _forget(self, key: Key) -> None:
        about = subject(key)
        keys = self._by_subject.get(about)
        if keys is not None:
            keys.pop(key, None)
            if not keys:
                del self._by_subject[about]


class DocumentCache:
    """Finished documents by key; at most `max_bytes` of them."""

    def __init__(self, max_bytes: int) -> None:
        self._by_subject: defaultdict[Subject, dict[Key, None]] = defaultdict(dict)
        self._documents = _Documents(max_bytes, self._by_subject)

    @property
    def bytes(self) -> int:
        """What the documents weigh now."""
        return int(self._documents.currsize)

    def __len__(self) -> int:
        return len(self._documents)

    def get(self, key: Key) -> Document | None:
        """The document, which by this becomes the most recently read one."""
        kept = self._documents.get(key)
        return kept[0] if kept is not None else None

    def put(self, key: Key, document: Document) -> None:
        """Keeps a document in place of the one of the same key; one larger than the catalogue is not kept."""
        weight = document.size + _weight(key)
        if weight > self._documents.maxsize:
            self.discard(key)
            return
        self._documents[key] = document, weight
        self._by_subject[subject(key)][key] = None

    def discard(self, key: Key) -> None:
        """Drops a document if it is there."""
        self._documents.pop(key, None)

    def about(self, about: Subject) -> list[Key]:
        """The keys of the documents that are made of one thread, or of a whole site, the longest kept first."""
        return list(self._by_subject.get(about, ()))

    def clear(self, repo: Repository) -> None:
        """Drops every document of a repository."""
        for key in [key for key in self._documents if key.repo == repo]:
            self.discard(key)


def _weight(key: Key) -> int:
    """About what a key takes: what a reader asks with may be longer than the answer."""
    values = [getattr(key, name) for name in key.__slots__]
    texts = sum(sys.getsizeof(value) for value in values if isinstance(value, str))
    items = sum(sys.getsizeof(item) + 8 for value in values if isinstance(value, tuple) for item in value)
    return 512 + texts + items

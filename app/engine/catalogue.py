"""The documents in memory: least recently read out first, bounded in bytes, found by what they are made of."""

from collections import defaultdict
from collections.abc import Iterable

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


class _Documents(LRUCache[Key, Document]):
    """Tells the catalogue what it drops."""

    def __init__(self, max_bytes: int, by_subject: defaultdict[Subject, set[Key]]) -> None:
        super().__init__(max_bytes, getsizeof=lambda document: document.size)
        self._by_subject = by_subject

    def __delitem__(self, key: Key) -> None:
        super().__delitem__(key)
        self._forget(key)

    def popitem(self) -> tuple[Key, Document]:
        key, document = super().popitem()
        self._forget(key)
        return key, document

    def _forget(self, key: Key) -> None:
        about = subject(key)
        keys = self._by_subject.get(about)
        if keys is not None:
            keys.discard(key)
            if not keys:
                del self._by_subject[about]


class Catalogue:
    """Finished documents by key; at most `max_bytes` of them."""

    def __init__(self, max_bytes: int) -> None:
        self._by_subject: defaultdict[Subject, set[Key]] = defaultdict(set)
        self._documents = _Documents(max_bytes, self._by_subject)

    @property
    def bytes(self) -> int:
        """What the documents weigh now."""
        return int(self._documents.currsize)

    def __len__(self) -> int:
        return len(self._documents)

    def get(self, key: Key) -> Document | None:
        """The document, which by this becomes the most recently read one."""
        return self._documents.get(key)

    def put(self, key: Key, document: Document) -> None:
        """Keeps a document in place of the one of the same key; one larger than the catalogue is not kept."""
        if document.size > self._documents.maxsize:
            self.discard(key)
            return
        self._documents[key] = document
        self._by_subject[subject(key)].add(key)

    def discard(self, key: Key) -> None:
        """Drops a document if it is there."""
        self._documents.pop(key, None)

    def touching(self, repo: Repository, numbers: Iterable[int]) -> list[Key]:
        """The keys of all documents that a change of these threads changes, those of the whole site among them."""
        subjects: list[Subject] = [(repo.key, None), *((repo.key, number) for number in numbers)]
        return [key for about in subjects for key in self.about(about)]

    def about(self, about: Subject) -> list[Key]:
        """The keys of the documents that are made of one thread, or of a whole site."""
        return list(self._by_subject.get(about, ()))

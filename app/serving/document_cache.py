"""The document cache: finished documents in memory, in step with the mirror.

A document is made once for its first reader, and made again when its thread changes. The cache is bounded in bytes; the
least recently read documents go first.
"""

import logging
import sys
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import IntEnum

from app.domain.errors import ReadError
from app.domain.records import ThreadRef
from app.domain.sites import Repository
from app.domain.thread_state import Snapshot
from app.render.document import Document
from app.render.keys import (
    CommentsKey,
    FragmentKey,
    GitHubAllCommentsKey,
    GitHubCommentsKey,
    GitHubIssuesKey,
    Key,
    NewestKey,
    SiteFeedKey,
    ThreadFeedKey,
    ThreadKey,
)
from app.serving.terms.edition import Edition
from app.serving.views import Views

_log = logging.getLogger(__name__)
_ATTEMPTS = 3
_MOST_REFRESHED = 20
"""Documents of a thread, or of the whole site, that a change makes again: those first cached. Others are made when they
are read again, so that a flood of addresses slows no change."""


_MOST_LATER_PAGES = 4
"""Further pages of lists among those. A long thread has many, and hardly anybody reads them twice."""


CacheTag = tuple[str, int | None]
"""(repository key, number) for documents of one thread; None as the number for documents of the whole site."""


def cache_tag(key: Key) -> CacheTag:
    """Return what a document is made of."""
    number = key.number if isinstance(key, ThreadKey) else None
    return key.repo.key, number


class CachedDocument:
    """A document's place in the cache, which shows when the document is replaced or evicted."""

    __slots__ = ("document", "is_used", "weight")

    def __init__(self, document: Document, weight: int) -> None:
        self.document: Document | None = document
        """None when it is no longer cached."""
        self.weight = weight
        """What it weighs together with its key, in bytes."""
        self.is_used = False
        """Whether it was served without the cache being asked: it gets a second chance before it is evicted."""


class DocumentCache:
    """Finished documents by key; at most `max_bytes` of them."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._documents: OrderedDict[Key, CachedDocument] = OrderedDict()
        """The least recently used first."""
        self._by_tag: defaultdict[CacheTag, dict[Key, None]] = defaultdict(dict)

    @property
    def bytes(self) -> int:
        """Return the weight of all documents."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._documents)

    def find(self, key: Key) -> CachedDocument | None:
        """Return what is cached for a key, which becomes the most recently used document."""
        slot = self._documents.get(key)
        if slot is not None:
            self._documents.move_to_end(key)
        return slot

    def get(self, key: Key) -> Document | None:
        """Return the document, which becomes the most recently used one."""
        slot = self.find(key)
        return None if slot is None else slot.document

    def put(self, key: Key, document: Document) -> None:
        """Replace the document of a key; one larger than the cache is not stored."""
        weight = document.size + key_weight(key)
        if weight > self._max_bytes:
            self.discard(key)
            return
        previous = self._documents.pop(key, None)
        if previous is not None:
            self._end(previous)
        self._make_room(weight)
        self._documents[key] = CachedDocument(document, weight)
        self._bytes += weight
        self._by_tag[cache_tag(key)][key] = None

    def discard(self, key: Key) -> None:
        """Remove a document if it is cached."""
        slot = self._documents.pop(key, None)
        if slot is None:
            return
        self._end(slot)
        tag = cache_tag(key)
        keys = self._by_tag[tag]
        del keys[key]
        if not keys:
            del self._by_tag[tag]

    def _end(self, slot: CachedDocument) -> None:
        slot.document = None
        self._bytes -= slot.weight

    def _make_room(self, weight: int) -> None:
        """Evict documents until one of this weight fits; those used without the cache get a second chance."""
        while self._bytes + weight > self._max_bytes:
            key, slot = next(iter(self._documents.items()))
            if slot.is_used:
                slot.is_used = False
                self._documents.move_to_end(key)
            else:
                self.discard(key)

    def keys_of(self, tag: CacheTag) -> list[Key]:
        """Return the keys of the documents of one thread, or of a whole site, in the order they were first cached."""
        return list(self._by_tag.get(tag, ()))

    def clear(self, repo: Repository) -> None:
        """Remove every document of a repository."""
        for key in [key for key in self._documents if key.repo == repo]:
            self.discard(key)


class _Turn(IntEnum):
    """In which order a change makes documents again."""

    PAGE = 0
    """What the page of a post shows first."""
    PROGRAM = 1
    """Feeds and lists, which programs request."""
    LATER_PAGE = 2


def _turn(key: Key) -> _Turn:
    match key:
        case CommentsKey() | FragmentKey() | NewestKey() if key.cursor is not None:
            return _Turn.LATER_PAGE
        case ThreadFeedKey() | SiteFeedKey():
            return _Turn.PROGRAM
        case GitHubCommentsKey() | GitHubAllCommentsKey() | GitHubIssuesKey():
            return _Turn.PROGRAM if key.page == 1 else _Turn.LATER_PAGE
        case _:
            return _Turn.PAGE


def key_weight(key: Key) -> int:
    """Return about what a key weighs: a reader's parameters may be longer than the response."""
    values = [getattr(key, name) for name in key.__slots__]
    texts = sum(sys.getsizeof(value) for value in values if isinstance(value, str))
    items = sum(sys.getsizeof(item) + 8 for value in values if isinstance(value, tuple) for item in value)
    return 512 + texts + items


@dataclass(frozen=True, slots=True)
class Basis:
    """A snapshot, and the generation of the key's documents before it was read."""

    snapshot: Snapshot
    generation: tuple[int, int]


class Documents:
    """Makes documents and caches them unless a change overtook their snapshot."""

    def __init__(self, views: Views, cache: DocumentCache, cache_tags: Callable[[Key], str] | None = None) -> None:
        """Give each document the cache tags that `cache_tags` returns; none if it is None."""
        self._cache_tags = cache_tags
        self._views = views
        self._cache = cache
        self._tag_generations: Counter[CacheTag] = Counter()
        self._repository_generations: Counter[str] = Counter()
        """How often a repository itself has changed: no document whose making began before is cached."""
        self._editions: defaultdict[str, Edition] = defaultdict(Edition)
        self.get, self.find = cache.get, cache.find
        """Return the cached document, and the place in the cache that holds it."""
        self.forget_outlines = views.outlines.clear
        """Forgets what is known of the versions of threads: another file is the store."""
        self.failed_checks = views.failed_checks
        """When the last due check of each thread failed, in epoch seconds."""

    async def basis(self, key: ThreadKey, *others: ThreadKey) -> Basis:
        """Read what some documents of one thread are made from."""
        generation = self._generation(key)
        return Basis(await self._views.snapshot(key, *others), generation)

    async def document(self, key: Key, basis: Basis | None = None) -> Document:
        """Return the document of `key` made from the mirror as it is now; `basis` if the caller has read it."""
        for _ in range(_ATTEMPTS):
            generation = self._generation(key) if basis is None else basis.generation
            document = await self._views.make(key, None if basis is None else basis.snapshot)
            if self._cache_tags is not None:
                document = replace(document, cache_tags=self._cache_tags(key))
            if self._generation(key) == generation:
                self._cache.put(key, document)
                return document
            basis = None
        self._cache.discard(key)
        return document

    async def current(self, key: Key) -> Document:
        """Return the cached document, or a new one."""
        return self._cache.get(key) or await self.document(key)

    def invalidate(self, repo: Repository) -> None:
        """Drop every document of a repository, also those that are being made."""
        self._repository_generations[repo.key] += 1
        self.edition(repo).is_current = False
        del self._editions[repo.key]
        self._cache.clear(repo)

    def edition(self, repo: Repository) -> Edition:
        """Return what ends with the next change of a repository's name or visibility."""
        return self._editions[repo.key]

    async def refresh(self, refs: Iterable[ThreadRef]) -> None:
        """Make every cached document that shows one of these threads again, and swap it: what pages show first."""
        await self._refresh(self._overtake(refs))

    def discard(self, refs: Iterable[ThreadRef]) -> None:
        """Drop every document that shows one of these threads, also those that are being made."""
        for tag in self._overtake(refs):
            for key in self._cache.keys_of(tag):
                self._cache.discard(key)

    def _overtake(self, refs: Iterable[ThreadRef]) -> set[CacheTag]:
        """Return the tags of the documents that show some threads; none whose making began before is cached."""
        tags: set[CacheTag] = {tag for repo, number in refs for tag in ((repo.key, number), (repo.key, None))}
        self._tag_generations.update(tags)
        return tags

    async def refresh_checked(self, repo: Repository, number: int) -> None:
        """Make a thread's cached documents again after a check, for their `checked_at` and `stale`."""
        await self._refresh({(repo.key, number)})

    async def _refresh(self, tags: Iterable[CacheTag]) -> None:
        groups = {(turn, tag): keys for tag in tags for turn, keys in self._keys_to_refresh(tag).items()}
        for turn, tag in sorted(groups, key=lambda group: (group[0], group[1][1] is None)):
            await self._refresh_all(groups[turn, tag])

    def _keys_to_refresh(self, tag: CacheTag) -> Mapping[_Turn, Sequence[Key]]:
        """Return what is made again, and drop the other documents."""
        groups: defaultdict[_Turn, list[Key]] = defaultdict(list)
        for key in self._cache.keys_of(tag)[:_MOST_REFRESHED]:
            groups[_turn(key)].append(key)
        del groups[_Turn.LATER_PAGE][_MOST_LATER_PAGES:]
        keys = {key for group in groups.values() for key in group}
        self._discard([key for key in self._cache.keys_of(tag) if key not in keys])
        return groups

    async def _refresh_all(self, keys: Sequence[Key]) -> None:
        """Make documents again, those of threads from one snapshot."""
        thread_keys = [key for key in keys if isinstance(key, ThreadKey)]
        with self._discarding(keys):
            basis = await self.basis(*thread_keys) if thread_keys else None
            for key in keys:  # two at once would only wait for Python's lock
                with self._discarding((key,)):
                    await self.document(key, basis)

    @contextmanager
    def _discarding(self, keys: Sequence[Key]) -> Iterator[None]:
        """Drop documents that cannot be made; their next readers have them made, or are told why not."""
        try:
            yield
        except ReadError:
            self._discard(keys)
        except Exception:  # noqa: BLE001 - logged; one document must not end a poll
            _log.exception("A document could not be rendered; the next reader of %s has it made", keys[0])
            self._discard(keys)

    def _discard(self, keys: Sequence[Key]) -> None:
        for key in keys:
            self._cache.discard(key)

    def _generation(self, key: Key) -> tuple[int, int]:
        """Return what changes when the documents of `key` are overtaken."""
        return self._repository_generations[key.repo.key], self._tag_generations[cache_tag(key)]

"""Outlines of threads in memory, and which comments of a thread a document shows."""

import threading
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice

from cachetools import LRUCache

from app.domain.errors import ReadError
from app.domain.outlines.outline_source import OutlineSource
from app.domain.records import ThreadRef
from app.domain.threads import NO_COMMENTS, Comment, ThreadOutline, outline
from app.ports.mirror import Select, ThreadComments
from app.render import api, feeds, github_api
from app.render.keys import (
    CommentsKey,
    FeedFormat,
    FragmentKey,
    GitHubCommentsKey,
    Key,
    NewestKey,
    SiteFeedKey,
    ThreadFeedKey,
)
from app.serving.moderation.holds import Holds, Judge, ThreadHolds

_MOST_BYTES = 16_000_000
_BYTES, _BYTES_PER_COMMENT = 1_000, 48
"""About what an outline weighs."""
_SHORT = 200
"""Comments below which a thread's outline is made from all of them each time: that takes milliseconds."""
_MOST_SOURCE_BYTES = 24_000_000
"""What longer threads are followed by from change to change: half a kilobyte for each comment, and its text."""


def require_valid(key: Key) -> None:
    """Raise a `ReadError` for a key that is invalid whatever the mirror has: another list's cursor, or no time."""
    match key:
        case CommentsKey() | FragmentKey() | NewestKey():
            api.require_cursor(key)
        case GitHubCommentsKey():
            github_api.page(NO_COMMENTS, key)
        case _:
            pass


def _shown_ids(outline: ThreadOutline, key: Key, secret: bytes) -> Collection[int]:
    """Return the ids of the comments that a document of a thread shows. Raise a `ReadError` for an invalid key."""
    match key:
        case CommentsKey() | FragmentKey():
            return api.page(outline, key, secret)[0]
        case ThreadFeedKey():
            return feeds.needed_comments(outline)
        case SiteFeedKey(format=FeedFormat.ATOM):
            return feeds.needed_targets(outline)
        case GitHubCommentsKey():
            return github_api.page(outline, key)[0]
        case NewestKey() | SiteFeedKey():
            return ()  # what they show is no matter of one thread
        case _:
            raise AssertionError(key)  # it shows no comments, or is missing above


@dataclass(frozen=True, slots=True)
class _VersionSource:
    """What the outline of a version of a thread is made from, and what is held back of it."""

    version: int
    source: OutlineSource
    holds: ThreadHolds | None


class Outlines:
    """The outline of each thread that was read lately, made once for each version.

    The threads of the store share it. One of them may wait while another makes an outline: less than a second.
    """

    def __init__(self, secret: bytes, holds: Holds | None = None) -> None:
        """Tell by `secret` which cursors were issued here; leave out what `holds` says is held back."""
        self._secret = secret
        self._holds = holds
        self._outlines, self._sources = _new_outlines(), _new_sources()
        self._lock = threading.Lock()
        self._making = threading.Lock()
        """Held while an outline is made: two at once would take as long, and leave less of Python's lock to others."""

    def select(self, keys: Iterable[Key]) -> Select:
        """Return a function that selects the comments which any of these documents shows."""
        return partial(self._select, tuple(keys))

    def clear(self) -> None:
        """Forget all outlines: another file is the store, and its versions may be those of other contents.

        One that is being made is not kept: it goes into what is forgotten here.
        """
        with self._lock:
            self._outlines, self._sources = _new_outlines(), _new_sources()

    def _select(
        self, keys: tuple[Key, ...], ref: ThreadRef, version: int, comments: Iterable[Comment]
    ) -> tuple[ThreadOutline, Collection[int]]:
        current = self._outline(ref, version, comments)
        ids: set[int] = set()
        for key in keys:
            with suppress(ReadError):  # the renderer raises it again, if the thread may be shown at all
                ids.update(_shown_ids(current, key, self._secret))
        return current, ids

    def _outline(self, ref: ThreadRef, version: int, comments: Iterable[Comment]) -> ThreadOutline:
        known_outline = self._known(ref, version)
        if known_outline is not None:
            return known_outline
        with self._making:
            known_outline, outlines = self._known(ref, version), self._outlines
            if known_outline is not None:
                return known_outline
            new_outline = self._make(ref, version, comments)
            with self._lock, suppress(ValueError):  # it is larger than all of them together may be
                outlines[ref] = version, new_outline
        return new_outline

    def _make(self, ref: ThreadRef, version: int, comments: Iterable[Comment]) -> ThreadOutline:
        """Return a new outline, made from that of an earlier version and the changes if both are known."""
        sources = self._sources
        earlier = sources.get(ref)
        if earlier is not None and version > earlier.version and isinstance(comments, ThreadComments):
            del sources[ref]
            source = self._newer_source(earlier, ref, version, comments)
            if source is not None:
                return _put(sources, ref, source)
        judge = None if self._holds is None else self._holds.judge()
        iterator, is_held_back = iter(comments), None if judge is None else judge.is_held_back
        first = list(islice(iterator, _SHORT))
        if len(first) < _SHORT:
            new_outline = outline(first, is_held_back)
        else:
            new_source = OutlineSource(chain(first, iterator), is_held_back)
            new_outline = _put(
                sources, ref, _VersionSource(version, new_source, None if judge is None else judge.holds)
            )
        self._remember(ref, version, judge)
        return new_outline

    def _newer_source(
        self, earlier: _VersionSource, ref: ThreadRef, version: int, comments: ThreadComments
    ) -> _VersionSource | None:
        """Bring what an outline is made from up to date; return None if that needs all comments."""
        changes = comments.changes(after=earlier.version)
        if changes is None:
            return None
        judge = None if self._holds is None else self._holds.judge(earlier.holds)
        if judge is not None:
            judge.forget({comment.id for comment in changes.comments}.union(changes.removed_ids))
        if not earlier.source.change(changes, None if judge is None else judge.is_held_back):
            return None
        self._remember(ref, version, judge)
        return _VersionSource(version, earlier.source, None if judge is None else judge.holds)

    def _remember(self, ref: ThreadRef, version: int, judge: Judge | None) -> None:
        if self._holds is not None and judge is not None:
            self._holds.remember(ref, version, judge)

    def _known(self, ref: ThreadRef, version: int) -> ThreadOutline | None:
        with self._lock:
            known_version, known_outline = self._outlines.get(ref, (None, None))
        return known_outline if known_version == version else None


def _new_outlines() -> LRUCache[ThreadRef, tuple[int, ThreadOutline]]:
    return LRUCache(_MOST_BYTES, getsizeof=lambda entry: _BYTES + _BYTES_PER_COMMENT * len(entry[1]))


def _new_sources() -> LRUCache[ThreadRef, _VersionSource]:
    return LRUCache(_MOST_SOURCE_BYTES, getsizeof=lambda entry: entry.source.weight)


def _put(sources: LRUCache[ThreadRef, _VersionSource], ref: ThreadRef, source: _VersionSource) -> ThreadOutline:
    """Keep what an outline is made from, and return the outline."""
    with suppress(ValueError):  # it is larger than all of them together may be
        sources[ref] = source
    return source.source.outline()

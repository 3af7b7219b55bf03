"""Outlines of threads in memory, and which comments of a thread a document shows."""

import threading
from collections.abc import Collection, Iterable
from contextlib import suppress
from functools import partial

from cachetools import LRUCache

from app.domain.errors import ReadError
from app.domain.records import ThreadRef
from app.domain.threads import NO_COMMENTS, Comment, ThreadOutline, outline
from app.ports.mirror import Select
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
from app.serving.moderation.holds import Holds

_MOST_BYTES = 16_000_000
_BYTES, _BYTES_PER_COMMENT = 1_000, 48
"""About what an outline weighs."""


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


class Outlines:
    """The outline of each thread that was read lately, made once for each version.

    The threads of the store share it. One of them may wait while another makes an outline: less than a second.
    """

    def __init__(self, secret: bytes, holds: Holds | None = None) -> None:
        """Tell by `secret` which cursors were issued here; leave out what `holds` says is held back."""
        self._secret = secret
        self._holds = holds
        self._outlines: LRUCache[ThreadRef, tuple[int, ThreadOutline]] = LRUCache(
            _MOST_BYTES, getsizeof=lambda entry: _BYTES + _BYTES_PER_COMMENT * len(entry[1])
        )
        self._lock = threading.Lock()
        self._making = threading.Lock()
        """Held while an outline is made: two at once would take as long, and leave less of Python's lock to others."""

    def select(self, keys: Iterable[Key]) -> Select:
        """Return a function that selects the comments which any of these documents shows."""
        return partial(self._select, tuple(keys))

    def clear(self) -> None:
        """Forget all outlines: another file is the store, and its versions may be those of other contents."""
        with self._lock:
            self._outlines.clear()

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
            known_outline = self._known(ref, version)
            if known_outline is not None:
                return known_outline
            new_outline = self._make(ref, version, comments)
            with self._lock, suppress(ValueError):  # it is larger than all of them together may be
                self._outlines[ref] = version, new_outline
        return new_outline

    def _make(self, ref: ThreadRef, version: int, comments: Iterable[Comment]) -> ThreadOutline:
        if self._holds is None:
            return outline(comments)
        judge = self._holds.judge()
        new_outline = outline(comments, judge.is_held_back)
        self._holds.remember(ref, version, judge)
        return new_outline

    def _known(self, ref: ThreadRef, version: int) -> ThreadOutline | None:
        with self._lock:
            known_version, known_outline = self._outlines.get(ref, (None, None))
        return known_outline if known_version == version else None

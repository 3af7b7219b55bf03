"""What the publisher has found becomes a document of the kind that a key names.

Everything here is called in threads beside the event loop, and waits for nothing.
"""

import threading
from collections.abc import Mapping, Sequence
from functools import partial

from cachetools import LRUCache

from app.domain.threads import Comment, Issue, Thread
from app.render import api, feeds, fragment, github_api
from app.render.document import Document
from app.render.github_objects import SafeHtml
from app.render.images import image_address
from app.render.keys import (
    CommentsKey,
    CompatCommentKey,
    CompatCommentsKey,
    CompatIssueKey,
    CompatIssuesKey,
    FragmentKey,
    NewestKey,
    PostKey,
    SiteFeedKey,
    ThreadFeedKey,
    ThreadKey,
)
from app.render.sanitizer.sanitize import sanitize

_SAFE_HTML_BYTES = 16_000_000


def newest_wanted(key: NewestKey | SiteFeedKey) -> tuple[int, int | None]:
    """How many of the newest comments a document is made of, and below which id (None: of all)."""
    if isinstance(key, SiteFeedKey):
        return 2 * feeds.ENTRIES, None  # hidden ones are left out
    return key.limit + 1, api.newest_before(key.cursor)


class Renderer:
    """Renders; `public_url` is the address that GitHub-compatible documents name, None: GitHub's own."""

    def __init__(self, public_url: str | None) -> None:
        self._public_url = public_url
        self._safe: LRUCache[tuple[str, str, str | None], str] = LRUCache(_SAFE_HTML_BYTES, getsizeof=len)
        self._safe_lock = threading.Lock()

    def of_thread(self, thread: Thread, key: ThreadKey) -> Document:
        """The document of a thread."""
        match key:
            case PostKey():
                return api.post(thread)
            case CommentsKey():
                return api.comments(thread, key, self._with_pictures_at(key.home))
            case FragmentKey():
                return fragment.document(thread, key, self._of_page(key))
            case ThreadFeedKey():
                return feeds.of_thread(thread, key, self._of_page(key))
            case CompatIssueKey():
                return github_api.issue(thread, key, self.sanitize, self._public_url)
            case CompatCommentsKey():
                return github_api.comments(thread, key, self.sanitize, self._public_url)

    def newest(
        self,
        found: Sequence[Comment],
        threads: Mapping[int, Thread],
        key: NewestKey | SiteFeedKey,
        checked_at: float | None,
    ) -> Document:
        """The newest comments of a site; `found` as `newest_wanted` says, `threads` holds theirs by number."""
        if isinstance(key, SiteFeedKey):
            return feeds.of_site(found, threads, key, self._of_page(key), checked_at)
        safe = self._with_pictures_at(key.home)
        return api.newest(found, threads, key, safe, checked_at=checked_at, stale=False)

    def comment(self, value: Comment, key: CompatCommentKey, checked_at: float | None) -> Document:
        """One comment in GitHub's shape."""
        return github_api.comment(value, key, self.sanitize, self._public_url, checked_at=checked_at)

    def issues(self, values: Sequence[Issue], key: CompatIssuesKey, checked_at: float | None) -> Document:
        """A list of issues in GitHub's shape."""
        return github_api.issues(values, key, self.sanitize, self._public_url, checked_at)

    def _of_page(self, key: FragmentKey | ThreadFeedKey | SiteFeedKey) -> SafeHtml:
        return self._with_pictures_at(key.home if key.pictures else None)

    def _with_pictures_at(self, home: str | None) -> SafeHtml:
        return partial(self.sanitize, home=home)

    def sanitize(self, item: Comment | Issue, home: str | None = None) -> str:
        """The HTML of a comment as it may be inserted; its pictures lie at `home`, or (None) where GitHub has them.

        Sanitised once for each text, because the same comment stands in several documents.
        """
        html = item.source.get("body_html")
        given = html if isinstance(html, str) else ""
        key = (given, item.url, home)
        with self._safe_lock:  # documents are rendered in several threads
            safe = self._safe.get(key)
        if safe is None:
            images = None if home is None else partial(image_address, home, item.id)
            safe = sanitize(given, base_url=item.url, images=images)
            if len(safe) <= self._safe.maxsize:
                with self._safe_lock:
                    self._safe[key] = safe
        return safe

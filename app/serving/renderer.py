"""Render what the views have read as a document of the kind that a key names.

Everything here runs in threads beside the event loop, and waits for nothing.
"""

import threading
from collections.abc import Mapping, Sequence
from functools import partial

from cachetools import LRUCache

from app.domain.threads import Comment, Issue, Thread
from app.render import api, feeds, fragment, github_api
from app.render.document import Document
from app.render.github_objects import Sanitizer
from app.render.images import proxied_image_url
from app.render.keys import (
    CommentsKey,
    FragmentKey,
    GitHubCommentKey,
    GitHubCommentsKey,
    GitHubIssueKey,
    GitHubIssuesKey,
    NewestKey,
    PostKey,
    SiteFeedKey,
    ThreadFeedKey,
    ThreadKey,
)
from app.render.sanitizer.sanitize import sanitize

_SANITIZED_BYTES = 16_000_000


def newest_range(key: NewestKey | SiteFeedKey) -> tuple[int, int | None]:
    """Return how many of the newest comments a document is made of, and below which id (None: of all)."""
    if isinstance(key, SiteFeedKey):
        return 2 * feeds.MAX_ENTRIES, None  # hidden ones are left out
    return key.limit + 1, api.newest_before(key.cursor)


class Renderer:
    """Renders documents. GitHub-compatible ones name `public_url`, or GitHub's own address if it is None."""

    def __init__(self, public_url: str | None) -> None:
        self._public_url = public_url
        self._sanitized_html: LRUCache[tuple[str, str, str | None], str] = LRUCache(_SANITIZED_BYTES, getsizeof=len)
        self._lock = threading.Lock()

    def thread(self, thread: Thread, key: ThreadKey) -> Document:
        """Return the document of a thread."""
        match key:
            case PostKey():
                return api.post(thread)
            case CommentsKey():
                return api.comments(thread, key, self._sanitizer(key.base_url))
            case FragmentKey():
                return fragment.document(thread, key, self._page_sanitizer(key))
            case ThreadFeedKey():
                return feeds.thread_feed(thread, key, self._page_sanitizer(key))
            case GitHubIssueKey():
                return github_api.issue(thread, key, self.sanitize, self._public_url)
            case GitHubCommentsKey():
                return github_api.comments(thread, key, self.sanitize, self._public_url)

    def newest(
        self,
        comments: Sequence[Comment],
        threads: Mapping[int, Thread],
        key: NewestKey | SiteFeedKey,
        checked_at: float | None,
    ) -> Document:
        """Return the newest comments of a site; `comments` as `newest_range` says, `threads` are theirs by number."""
        if isinstance(key, SiteFeedKey):
            return feeds.site_feed(comments, threads, key, self._page_sanitizer(key), checked_at)
        sanitizer = self._sanitizer(key.base_url)
        return api.newest(comments, threads, key, sanitizer, checked_at=checked_at, stale=False)

    def comment(self, comment: Comment, key: GitHubCommentKey, checked_at: float | None) -> Document:
        """Return one comment in GitHub's form."""
        return github_api.comment(comment, key, self.sanitize, self._public_url, checked_at=checked_at)

    def issues(self, issues: Sequence[Issue], key: GitHubIssuesKey, checked_at: float | None) -> Document:
        """Return a list of issues in GitHub's form."""
        return github_api.issues(issues, key, self.sanitize, self._public_url, checked_at)

    def _page_sanitizer(self, key: FragmentKey | ThreadFeedKey | SiteFeedKey) -> Sanitizer:
        return self._sanitizer(key.base_url if key.proxy_images else None)

    def _sanitizer(self, base_url: str | None) -> Sanitizer:
        return partial(self.sanitize, base_url=base_url)

    def sanitize(self, item: Comment | Issue, base_url: str | None = None) -> str:
        """Return the HTML of a comment as it may be inserted; its images are at `base_url`, or at GitHub's hosts.

        Each text is sanitized once, because the same comment is part of several documents.
        """
        source_html = item.source.get("body_html")
        html = source_html if isinstance(source_html, str) else ""
        key = (html, item.url, base_url)
        with self._lock:  # documents are rendered in several threads
            result = self._sanitized_html.get(key)
        if result is None:
            rewrite = None if base_url is None else partial(proxied_image_url, base_url, item.id)
            result = sanitize(html, source_url=item.url, rewrite_image=rewrite)
            if len(result) <= self._sanitized_html.maxsize:
                with self._lock:
                    self._sanitized_html[key] = result
        return result

"""Render the documents of threads and sites, with sanitized comments. Nothing here waits or reads."""

import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from hashlib import blake2b
from sys import getsizeof

from cachetools import LRUCache

from app.domain.records import SiteRecord
from app.domain.thread_state import site_checked_at
from app.domain.threads import Comment, Issue, Thread
from app.render import api, feeds, fragment, github_api
from app.render.document import Document
from app.render.github_objects import Sanitizer
from app.render.keys import (
    CommentsKey,
    FragmentKey,
    GitHubAllCommentsKey,
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
from app.render.sanitizer.sanitize import differs_on_pages, image_name, proxied_image_url, sanitize

_SANITIZED_BYTES = 8_000_000


class Renderer:
    """Renders documents."""

    def __init__(self, secret: bytes) -> None:
        """Sign cursors with `secret`."""
        self.secret = secret
        self._any_service = f"https://{blake2b(secret, digest_size=8).hexdigest()}.invalid"
        """Stands for the address of the service in sanitized HTML that is kept: no host has this name (RFC 6761), and
        no author of a comment knows it."""
        self._sanitized_html: LRUCache[bytes, str] = LRUCache(_SANITIZED_BYTES, getsizeof=getsizeof)
        self._lock = threading.Lock()

    def thread(self, thread: Thread, key: ThreadKey) -> Document:
        """Return the document of a thread."""
        match key:
            case PostKey():
                return api.post(thread)
            case CommentsKey():
                return api.comments(thread, key, self._sanitizer(key.base_url, for_page=True), self.secret)
            case FragmentKey():
                return fragment.document(thread, key, self._page_sanitizer(key), self.secret)
            case ThreadFeedKey():
                return feeds.thread_feed(thread, key, self._page_sanitizer(key))
            case GitHubIssueKey():
                return github_api.issue(thread, key, self.sanitize)
            case GitHubCommentsKey():
                return github_api.comments(thread, key, self.sanitize)

    def newest(
        self,
        comments: Sequence[Comment],
        threads: Mapping[int, Thread],
        key: NewestKey | SiteFeedKey,
        site: SiteRecord,
    ) -> Document:
        """Return the newest comments of a site; `threads` are theirs by number."""
        checked_at = site_checked_at(site)
        if isinstance(key, SiteFeedKey):
            source = feeds.SiteFeedSource(site.feed_identity, checked_at)
            return feeds.site_feed(comments, threads, key, self._page_sanitizer(key), source)
        sanitizer = self._sanitizer(key.base_url, for_page=True)
        return api.newest(comments, threads, key, sanitizer, checked_at, secret=self.secret)

    def comment(self, comment: Comment, key: GitHubCommentKey, checked_at: float | None) -> Document:
        """Return one comment in GitHub's form."""
        return github_api.comment(comment, key, self.sanitize, checked_at)

    def all_comments(
        self, comments: Sequence[Comment], total: int, key: GitHubAllCommentsKey, checked_at: float | None
    ) -> Document:
        """Return a list of a repository's comments in GitHub's form."""
        return github_api.all_comments(comments, total, key, self.sanitize, checked_at)

    def issues(self, issues: Sequence[Issue], key: GitHubIssuesKey, checked_at: float | None) -> Document:
        """Return a list of issues in GitHub's form."""
        return github_api.issues(issues, key, self.sanitize, checked_at)

    def _page_sanitizer(self, key: FragmentKey | ThreadFeedKey | SiteFeedKey) -> Sanitizer:
        return self._sanitizer(key.base_url if key.proxy_images else None, for_page=isinstance(key, FragmentKey))

    def _sanitizer(self, base_url: str | None, *, for_page: bool) -> Sanitizer:
        return partial(self.sanitize, base_url=base_url, for_page=for_page)

    def sanitize(self, item: Comment | Issue, base_url: str | None = None, *, for_page: bool = False) -> str:
        """Return the HTML of a comment as it may be inserted; its images are at `base_url`, or at GitHub's hosts.

        `for_page` is for documents that are shown with the service's style sheet.

        Each text is sanitized once, because the same comment is part of several documents. So a text is kept with a
        placeholder for the service, whose address may differ with each request.
        """
        source_html = item.source.get("body_html")
        html = source_html if isinstance(source_html, str) else ""
        differs = for_page and differs_on_pages(html)
        if not base_url or f"{base_url}/images/" in html:
            return self._sanitize(html, item, base_url, for_page=differs)
        return self._sanitize(html, item, self._any_service, for_page=differs).replace(self._any_service, base_url)

    def _sanitize(self, html: str, item: Comment | Issue, base_url: str | None, *, for_page: bool) -> str:
        sizes = item.image_sizes if isinstance(item, Comment) and base_url is not None else None
        source = "\0".join((str(base_url), str(for_page), str(sizes), item.url, html)).encode("utf-8", "surrogatepass")
        key = blake2b(source, digest_size=16).digest()
        with self._lock:  # documents are rendered in several threads
            result = self._sanitized_html.get(key)
        if result is None:
            rewrite = None if base_url is None else partial(proxied_image_url, base_url, item.id)
            size = None if sizes is None else lambda url: sizes.get(image_name(url))
            result = sanitize(html, source_url=item.url, rewrite_image=rewrite, image_size=size, for_page=for_page)
            with self._lock, suppress(ValueError):  # it is larger than the cache
                self._sanitized_html[key] = result
        return result

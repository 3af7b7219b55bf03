"""A small blog for the tests of the web, and a fake reader that renders its documents."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx

from app.domain.errors import CommentNotFound
from app.domain.sites import repository
from app.domain.threads import Author, Comment, Issue, Reactions, Status, Thread, outline
from app.domain.times import rfc3339
from app.render import api, feeds, fragment, github_api
from app.render.document import Document
from app.render.keys import (
    CommentsKey,
    CountsKey,
    FragmentKey,
    GitHubAllCommentsKey,
    GitHubCommentKey,
    GitHubCommentsKey,
    GitHubIssueKey,
    GitHubIssuesKey,
    GitHubRepositoryKey,
    Key,
    NewestKey,
    NoThreadKey,
    PostKey,
    SiteFeedKey,
    TermCountsKey,
    ThreadFeedKey,
)
from app.serving.document_cache import CachedDocument
from app.serving.reader import ReadyDocument
from app.serving.repository_names import NamedRepository
from app.web.app import create_app
from app.web.cached_reads import CachedReads
from app.web.context import Features, Monitoring, WebContext
from app.web.document_response import CorsPolicy
from tests.fakes import FakeClock
from tests.render.sample_threads import SECRET

SITE = repository("Owner/Blog")
OTHER = repository("owner/notes")
START = 1_593_595_800.0
"""2020-07-01T09:30:00Z."""
REPOSITORY = {
    "id": 9,
    "full_name": "Owner/Blog",
    "description": "a\u2028b\u2029c",
    "updated_at": "2020-07-01T09:30:00Z",
}
POST = 41
BIG = 2**40
"""A post with more comments than one page holds."""
GONE = 13


def make_comment(comment_id: int, number: int, *, hidden: str | None = None) -> Comment:
    at = rfc3339(START + comment_id)
    html = f"<p>Comment {comment_id}</p>"
    return Comment(
        id=comment_id,
        number=number,
        author=Author("octocat", "https://github.com/octocat", "https://avatars.example/1"),
        association="OWNER",
        created_at=at,
        updated_at=at,
        body=f"Comment {comment_id}",
        body_text=f"Comment {comment_id}",
        body_html=html,
        url=f"https://github.com/{SITE}/issues/{number}#issuecomment-{comment_id}",
        reactions=Reactions(1, {"+1": 1}),
        pinned=False,
        hidden=hidden,
        source={"id": comment_id, "body": f"Comment {comment_id}", "body_html": html, "body_text": "…"},
    )


def make_issue(number: int, count: int, *, state: str = "open") -> Issue:
    return Issue(
        id=number,
        number=number,
        repository_url=f"https://api.github.com/repos/{SITE}",
        title=f"Post {number}",
        author=Author("octocat", "https://github.com/octocat", "https://avatars.example/1"),
        is_pull_request=False,
        state=state,
        locked=False,
        comment_count=count,
        labels=("comments",),
        created_at=rfc3339(START),
        updated_at=rfc3339(START),
        url=f"https://github.com/{SITE}/issues/{number}",
        reactions=Reactions(),
        source={"number": number, "title": f"Post {number}", "body": None},
    )


def make_thread(number: int, comments: tuple[Comment, ...]) -> Thread:
    issue = make_issue(number, len(comments))
    return Thread(SITE, number, issue, comments, len(comments), Status.OPEN, START, outline=outline(comments))


THREADS = {
    POST: make_thread(POST, (make_comment(1, POST), make_comment(2, POST, hidden="spam"), make_comment(3, POST))),
    BIG: make_thread(BIG, tuple(make_comment(1000 + n, BIG) for n in range(71))),
    GONE: Thread(SITE, GONE, None, (), 0, Status.GONE, START),
}


def _html(item: Comment | Issue) -> str:
    return str(item.source.get("body_html") or "")


class FakeReader:
    """A `DocumentReader` of the blog. Its cache holds each document that was read; `failure` is raised if set."""

    def __init__(self) -> None:
        self.requested_keys: list[Key] = []
        self.clients: list[str] = []
        self.failure: Exception | None = None
        self.fresh_from, self.fresh_until = 0.0, 1e12
        self._cache: dict[Key, Document] = {}
        self._slots: dict[Key, CachedDocument] = {}

    def ready(self, key: Key) -> Document | None:
        return self._cache.get(key)

    def find_ready(self, key: Key) -> ReadyDocument | None:
        document = self._cache.get(key)
        if document is None:
            return None
        slot = self._slots.setdefault(key, CachedDocument(document, 0))
        return ReadyDocument(document, slot, self.fresh_from, self.fresh_until)

    async def document(self, key: Key, client: str = "") -> Document:
        self.requested_keys.append(key)
        self.clients.append(client)
        if self.failure is not None:
            raise self.failure
        document = self._cache[key] = self._render(key)
        return document

    def evict(self) -> None:
        self._cache.clear()
        for slot in self._slots.values():
            slot.document = None
        self._slots.clear()

    def _render(self, key: Key) -> Document:
        if isinstance(key, PostKey | CommentsKey | FragmentKey | ThreadFeedKey | GitHubIssueKey | GitHubCommentsKey):
            return self._render_thread(THREADS.get(key.number) or _missing_thread(key.number), key)
        return self._render_site(key)

    def _render_thread(self, thread: Thread, key: Key) -> Document:
        match key:
            case CommentsKey():
                return api.comments(thread, key, _html, SECRET)
            case FragmentKey():
                return fragment.document(thread, key, _html, SECRET)
            case ThreadFeedKey():
                return feeds.thread_feed(thread, key, _html)
            case GitHubIssueKey():
                return github_api.issue(thread, key, _html)
            case GitHubCommentsKey():
                return github_api.comments(thread, key, _html)
            case _:
                return api.post(thread)

    def _render_site(self, key: Key) -> Document:
        comments = sorted((c for t in THREADS.values() for c in t.comments), key=lambda c: -c.id)
        match key:
            case CountsKey():
                totals: Mapping[int, int | None] = {number: len(t.comments) for number, t in THREADS.items()}
                return api.counts({n: totals.get(n) for n in key.ids or totals}, START)
            case TermCountsKey():
                by_term = zip(key.terms, key.numbers, strict=True)
                return api.term_counts(
                    {t: len(THREADS[n].comments) if n in THREADS else None for t, n in by_term}, START
                )
            case NoThreadKey():
                return api.no_thread(key.repo, START)
            case NewestKey():
                position = api.newest_position(key.cursor, SECRET)
                page = [c for c in comments if position is None or c.id < position.comment_id][: key.limit + 1]
                return api.newest(page, THREADS, key, _html, START, secret=SECRET)
            case SiteFeedKey():
                return feeds.site_feed(
                    comments[: feeds.MAX_ENTRIES], THREADS, key, _html, feeds.SiteFeedSource(checked_at=START)
                )
            case _:
                return self._render_github(key, comments)

    def _render_github(self, key: Key, comments: list[Comment]) -> Document:
        match key:
            case GitHubIssuesKey():
                return github_api.issues([t.issue for t in THREADS.values() if t.issue], key, _html, START)
            case GitHubAllCommentsKey():
                ordered = comments if key.descending else comments[::-1]
                page = ordered[(key.page - 1) * key.per_page :][: key.per_page]
                return github_api.all_comments(page, len(comments), key, _html, START)
            case GitHubRepositoryKey():
                return github_api.repository(REPOSITORY, key, START, is_private=False)
            case GitHubCommentKey():
                comment = next((c for c in comments if c.id == key.comment_id), None)
                if comment is None:
                    raise CommentNotFound(key.comment_id)
                return github_api.comment(comment, key, _html, None)
            case _:
                raise AssertionError(key)


def _missing_thread(number: int) -> Thread:
    return Thread(SITE, number, None, (), 0, Status.MISSING, START)


class OldName:
    """The names of a renamed site: like `RepositoryNames`, it knows one former name of the first site."""

    async def find(self, name: str) -> NamedRepository | None:
        """Return the first site for its former name."""
        return NamedRepository(SITE, SITE.full_name, "Old/Name") if name.lower() == "old/name" else None


class Blog:
    """The web application over the fake reader, and a client that sends requests as a browser does."""

    def __init__(self, *, cors: CorsPolicy = CorsPolicy(), public_url: str | None = None) -> None:  # noqa: B008 - frozen
        self.reader = FakeReader()
        self.clock = FakeClock(START + 7)
        self.readiness: dict[str, Any] = {"ready": True, "sites": [], "posts": {"ready": True, "failure": None}}
        self.context = WebContext(
            reader=self.reader,
            sites=(SITE, OTHER),
            now=self.clock.now,
            cors=cors,
            public_url=public_url,
            monitoring=Monitoring(self._readiness),
        )
        self.app: CachedReads = create_app(self.context)

    async def _readiness(self) -> Mapping[str, Any]:
        return self.readiness

    def serve(self, **features: Any) -> None:
        """Serve from now on with these features, named as the fields of `Features`."""
        self.context = replace(self.context, features=Features(**features))
        self.app = create_app(self.context)

    async def request(
        self, target: str, headers: Mapping[str, str] | list[tuple[str, str]] | None = None, *, method: str = "GET"
    ) -> httpx.Response:
        """Send one request to a target such as `/docs?x=1`, unchanged."""
        pairs = headers if isinstance(headers, list) else list((headers or {}).items())
        encoded_headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs]
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://blog.test") as client:
            del client.headers["accept-encoding"], client.headers["accept"]
            return await client.request(method, target, headers=encoded_headers)

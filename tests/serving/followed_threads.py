"""Two views of one mirror: one that follows its changes, and one that has read nothing yet."""

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from app.domain.errors import ReadError
from app.domain.moderation.hold_words import parse_hold_words
from app.domain.moderation.rules import ModerationRules
from app.domain.records import SiteRecord
from app.domain.sites import PostFilter
from app.domain.threads import Comment
from app.ports.mirror import Change, Mirror, MirrorReads
from app.render.document import Document
from app.render.keys import (
    CommentsKey,
    CountsKey,
    FeedFormat,
    FragmentKey,
    GitHubCommentsKey,
    Key,
    MediaType,
    NewestKey,
    Order,
    PostKey,
    SiteFeedKey,
    ThreadFeedKey,
)
from app.serving.access_policy import AccessPolicy
from app.serving.moderation.holds import Holds
from app.serving.moderation.visible_mirror import ModeratedMirror
from app.serving.renderer import Renderer
from app.serving.views import Views
from app.store.memory import MemoryKeyValues, MemoryStore
from app.store.sqlite import SqliteStore
from tests.domain.builders import issue
from tests.domain.outlines.random_threads import HELD_WORD, ThreadChanges
from tests.serving.document_setup import BLOG, SITES

NUMBER = 41
_BASE = "https://comments.example.com"
RULES = ModerationRules(hold_words=parse_hold_words(HELD_WORD), denied_authors=frozenset({"cal[bot]"}))


def keys() -> list[Key]:
    """Return a document of each kind that shows comments, in each order."""
    github = GitHubCommentsKey(BLOG, NUMBER, MediaType.FULL, page=1, per_page=5, since=None)
    return [
        *(CommentsKey(BLOG, NUMBER, order, 4, None, pinned_first=True) for order in Order),
        FragmentKey(BLOG, NUMBER, Order.OLDEST, 9, None, "en", full_page=True, base_url=_BASE, proxy_images=False),
        ThreadFeedKey(BLOG, NUMBER, FeedFormat.ATOM, "en", _BASE, proxy_images=True),
        PostKey(BLOG, NUMBER),
        github,
        replace(github, page=2, since="2026-01-02T00:00:00Z"),
        CountsKey(BLOG, (NUMBER,)),
        NewestKey(BLOG, 4, None),
        SiteFeedKey(BLOG, FeedFormat.JSON, "en", _BASE, proxy_images=False),
    ]


def views(mirror: Mirror, *, is_moderated: bool) -> Views:
    """Return views of a mirror that know nothing of it."""
    holds = Holds(mirror, RULES) if is_moderated else None
    reads: MirrorReads = mirror if holds is None else ModeratedMirror(mirror, holds)
    access = AccessPolicy(PostFilter(), allow_private=False)
    return Views(reads, MemoryKeyValues(), access, Renderer(b"secret"), Counter(), holds)


async def document(some_views: Views, key: Key) -> Document | str:
    """Return a new document, or what a reader is told instead."""
    try:
        return await some_views.make(key)
    except ReadError as error:
        return str(error)


async def open_thread(mirror: Mirror) -> None:
    """Mirror a blog with one post without comments."""
    site = SiteRecord(BLOG, 1, BLOG.full_name, issues_listed_at=1.0)
    await mirror.apply(Change(repo=BLOG, at=1.0, site=site, issues=(issue(NUMBER, comments=0),)))


async def change_thread(mirror: Mirror, put: Sequence[Comment], removed_ids: frozenset[int]) -> None:
    """Mirror a change of the post's comments."""
    await mirror.apply(Change(repo=BLOG, at=2.0, comments=tuple(put), removed_comments=removed_ids))


async def compare_after_each(several: ThreadChanges, *, is_in_file: bool) -> None:
    """Compare documents that follow changes with those of views that know nothing."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "afterword.db")
        store = await SqliteStore.open(path, process_id="", sites=SITES) if is_in_file else MemoryStore("", SITES)
        await open_thread(store.mirror)
        followers = {is_moderated: views(store.mirror, is_moderated=is_moderated) for is_moderated in (False, True)}
        for put, removed_ids in several:
            await change_thread(store.mirror, put, removed_ids)
            for is_moderated, follower in followers.items():
                for key in keys():
                    new_document = await document(views(store.mirror, is_moderated=is_moderated), key)
                    assert await document(follower, key) == new_document, key
        await store.close()

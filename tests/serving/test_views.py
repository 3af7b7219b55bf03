"""Publishing: what several threads share, and what is overtaken while it is being made."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest
from app.sync.transfers import Transfers

from app.domain.errors import CommentNotFound, NotServed
from app.domain.sites import PostFilter, Repository, repository
from app.domain.threads import Comment
from app.github import payloads
from app.ports.jobs import THE_REPOSITORY
from app.ports.mirror import Change, SiteRecord, Tombstone
from app.render.document import Document
from app.render.keys import (
    CommentsKey,
    CountsKey,
    FeedFormat,
    FragmentKey,
    GitHubCommentKey,
    GitHubCommentsKey,
    GitHubIssueKey,
    GitHubIssuesKey,
    Key,
    MediaType,
    NewestKey,
    Order,
    PostKey,
    SiteFeedKey,
    ThreadFeedKey,
)
from app.serving.document_cache import DocumentCache
from app.serving.renderer import Renderer
from app.serving.views import Publisher
from app.store.memory import MemoryMirror
from tests.contracts.mirrors import API, issue
from tests.fakes import SilentMetrics
from tests.github.objects import comment_object

HOME = "https://comments.example"
BLOG, NOTES, THIRD = repository("ada/blog"), repository("ada/notes"), repository("ada/third")


class Held(MemoryMirror):
    """A mirror whose comments are read only when the gate is open."""

    def __init__(self) -> None:
        super().__init__("here")
        self.gate = asyncio.Event()
        self.gate.set()
        self.reached = asyncio.Event()

    async def comments(self, repo: Repository, number: int) -> tuple[Comment, ...]:
        self.reached.set()
        found = await super().comments(repo, number)
        await self.gate.wait()
        return found


class Press:
    """A publisher over a mirror of two sites; issue 1 of the blog has been moved to the notes, where it is 7."""

    def __init__(self, serve: PostFilter | None = None) -> None:
        self.mirror = Held()
        self.catalogue = DocumentCache(1_000_000)
        self.publisher = Publisher(
            mirror=self.mirror,
            catalogue=self.catalogue,
            places=Transfers((BLOG, NOTES, THIRD), self.mirror),
            serve=serve or PostFilter(),
            public_url=None,
            allow_private=False,
            observer=SilentMetrics(),
        )

    async def fill(self) -> None:
        for number, repo in enumerate((BLOG, NOTES, THIRD), start=1):
            site = SiteRecord(repo, number, repo.full_name, listed_at=1.0)
            await self.mirror.apply(Change(repo=repo, at=1.0, site=site, issues=(issue(7, repo=repo),)))
        await self.move(BLOG, 1, NOTES, 7)

    async def comment(self, comment_id: int, **changes: str) -> None:
        """The whole of issue 7 of the blog is one comment."""
        made = payloads.comment(comment_object(comment_id, 7, **changes))
        commented = issue(7, repo=BLOG, comments=1)
        await self.mirror.apply(Change(repo=BLOG, at=1.0, issues=(commented,), comments=(made,), whole=frozenset({7})))

    async def move(self, repo: Repository, number: int, to: Repository, there: int) -> None:
        absence = Tombstone(number, gone=True, checked_at=1.0, moved_to=f"{API}/repos/{to}/issues/{there}")
        await self.mirror.apply(Change(repo=repo, at=1.0, absence=absence))

    async def retitle(self, repo: Repository, number: int, title: str) -> None:
        await self.mirror.apply(Change(repo=repo, at=1.0, issues=(issue(number, repo=repo, title=title),)))

    async def overtaken(self, key: CommentsKey, by: Callable[[], Awaitable[object]]) -> asyncio.Task[Document]:
        """A document that was being made when something happened, and the making of which goes on then."""
        self.mirror.gate.clear()
        making = asyncio.create_task(self.publisher.document(key))
        await self.mirror.reached.wait()
        await by()
        self.mirror.gate.set()
        await asyncio.wait({making})
        return making


def comments(repo: Repository, number: int) -> CommentsKey:
    return CommentsKey(repo, number, limit=10, order=Order.OLDEST, cursor=None)


@pytest.mark.parametrize(("number", "private"), [(7, BLOG), (1, NOTES)], ids=["its own", "that it was moved to"])
async def test_a_document_that_was_being_made_when_a_repository_became_private_is_not_kept(
    number: int, private: Repository
) -> None:
    press = Press()
    await press.fill()

    async def hide() -> None:
        await press.mirror.apply(Change(repo=private, at=2.0, noted={"private": True}))
        await press.publisher.changed(private, frozenset([THE_REPOSITORY]))

    made = await press.overtaken(comments(BLOG, number), hide)
    assert isinstance(made.exception(), NotServed)
    assert len(press.catalogue) == 0


async def test_a_repository_that_changes_overtakes_no_document_of_another() -> None:
    press = Press()
    await press.fill()

    async def hide() -> None:
        await press.mirror.apply(Change(repo=NOTES, at=2.0, noted={"private": True}))
        await press.publisher.changed(NOTES, frozenset([THE_REPOSITORY]))

    made = await press.overtaken(comments(BLOG, 7), hide)
    assert press.catalogue.get(comments(BLOG, 7)) is made.result()


async def test_a_change_touches_the_numbers_from_which_a_thread_had_been_moved_and_no_others() -> None:
    press = Press()
    await press.fill()
    assert await press.publisher.changed(NOTES, frozenset({7})) == {(NOTES, 7)}, "nobody has read the moved one"
    await press.publisher.document(PostKey(BLOG, 1))
    assert await press.publisher.changed(NOTES, frozenset({7})) == {(NOTES, 7), (BLOG, 1)}
    assert await press.publisher.changed(NOTES, frozenset([THE_REPOSITORY])) == {(NOTES, THE_REPOSITORY), (BLOG, 1)}
    assert await press.publisher.changed(NOTES, frozenset({8})) == {(NOTES, 8)}
    assert await press.publisher.changed(BLOG, frozenset({7})) == {(BLOG, 7)}


async def test_the_version_of_a_moved_thread_grows_with_each_change_on_its_way() -> None:
    press = Press()
    await press.fill()
    versions = [await press.publisher.version(BLOG, 1)]

    async def changed() -> bool:
        versions.append(await press.publisher.version(BLOG, 1))
        return versions[-1] > versions[-2]

    await press.retitle(NOTES, 7, "At its new place")
    assert await changed()
    await press.retitle(NOTES, 8, "Another")
    assert not await changed()
    await press.move(NOTES, 7, THIRD, 7)
    assert await changed(), "though the last place has an older version than the one before"
    await press.retitle(THIRD, 7, "At its last place")
    assert await changed()
    assert versions[-1] == await press.mirror.version(THIRD, 7)


async def test_the_version_of_a_thread_that_was_moved_in_a_circle_is_told() -> None:
    press = Press()
    await press.fill()
    await press.move(NOTES, 7, BLOG, 1)
    assert await press.publisher.version(BLOG, 1) == await press.mirror.version(NOTES, 7)


async def test_a_kept_document_is_not_made_again_to_be_told_of() -> None:
    press = Press()
    await press.fill()
    made = await press.publisher.present(PostKey(BLOG, 7))
    assert await press.publisher.present(PostKey(BLOG, 7)) is made
    await press.retitle(BLOG, 7, "Changed")
    await press.publisher.changed(BLOG, frozenset({7}))
    assert press.catalogue.get(PostKey(BLOG, 7)) is not made
    assert await press.publisher.present(PostKey(BLOG, 7)) is press.catalogue.get(PostKey(BLOG, 7))


async def test_documents_of_what_becomes_a_post_or_ceases_to_be_one_are_swapped_and_no_others() -> None:
    press = Press(PostFilter(listed_only=True))
    await press.fill()
    assert not press.publisher.serve.is_known
    await press.publisher.serve_only({BLOG: frozenset({7}), NOTES: frozenset({7})})
    keys: tuple[Key, ...] = (PostKey(BLOG, 7), CountsKey(BLOG, None), PostKey(NOTES, 7))
    before = [await press.publisher.document(key) for key in keys]
    assert await press.publisher.serve_only({BLOG: frozenset({1}), NOTES: frozenset({7})}) == {(BLOG, 1), (BLOG, 7)}
    swapped = [press.catalogue.get(key) is not document for key, document in zip(keys, before, strict=True)]
    assert swapped == [True, True, False]
    assert b'"missing"' in (await press.publisher.present(keys[0])).bodies["identity"]
    assert await press.publisher.serve_only(press.publisher.serve.posts or {}) == frozenset()


@pytest.mark.parametrize(
    "key",
    [
        CommentsKey(BLOG, 7, Order.OLDEST, 50, None, base_url=HOME),
        FragmentKey(BLOG, 7, Order.OLDEST, 50, None, "en", full_page=False, base_url=HOME, proxy_images=True),
        ThreadFeedKey(BLOG, 7, FeedFormat.ATOM, "en", HOME, proxy_images=True),
        SiteFeedKey(BLOG, FeedFormat.JSON, "en", HOME, proxy_images=True),
        NewestKey(BLOG, 5, None, HOME),
        GitHubCommentsKey(BLOG, 7, MediaType.FULL, 1, 30, None),
        GitHubCommentKey(BLOG, 3, MediaType.HTML),
    ],
    ids=lambda key: type(key).__name__,
)
async def test_each_kind_of_document_carries_the_comment_made_safe(key: Key) -> None:
    press = Press()
    await press.fill()
    await press.comment(3, body_html='<p onclick="x()">Hello <img src="https://github.com/a.png"></p>')
    body = (await press.publisher.document(key)).bodies["identity"]
    assert b"Hello" in body
    assert b"onclick" not in body
    assert (HOME.encode() in body) == (not isinstance(key, GitHubCommentKey | GitHubCommentsKey))


async def test_lists_and_single_issues_are_told_as_github_tells_them() -> None:
    press = Press()
    await press.fill()
    newest = GitHubIssuesKey(BLOG, MediaType.DEFAULT, 1, 30, "all", (), "created", "desc", None, None)
    for key in (GitHubIssueKey(BLOG, 7, MediaType.DEFAULT), newest):
        assert b'"number":7' in (await press.publisher.document(key)).bodies["identity"]


async def test_a_comment_that_is_not_there_is_none_once_the_mirror_is_complete() -> None:
    press = Press()
    await press.fill()
    await press.comment(3)
    with pytest.raises(CommentNotFound):
        await press.publisher.document(GitHubCommentKey(BLOG, 4, MediaType.RAW))


async def test_counts_follow_a_number_to_where_its_issue_was_moved() -> None:
    press = Press()
    await press.fill()
    counts = orjson.loads((await press.publisher.document(CountsKey(BLOG, (1, 7, 99)))).bodies["identity"])["counts"]
    assert counts == {"1": 0, "7": 0, "99": None}


def test_safe_html_may_be_asked_for_from_many_threads_at_once() -> None:
    renderer = Renderer(None)
    renderer._safe = type(renderer._safe)(2_000, getsizeof=len)
    items = [payloads.comment(comment_object(n, body_html=f"<p>{n} " + "x" * 90 + "</p>")) for n in range(1, 201)]
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(renderer.sanitize, items * 20))
    assert made == [item.body_html for item in items] * 20
    assert renderer._safe.currsize == sum(map(len, renderer._safe.values())) <= 2_000

"""Documents: what they show, which of them a change makes again, and what a change overtakes."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from sys import getsizeof

import orjson
import pytest

from app.domain.errors import CommentNotFound, NotServed
from app.domain.records import REPOSITORY_NUMBER, ThreadRef
from app.domain.sites import PostFilter, Repository
from app.github import payloads
from app.render import cursors
from app.render.fragment import revision
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
from app.serving.renderer import Renderer
from tests.contracts.mirrors import version_of
from tests.github.objects import comment_object
from tests.serving.document_setup import BLOG, NOTES, THIRD, DocumentSetup

BASE_URL = "https://comments.example"
PICTURE = "https://camo.githubusercontent.com/picture"


@pytest.fixture
async def setup() -> DocumentSetup:
    setup = DocumentSetup()
    await setup.fill()
    return setup


def _comments_key(repo: Repository, number: int) -> CommentsKey:
    return CommentsKey(repo, number, limit=10, order=Order.OLDEST, cursor=None)


# changes


@pytest.mark.parametrize(("number", "private"), [(7, BLOG), (1, NOTES)], ids=["its own", "of its target"])
async def test_document_overtaken_by_a_hidden_repository_is_dropped(
    setup: DocumentSetup, number: int, private: Repository
) -> None:
    async def hide() -> None:
        await setup.hide(private)
        await setup.report_change(private, REPOSITORY_NUMBER)

    task = await setup.overtake(_comments_key(BLOG, number), hide)
    assert isinstance(task.exception(), NotServed)
    assert len(setup.cache) == 0


@pytest.mark.parametrize(
    ("key", "part"),
    [
        (PostKey(BLOG, 1), b'"comment_count":1'),
        (_comments_key(BLOG, 1), b'"id":3'),
        (CountsKey(BLOG, (1,)), b'"counts":{"1":1}'),
    ],
    ids=["post", "comments", "counts"],
)
async def test_document_overtaken_at_its_transfer_target_is_remade(setup: DocumentSetup, key: Key, part: bytes) -> None:
    """The first reader of a transferred post may read the mirror just before a change at its target."""

    async def comment() -> None:
        await setup.comment(3, repo=NOTES)
        await setup.report_change(NOTES, 7)

    task = await setup.overtake(key, comment)
    assert part in task.result().bodies["identity"]
    assert setup.cache.get(key) is task.result()


async def test_hidden_repository_overtakes_no_document_of_another(setup: DocumentSetup) -> None:
    async def hide() -> None:
        await setup.hide(NOTES)
        await setup.report_change(NOTES, REPOSITORY_NUMBER)

    task = await setup.overtake(_comments_key(BLOG, 7), hide)
    assert setup.cache.get(_comments_key(BLOG, 7)) is task.result()


async def test_change_affects_numbers_a_thread_was_transferred_from(setup: DocumentSetup) -> None:
    assert await setup.report_change(NOTES, 7) == {(NOTES, 7)}, "nobody has read the transferred post"
    await setup.documents.document(PostKey(BLOG, 1))
    assert await setup.report_change(NOTES, 7) == {(NOTES, 7), (BLOG, 1)}
    assert await setup.report_change(NOTES, REPOSITORY_NUMBER) == {(NOTES, REPOSITORY_NUMBER), (BLOG, 1)}
    assert await setup.report_change(NOTES, 8) == {(NOTES, 8)}
    assert await setup.report_change(BLOG, 7) == {(BLOG, 7)}


async def _version(setup: DocumentSetup) -> int:
    """Return the version in the document of the transferred post."""
    version: int = orjson.loads(await setup.body(PostKey(BLOG, 1)))["version"]
    return version


async def test_version_grows_with_each_change_through_transfers(setup: DocumentSetup) -> None:
    versions = [await _version(setup)]

    async def has_grown() -> bool:
        versions.append(await _version(setup))
        return versions[-1] > versions[-2]

    await setup.retitle(NOTES, 7, "After the transfer")
    assert await has_grown()
    await setup.retitle(NOTES, 8, "Another")
    assert not await has_grown()
    await setup.transfer(NOTES, 7, THIRD, 7)
    assert await has_grown(), "though the last number has an older version than the one before"
    await setup.retitle(THIRD, 7, "After the last transfer")
    assert await has_grown()
    assert versions[-1] == await version_of(setup.mirror, THIRD, 7)


async def test_circular_transfers_have_a_version(setup: DocumentSetup) -> None:
    await setup.transfer(NOTES, 7, BLOG, 1)
    assert await _version(setup) == await version_of(setup.mirror, NOTES, 7)


async def test_current_document_is_made_once_for_each_change(setup: DocumentSetup) -> None:
    document = await setup.documents.current(PostKey(BLOG, 7))
    assert await setup.documents.current(PostKey(BLOG, 7)) is document
    await setup.retitle(BLOG, 7, "Changed")
    await setup.report_change(BLOG, 7)
    assert setup.cache.get(PostKey(BLOG, 7)) is not document
    assert await setup.documents.current(PostKey(BLOG, 7)) is setup.cache.get(PostKey(BLOG, 7))


async def test_change_makes_few_later_pages_again(setup: DocumentSetup) -> None:
    page, digest = _comments_key(BLOG, 7), cursors.thread_list(BLOG, 7, Order.OLDEST)
    later_pages = [replace(page, cursor=cursors.encode(digest, comment_id=n, secret=b"secret")) for n in range(1, 7)]
    keys: list[Key] = [*later_pages, GitHubCommentsKey(BLOG, 7, MediaType.HTML, page=2, per_page=5, since=None), page]
    await setup.comment(90)
    documents = [await setup.documents.document(key) for key in keys]
    await setup.comment(91)
    await setup.report_change(BLOG, 7)
    new_documents = [setup.cache.get(key) for key in keys]
    assert [document is not None for document in new_documents] == [True] * 4 + [False] * 3 + [True]
    assert all(new is not old for new, old in zip(new_documents, documents, strict=True))


async def test_new_list_of_posts_replaces_affected_documents() -> None:
    setup = DocumentSetup(PostFilter(listed_only=True))
    await setup.fill()
    assert not setup.access.posts.is_known
    await setup.replace_posts({BLOG: frozenset({7}), NOTES: frozenset({7})})
    keys: tuple[Key, ...] = (PostKey(BLOG, 7), CountsKey(BLOG, None), PostKey(NOTES, 7))
    before = [await setup.documents.document(key) for key in keys]
    assert await setup.replace_posts({BLOG: frozenset({1}), NOTES: frozenset({7})}) == {(BLOG, 1), (BLOG, 7)}
    are_new = [setup.cache.get(key) is not document for key, document in zip(keys, before, strict=True)]
    assert are_new == [True, True, False]
    assert b'"missing"' in (await setup.documents.current(keys[0])).bodies["identity"]
    assert await setup.replace_posts(setup.access.posts.posts or {}) == set()


# contents


@pytest.mark.parametrize(
    "key",
    [
        CommentsKey(BLOG, 7, Order.OLDEST, 50, None, base_url=BASE_URL),
        FragmentKey(BLOG, 7, Order.OLDEST, 50, None, "en", full_page=False, base_url=BASE_URL, proxy_images=True),
        ThreadFeedKey(BLOG, 7, FeedFormat.ATOM, "en", BASE_URL, proxy_images=True),
        SiteFeedKey(BLOG, FeedFormat.JSON, "en", BASE_URL, proxy_images=True),
        NewestKey(BLOG, 5, None, BASE_URL),
        GitHubCommentsKey(BLOG, 7, MediaType.FULL, 1, 30, None),
        GitHubCommentKey(BLOG, 3, MediaType.HTML),
    ],
    ids=lambda key: type(key).__name__,
)
async def test_every_document_shows_the_sanitized_comment(setup: DocumentSetup, key: Key) -> None:
    await setup.comment(3, body_html='<p onclick="x()">Hello <img src="https://github.com/a.png"></p>')
    body = await setup.body(key)
    assert b"Hello" in body
    assert b"onclick" not in body
    assert (BASE_URL.encode() in body) == (not isinstance(key, GitHubCommentKey | GitHubCommentsKey))


@pytest.mark.parametrize(
    "key",
    [
        GitHubIssueKey(BLOG, 7, MediaType.DEFAULT),
        GitHubIssuesKey(BLOG, MediaType.DEFAULT, 1, 30, "all", (), "created", "desc", None, None),
    ],
    ids=lambda key: type(key).__name__,
)
async def test_issues_have_the_form_of_github(setup: DocumentSetup, key: Key) -> None:
    assert b'"number":7' in await setup.body(key)


async def test_transferred_post_is_stale_with_its_target(setup: DocumentSetup) -> None:
    assert b'"stale":false' in await setup.body(PostKey(BLOG, 1))
    setup.documents.failed_checks[ThreadRef(NOTES, 7)] = 100.0
    assert b'"stale":true' in await setup.body(PostKey(BLOG, 1))


async def test_complete_mirror_rules_out_unknown_comments(setup: DocumentSetup) -> None:
    await setup.comment(3)
    with pytest.raises(CommentNotFound):
        await setup.documents.document(GitHubCommentKey(BLOG, 4, MediaType.RAW))


async def test_counts_follow_transfers(setup: DocumentSetup) -> None:
    counts = orjson.loads(await setup.body(CountsKey(BLOG, (1, 7, 99))))["counts"]
    assert counts == {"1": 0, "7": 0, "99": None}


def test_sanitized_html_is_cached_safely_across_threads() -> None:
    renderer = Renderer(b"secret")
    renderer._sanitized_html = cache = type(renderer._sanitized_html)(2_000, getsizeof=getsizeof)
    items = [payloads.comment(comment_object(n, body_html=f"<p>{n} " + "x" * 90 + "</p>")) for n in range(1, 201)]
    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(renderer.sanitize, items * 20))
    assert results == [item.body_html for item in items] * 20
    assert cache.currsize == sum(map(getsizeof, cache.values())) <= 2_000


def test_pages_and_feeds_share_equal_html() -> None:
    renderer = Renderer(b"secret")
    plain, titled = (payloads.comment(comment_object(body_html=html)) for html in ("<p>x</p>", "<h1>x</h1>"))
    for base_url in (None, "https://comments.example"):
        assert renderer.sanitize(plain, base_url) == renderer.sanitize(plain, base_url, for_page=True) == "<p>x</p>"
        assert renderer.sanitize(titled, base_url) == "<h1>x</h1>"
        assert renderer.sanitize(titled, base_url, for_page=True) == "<h3>x</h3>"
    assert len(renderer._sanitized_html) == 6


# images


async def test_learnt_image_size_is_in_json_and_fragment(setup: DocumentSetup) -> None:
    await setup.comment(3, body_html=f'<p>Look: <img src="{PICTURE}"></p>')
    options = ("en", False, BASE_URL, True)
    keys = (
        replace(_comments_key(BLOG, 7), base_url=BASE_URL),
        FragmentKey(BLOG, 7, Order.OLDEST, 10, None, *options),
    )
    before = [await setup.documents.current(key) for key in keys]
    assert await setup.learn_size(3, PICTURE, (640, 360)) == set()
    after = [await setup.documents.current(key) for key in keys]
    html = orjson.loads(after[0].bodies["identity"])["comments"][0]["html"]
    assert f'width="640" height="360" loading="lazy" decoding="async" src="{BASE_URL}/images/3/' in html
    comment = await setup.mirror.comment(BLOG, 3)
    assert comment is not None
    stamp, page = revision(comment, html), after[1].bodies["identity"].decode()
    assert (f'data-stamp="{stamp}"' in page, 'width="640" height="360"' in page) == (True, True)
    etags = {document.etag for document in (*before, *after)}
    assert len(etags) == len(keys) * 2
    assert b"width" not in await setup.body(_comments_key(BLOG, 7)), "GitHub serves the image itself"


async def test_learnt_image_size_overtakes_a_document(setup: DocumentSetup) -> None:
    await setup.comment(3, body_html=f'<img src="{PICTURE}">')
    key = replace(_comments_key(BLOG, 7), base_url=BASE_URL)
    task = await setup.overtake(key, lambda: setup.learn_size(3, PICTURE, (640, 360)))
    assert b'height=\\"360\\"' in task.result().bodies["identity"]

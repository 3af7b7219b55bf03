"""Outlines are made once for each version of a thread, and choose the comments that documents show."""

from app.domain.records import ThreadRef
from app.domain.sites import repository
from app.render import cursors
from app.render.keys import (
    CommentsKey,
    FeedFormat,
    GitHubCommentsKey,
    Key,
    MediaType,
    Order,
    SiteFeedKey,
    ThreadFeedKey,
)
from app.serving.outlines import Outlines
from tests.domain.builders import comment
from tests.render.sample_threads import SECRET
from tests.serving.counted_reads import CountedReads

BLOG = repository("ada/blog")
REF = ThreadRef(BLOG, 41)
COMMENTS = [comment(n) for n in range(1, 121)]


def _page(limit: int, *, after: int | None = None, order: Order = Order.OLDEST) -> CommentsKey:
    digest = cursors.thread_list(BLOG, 41, order)
    cursor = None if after is None else cursors.encode(digest, comment_id=after, secret=SECRET)
    return CommentsKey(BLOG, 41, order, limit, cursor)


def _chosen(*keys: Key) -> set[int]:
    return set(Outlines(SECRET).select(keys)(REF, 1, COMMENTS)[1])


def test_comments_are_read_once_for_each_version() -> None:
    outlines, comments = Outlines(SECRET), CountedReads(COMMENTS)
    for _ in range(3):
        outlines.select([_page(10)])(REF, 1, comments)
    assert comments.count == 1
    outline, _ = outlines.select([_page(10)])(REF, 2, CountedReads(COMMENTS[:3]))
    assert list(outline.ids) == [1, 2, 3]
    outlines.select([_page(10)])(REF, 1, comments)
    assert comments.count == 2


def test_outlines_are_forgotten_with_the_store() -> None:
    outlines, comments = Outlines(SECRET), CountedReads(COMMENTS)
    outlines.select(())(REF, 1, comments)
    outlines.clear()
    outlines.select(())(REF, 1, comments)
    assert comments.count == 2


def test_each_kind_of_document_has_its_comments() -> None:
    assert _chosen(_page(2)) == {1, 2}
    assert _chosen(_page(2, after=50)) == {51, 52}
    assert _chosen(_page(2, after=50, order=Order.NEWEST)) == {48, 49}
    assert _chosen(GitHubCommentsKey(BLOG, 41, MediaType.RAW, page=3, per_page=5, since=None)) == set(range(11, 16))
    assert _chosen(ThreadFeedKey(BLOG, 41, FeedFormat.ATOM, "en", "", proxy_images=True)) == set(range(71, 121))
    assert _chosen(SiteFeedKey(BLOG, FeedFormat.JSON, "en", "", proxy_images=True)) == set()


def test_several_documents_have_the_comments_of_all() -> None:
    assert _chosen(_page(2), _page(3, order=Order.NEWEST)) == {1, 2, 118, 119, 120}


def test_document_with_an_invalid_key_has_no_comments() -> None:
    assert _chosen(CommentsKey(BLOG, 41, Order.OLDEST, 5, "A" * 32), _page(1)) == {1}
    assert _chosen(GitHubCommentsKey(BLOG, 41, MediaType.RAW, page=1, per_page=5, since="yesterday")) == set()

"""Which comments and avatars readers are shown: images of no others are fetched."""

import pytest

from app.domain.errors import NotReady
from app.domain.sites import PostFilter
from app.github import payloads
from app.ports.mirror import Change
from app.render.keys import PostKey
from app.serving.access_policy import VisibleImages
from tests.github.objects import comment_object
from tests.serving.document_setup import BLOG, NOTES, SITES, THIRD, DocumentSetup

ADA = 583231
BLOG_COMMENT, NOTES_COMMENT, THIRD_COMMENT = 71, 72, 73
"""The comments of Ada in issue 7 of each site."""


@pytest.fixture
async def setup() -> DocumentSetup:
    return await _mirror_comments(DocumentSetup())


@pytest.fixture
async def listed() -> DocumentSetup:
    """Return a setup that shows listed posts only, before the list was read."""
    return await _mirror_comments(DocumentSetup(PostFilter(listed_only=True)))


async def _mirror_comments(setup: DocumentSetup) -> DocumentSetup:
    await setup.fill()
    for comment_id, repo in zip((BLOG_COMMENT, NOTES_COMMENT, THIRD_COMMENT), SITES, strict=True):
        url = f"https://api.github.com/repos/{repo}/issues/7"
        comment = payloads.comment(comment_object(comment_id, 7) | {"issue_url": url})
        await setup.mirror.apply(Change(repo=repo, at=1.0, comments=(comment,)))
    return setup


async def test_comment_is_found_in_any_site(setup: DocumentSetup) -> None:
    for comment_id, repo in zip((BLOG_COMMENT, NOTES_COMMENT, THIRD_COMMENT), SITES, strict=True):
        visible = await setup.images.comment(comment_id)
        assert visible is not None
        assert (visible.repo, visible.comment.id) == (repo, comment_id)
    assert await setup.images.comment(99) is None


async def test_private_repository_hides_only_its_own_comments(setup: DocumentSetup) -> None:
    await setup.hide(BLOG)
    assert await setup.images.comment(BLOG_COMMENT) is None
    assert await setup.images.comment(NOTES_COMMENT) is not None


async def test_unknown_posts_show_no_images(listed: DocumentSetup) -> None:
    with pytest.raises(NotReady):
        await listed.images.comment(BLOG_COMMENT)
    with pytest.raises(NotReady):
        await listed.images.avatar(ADA)


async def test_only_posts_show_comments_and_avatars(listed: DocumentSetup) -> None:
    await listed.replace_posts({BLOG: frozenset({8})})
    assert await listed.images.comment(BLOG_COMMENT) is None
    assert await listed.images.avatar(ADA) is None
    await listed.replace_posts({BLOG: frozenset({7})})
    assert await listed.images.comment(BLOG_COMMENT) is not None
    assert await listed.images.avatar(ADA) is not None


async def test_transferred_post_shows_comments_of_its_target(listed: DocumentSetup) -> None:
    await listed.replace_posts({BLOG: frozenset({1})})
    await listed.documents.document(PostKey(BLOG, 1))
    assert await listed.images.comment(NOTES_COMMENT) is not None
    assert await listed.images.avatar(ADA) is not None
    assert await listed.images.comment(THIRD_COMMENT) is None


async def test_transfers_need_not_be_rendered_before(listed: DocumentSetup) -> None:
    await listed.replace_posts({BLOG: frozenset({1})})
    assert await listed.images.avatar(ADA) is not None
    assert await listed.images.comment(NOTES_COMMENT) is not None


async def test_post_transferred_twice_shows_comments_of_its_target(listed: DocumentSetup) -> None:
    await listed.replace_posts({BLOG: frozenset({1})})
    await listed.transfer(NOTES, 7, THIRD, 7)
    await listed.documents.document(PostKey(BLOG, 1))
    assert await listed.images.comment(THIRD_COMMENT) is not None
    assert await listed.images.avatar(ADA) is not None


async def test_number_that_leaves_the_posts_shows_no_avatar(listed: DocumentSetup) -> None:
    await listed.replace_posts({BLOG: frozenset({1})})
    await listed.documents.document(PostKey(BLOG, 1))
    await listed.replace_posts({BLOG: frozenset({2})})
    assert await listed.images.comment(NOTES_COMMENT) is None
    assert await listed.images.avatar(ADA) is None


async def test_author_in_a_private_repository_has_no_avatar(setup: DocumentSetup) -> None:
    await setup.hide(BLOG)
    assert await VisibleImages(setup.mirror, setup.access, (BLOG,)).avatar(ADA) is None

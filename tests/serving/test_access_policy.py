"""What readers are shown, and of whom: pictures of nothing and nobody else are fetched."""

from dataclasses import replace

import pytest

from app.domain.errors import NotReady
from app.domain.sites import PostFilter
from app.github import payloads
from app.ports.mirror import Change
from app.render.keys import PostKey
from app.serving.access_policy import AccessPolicy
from tests.github.objects import comment_object
from tests.serving.test_views import BLOG, NOTES, THIRD, Press

ADA = 583231


async def filled(serve: PostFilter | None = None) -> tuple[Press, AccessPolicy]:
    """A comment of Ada's with the id 70 + n in the issue 7 of each site; issue 1 of the blog is 7 of the notes now."""
    press = Press(serve)
    await press.fill()
    for n, repo in enumerate((BLOG, NOTES, THIRD), start=1):
        url = f"https://api.github.com/repos/{repo}/issues/7"
        said = payloads.comment(comment_object(70 + n, 7) | {"issue_url": url})
        await press.mirror.apply(Change(repo=repo, at=1.0, comments=(said,)))
    return press, AccessPolicy(press.mirror, press.publisher, (BLOG, NOTES, THIRD))


async def withhold(press: Press) -> None:
    site = await press.mirror.site(BLOG)
    assert site is not None
    await press.mirror.apply(Change(repo=BLOG, at=2.0, site=replace(site, private=True)))


async def test_a_comment_is_found_in_whichever_repository_it_stands() -> None:
    _, visible = await filled()
    for comment_id in (71, 72, 73):
        found = await visible.comment(comment_id)
        assert found is not None
        assert found.id == comment_id
    assert await visible.comment(99) is None


async def test_a_repository_that_is_withheld_hides_its_own_comments_and_no_others() -> None:
    press, visible = await filled()
    await withhold(press)
    assert await visible.comment(71) is None
    assert await visible.comment(72) is not None


async def test_while_nobody_knows_the_posts_nobody_can_say() -> None:
    _, visible = await filled(PostFilter(listed_only=True))
    with pytest.raises(NotReady):
        await visible.comment(71)
    with pytest.raises(NotReady):
        await visible.avatar(ADA)


async def test_only_posts_show_comments_and_their_authors() -> None:
    press, visible = await filled(PostFilter(listed_only=True))
    await press.publisher.serve_only({BLOG: frozenset({8})})
    assert await visible.comment(71) is None
    assert await visible.avatar(ADA) is None
    await press.publisher.serve_only({BLOG: frozenset({7})})
    assert await visible.comment(71) is not None
    assert await visible.avatar(ADA) is not None


async def test_a_moved_post_shows_them_where_it_is_now() -> None:
    press, visible = await filled(PostFilter(listed_only=True))
    await press.publisher.serve_only({BLOG: frozenset({1})})
    assert await visible.comment(72) is None
    await press.publisher.document(PostKey(BLOG, 1))
    assert await visible.comment(72) is not None
    assert await visible.avatar(ADA) is not None
    assert await visible.comment(73) is None


async def test_whoever_wrote_where_nobody_may_look_has_no_avatar() -> None:
    press, _ = await filled()
    await withhold(press)
    assert await AccessPolicy(press.mirror, press.publisher, (BLOG,)).avatar(ADA) is None

from collections import Counter

import pytest

from app.simulator.world.markdown import to_html
from app.simulator.world.sample import SAMPLE_REPO, generate_world, sample_world
from app.simulator.world.world import World
from tests.simulator.client import FakeClock


@pytest.fixture
def blog() -> World:
    return sample_world(FakeClock())


def test_the_post_of_the_front_matter_is_number_41(blog: World) -> None:
    post = blog.issue(SAMPLE_REPO, 41)
    assert (post.title, post.labels) == ("The Best Interview is No Interview", ("Jobs",))
    assert post.created_at == 1_593_592_200


def test_the_blog_has_every_kind_of_thread(blog: World) -> None:
    counts = {issue.number: len(blog.comment_ids[issue.id]) for issue in blog.issues.values()}
    assert counts == {7: 5, 12: 9, 19: 35, 28: 8, 35: 1, 41: 16, 42: 0}
    assert [issue.number for issue in blog.issues.values() if issue.locked] == [28]
    assert [issue.number for issue in blog.issues.values() if issue.is_pull_request] == [35]


def test_the_blog_has_spam_pin_and_reactions(blog: World) -> None:
    comments = blog.comments.values()
    assert Counter(comment.minimized for comment in comments if comment.minimized) == {"spam": 3}
    assert len([comment for comment in comments if comment.pin]) == 1
    assert any(comment.reactions for comment in comments)
    assert [user.login for user in blog.users.values() if user.deleted] == ["nightowl-77"]


def test_the_comments_of_a_thread_are_chronological(blog: World) -> None:
    for thread in blog.comment_ids.values():
        times = [blog.comments[comment_id].created_at for comment_id in thread]
        assert times == sorted(times)
        assert all(blog.comments[comment_id].body for comment_id in thread)


def test_a_generated_world_has_the_requested_size() -> None:
    world = generate_world(50, 300, seed=3, pull_request_comments=250)
    pull_requests = [issue for issue in world.issues.values() if issue.is_pull_request]
    assert (len(world.issues) - len(pull_requests), len(pull_requests)) == (50, 3)
    assert sum(len(world.comment_ids[issue.id]) for issue in pull_requests) == 250
    assert len(world.comments) == 550


def test_generated_comments_are_uneven_and_realistic() -> None:
    world = generate_world(100, 1000, seed=1)
    counts = sorted(len(thread) for thread in world.comment_ids.values())
    assert counts[-1] > 5 * counts[50]
    assert all(200 <= len(comment.body or "") <= 2000 for comment in world.comments.values())


def test_generated_html_matches_the_rendered_body() -> None:
    for comment in generate_world(5, 40, seed=2).comments.values():
        assert comment.body_html == to_html(comment.body or "")


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_seed_gives_the_same_world(seed: int) -> None:
    assert generate_world(10, 50, seed).comments == generate_world(10, 50, seed).comments
    assert generate_world(10, 50, seed).comments != generate_world(10, 50, seed + 1).comments


def test_a_world_without_posts_has_no_comments() -> None:
    assert generate_world(0, 10, seed=1).comments == {}

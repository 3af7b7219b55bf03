"""A client that others made, with models generated from GitHub's OpenAPI description, reads the simulator."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from githubkit import GitHub, TokenAuthStrategy
from githubkit.exception import RequestFailed

from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.sample import SAMPLE_REPO, generate_world, sample_world
from app.simulator.world.world import World
from tests.simulator.client import NOON, FakeClock

TOKEN = "ghp_000000000000000000000000000000000000"
OWNER, NAME = SAMPLE_REPO.split("/")


@pytest.fixture
def world() -> World:
    made = sample_world(FakeClock())
    made.add_token(TOKEN, "ada")
    return made


@pytest.fixture
def served(world: World) -> Iterator[RunningSimulator]:
    with run_simulator(world) as simulator:
        yield simulator


def client(served: RunningSimulator, *, token: str | None = TOKEN, **options: Any) -> Any:
    auth = TokenAuthStrategy(token) if token else None
    settings = {"http_cache": False, "auto_retry": False, "trust_env": False, "timeout": 5, **options}
    return GitHub(auth, base_url=served.url, **settings)


@pytest.fixture
def github(served: RunningSimulator) -> Iterator[Any]:
    with client(served) as made:
        yield made


def raised(status: int, call: Any, *arguments: Any, **named: Any) -> Any:
    """The answer with which a call fails; reading its body is left to the test."""
    with pytest.raises(RequestFailed) as failure:
        call(*arguments, **named)
    assert failure.value.response.status_code == status
    return failure.value.response


def test_a_repository_is_read(github: Any, world: World) -> None:
    read = github.rest.repos.get(OWNER, NAME).parsed_data
    assert (read.id, read.full_name, read.owner.login) == (world.repository(SAMPLE_REPO).id, SAMPLE_REPO, "ada")
    assert (read.has_issues, read.private, read.open_issues_count) == (True, False, 7)


def test_the_list_of_issues_is_read_with_its_pull_request(github: Any, world: World) -> None:
    read = github.rest.issues.list_for_repo(OWNER, NAME, state="all", sort="created", direction="asc").parsed_data
    assert [issue.number for issue in read] == [7, 12, 19, 28, 35, 41, 42]
    assert [issue.number for issue in read if issue.pull_request] == [35]
    assert [issue.comments for issue in read] == [len(world.comment_ids[issue.id]) for issue in read]
    assert read[3].locked
    assert read[3].active_lock_reason == "resolved"
    assert [label.name for label in read[5].labels] == ["Jobs"]
    assert read[5].pinned_comment.body.startswith("Thank you, this thread is better than the post.")


def test_a_post_is_read_as_a_single_issue(github: Any) -> None:
    read = github.rest.issues.get(OWNER, NAME, 41).parsed_data
    assert read.title == "The Best Interview is No Interview"
    assert read.created_at == datetime(2020, 7, 1, 8, 30, tzinfo=UTC)
    assert (read.user.login, read.author_association, read.closed_by) == ("ada", "OWNER", None)
    assert read.html_url == "https://github.com/ada/blog/issues/41"


def test_who_closed_an_issue_is_read(github: Any, world: World) -> None:
    world.close_issue(SAMPLE_REPO, 42, by="grace-okafor", reason="not_planned")
    read = github.rest.issues.get(OWNER, NAME, 42).parsed_data
    assert (read.state, read.state_reason, read.closed_by.login) == ("closed", "not_planned", "grace-okafor")
    assert read.closed_at == datetime.fromtimestamp(NOON, UTC)


def test_comments_are_read_in_order_with_null_user_hidden_and_pinned_ones(github: Any, world: World) -> None:
    read = github.rest.issues.list_comments(OWNER, NAME, 41, per_page=100).parsed_data
    assert [comment.id for comment in read] == world.comment_ids[world.issue(SAMPLE_REPO, 41).id]
    assert min(comment.id for comment in read) > 2**31
    assert next(comment.body for comment in read if comment.user is None).startswith("We tried exactly this")
    assert [comment.minimized.reason for comment in read if comment.minimized] == ["spam"]
    assert [comment.pin.pinned_by.login for comment in read if comment.pin] == ["ada"]
    assert read[0].reactions.plus_one == 14
    assert read[0].reactions.total_count == 17


@pytest.mark.parametrize(
    ("param", "fields"),
    [
        ("", {"body"}),
        ("raw", {"body"}),
        ("text", {"body_text"}),
        ("html", {"body_html"}),
        ("full", {"body", "body_text", "body_html"}),
    ],
)
def test_a_media_type_decides_which_bodies_come(served: RunningSimulator, param: str, fields: set[str]) -> None:
    with client(served, accept_format=f"{param}+json") as github:
        answer = github.rest.issues.list_comments(OWNER, NAME, 41)
    assert answer.parsed_data
    assert {field for field in answer.json()[0] if field.startswith("body")} == fields


def test_all_pages_of_a_thread_are_followed_by_link(github: Any, world: World) -> None:
    read = list(github.rest.paginate(github.rest.issues.list_comments, owner=OWNER, repo=NAME, issue_number=19))
    assert [comment.id for comment in read] == world.comment_ids[world.issue(SAMPLE_REPO, 19).id]
    assert len(read) == 35


def test_a_single_comment_is_read(github: Any, world: World) -> None:
    comment_id = world.comment_ids[world.issue(SAMPLE_REPO, 7).id][0]
    read = github.rest.issues.get_comment(OWNER, NAME, comment_id).parsed_data
    assert (read.id, read.user.login) == (comment_id, "mirela-p")
    assert read.html_url == f"https://github.com/ada/blog/issues/7#issuecomment-{comment_id}"


def test_the_comments_of_the_whole_repository_hold_those_on_pull_requests(github: Any, world: World) -> None:
    read = list(github.rest.paginate(github.rest.issues.list_comments_for_repo, owner=OWNER, repo=NAME))
    assert [comment.id for comment in read] == sorted(world.comments)
    assert next(comment.html_url for comment in read if comment.issue_url.endswith("/35")).startswith(
        "https://github.com/ada/blog/pull/35#"
    )


def test_the_newest_comments_since_a_moment_are_read(github: Any) -> None:
    since = datetime(2020, 7, 2, 19, 40, tzinfo=UTC)
    read = github.rest.issues.list_comments_for_repo(
        OWNER, NAME, sort="updated", direction="desc", since=since
    ).parsed_data
    assert [comment.user.login for comment in read] == ["ada", "hanne-k", "grace-okafor", "hanne-k"]


def test_the_rate_limit_is_read_for_free(github: Any, served: RunningSimulator) -> None:
    read = github.rest.rate_limit.get().parsed_data
    assert (read.resources.core.limit, read.resources.core.remaining) == (5000, 5000)
    assert [ask.charged for ask in served.requests] == [False]


def test_an_issue_list_by_cursors_is_followed_to_its_end() -> None:
    with run_simulator(generate_world(7, 3, seed=1), cursors=True) as served, client(served, token=None) as github:
        pages = github.rest.paginate(github.rest.issues.list_for_repo, owner=OWNER, repo=NAME, per_page=3)
        assert [issue.number for issue in pages] == [7, 6, 5, 4, 3, 2, 1]
    assert [ask.status for ask in served.requests] == [200, 200, 200]


def test_a_missing_issue_is_404(github: Any) -> None:
    answer = raised(404, github.rest.issues.get, OWNER, NAME, 999)
    assert answer.json() == {
        "message": "Not Found",
        "documentation_url": "https://docs.github.com/rest/issues/issues#get-an-issue",
        "status": "404",
    }


def test_a_deleted_issue_is_410(github: Any, world: World) -> None:
    world.delete_issue(SAMPLE_REPO, 42)
    assert raised(410, github.rest.issues.get, OWNER, NAME, 42).json()["message"] == "This issue was deleted"


def test_a_transferred_issue_is_followed_but_its_comments_are_404_at_the_old_number(github: Any, world: World) -> None:
    world.add_repository("ada/essays")
    world.transfer_issue(SAMPLE_REPO, 12, "ada/essays")
    read = github.rest.issues.get(OWNER, NAME, 12).parsed_data
    assert (read.number, read.title) == (1, "Why I Stopped Minifying My HTML")
    assert read.repository_url.endswith("/repos/ada/essays")
    raised(404, github.rest.issues.list_comments, OWNER, NAME, 12)
    assert len(github.rest.issues.list_comments(OWNER, "essays", 1).parsed_data) == 9


def test_a_renamed_repository_is_followed_by_its_id(github: Any, world: World, served: RunningSimulator) -> None:
    world.rename_repository(SAMPLE_REPO, "ada/journal")
    read = github.rest.issues.list_comments(OWNER, NAME, 41, per_page=2, page=2).parsed_data
    assert len(read) == 2
    assert "/repos/ada/journal/" in read[0].url
    home = f"/repositories/{world.repository('ada/journal').id}"
    assert [ask.target for ask in served.requests] == [
        "/repos/ada/blog/issues/41/comments?per_page=2&page=2",
        f"{home}/issues/41/comments?per_page=2&page=2",
    ]


def test_a_private_repository_is_there_for_its_owner_and_404_for_others(served: RunningSimulator, world: World) -> None:
    world.make_private(SAMPLE_REPO)
    with client(served) as owner, client(served, token=None) as other:
        assert owner.rest.repos.get(OWNER, NAME).parsed_data.visibility == "private"
        raised(404, other.rest.repos.get, OWNER, NAME)


def test_issues_switched_off_are_410(github: Any, world: World) -> None:
    world.disable_issues(SAMPLE_REPO)
    raised(410, github.rest.issues.list_for_repo, OWNER, NAME)
    raised(410, github.rest.issues.get, OWNER, NAME, 41)
    assert github.rest.issues.get(OWNER, NAME, 35).parsed_data.pull_request


def test_an_unknown_token_is_401(served: RunningSimulator, world: World) -> None:
    world.revoke_token(TOKEN)
    with client(served) as github:
        assert raised(401, github.rest.repos.get, OWNER, NAME).json()["message"] == "Bad credentials"

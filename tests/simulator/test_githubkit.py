"""A third-party client, with models generated from GitHub's OpenAPI description, reads the simulator."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from githubkit import GitHub, TokenAuthStrategy
from githubkit.exception import RequestFailed

from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.sample import SAMPLE_REPO, generate_world, sample_world
from app.simulator.world.world import World
from tests.simulator.client import NOW, FakeClock

TOKEN = "ghp_000000000000000000000000000000000000"
OWNER, NAME = SAMPLE_REPO.split("/")


@pytest.fixture
def world() -> World:
    world = sample_world(FakeClock())
    world.add_token(TOKEN, "ada")
    return world


@pytest.fixture
def server(world: World) -> Iterator[RunningSimulator]:
    with run_simulator(world) as server:
        yield server


def _client(server: RunningSimulator, *, token: str | None = TOKEN, **options: Any) -> Any:
    auth = TokenAuthStrategy(token) if token else None
    settings = {"http_cache": False, "auto_retry": False, "trust_env": False, "timeout": 5, **options}
    return GitHub(auth, base_url=server.url, **settings)


@pytest.fixture
def github(server: RunningSimulator) -> Iterator[Any]:
    with _client(server) as github:
        yield github


def _error_response(status: int, call: Any, *arguments: Any, **options: Any) -> Any:
    """The response with which a call fails; its body is unread."""
    with pytest.raises(RequestFailed) as error:
        call(*arguments, **options)
    assert error.value.response.status_code == status
    return error.value.response


def test_githubkit_reads_a_repository(github: Any, world: World) -> None:
    data = github.rest.repos.get(OWNER, NAME).parsed_data
    assert (data.id, data.full_name, data.owner.login) == (world.repository(SAMPLE_REPO).id, SAMPLE_REPO, "ada")
    assert (data.has_issues, data.private, data.open_issues_count) == (True, False, 7)


def test_githubkit_reads_the_list_of_issues(github: Any, world: World) -> None:
    data = github.rest.issues.list_for_repo(OWNER, NAME, state="all", sort="created", direction="asc").parsed_data
    assert [issue.number for issue in data] == [7, 12, 19, 28, 35, 41, 42]
    assert [issue.number for issue in data if issue.pull_request] == [35]
    assert [issue.comments for issue in data] == [len(world.comment_ids[issue.id]) for issue in data]
    assert data[3].locked
    assert data[3].active_lock_reason == "resolved"
    assert [label.name for label in data[5].labels] == ["Jobs"]
    assert data[5].pinned_comment.body.startswith("Thank you, this thread is better than the post.")


def test_githubkit_reads_an_issue(github: Any) -> None:
    data = github.rest.issues.get(OWNER, NAME, 41).parsed_data
    assert data.title == "The Best Interview is No Interview"
    assert data.created_at == datetime(2020, 7, 1, 8, 30, tzinfo=UTC)
    assert (data.user.login, data.author_association, data.closed_by) == ("ada", "OWNER", None)
    assert data.html_url == "https://github.com/ada/blog/issues/41"


def test_githubkit_reads_who_closed_an_issue(github: Any, world: World) -> None:
    world.close_issue(SAMPLE_REPO, 42, by="grace-okafor", reason="not_planned")
    data = github.rest.issues.get(OWNER, NAME, 42).parsed_data
    assert (data.state, data.state_reason, data.closed_by.login) == ("closed", "not_planned", "grace-okafor")
    assert data.closed_at == datetime.fromtimestamp(NOW, UTC)


def test_githubkit_reads_comments_in_order(github: Any, world: World) -> None:
    data = github.rest.issues.list_comments(OWNER, NAME, 41, per_page=100).parsed_data
    assert [comment.id for comment in data] == world.comment_ids[world.issue(SAMPLE_REPO, 41).id]
    assert min(comment.id for comment in data) > 2**31
    assert next(comment.body for comment in data if comment.user is None).startswith("We tried exactly this")
    assert [comment.minimized.reason for comment in data if comment.minimized] == ["spam"]
    assert [comment.pin.pinned_by.login for comment in data if comment.pin] == ["ada"]
    assert data[0].reactions.plus_one == 14
    assert data[0].reactions.total_count == 17


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
def test_the_media_type_selects_the_bodies(server: RunningSimulator, param: str, fields: set[str]) -> None:
    with _client(server, accept_format=f"{param}+json") as github:
        response = github.rest.issues.list_comments(OWNER, NAME, 41)
    assert response.parsed_data
    assert {field for field in response.json()[0] if field.startswith("body")} == fields


def test_githubkit_follows_all_pages_of_a_thread(github: Any, world: World) -> None:
    data = list(github.rest.paginate(github.rest.issues.list_comments, owner=OWNER, repo=NAME, issue_number=19))
    assert [comment.id for comment in data] == world.comment_ids[world.issue(SAMPLE_REPO, 19).id]
    assert len(data) == 35


def test_githubkit_reads_a_comment(github: Any, world: World) -> None:
    comment_id = world.comment_ids[world.issue(SAMPLE_REPO, 7).id][0]
    data = github.rest.issues.get_comment(OWNER, NAME, comment_id).parsed_data
    assert (data.id, data.user.login) == (comment_id, "mirela-p")
    assert data.html_url == f"https://github.com/ada/blog/issues/7#issuecomment-{comment_id}"


def test_repository_comments_include_pull_requests(github: Any, world: World) -> None:
    data = list(github.rest.paginate(github.rest.issues.list_comments_for_repo, owner=OWNER, repo=NAME))
    assert [comment.id for comment in data] == sorted(world.comments)
    assert next(comment.html_url for comment in data if comment.issue_url.endswith("/35")).startswith(
        "https://github.com/ada/blog/pull/35#"
    )


def test_githubkit_reads_comments_since_a_time(github: Any) -> None:
    since = datetime(2020, 7, 2, 19, 40, tzinfo=UTC)
    data = github.rest.issues.list_comments_for_repo(
        OWNER, NAME, sort="updated", direction="desc", since=since
    ).parsed_data
    assert [comment.user.login for comment in data] == ["ada", "hanne-k", "grace-okafor", "hanne-k"]


def test_reading_the_rate_limit_is_free(github: Any, server: RunningSimulator) -> None:
    data = github.rest.rate_limit.get().parsed_data
    assert (data.resources.core.limit, data.resources.core.remaining) == (5000, 5000)
    assert [request.counts_against_limit for request in server.requests] == [False]


def test_githubkit_follows_cursors_to_the_end() -> None:
    with run_simulator(generate_world(7, 3, seed=1), cursors=True) as server, _client(server, token=None) as github:
        pages = github.rest.paginate(github.rest.issues.list_for_repo, owner=OWNER, repo=NAME, per_page=3)
        assert [issue.number for issue in pages] == [7, 6, 5, 4, 3, 2, 1]
    assert [request.status for request in server.requests] == [200, 200, 200]


def test_a_missing_issue_is_404(github: Any) -> None:
    response = _error_response(404, github.rest.issues.get, OWNER, NAME, 999)
    assert response.json() == {
        "message": "Not Found",
        "documentation_url": "https://docs.github.com/rest/issues/issues#get-an-issue",
        "status": "404",
    }


def test_a_deleted_issue_is_410(github: Any, world: World) -> None:
    world.delete_issue(SAMPLE_REPO, 42)
    assert _error_response(410, github.rest.issues.get, OWNER, NAME, 42).json()["message"] == "This issue was deleted"


def test_a_transferred_issue_redirects_without_its_comments(github: Any, world: World) -> None:
    world.add_repository("ada/essays")
    world.transfer_issue(SAMPLE_REPO, 12, "ada/essays")
    data = github.rest.issues.get(OWNER, NAME, 12).parsed_data
    assert (data.number, data.title) == (1, "Why I Stopped Minifying My HTML")
    assert data.repository_url.endswith("/repos/ada/essays")
    _error_response(404, github.rest.issues.list_comments, OWNER, NAME, 12)
    assert len(github.rest.issues.list_comments(OWNER, "essays", 1).parsed_data) == 9


def test_githubkit_follows_a_renamed_repository(github: Any, world: World, server: RunningSimulator) -> None:
    world.rename_repository(SAMPLE_REPO, "ada/journal")
    data = github.rest.issues.list_comments(OWNER, NAME, 41, per_page=2, page=2).parsed_data
    assert len(data) == 2
    assert "/repos/ada/journal/" in data[0].url
    home = f"/repositories/{world.repository('ada/journal').id}"
    assert [request.target for request in server.requests] == [
        "/repos/ada/blog/issues/41/comments?per_page=2&page=2",
        f"{home}/issues/41/comments?per_page=2&page=2",
    ]


def test_only_the_owner_reads_a_private_repository(server: RunningSimulator, world: World) -> None:
    world.make_private(SAMPLE_REPO)
    with _client(server) as owner, _client(server, token=None) as other:
        assert owner.rest.repos.get(OWNER, NAME).parsed_data.visibility == "private"
        _error_response(404, other.rest.repos.get, OWNER, NAME)


def test_disabled_issues_are_410(github: Any, world: World) -> None:
    world.disable_issues(SAMPLE_REPO)
    _error_response(410, github.rest.issues.list_for_repo, OWNER, NAME)
    _error_response(410, github.rest.issues.get, OWNER, NAME, 41)
    assert github.rest.issues.get(OWNER, NAME, 35).parsed_data.pull_request


def test_an_unknown_token_is_401(server: RunningSimulator, world: World) -> None:
    world.revoke_token(TOKEN)
    with _client(server) as github:
        assert _error_response(401, github.rest.repos.get, OWNER, NAME).json()["message"] == "Bad credentials"


def test_githubkit_reads_who_reacted_to_a_comment(github: Any, world: World) -> None:
    comment = world.comments[world.comment_ids[world.issue(SAMPLE_REPO, 41).id][0]]
    world.react(comment, "rocket", by="ada")
    (data,) = github.rest.reactions.list_for_issue_comment(OWNER, NAME, comment.id, content="rocket").parsed_data
    assert (data.user.login, data.content) == ("ada", "rocket")

"""Each act that GitHub tells by webhook is told, in the shape of octokit/webhooks' recorded payloads."""

from collections.abc import Callable

import pytest

from app.simulator.world.records import Comment
from app.simulator.world.webhook_events import WebhookEvent
from app.simulator.world.world import World
from tests.simulator.client import REPO

Act = Callable[[World], object]


@pytest.fixture
def told(world: World) -> list[WebhookEvent]:
    world.add_repository("ada/other")
    world.open_issue(REPO, title="One", body="Hello", labels=["jobs"])
    world.open_pull_request(REPO, title="Two")
    world.comment(REPO, 1, body="Hi", author="grace")
    heard: list[WebhookEvent] = []
    world.on_event(heard.append)
    return heard


def first(world: World) -> Comment:
    return next(iter(world.comments.values()))


def pinned_before(world: World) -> None:
    world.pin_comment(first(world))
    world.pin_comment(world.comment(REPO, 1, body="Me", author="linh"))


@pytest.mark.parametrize(
    ("act", "names"),
    [
        (lambda world: world.comment(REPO, 1, body="Yes", author="eve"), ["issue_comment.created"]),
        (lambda world: world.comment(REPO, 2, body="Yes", author="eve"), ["issue_comment.created"]),
        (lambda world: world.edit_comment(first(world), body="Yes"), ["issue_comment.edited"]),
        (lambda world: world.delete_comment(first(world)), ["issue_comment.deleted"]),
        (lambda world: world.pin_comment(first(world)), ["issue_comment.pinned"]),
        (lambda world: world.unpin_comment(first(world)), ["issue_comment.unpinned"]),
        (pinned_before, [f"issue_comment.{act}" for act in ("pinned", "created", "unpinned", "pinned")]),
        (lambda world: world.hide_comment(first(world)), []),
        (lambda world: world.react(first(world), "heart"), []),
        (lambda world: world.react(world.issue(REPO, 1), "heart"), []),
        (lambda world: world.open_issue(REPO, title="Three"), ["issues.opened"]),
        (lambda world: world.open_issue(REPO, title="Three", labels=["x"]), ["issues.opened", "issues.labeled"]),
        (lambda world: world.edit_issue(REPO, 1, title="Uno"), ["issues.edited"]),
        (lambda world: world.close_issue(REPO, 1), ["issues.closed"]),
        (lambda world: world.reopen_issue(REPO, 1), ["issues.reopened"]),
        (lambda world: world.lock_issue(REPO, 1, "spam"), ["issues.locked"]),
        (lambda world: world.unlock_issue(REPO, 1), ["issues.unlocked"]),
        (lambda world: world.set_labels(REPO, 1, "web"), ["issues.unlabeled", "issues.labeled"]),
        (lambda world: world.set_labels(REPO, 1, "jobs"), []),
        (lambda world: world.delete_issue(REPO, 1), ["issues.deleted"]),
        (lambda world: world.transfer_issue(REPO, 1, "ada/other"), ["issues.transferred", "issues.opened"]),
        (lambda world: world.open_pull_request(REPO, title="Three"), []),
        (lambda world: world.close_issue(REPO, 2), []),
        (lambda world: world.transfer_issue(REPO, 2, "ada/other"), []),
        (lambda world: world.rename_repository(REPO, "ada/notes"), ["repository.renamed"]),
        (lambda world: world.transfer_repository(REPO, "eve"), ["repository.transferred"]),
        (lambda world: world.make_private(REPO), ["repository.privatized"]),
        (lambda world: world.make_private(REPO, private=False), []),
        (lambda world: world.archive_repository(REPO), ["repository.archived"]),
        (lambda world: world.archive_repository(REPO, archived=False), []),
        (lambda world: world.delete_repository(REPO), ["repository.deleted"]),
        (lambda world: world.delete_account("grace"), []),
    ],
)
def test_an_act_is_told_as_githubs_events(world: World, told: list[WebhookEvent], act: Act, names: list[str]) -> None:
    act(world)
    assert [f"{event.name}.{event.action}" for event in told] == names
    assert all({"action", "repository", "sender"} <= event.payload.keys() for event in told)
    assert all(event.payload["repository"]["id"] == event.repository_id for event in told)


def test_a_comment_is_told_with_its_issue_its_repository_and_who_wrote_it(
    world: World, told: list[WebhookEvent]
) -> None:
    world.api_url = "http://127.0.0.1:1"
    world.comment(REPO, 1, body="**Yes**", author="eve")
    (payload,) = (event.payload for event in told)
    comment, issue, repository = payload["comment"], payload["issue"], payload["repository"]
    assert (comment["body"], "body_html" in comment, comment["user"]["login"]) == ("**Yes**", False, "eve")
    assert comment["issue_url"] == issue["url"] == f"http://127.0.0.1:1/repos/{REPO}/issues/1"
    assert (issue["number"], issue["comments"], "body_html" in issue, "pull_request" in issue) == (1, 2, False, False)
    assert (repository["full_name"], repository["private"], payload["sender"]["login"]) == (REPO, False, "eve")


def test_a_comment_on_a_pull_request_says_so(world: World, told: list[WebhookEvent]) -> None:
    world.comment(REPO, 2, body="Yes", author="eve")
    assert told[0].payload["issue"]["pull_request"]["url"].endswith("/pulls/2")


def test_what_is_edited_is_told_with_what_it_was(world: World, told: list[WebhookEvent]) -> None:
    world.edit_comment(first(world), body="Ho")
    world.edit_issue(REPO, 1, title="Uno", body="Ciao")
    world.edit_issue(REPO, 1, body="Salve")
    assert [event.payload["changes"] for event in told] == [
        {"body": {"from": "Hi"}},
        {"title": {"from": "One"}, "body": {"from": "Hello"}},
        {"body": {"from": "Ciao"}},
    ]


def test_what_is_deleted_is_told_as_it_was(world: World, told: list[WebhookEvent]) -> None:
    world.delete_comment(first(world))
    world.delete_issue(REPO, 1)
    world.delete_repository(REPO)
    comment, issue, repository = (event.payload for event in told)
    assert (comment["comment"]["body"], comment["issue"]["comments"]) == ("Hi", 1)
    assert (issue["issue"]["number"], issue["issue"]["comments"]) == (1, 0)
    assert repository["repository"]["full_name"] == REPO


def test_a_transfer_is_told_where_it_left_and_where_it_arrived(world: World, told: list[WebhookEvent]) -> None:
    was = world.issue(REPO, 1)
    now = world.transfer_issue(REPO, 1, "ada/other")
    left, arrived = told
    assert (left.payload["issue"]["id"], left.payload["repository"]["full_name"]) == (was.id, REPO)
    assert left.payload["changes"]["new_issue"]["id"] == now.id
    assert left.payload["changes"]["new_repository"]["full_name"] == "ada/other"
    assert (arrived.payload["issue"]["id"], arrived.payload["repository"]["full_name"]) == (now.id, "ada/other")
    assert arrived.payload["changes"]["old_issue"]["id"] == was.id


def test_a_repository_that_moves_is_told_with_where_it_was(world: World, told: list[WebhookEvent]) -> None:
    world.rename_repository(REPO, "eve/notes")
    moved, renamed = told
    assert moved.payload["changes"]["owner"]["from"]["user"]["login"] == "ada"
    assert renamed.payload["changes"] == {"repository": {"name": {"from": "blog"}}}
    assert moved.payload["repository"]["full_name"] == "eve/notes"


def test_a_label_is_named(world: World, told: list[WebhookEvent]) -> None:
    world.set_labels(REPO, 1, "jobs", "web")
    assert [event.payload["label"]["name"] for event in told] == ["web"]


def test_a_deleted_account_sends_nothing(world: World, told: list[WebhookEvent]) -> None:
    world.delete_account("grace")
    world.edit_comment(first(world), body="Ho")
    assert (told[0].payload["sender"]["login"], told[0].payload["comment"]["user"]) == ("ada", None)


def test_who_stops_listening_hears_nothing_more(world: World) -> None:
    heard: list[WebhookEvent] = []
    stop = world.on_event(heard.append)
    world.open_issue(REPO, title="One")
    stop()
    world.open_issue(REPO, title="Two")
    assert [event.payload["issue"]["title"] for event in heard] == ["One"]

"""Each change publishes GitHub's events, in the form of octokit/webhooks' recorded payloads."""

from collections.abc import Callable

import pytest

from app.simulator.world.records import Comment
from app.simulator.world.webhook_events import WebhookEvent
from app.simulator.world.world import World
from tests.simulator.client import REPO

Change = Callable[[World], object]


@pytest.fixture
def events(world: World) -> list[WebhookEvent]:
    world.add_repository("ada/other")
    world.open_issue(REPO, title="One", body="Hello", labels=["jobs"])
    world.open_pull_request(REPO, title="Two")
    world.comment(REPO, 1, body="Hi", author="grace")
    events: list[WebhookEvent] = []
    world.on_event(events.append)
    return events


def _first_comment(world: World) -> Comment:
    return next(iter(world.comments.values()))


def _pin_two_comments(world: World) -> None:
    world.pin_comment(_first_comment(world))
    world.pin_comment(world.comment(REPO, 1, body="Me", author="linh"))


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (lambda world: world.comment(REPO, 1, body="Yes", author="eve"), ["issue_comment.created"]),
        (lambda world: world.comment(REPO, 2, body="Yes", author="eve"), ["issue_comment.created"]),
        (lambda world: world.edit_comment(_first_comment(world), body="Yes"), ["issue_comment.edited"]),
        (lambda world: world.delete_comment(_first_comment(world)), ["issue_comment.deleted"]),
        (lambda world: world.pin_comment(_first_comment(world)), ["issue_comment.pinned"]),
        (lambda world: world.unpin_comment(_first_comment(world)), ["issue_comment.unpinned"]),
        (_pin_two_comments, [f"issue_comment.{action}" for action in ("pinned", "created", "unpinned", "pinned")]),
        (lambda world: world.hide_comment(_first_comment(world)), []),
        (lambda world: world.react(_first_comment(world), "heart"), []),
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
def test_a_change_publishes_githubs_events(
    world: World, events: list[WebhookEvent], change: Change, names: list[str]
) -> None:
    change(world)
    assert [f"{event.name}.{event.action}" for event in events] == names
    assert all({"action", "repository", "sender"} <= event.payload.keys() for event in events)
    assert all(event.payload["repository"]["id"] == event.repository_id for event in events)


def test_a_comment_event_has_issue_repository_and_sender(world: World, events: list[WebhookEvent]) -> None:
    world.api_url = "http://127.0.0.1:1"
    world.comment(REPO, 1, body="**Yes**", author="eve")
    (payload,) = (event.payload for event in events)
    comment, issue, repository = payload["comment"], payload["issue"], payload["repository"]
    assert (comment["body"], "body_html" in comment, comment["user"]["login"]) == ("**Yes**", False, "eve")
    assert comment["issue_url"] == issue["url"] == f"http://127.0.0.1:1/repos/{REPO}/issues/1"
    assert (issue["number"], issue["comments"], "body_html" in issue, "pull_request" in issue) == (1, 2, False, False)
    assert (repository["full_name"], repository["private"], payload["sender"]["login"]) == (REPO, False, "eve")


def test_a_pull_request_comment_has_a_pull_request(world: World, events: list[WebhookEvent]) -> None:
    world.comment(REPO, 2, body="Yes", author="eve")
    assert events[0].payload["issue"]["pull_request"]["url"].endswith("/pulls/2")


def test_an_edit_event_has_the_former_values(world: World, events: list[WebhookEvent]) -> None:
    world.edit_comment(_first_comment(world), body="Ho")
    world.edit_issue(REPO, 1, title="Uno", body="Ciao")
    world.edit_issue(REPO, 1, body="Salve")
    assert [event.payload["changes"] for event in events] == [
        {"body": {"from": "Hi"}},
        {"title": {"from": "One"}, "body": {"from": "Hello"}},
        {"body": {"from": "Ciao"}},
    ]


def test_a_deletion_event_shows_the_former_state(world: World, events: list[WebhookEvent]) -> None:
    world.delete_comment(_first_comment(world))
    world.delete_issue(REPO, 1)
    world.delete_repository(REPO)
    comment, issue, repository = (event.payload for event in events)
    assert (comment["comment"]["body"], comment["issue"]["comments"]) == ("Hi", 1)
    assert (issue["issue"]["number"], issue["issue"]["comments"]) == (1, 0)
    assert repository["repository"]["full_name"] == REPO


def test_a_transfer_causes_events_in_both_repositories(world: World, events: list[WebhookEvent]) -> None:
    before = world.issue(REPO, 1)
    after = world.transfer_issue(REPO, 1, "ada/other")
    transferred, opened = events
    assert (transferred.payload["issue"]["id"], transferred.payload["repository"]["full_name"]) == (before.id, REPO)
    assert transferred.payload["changes"]["new_issue"]["id"] == after.id
    assert transferred.payload["changes"]["new_repository"]["full_name"] == "ada/other"
    assert (opened.payload["issue"]["id"], opened.payload["repository"]["full_name"]) == (after.id, "ada/other")
    assert opened.payload["changes"]["old_issue"]["id"] == before.id


def test_a_repository_transfer_event_has_the_former_owner(world: World, events: list[WebhookEvent]) -> None:
    world.rename_repository(REPO, "eve/notes")
    transferred, renamed = events
    assert transferred.payload["changes"]["owner"]["from"]["user"]["login"] == "ada"
    assert renamed.payload["changes"] == {"repository": {"name": {"from": "blog"}}}
    assert transferred.payload["repository"]["full_name"] == "eve/notes"


def test_a_label_event_names_the_label(world: World, events: list[WebhookEvent]) -> None:
    world.set_labels(REPO, 1, "jobs", "web")
    assert [event.payload["label"]["name"] for event in events] == ["web"]


def test_a_deleted_account_is_not_the_sender(world: World, events: list[WebhookEvent]) -> None:
    world.delete_account("grace")
    world.edit_comment(_first_comment(world), body="Ho")
    assert (events[0].payload["sender"]["login"], events[0].payload["comment"]["user"]) == ("ada", None)


def test_an_unsubscribed_callback_gets_no_events(world: World) -> None:
    events: list[WebhookEvent] = []
    unsubscribe = world.on_event(events.append)
    world.open_issue(REPO, title="One")
    unsubscribe()
    world.open_issue(REPO, title="Two")
    assert [event.payload["issue"]["title"] for event in events] == ["One"]

"""The changes of a world, and what responses show of them."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.simulator.http.app import Simulator
from app.simulator.world.records import Comment, rfc3339, to_timestamp
from app.simulator.world.world import World
from tests.simulator.client import NOW, REPO, FakeClock, json_body, send_request
from tests.simulator.world_machine import WorldMachine

pytestmark = pytest.mark.untraced  # what others cover, at length

LIST = f"/repos/{REPO}/issues"


@pytest.fixture
def comment(world: World) -> Comment:
    world.open_issue(REPO, title="One")
    return world.comment(REPO, 1, body="Hi", author="grace")


def _numbers(simulator: Simulator, query: str) -> list[int]:
    return [issue["number"] for issue in json_body(send_request(simulator, f"{LIST}?{query}"))]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (NOW, NOW),
        (NOW + 0.9, NOW),
        ("2020-09-13T12:26:40Z", NOW),
        ("2020-09-13T14:26:40+02:00", NOW),
        ("2020-09-13T12:26:40", NOW),
        (datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC), NOW),
        (datetime(2020, 9, 13, 12, 26, 40), NOW),  # noqa: DTZ001 - a datetime without a zone is the example
        (datetime(2020, 9, 13, 13, 26, 40, tzinfo=timezone(timedelta(hours=1))), NOW),
    ],
)
def test_a_time_has_many_formats(when: Any, expected: int) -> None:
    assert to_timestamp(when) == expected


@given(st.integers(0, 4_000_000_000))
def test_a_time_survives_formatting(timestamp: int) -> None:
    assert to_timestamp(rfc3339(timestamp)) == timestamp


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [4, 2, 1]),
        ("state=all", [4, 3, 2, 1]),
        ("state=closed", [3]),
        ("state=all&direction=asc", [1, 2, 3, 4]),
        ("sort=comments", [1, 4, 2]),
        ("sort=comments&direction=asc", [2, 4, 1]),
        ("state=all&sort=updated", [1, 3, 4, 2]),
        ("labels=jobs", [2, 1]),
        ("labels=jobs,WEB", [2]),
        ("creator=Grace", [4]),
        ("state=all&since=2020-09-13T12:26:50Z", [3, 1]),
        ("state=all&since=2020-09-13T12:26:51%2B00:00", [1]),
        ("per_page=2&page=2", [1]),
    ],
)
def test_issues_are_selected_and_sorted(
    simulator: Simulator, world: World, clock: FakeClock, query: str, expected: list[int]
) -> None:
    world.open_issue(REPO, title="One", labels=["Jobs"])
    world.open_issue(REPO, title="Two", labels=["Jobs", "Web"])
    world.open_issue(REPO, title="Three", created_at=NOW + 1)
    world.open_pull_request(REPO, title="Four", author="grace", created_at=NOW + 2)
    clock.now = NOW + 10
    world.close_issue(REPO, 3)
    world.comment(REPO, 1, body="Hi", author="linh", created_at=NOW + 20)
    assert _numbers(simulator, query) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "abc"),
        ("direction=desc", "abc"),
        ("sort=created", "cba"),
        ("sort=created&direction=asc", "abc"),
        ("sort=updated&direction=desc", "acb"),
        ("sort=updated&direction=asc", "bca"),
        ("since=2020-09-13T12:26:42Z", "ac"),
    ],
)
def test_comments_are_selected_and_sorted(
    simulator: Simulator, world: World, clock: FakeClock, query: str, expected: str
) -> None:
    world.open_issue(REPO, title="One")
    world.open_pull_request(REPO, title="Two")
    first, _, _ = (
        world.comment(REPO, number, body=body, author="grace", created_at=NOW + later)
        for later, (number, body) in enumerate(((1, "x"), (2, "b"), (1, "c")))
    )
    clock.now = NOW + 10
    world.edit_comment(first, body="a")
    assert (
        "".join(comment["body"] for comment in json_body(send_request(simulator, f"{LIST}/comments?{query}")))
        == expected
    )


def test_deleting_a_comment_keeps_updated_at(world: World, clock: FakeClock, comment: Comment) -> None:
    world.pin_comment(comment)
    clock.now += 100
    world.delete_comment(comment)
    issue = world.issue(REPO, 1)
    assert (issue.updated_at, issue.pinned_comment, world.comment_ids[issue.id]) == (NOW, None, [])


def test_editing_a_comment_moves_both_updated_at(world: World, clock: FakeClock, comment: Comment) -> None:
    clock.now += 100
    assert world.edit_comment(comment, body="Hello").updated_at == NOW + 100
    assert world.issue(REPO, 1).updated_at == NOW + 100


def test_an_old_comment_never_moves_updated_at_back(world: World, comment: Comment) -> None:
    world.comment(REPO, 1, body="Old", author="linh", created_at=NOW - 1000)
    assert world.issue(REPO, 1).updated_at == NOW


@pytest.mark.parametrize(("keep_updated_at", "seconds"), [(("hide", "pin", "react"), 0), ((), 5)])
def test_a_world_chooses_what_keeps_updated_at(keep_updated_at: tuple[str, ...], seconds: int) -> None:
    clock = FakeClock()
    world = World(clock, keep_updated_at=keep_updated_at)
    world.add_repository(REPO)
    world.open_issue(REPO, title="One")
    comments = [world.comment(REPO, 1, body="Hi", author="grace") for _ in range(3)]
    clock.now += 5
    records = [world.hide_comment(comments[0]), world.pin_comment(comments[1]), world.react(comments[2], "eyes")]
    assert {record.updated_at for record in records} == {NOW + seconds}


def test_a_hidden_comment_can_be_shown_again(simulator: Simulator, world: World, comment: Comment) -> None:
    url = f"{LIST}/comments/{comment.id}"
    world.hide_comment(comment, "off-topic")
    assert json_body(send_request(simulator, url))["minimized"] == {"reason": "off-topic"}
    world.hide_comment(comment, None)
    assert json_body(send_request(simulator, url))["minimized"] is None


def test_an_issue_has_at_most_one_pinned_comment(world: World, comment: Comment) -> None:
    other = world.comment(REPO, 1, body="Me", author="linh")
    world.pin_comment(comment, by="linh")
    world.pin_comment(other)
    assert [each.id for each in world.comments.values() if each.pin] == [other.id]
    assert world.issue(REPO, 1).pinned_comment == other.id
    world.unpin_comment(other)
    assert world.issue(REPO, 1).pinned_comment is None


def test_reactions_add_up(simulator: Simulator, world: World, comment: Comment) -> None:
    world.react(comment, "+1")
    world.react(comment, "+1", 2)
    world.react(world.issue(REPO, 1), "heart")
    (data,) = json_body(send_request(simulator, f"{LIST}/1/comments"))
    assert (data["reactions"]["+1"], data["reactions"]["total_count"]) == (3, 3)
    assert json_body(send_request(simulator, f"{LIST}/1"))["reactions"]["heart"] == 1


def test_reactions_are_listed_with_their_users(
    simulator: Simulator, world: World, clock: FakeClock, comment: Comment
) -> None:
    url = f"{LIST}/comments/{comment.id}/reactions"
    assert json_body(send_request(simulator, url)) == []
    world.react(comment, "heart", 2)
    clock.now += 5
    for _ in range(2):
        world.react(comment, "+1", by="ada")
    (data,) = json_body(send_request(simulator, f"{url}?content=%2B1"))
    assert (data["user"]["login"], data["content"], data["created_at"]) == ("ada", "+1", rfc3339(NOW + 5))
    page = send_request(simulator, f"{url}?per_page=2")
    assert [item["user"] for item in json_body(page)] == [None, None]
    assert 'rel="next"' in page.headers["link"]
    assert send_request(simulator, f"{url}?content=thumbs").status == 422
    assert send_request(simulator, f"{LIST}/comments/1/reactions").status == 404
    world.unreact(comment, "+1", by="ada")
    assert json_body(send_request(simulator, f"{url}?content=%2B1")) == []
    with pytest.raises(KeyError):
        world.unreact(comment, "+1", by="ada")


def test_blocked_user_cannot_comment_and_can_be_hidden(world: World, comment: Comment) -> None:
    author = world.users[comment.author].login
    world.block_user("ada", author)
    assert world.comments[comment.id].minimized is None
    with pytest.raises(PermissionError):
        world.comment(REPO, 1, body="Me again", author=author)
    world.block_user("ada", author, hide_comments="abuse")
    assert world.comments[comment.id].minimized == "abuse"


def test_unknown_reactions_and_reasons_are_refused(world: World, comment: Comment) -> None:
    with pytest.raises(ValueError, match="no reaction"):
        world.react(comment, "thumbs")
    with pytest.raises(ValueError, match="no reason to hide"):
        world.hide_comment(comment, "boring")
    with pytest.raises(ValueError, match="no reason to lock"):
        world.lock_issue(REPO, 1, "boring")


def test_an_issue_is_closed_locked_labeled_and_edited(world: World, clock: FakeClock, comment: Comment) -> None:
    assert world.close_issue(REPO, 1, by="grace").closed_by == world.user("grace").id
    reopened = world.reopen_issue(REPO, 1)
    assert (reopened.state, reopened.state_reason, reopened.closed_at) == ("open", "reopened", None)
    assert world.lock_issue(REPO, 1, "spam").lock_reason == "spam"
    assert not world.unlock_issue(REPO, 1).locked
    clock.now += 9
    assert world.set_labels(REPO, 1, "Jobs", "Web").labels == ("Jobs", "Web")
    edited = world.edit_issue(REPO, 1, title="Uno")
    assert (edited.title, edited.body, edited.updated_at) == ("Uno", None, NOW + 9)
    assert world.edit_issue(REPO, 1, body="Text").body == "Text"


def test_a_deleted_account_is_null(simulator: Simulator, world: World, comment: Comment) -> None:
    before = json_body(send_request(simulator, f"{LIST}/1/comments"))
    world.delete_account("grace")
    after = json_body(send_request(simulator, f"{LIST}/1/comments"))
    assert (before[0]["user"]["login"], after[0]["user"], after[0]["body"]) == ("grace", None, "Hi")
    assert after[0]["author_association"] == "NONE"


def test_a_bot_is_recognized_by_its_login(simulator: Simulator, world: World, comment: Comment) -> None:
    world.comment(REPO, 1, body="Beep", author="deploy[bot]")
    user = json_body(send_request(simulator, f"{LIST}/1/comments"))[1]["user"]
    assert (user["type"], user["html_url"]) == ("Bot", "https://github.com/apps/deploy")


def test_a_test_can_dictate_the_html(simulator: Simulator, world: World) -> None:
    world.open_issue(REPO, title="One", body_html="<p>1</p>")
    world.comment(REPO, 1, body=None, author="grace", body_html="<script>x</script><p>2</p>")
    full = "application/vnd.github.full+json"
    (data,) = json_body(send_request(simulator, f"{LIST}/1/comments", accept=full))
    assert (data["body"], data["body_html"]) == (None, "<script>x</script><p>2</p>")
    assert json_body(send_request(simulator, f"{LIST}/1", accept=full))["body_text"] == "1"


def test_a_null_body_is_null_everywhere(simulator: Simulator, world: World) -> None:
    world.open_issue(REPO, title="One")
    data = json_body(send_request(simulator, f"{LIST}/1", accept="application/vnd.github.full+json"))
    assert (data["body"], data["body_html"], data["body_text"]) == (None, None, None)


@pytest.mark.parametrize("number", [3, 41])
def test_an_issue_number_must_exceed_earlier_numbers(world: World, number: int) -> None:
    world.open_issue(REPO, title="Two", number=2)
    assert world.open_issue(REPO, title="Chosen", number=number).number == number
    assert world.open_issue(REPO, title="Next").number == number + 1
    with pytest.raises(ValueError, match="is not free"):
        world.open_issue(REPO, title="Late", number=number)


def test_issue_numbers_are_never_reused(world: World) -> None:
    world.add_repository("ada/other")
    for _ in range(2):
        world.open_issue(REPO, title="Here")
    world.delete_issue(REPO, 2)
    assert world.open_issue(REPO, title="Third").number == 3
    world.transfer_issue(REPO, 3, "ada/other")
    assert world.open_issue(REPO, title="Fourth").number == 4


TestWorld = WorldMachine.TestCase
TestWorld.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)

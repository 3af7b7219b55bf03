"""What people do to a world, and what shows of it."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from app.simulator.http.app import Simulator
from app.simulator.http.rate_limits import RateLimiter
from app.simulator.world.records import Comment, When, rfc3339, seconds
from app.simulator.world.world import World
from tests.simulator.client import NOON, REPO, FakeClock, ask, value

LIST = f"/repos/{REPO}/issues"


@pytest.fixture
def comment(world: World) -> Comment:
    world.open_issue(REPO, title="One")
    return world.comment(REPO, 1, body="Hi", author="grace")


def numbers(simulator: Simulator, query: str) -> list[int]:
    return [issue["number"] for issue in value(ask(simulator, f"{LIST}?{query}"))]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (NOON, NOON),
        (NOON + 0.9, NOON),
        ("2020-09-13T12:26:40Z", NOON),
        ("2020-09-13T14:26:40+02:00", NOON),
        ("2020-09-13T12:26:40", NOON),
        (datetime(2020, 9, 13, 12, 26, 40, tzinfo=UTC), NOON),
        (datetime(2020, 9, 13, 12, 26, 40), NOON),  # noqa: DTZ001 - a datetime without a zone is the example
        (datetime(2020, 9, 13, 13, 26, 40, tzinfo=timezone(timedelta(hours=1))), NOON),
    ],
)
def test_a_moment_may_be_written_in_many_ways(when: Any, expected: int) -> None:
    assert seconds(when) == expected


@given(st.integers(0, 4_000_000_000))
def test_a_moment_survives_its_spelling(moment: int) -> None:
    assert seconds(rfc3339(moment)) == moment


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
def test_a_list_of_issues_holds_what_is_asked_for(
    simulator: Simulator, world: World, clock: FakeClock, query: str, expected: list[int]
) -> None:
    world.open_issue(REPO, title="One", labels=["Jobs"])
    world.open_issue(REPO, title="Two", labels=["Jobs", "Web"])
    world.open_issue(REPO, title="Three", created_at=NOON + 1)
    world.open_pull_request(REPO, title="Four", author="grace", created_at=NOON + 2)
    clock.now = NOON + 10
    world.close_issue(REPO, 3)
    world.comment(REPO, 1, body="Hi", author="linh", created_at=NOON + 20)
    assert numbers(simulator, query) == expected


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
def test_a_list_of_comments_is_ordered_as_asked(
    simulator: Simulator, world: World, clock: FakeClock, query: str, expected: str
) -> None:
    world.open_issue(REPO, title="One")
    world.open_pull_request(REPO, title="Two")
    first, _, _ = (
        world.comment(REPO, number, body=body, author="grace", created_at=NOON + later)
        for later, (number, body) in enumerate(((1, "x"), (2, "b"), (1, "c")))
    )
    clock.now = NOON + 10
    world.edit_comment(first, body="a")
    assert "".join(comment["body"] for comment in value(ask(simulator, f"{LIST}/comments?{query}"))) == expected


def test_a_deleted_comment_lowers_the_count_and_moves_nothing(world: World, clock: FakeClock, comment: Comment) -> None:
    world.pin_comment(comment)
    clock.now += 100
    world.delete_comment(comment)
    issue = world.issue(REPO, 1)
    assert (issue.updated_at, issue.pinned_comment, world.comment_ids[issue.id]) == (NOON, None, [])


def test_editing_moves_comment_and_issue(world: World, clock: FakeClock, comment: Comment) -> None:
    clock.now += 100
    assert world.edit_comment(comment, body="Hello").updated_at == NOON + 100
    assert world.issue(REPO, 1).updated_at == NOON + 100


def test_a_comment_of_long_ago_does_not_turn_the_issue_back(world: World, comment: Comment) -> None:
    world.comment(REPO, 1, body="Old", author="linh", created_at=NOON - 1000)
    assert world.issue(REPO, 1).updated_at == NOON


@pytest.mark.parametrize(("keep_updated_at", "moved_by"), [(("hide", "pin", "react"), 0), ((), 5)])
def test_a_world_decides_whether_hiding_pinning_and_reacting_move_anything(
    keep_updated_at: tuple[str, ...], moved_by: int
) -> None:
    clock = FakeClock()
    world = World(clock, keep_updated_at=keep_updated_at)
    world.add_repository(REPO)
    world.open_issue(REPO, title="One")
    comments = [world.comment(REPO, 1, body="Hi", author="grace") for _ in range(3)]
    clock.now += 5
    moved = [world.hide_comment(comments[0]), world.pin_comment(comments[1]), world.react(comments[2], "eyes")]
    assert {each.updated_at for each in moved} == {NOON + moved_by}


def test_a_hidden_comment_can_be_shown_again(simulator: Simulator, world: World, comment: Comment) -> None:
    url = f"{LIST}/comments/{comment.id}"
    world.hide_comment(comment, "off-topic")
    assert value(ask(simulator, url))["minimized"] == {"reason": "off-topic"}
    world.hide_comment(comment, None)
    assert value(ask(simulator, url))["minimized"] is None


def test_one_comment_of_an_issue_is_pinned(world: World, comment: Comment) -> None:
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
    (read,) = value(ask(simulator, f"{LIST}/1/comments"))
    assert (read["reactions"]["+1"], read["reactions"]["total_count"]) == (3, 3)
    assert value(ask(simulator, f"{LIST}/1"))["reactions"]["heart"] == 1


def test_what_github_does_not_know_is_refused(world: World, comment: Comment) -> None:
    with pytest.raises(ValueError, match="no reaction"):
        world.react(comment, "thumbs")
    with pytest.raises(ValueError, match="no reason to hide"):
        world.hide_comment(comment, "boring")
    with pytest.raises(ValueError, match="no reason to lock"):
        world.lock_issue(REPO, 1, "boring")


def test_an_issue_goes_through_its_life(world: World, clock: FakeClock, comment: Comment) -> None:
    assert world.close_issue(REPO, 1, by="grace").closed_by == world.user("grace").id
    reopened = world.reopen_issue(REPO, 1)
    assert (reopened.state, reopened.state_reason, reopened.closed_at) == ("open", "reopened", None)
    assert world.lock_issue(REPO, 1, "spam").lock_reason == "spam"
    assert not world.unlock_issue(REPO, 1).locked
    clock.now += 9
    assert world.set_labels(REPO, 1, "Jobs", "Web").labels == ("Jobs", "Web")
    edited = world.edit_issue(REPO, 1, title="Uno")
    assert (edited.title, edited.body, edited.updated_at) == ("Uno", None, NOON + 9)
    assert world.edit_issue(REPO, 1, body="Text").body == "Text"


def test_a_deleted_account_is_null_and_its_comments_stay(simulator: Simulator, world: World, comment: Comment) -> None:
    before = value(ask(simulator, f"{LIST}/1/comments"))
    world.delete_account("grace")
    after = value(ask(simulator, f"{LIST}/1/comments"))
    assert (before[0]["user"]["login"], after[0]["user"], after[0]["body"]) == ("grace", None, "Hi")
    assert after[0]["author_association"] == "NONE"


def test_a_bot_is_one_by_its_name(simulator: Simulator, world: World, comment: Comment) -> None:
    world.comment(REPO, 1, body="Beep", author="deploy[bot]")
    user = value(ask(simulator, f"{LIST}/1/comments"))[1]["user"]
    assert (user["type"], user["html_url"]) == ("Bot", "https://github.com/apps/deploy")


def test_a_test_may_dictate_the_html(simulator: Simulator, world: World) -> None:
    world.open_issue(REPO, title="One", body_html="<p>1</p>")
    world.comment(REPO, 1, body=None, author="grace", body_html="<script>x</script><p>2</p>")
    full = "application/vnd.github.full+json"
    (read,) = value(ask(simulator, f"{LIST}/1/comments", accept=full))
    assert (read["body"], read["body_html"]) == (None, "<script>x</script><p>2</p>")
    assert value(ask(simulator, f"{LIST}/1", accept=full))["body_text"] == "1"


def test_a_body_that_is_null_is_null_in_every_form(simulator: Simulator, world: World) -> None:
    world.open_issue(REPO, title="One")
    read = value(ask(simulator, f"{LIST}/1", accept="application/vnd.github.full+json"))
    assert (read["body"], read["body_html"], read["body_text"]) == (None, None, None)


@pytest.mark.parametrize("number", [3, 41])
def test_a_number_may_leave_a_gap_but_not_go_back(world: World, number: int) -> None:
    world.open_issue(REPO, title="Two", number=2)
    assert world.open_issue(REPO, title="Chosen", number=number).number == number
    assert world.open_issue(REPO, title="Next").number == number + 1
    with pytest.raises(ValueError, match="is not free"):
        world.open_issue(REPO, title="Late", number=number)


def test_numbers_are_never_given_again(world: World) -> None:
    world.add_repository("ada/other")
    for _ in range(2):
        world.open_issue(REPO, title="Here")
    world.delete_issue(REPO, 2)
    assert world.open_issue(REPO, title="Third").number == 3
    world.transfer_issue(REPO, 3, "ada/other")
    assert world.open_issue(REPO, title="Fourth").number == 4


class Life(RuleBasedStateMachine):
    """Whatever people do in whatever order, what is served agrees with what was done."""

    comments = Bundle("comments")

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.world = World(self.clock)
        self.world.add_repository(REPO)
        self.world.add_repository("ada/other")
        self.world.open_issue(REPO, title="Post")
        self.simulator = Simulator(self.world)
        self.bodies: dict[int, str] = {}

    @rule(target=comments, body=st.text(max_size=5), back=st.none() | st.integers(0, 100))
    def writes(self, body: str, back: int | None) -> Comment:
        when: When = None if back is None else self.clock.now - back
        written = self.world.comment(REPO, 1, body=body, author="grace", created_at=when)
        self.bodies[written.id] = body
        return written

    @rule(comment=comments, body=st.text(max_size=5))
    def edits(self, comment: Comment, body: str) -> None:
        self.world.edit_comment(comment, body=body)
        self.bodies[comment.id] = body

    @rule(comment=consumes(comments))
    def deletes(self, comment: Comment) -> None:
        self.world.delete_comment(comment)
        del self.bodies[comment.id]

    @rule(target=comments, comment=consumes(comments))
    def hides(self, comment: Comment) -> Any:
        self.world.hide_comment(comment)
        return multiple(comment)

    @rule(comment=comments)
    def pins(self, comment: Comment) -> None:
        self.world.pin_comment(comment)

    @rule(later=st.integers(1, 4000))
    def time_passes(self, later: int) -> None:
        self.clock.now += later

    @invariant()
    def the_thread_is_what_was_written(self) -> None:
        read = value(ask(self.simulator, f"{LIST}/1/comments?per_page=100"))
        assert {comment["id"]: comment["body"] for comment in read} == self.bodies
        assert [comment["id"] for comment in read] == sorted(self.bodies)
        assert min(self.bodies, default=2**31) >= 2**31

    @invariant()
    def the_issue_counts_its_comments(self) -> None:
        read = value(ask(self.simulator, f"{LIST}/1"))
        assert read["comments"] == len(self.bodies)
        pinned = read["pinned_comment"]
        assert pinned is None or (pinned["body"] == self.bodies[pinned["id"]] and pinned["pin"])

    @invariant()
    def the_whole_repository_shows_the_same(self) -> None:
        self.simulator.rate_limiter = RateLimiter()  # a fresh hour for every step
        read = value(ask(self.simulator, f"{LIST}/comments?per_page=100&sort=updated"))
        moments = [comment["updated_at"] for comment in read]
        assert moments == sorted(moments, reverse=True)
        assert {comment["id"] for comment in read} == self.bodies.keys()


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)

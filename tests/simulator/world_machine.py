"""A state machine that changes a world in random ways, and compares its responses with the changes."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from app.simulator.http.app import Simulator
from app.simulator.http.rate_limits import RateLimiter
from app.simulator.world.records import Comment, When
from app.simulator.world.world import World
from tests.simulator.client import REPO, FakeClock, json_body, send_request

LIST = f"/repos/{REPO}/issues"


class WorldMachine(RuleBasedStateMachine):
    """Changes of comments in any order; after each, every response must agree with `bodies` (by comment id)."""

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

    @rule(target=comments, body=st.text(max_size=5), seconds_ago=st.none() | st.integers(0, 100))
    def write(self, body: str, seconds_ago: int | None) -> Comment:
        created_at: When = None if seconds_ago is None else self.clock.now - seconds_ago
        comment = self.world.comment(REPO, 1, body=body, author="grace", created_at=created_at)
        self.bodies[comment.id] = body
        return comment

    @rule(comment=comments, body=st.text(max_size=5))
    def edit(self, comment: Comment, body: str) -> None:
        self.world.edit_comment(comment, body=body)
        self.bodies[comment.id] = body

    @rule(comment=consumes(comments))
    def delete(self, comment: Comment) -> None:
        self.world.delete_comment(comment)
        del self.bodies[comment.id]

    @rule(target=comments, comment=consumes(comments))
    def hide(self, comment: Comment) -> Any:
        self.world.hide_comment(comment)
        return multiple(comment)

    @rule(comment=comments)
    def pin(self, comment: Comment) -> None:
        self.world.pin_comment(comment)

    @rule(seconds=st.integers(1, 4000))
    def advance_clock(self, seconds: int) -> None:
        self.clock.now += seconds

    @invariant()
    def thread_has_the_written_comments(self) -> None:
        comments = json_body(send_request(self.simulator, f"{LIST}/1/comments?per_page=100"))
        assert {comment["id"]: comment["body"] for comment in comments} == self.bodies
        assert [comment["id"] for comment in comments] == sorted(self.bodies)
        assert min(self.bodies, default=2**31) >= 2**31

    @invariant()
    def issue_counts_its_comments(self) -> None:
        issue = json_body(send_request(self.simulator, f"{LIST}/1"))
        assert issue["comments"] == len(self.bodies)
        pinned = issue["pinned_comment"]
        assert pinned is None or (pinned["body"] == self.bodies[pinned["id"]] and pinned["pin"])

    @invariant()
    def repository_has_the_same_comments(self) -> None:
        self.simulator.rate_limiter = RateLimiter()  # a new hour for every step
        comments = json_body(send_request(self.simulator, f"{LIST}/comments?per_page=100&sort=updated"))
        times = [comment["updated_at"] for comment in comments]
        assert times == sorted(times, reverse=True)
        assert {comment["id"] for comment in comments} == self.bodies.keys()

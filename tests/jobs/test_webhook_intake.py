from typing import Any

import pytest

from app.domain.errors import StoreUnusable
from app.domain.sites import Repository, repository
from app.github import payloads, webhooks
from app.jobs.webhook_intake import Outcome, WebhookIntake
from app.ports.jobs import THE_REPOSITORY, Delivery, Priority
from app.ports.metrics import Received
from app.ports.mirror import Change, SiteRecord
from app.store.memory import MemoryMirror, MemoryShared
from tests.fakes import FakeClock
from tests.github.deliveries import GUID, REPO, comment_payload, delivery, issue_payload, repository_payload
from tests.render.sample_threads import comment_object, issue_object

BLOG, NOTES = repository("ada/blog"), repository("ada/notes")
BLOG_ID, NOTES_ID = 1_296_269, 77
PULL_REQUEST = {"number": 41, "pull_request": {}}


class Kept(MemoryShared):
    """What processes share, and the order in which deliveries came to it; a `failure` is raised instead."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[Delivery] = []
        self.failure: StoreUnusable | None = None

    async def deliver(self, delivery: Delivery, *, replay_within: float) -> bool:
        if self.failure is not None:
            raise self.failure
        stored = await super().deliver(delivery, replay_within=replay_within)
        if stored:
            self.taken.append(delivery)
        return stored


class Counting(MemoryMirror):
    """A mirror that notes which repositories it was asked for."""

    def __init__(self) -> None:
        super().__init__("here")
        self.looked_up: list[Repository] = []

    async def site(self, repo: Repository) -> SiteRecord | None:
        self.looked_up.append(repo)
        return await super().site(repo)


class Desk:
    """A receiver with all that it needs, and what it said to others."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.mirror = Counting()
        self.shared = Kept()
        self.woken: list[tuple[Repository, int | None]] = []
        self.told: list[tuple[str, Received]] = []
        self.receiver = WebhookIntake(
            shared=self.shared,
            mirror=self.mirror,
            sites=(BLOG, NOTES),
            clock=self.clock,
            wake=self._wake,
            tell=lambda event, outcome: self.told.append((event, outcome)),
        )

    def _wake(self) -> None:
        assert self.shared.taken, "woken before anything was stored"
        last = self.shared.taken[-1]
        self.woken.append((last.repo, last.number))

    async def receive(self, event: str, payload: object, *, guid: str = GUID) -> Outcome:
        return await self.receiver.receive(webhooks.parse_event(*delivery(event, payload, guid=guid)))

    async def knows(self, repo: Repository, repo_id: int, full_name: str | None = None) -> None:
        """The mirror knows the repository."""
        site = SiteRecord(repo, repo_id, full_name or repo.full_name)
        await self.mirror.apply(Change(repo=repo, at=self.clock.now(), site=site))

    async def has(self, comment_id: int = 1001, *, number: int = 41, **fields: Any) -> None:
        """The mirror has a comment."""
        change = Change(
            repo=BLOG,
            at=self.clock.now(),
            issues=(payloads.issue(issue_object(number)),),
            comments=(payloads.comment(comment_object(comment_id, number=number, **fields)),),
        )
        await self.mirror.apply(change)


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_a_comment_marks_its_thread_before_anyone_is_woken(desk: Desk) -> None:
    assert await desk.receive("issue_comment", comment_payload("created")) is Outcome.ACCEPTED
    mark = await desk.shared.marked(BLOG, 41)
    assert mark is not None
    assert (mark.purpose, mark.full, mark.due_at) == (Priority.DELIVERY, False, desk.clock.now())
    assert desk.woken == [(BLOG, 41)]
    assert desk.told == [("issue_comment", Received.ACCEPTED)]


async def test_a_delivery_is_kept_as_it_was_told(desk: Desk) -> None:
    await desk.receive("issues", issue_payload("deleted", 7))
    assert desk.shared.taken == [
        Delivery(GUID, "issues", "deleted", BLOG, 7, full=True, received_at=desk.clock.now(), look=True)
    ]


@pytest.mark.parametrize("action", ["renamed", "privatized", "deleted"])
async def test_what_happens_to_the_repository_marks_the_repository(desk: Desk, action: str) -> None:
    assert await desk.receive("repository", repository_payload(action)) is Outcome.ACCEPTED
    mark = await desk.shared.marked(BLOG, THE_REPOSITORY)
    assert mark is not None
    assert mark.full is (action not in {"renamed", "publicized", "archived"})
    assert desk.woken == [(BLOG, THE_REPOSITORY)]


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("push", {"repository": REPO}),
        ("issues", issue_payload("reacted")),
        ("issue_comment", comment_payload("created") | {"issue": PULL_REQUEST}),
    ],
)
async def test_what_changes_nothing_here_is_heard_and_marks_nothing(desk: Desk, event: str, payload: object) -> None:
    assert await desk.receive(event, payload) is Outcome.IGNORED
    assert await desk.shared.heard_at(BLOG) == desk.clock.now()
    assert await desk.shared.told(BLOG, since=0) == frozenset()
    assert (await desk.shared.due(at=desk.clock.now()), desk.woken) == ((), [])
    assert desk.told == [(event if event != "push" else "other", Received.IGNORED)]


@pytest.mark.parametrize("repo", [{"repository": REPO}, {}])
async def test_a_ping_is_answered_and_marks_nothing(desk: Desk, repo: dict[str, Any]) -> None:
    assert await desk.receive("ping", {"zen": "Keep it logically awesome."} | repo) is Outcome.PONG
    assert (await desk.shared.due(at=desk.clock.now()), desk.woken) == ((), [])
    assert await desk.shared.heard_at(BLOG) == (desk.clock.now() if repo else None)


async def test_an_unknown_event_of_no_repository_is_ignored(desk: Desk) -> None:
    assert await desk.receive("organization", {"action": "renamed"}) is Outcome.IGNORED
    assert desk.shared.taken == []


# replays


async def test_a_replay_within_the_minute_costs_no_second_look(desk: Desk) -> None:
    await desk.receive("issue_comment", comment_payload("created"))
    mark = await desk.shared.marked(BLOG, 41)
    assert mark is not None
    await desk.shared.settle(mark, again_at=0)
    desk.clock.advance(59)
    assert await desk.receive("issue_comment", comment_payload("created")) is Outcome.REPLAYED
    assert await desk.shared.marked(BLOG, 41) is None
    assert desk.woken == [(BLOG, 41)]
    assert [outcome for _, outcome in desk.told] == [Received.ACCEPTED, Received.REPLAYED]


async def test_a_redelivery_after_the_minute_is_looked_at_again(desk: Desk) -> None:
    await desk.receive("issue_comment", comment_payload("created"))
    desk.clock.advance(60)
    assert await desk.receive("issue_comment", comment_payload("created")) is Outcome.ACCEPTED
    assert desk.woken == [(BLOG, 41)] * 2


async def test_another_delivery_of_the_same_thread_is_no_replay(desk: Desk) -> None:
    await desk.receive("issue_comment", comment_payload("created"))
    assert await desk.receive("issue_comment", comment_payload("created"), guid="another") is Outcome.ACCEPTED


async def test_a_replayed_ping_is_a_ping(desk: Desk) -> None:
    assert [await desk.receive("ping", {"repository": REPO}) for _ in range(2)] == [Outcome.PONG, Outcome.PONG]


# what the mirror has


@pytest.mark.parametrize("action", ["created", "edited"])
@pytest.mark.parametrize(
    "mirrored",
    [{}, {"updated_at": "2020-07-02T10:00:01Z"}, {"updated_at": "2020-07-02T10:00:01Z", "body": "edited since"}],
)
async def test_a_comment_that_the_mirror_has_already_is_told_and_not_looked_at(
    desk: Desk, action: str, mirrored: dict[str, Any]
) -> None:
    await desk.has(**mirrored)
    assert await desk.receive("issue_comment", comment_payload(action)) is Outcome.KNOWN
    assert [(kept.number, kept.look) for kept in desk.shared.taken] == [(41, False)]
    assert await desk.shared.told(BLOG, since=0) == {41}
    assert desk.woken == []
    assert desk.told == [("issue_comment", Received.ACCEPTED)]


@pytest.mark.parametrize("action", ["deleted", "pinned", "unpinned"])
async def test_that_the_mirror_has_a_comment_says_nothing_of_what_is_no_edit(desk: Desk, action: str) -> None:
    await desk.has(updated_at="2021-01-01T00:00:00Z")
    assert await desk.receive("issue_comment", comment_payload(action)) is Outcome.ACCEPTED
    assert (desk.shared.taken[0].look, desk.woken) == (True, [(BLOG, 41)])


@pytest.mark.parametrize(
    ("mirrored", "said"),
    [
        ({}, {"updated_at": "2020-07-02T10:00:01Z"}),
        ({}, {"body": "edited within the same second"}),
        ({}, {"body": None}),
        ({}, {"updated_at": "?"}),
        ({"comment_id": 1002}, {}),
        ({"number": 40}, {}),
    ],
)
async def test_a_comment_that_the_mirror_may_not_have_so_is_looked_at(
    desk: Desk, mirrored: dict[str, Any], said: dict[str, Any]
) -> None:
    await desk.has(**mirrored)
    assert await desk.receive("issue_comment", comment_payload("edited", **said)) is Outcome.ACCEPTED
    assert desk.shared.taken[0].look


# whose it is


@pytest.mark.parametrize("known", [True, False])
async def test_a_repository_is_matched_by_name_in_any_case(desk: Desk, *, known: bool) -> None:
    if known:
        await desk.knows(BLOG, BLOG_ID)
    payload = issue_payload("opened", repository=REPO | {"full_name": "ADA/Blog"})
    assert await desk.receive("issues", payload) is Outcome.ACCEPTED
    assert desk.woken == [(BLOG, 41)]


async def test_a_renamed_repository_is_known_by_its_id(desk: Desk) -> None:
    await desk.knows(BLOG, BLOG_ID)
    await desk.knows(NOTES, NOTES_ID)
    payload = repository_payload("renamed", repository={"id": NOTES_ID, "full_name": "ada/diary"})
    assert await desk.receive("repository", payload) is Outcome.ACCEPTED
    assert desk.woken == [(NOTES, THE_REPOSITORY)]


async def test_the_mirror_is_asked_once_for_a_repository_that_keeps_telling(desk: Desk) -> None:
    await desk.knows(BLOG, BLOG_ID)
    assert [await desk.receive("issues", issue_payload("opened"), guid=f"{n}") for n in range(3)] == [Outcome.ACCEPTED] * 3
    assert desk.mirror.looked_up == [BLOG]


async def test_a_renamed_repository_is_known_by_its_present_name_where_no_id_is_said(desk: Desk) -> None:
    await desk.knows(NOTES, NOTES_ID, "Ada/Diary")
    payload = issue_payload("opened", repository={"full_name": "ada/diary"})
    assert await desk.receive("issues", payload) is Outcome.ACCEPTED
    assert desk.woken == [(NOTES, 41)]


async def test_the_old_name_of_a_renamed_repository_does_not_make_another_one_ours(desk: Desk) -> None:
    await desk.knows(BLOG, BLOG_ID, "ada/diary")
    payload = issue_payload("opened", repository={"id": 5, "full_name": "ada/blog"})
    assert await desk.receive("issues", payload) is Outcome.FOREIGN
    assert desk.shared.taken == []


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("issues", issue_payload("opened", repository={"id": 5, "full_name": "eve/blog"})),
        ("push", {"repository": {"id": 5, "full_name": "eve/blog"}}),
        ("ping", {"repository": {"full_name": "eve/blog"}}),
    ],
)
async def test_deliveries_of_other_repositories_are_foreign(desk: Desk, event: str, payload: object) -> None:
    await desk.knows(BLOG, BLOG_ID)
    assert await desk.receive(event, payload) is Outcome.FOREIGN
    assert (desk.shared.taken, desk.woken) == ([], [])
    assert [outcome for _, outcome in desk.told] == [Received.FOREIGN]


# transfers


def transferred_to(place: dict[str, Any]) -> dict[str, Any]:
    return issue_payload("transferred", changes={"new_issue": {"number": 7}, "new_repository": place})


async def test_an_issue_that_moves_between_the_sites_is_looked_at_in_both(desk: Desk) -> None:
    payload = transferred_to({"id": NOTES_ID, "full_name": "ada/notes"})
    assert await desk.receive("issues", payload) is Outcome.ACCEPTED
    assert [(kept.repo, kept.number, kept.full) for kept in desk.shared.taken] == [
        (NOTES, 7, True),
        (BLOG, 41, True),
    ]
    assert desk.woken == [(NOTES, 7), (BLOG, 41)]
    assert await desk.receive("issues", payload) is Outcome.REPLAYED
    assert len(desk.shared.taken) == 2
    assert len(desk.told) == 2


@pytest.mark.parametrize("changes", [{"full_name": "eve/elsewhere", "id": 6}, {}])
async def test_an_issue_that_moves_away_is_looked_at_where_it_was(desk: Desk, changes: dict[str, Any]) -> None:
    assert await desk.receive("issues", transferred_to(changes)) is Outcome.ACCEPTED
    assert desk.woken == [(BLOG, 41)]


# failures


@pytest.mark.parametrize(("event", "payload"), [("issues", issue_payload("opened")), ("ping", {"repository": REPO})])
async def test_a_store_that_fails_is_no_delivery_taken(desk: Desk, event: str, payload: object) -> None:
    desk.shared.failure = StoreUnusable("afterword.db", "database or disk is full")
    with pytest.raises(StoreUnusable):
        await desk.receive(event, payload)
    assert (desk.woken, desk.told) == ([], [(event, Received.FAILED)])
    desk.shared.failure = None
    assert await desk.receive("issues", issue_payload("opened")) is Outcome.ACCEPTED


async def test_what_never_became_a_notice_is_told_under_a_bounded_name(desk: Desk) -> None:
    desk.receiver.refused([(b"x-github-event", b"issues")], Received.UNSIGNED)
    desk.receiver.refused([(b"x-github-event", b"\xff" * 1000)], Received.MALFORMED)
    assert desk.told == [("issues", Received.UNSIGNED), ("other", Received.MALFORMED)]

"""Webhook intake: a delivery and its job are stored before the worker wakes; replays and known comments cost nothing."""

from typing import Any

import pytest

from app.domain.errors import StoreUnusable
from app.domain.priority import Priority
from app.domain.records import REPOSITORY_NUMBER
from app.ports.deliveries import Delivery
from app.ports.metrics import DeliveryOutcome
from tests.github.deliveries import GUID, REPO, comment_payload, issue_payload, repository_payload
from tests.jobs.intake_setup import BLOG, NOTES, IntakeSetup

BLOG_ID, NOTES_ID = 1_296_269, 77
PULL_REQUEST = {"number": 41, "pull_request": {}}


@pytest.fixture
def setup() -> IntakeSetup:
    return IntakeSetup()


async def test_job_is_stored_before_the_worker_wakes(setup: IntakeSetup) -> None:
    assert await setup.receive("issue_comment", comment_payload("created")) is DeliveryOutcome.ACCEPTED
    job = await setup.jobs.find(BLOG, 41)
    assert job is not None
    assert (job.priority, job.full, job.due_at) == (Priority.DELIVERY, False, setup.clock.now())
    assert setup.wakeups == [(BLOG, 41)]
    assert setup.metrics.deliveries == [("issue_comment", "accepted")]


async def test_delivery_is_stored_with_all_its_fields(setup: IntakeSetup) -> None:
    await setup.receive("issues", issue_payload("deleted", 7))
    assert setup.deliveries.stored == [
        Delivery(GUID, "issues", "deleted", BLOG, 7, full=True, received_at=setup.clock.now(), needs_refresh=True)
    ]


@pytest.mark.parametrize("action", ["renamed", "privatized", "deleted"])
async def test_repository_event_enqueues_a_job_for_the_repository(setup: IntakeSetup, action: str) -> None:
    assert await setup.receive("repository", repository_payload(action)) is DeliveryOutcome.ACCEPTED
    job = await setup.jobs.find(BLOG, REPOSITORY_NUMBER)
    assert job is not None
    assert job.full is (action not in {"renamed", "publicized", "archived"})
    assert setup.wakeups == [(BLOG, REPOSITORY_NUMBER)]


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("push", {"repository": REPO}),
        ("issues", issue_payload("reacted")),
        ("issue_comment", comment_payload("created") | {"issue": PULL_REQUEST}),
    ],
)
async def test_ignored_event_is_stored_without_a_job(setup: IntakeSetup, event: str, payload: object) -> None:
    assert await setup.receive(event, payload) is DeliveryOutcome.IGNORED
    assert await setup.deliveries.last_delivery_at(BLOG) == setup.clock.now()
    assert await setup.deliveries.delivered_since(BLOG, since=0) == frozenset()
    assert (await setup.jobs.due(at=setup.clock.now()), setup.wakeups) == ((), [])
    assert setup.metrics.deliveries == [(event if event != "push" else "other", "ignored")]


@pytest.mark.parametrize("repo", [{"repository": REPO}, {}])
async def test_ping_enqueues_no_job(setup: IntakeSetup, repo: dict[str, Any]) -> None:
    assert await setup.receive("ping", {"zen": "Keep it logically awesome."} | repo) is DeliveryOutcome.PONG
    assert (await setup.jobs.due(at=setup.clock.now()), setup.wakeups) == ((), [])
    assert await setup.deliveries.last_delivery_at(BLOG) == (setup.clock.now() if repo else None)


async def test_event_without_a_repository_is_ignored(setup: IntakeSetup) -> None:
    assert await setup.receive("organization", {"action": "renamed"}) is DeliveryOutcome.IGNORED
    assert setup.deliveries.stored == []


# replays


async def test_replay_within_a_minute_enqueues_no_job(setup: IntakeSetup) -> None:
    await setup.receive("issue_comment", comment_payload("created"))
    job = await setup.jobs.find(BLOG, 41)
    assert job is not None
    await setup.jobs.complete(job, next_at=0)
    setup.clock.advance(59)
    assert await setup.receive("issue_comment", comment_payload("created")) is DeliveryOutcome.REPLAYED
    assert await setup.jobs.find(BLOG, 41) is None
    assert setup.wakeups == [(BLOG, 41)]
    assert [outcome for _, outcome in setup.metrics.deliveries] == ["accepted", "replayed"]


async def test_redelivery_after_a_minute_enqueues_a_job(setup: IntakeSetup) -> None:
    await setup.receive("issue_comment", comment_payload("created"))
    setup.clock.advance(60)
    assert await setup.receive("issue_comment", comment_payload("created")) is DeliveryOutcome.ACCEPTED
    assert setup.wakeups == [(BLOG, 41)] * 2


async def test_second_delivery_for_a_thread_is_no_replay(setup: IntakeSetup) -> None:
    await setup.receive("issue_comment", comment_payload("created"))
    assert await setup.receive("issue_comment", comment_payload("created"), guid="another") is DeliveryOutcome.ACCEPTED


async def test_replayed_ping_is_a_ping(setup: IntakeSetup) -> None:
    for _ in range(2):
        assert await setup.receive("ping", {"repository": REPO}) is DeliveryOutcome.PONG


# what the mirror has


@pytest.mark.parametrize("action", ["created", "edited"])
@pytest.mark.parametrize(
    "comment",
    [{}, {"updated_at": "2020-07-02T10:00:01Z"}, {"updated_at": "2020-07-02T10:00:01Z", "body": "edited since"}],
)
async def test_mirrored_comment_is_stored_without_a_job(
    setup: IntakeSetup, action: str, comment: dict[str, Any]
) -> None:
    await setup.mirror_comment(**comment)
    assert await setup.receive("issue_comment", comment_payload(action)) is DeliveryOutcome.KNOWN
    assert [(stored.number, stored.needs_refresh) for stored in setup.deliveries.stored] == [(41, False)]
    assert await setup.deliveries.delivered_since(BLOG, since=0) == {41}
    assert setup.wakeups == []
    assert setup.metrics.deliveries == [("issue_comment", "accepted")]


@pytest.mark.parametrize("action", ["deleted", "pinned", "unpinned"])
async def test_mirrored_comment_is_refreshed_after_other_actions(setup: IntakeSetup, action: str) -> None:
    await setup.mirror_comment(updated_at="2021-01-01T00:00:00Z")
    assert await setup.receive("issue_comment", comment_payload(action)) is DeliveryOutcome.ACCEPTED
    assert (setup.deliveries.stored[0].needs_refresh, setup.wakeups) == (True, [(BLOG, 41)])


@pytest.mark.parametrize(
    ("comment", "fields"),
    [
        ({}, {"updated_at": "2020-07-02T10:00:01Z"}),
        ({}, {"body": "edited within the same second"}),
        ({}, {"body": None}),
        ({}, {"updated_at": "?"}),
        ({"comment_id": 1002}, {}),
        ({"number": 40}, {}),
    ],
)
async def test_comment_that_may_differ_is_refreshed(
    setup: IntakeSetup, comment: dict[str, Any], fields: dict[str, Any]
) -> None:
    await setup.mirror_comment(**comment)
    assert await setup.receive("issue_comment", comment_payload("edited", **fields)) is DeliveryOutcome.ACCEPTED
    assert setup.deliveries.stored[0].needs_refresh


# which site


@pytest.mark.parametrize("is_mirrored", [True, False])
async def test_repository_is_matched_by_name_in_any_case(setup: IntakeSetup, *, is_mirrored: bool) -> None:
    if is_mirrored:
        await setup.mirror_site(BLOG, BLOG_ID)
    payload = issue_payload("opened", repository=REPO | {"full_name": "ADA/Blog"})
    assert await setup.receive("issues", payload) is DeliveryOutcome.ACCEPTED
    assert setup.wakeups == [(BLOG, 41)]


async def test_renamed_repository_is_matched_by_its_id(setup: IntakeSetup) -> None:
    await setup.mirror_site(BLOG, BLOG_ID)
    await setup.mirror_site(NOTES, NOTES_ID)
    payload = repository_payload("renamed", repository={"id": NOTES_ID, "full_name": "ada/diary"})
    assert await setup.receive("repository", payload) is DeliveryOutcome.ACCEPTED
    assert setup.wakeups == [(NOTES, REPOSITORY_NUMBER)]


async def test_known_repository_costs_no_further_read(setup: IntakeSetup) -> None:
    await setup.mirror_site(BLOG, BLOG_ID)
    for guid in ("first", "second", "third"):
        assert await setup.receive("issues", issue_payload("opened"), guid=guid) is DeliveryOutcome.ACCEPTED
    assert setup.mirror.lookup_count == 1


async def test_renamed_repository_without_an_id_matches_by_name(setup: IntakeSetup) -> None:
    await setup.mirror_site(NOTES, NOTES_ID, "Ada/Diary")
    payload = issue_payload("opened", repository={"full_name": "ada/diary"})
    assert await setup.receive("issues", payload) is DeliveryOutcome.ACCEPTED
    assert setup.wakeups == [(NOTES, 41)]


async def test_repository_with_a_former_name_is_foreign(setup: IntakeSetup) -> None:
    await setup.mirror_site(BLOG, BLOG_ID, "ada/diary")
    payload = issue_payload("opened", repository={"id": 5, "full_name": "ada/blog"})
    assert await setup.receive("issues", payload) is DeliveryOutcome.FOREIGN
    assert setup.deliveries.stored == []


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("issues", issue_payload("opened", repository={"id": 5, "full_name": "eve/blog"})),
        ("push", {"repository": {"id": 5, "full_name": "eve/blog"}}),
        ("ping", {"repository": {"full_name": "eve/blog"}}),
    ],
)
async def test_deliveries_of_other_repositories_are_foreign(setup: IntakeSetup, event: str, payload: object) -> None:
    await setup.mirror_site(BLOG, BLOG_ID)
    assert await setup.receive(event, payload) is DeliveryOutcome.FOREIGN
    assert (setup.deliveries.stored, setup.wakeups) == ([], [])
    assert [outcome for _, outcome in setup.metrics.deliveries] == ["foreign"]


# transfers


def _transfer_to(target: dict[str, Any]) -> dict[str, Any]:
    return issue_payload("transferred", changes={"new_issue": {"number": 7}, "new_repository": target})


async def test_transfer_between_sites_enqueues_a_job_in_both(setup: IntakeSetup) -> None:
    payload = _transfer_to({"id": NOTES_ID, "full_name": "ada/notes"})
    assert await setup.receive("issues", payload) is DeliveryOutcome.ACCEPTED
    assert [(stored.repo, stored.number, stored.full) for stored in setup.deliveries.stored] == [
        (NOTES, 7, True),
        (BLOG, 41, True),
    ]
    assert setup.wakeups == [(NOTES, 7), (BLOG, 41)]
    assert await setup.receive("issues", payload) is DeliveryOutcome.REPLAYED
    assert len(setup.deliveries.stored) == 2
    assert len(setup.metrics.deliveries) == 2


@pytest.mark.parametrize("target", [{"full_name": "eve/elsewhere", "id": 6}, {}])
async def test_transfer_to_another_owner_enqueues_one_job(setup: IntakeSetup, target: dict[str, Any]) -> None:
    assert await setup.receive("issues", _transfer_to(target)) is DeliveryOutcome.ACCEPTED
    assert setup.wakeups == [(BLOG, 41)]


# failures


@pytest.mark.parametrize(("event", "payload"), [("issues", issue_payload("opened")), ("ping", {"repository": REPO})])
async def test_failing_store_accepts_no_delivery(setup: IntakeSetup, event: str, payload: object) -> None:
    setup.deliveries.failure = StoreUnusable("afterword.db", "database or disk is full")
    with pytest.raises(StoreUnusable):
        await setup.receive(event, payload)
    assert (setup.wakeups, setup.metrics.deliveries) == ([], [(event, "failed")])
    setup.deliveries.failure = None
    assert await setup.receive("issues", issue_payload("opened")) is DeliveryOutcome.ACCEPTED


async def test_rejected_delivery_is_counted_under_a_bounded_label(setup: IntakeSetup) -> None:
    setup.intake.reject([(b"x-github-event", b"issues")], DeliveryOutcome.UNSIGNED)
    setup.intake.reject([(b"x-github-event", b"\xff" * 1000)], DeliveryOutcome.MALFORMED)
    assert setup.metrics.deliveries == [("issues", "unsigned"), ("other", "malformed")]

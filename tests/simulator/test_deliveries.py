"""Webhooks over real sockets, to a receiver that keeps what it gets."""

import hmac
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import parse_qs
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.simulator.http.server import RunningSimulator, bind_loopback, loopback_url, run_simulator
from app.simulator.webhooks.deliveries import Webhook
from app.simulator.world.world import World
from tests.simulator.client import REPO, FakeClock
from tests.simulator.receiver import Receiver, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def served(world: World, receiver: Receiver) -> Iterator[RunningSimulator]:
    world.open_issue(REPO, title="One")
    with run_simulator(world) as simulator:
        yield simulator


@pytest.fixture
def hook(served: RunningSimulator, receiver: Receiver) -> Webhook:
    return served.add_webhook(f"{receiver.url}/webhooks/github?a=b", secret="It's a Secret to Everybody", repo=REPO)


def write(world: World, count: int) -> list[str]:
    bodies = [f"Comment {number}" for number in range(count)]
    for body in bodies:
        world.comment(REPO, 1, body=body, author="grace")
    return bodies


def test_a_delivery_carries_githubs_headers_and_the_signature_of_its_raw_body(
    hook: Webhook, receiver: Receiver, world: World
) -> None:
    write(world, 1)
    hook.wait(1)
    (received,) = receiver.events
    key = b"It's a Secret to Everybody"
    expected = {
        "content-type": "application/json",
        "x-github-event": "issue_comment",
        "x-github-hook-id": str(hook.hook_id),
        "x-github-hook-installation-target-id": str(world.repository(REPO).id),
        "x-github-hook-installation-target-type": "repository",
        "x-hub-signature": f"sha1={hmac.new(key, received.body, 'sha1').hexdigest()}",
        "x-hub-signature-256": f"sha256={hmac.new(key, received.body, 'sha256').hexdigest()}",
    }
    assert expected.items() <= received.headers.items()
    assert received.headers["user-agent"].startswith("GitHub-Hookshot/")
    assert str(UUID(received.guid)) == received.guid
    assert received.path == "/webhooks/github?a=b"
    assert (received.payload["action"], received.payload["comment"]["body"]) == ("created", "Comment 0")


def test_a_form_carries_the_payload_and_is_signed_as_a_form(
    served: RunningSimulator, receiver: Receiver, world: World
) -> None:
    hook = served.add_webhook(receiver.url, secret="s", content_type="form")
    world.comment(REPO, 1, body="Ja & nein = vielleicht", author="grace")
    hook.wait(1)
    (received,) = receiver.events
    assert received.headers["content-type"] == "application/x-www-form-urlencoded"
    assert "Ja & nein = vielleicht" in parse_qs(received.body.decode())["payload"][0]
    assert received.headers["x-hub-signature-256"] == f"sha256={hmac.new(b's', received.body, 'sha256').hexdigest()}"


def test_without_a_secret_nothing_is_signed(served: RunningSimulator, receiver: Receiver, world: World) -> None:
    hook = served.add_webhook(receiver.url)
    write(world, 1)
    hook.wait(1)
    assert not [name for each in receiver.everything for name in each.headers if name.startswith("x-hub")]


def test_a_new_webhook_says_ping(hook: Webhook, receiver: Receiver, served: RunningSimulator) -> None:
    hook.wait()
    served.add_webhook(receiver.url).wait()
    ours, theirs = receiver.everything
    assert (ours.headers["x-github-event"], hook.response_count, hook.log[0].event) == ("ping", 0, "ping")
    assert ours.payload["hook"]["config"]["content_type"] == "json"
    assert (ours.payload["hook_id"], ours.payload["repository"]["full_name"]) == (hook.hook_id, REPO)
    assert "repository" not in theirs.payload
    assert theirs.payload["hook_id"] != hook.hook_id


def test_what_is_told_by_payload_can_be_asked_at_its_addresses(
    hook: Webhook, receiver: Receiver, served: RunningSimulator, world: World
) -> None:
    write(world, 1)
    hook.wait(1)
    assert receiver.events[0].payload["issue"]["url"] == f"{served.url}/repos/{REPO}/issues/1"


def test_events_of_other_kinds_and_other_repositories_are_not_sent(
    served: RunningSimulator, receiver: Receiver, world: World
) -> None:
    world.add_repository("ada/other")
    hook = served.add_webhook(receiver.url, repo=REPO, events=["issues"])
    write(world, 1)
    world.open_issue("ada/other", title="Elsewhere")
    world.close_issue(REPO, 1)
    hook.wait()
    assert [each.payload["action"] for each in receiver.events] == ["closed"]


def test_deliveries_over_one_connection_come_in_order(hook: Webhook, receiver: Receiver, world: World) -> None:
    bodies = write(world, 20)
    hook.wait(20)
    assert receiver.bodies == bodies
    assert len({each.port for each in receiver.everything}) == 1
    assert len({each.guid for each in receiver.everything}) == 21


def test_many_deliveries_go_over_a_few_connections_that_stay(
    served: RunningSimulator, receiver: Receiver, world: World
) -> None:
    hook = served.add_webhook(receiver.url, connections=3)
    for number in range(300):
        hook.send("issue_comment", {"action": "created", "comment": {"body": f"Comment {number}"}})
    hook.wait(300, timeout=60)
    assert sorted(receiver.bodies) == sorted(f"Comment {number}" for number in range(300))
    assert len({each.port for each in receiver.everything}) <= 3


def test_the_log_tells_the_status_of_each_answer(hook: Webhook, receiver: Receiver, world: World) -> None:
    hook.wait()
    receiver.status = 500
    write(world, 1)
    hook.wait(1)
    ping, told = hook.log
    assert [ping.status, told.status, told.event, told.action] == [202, 500, "issue_comment", "created"]
    assert told.seconds > 0
    assert len(receiver.events) == 1


def test_nobody_there_is_a_failure_and_not_an_answer(served: RunningSimulator, world: World) -> None:
    with bind_loopback() as closed:
        hook = served.add_webhook(loopback_url(closed))
        write(world, 1)
        hook.wait()
    assert [(each.status, "refused" in each.error) for each in hook.log] == [(None, True), (None, True)]
    assert hook.response_count == 0


def test_who_does_not_answer_in_time_is_a_failure(receiver: Receiver) -> None:
    receiver.open.clear()
    with closing(Webhook(receiver.url, timeout=0.05)) as hook:
        hook.wait()
        receiver.open.set()
        assert [(each.status, each.error) for each in hook.log] == [(None, "timed out")]


def test_a_connection_that_the_receiver_has_closed_is_opened_again(
    hook: Webhook, receiver: Receiver, world: World
) -> None:
    hook.wait()
    receiver.close_each = True
    for answered in (1, 2):
        write(world, 1)
        hook.wait(answered)
        assert receiver.ended.acquire(timeout=10)
    ports = [each.port for each in receiver.everything]
    assert (ports[0] == ports[1], ports[1] == ports[2]) == (True, False)


def test_a_redelivery_has_the_same_guid_and_body(hook: Webhook, receiver: Receiver, world: World) -> None:
    write(world, 1)
    hook.wait(1)
    hook.redeliver(receiver.events[0].guid)
    hook.wait(2)
    first, again = receiver.events
    assert (first.guid, first.body) == (again.guid, again.body)
    assert first.headers["x-hub-signature-256"] == again.headers["x-hub-signature-256"]
    assert [each.redelivery for each in hook.log[1:]] == [False, True]
    with pytest.raises(KeyError):
        hook.redeliver("unknown")


def test_a_lost_delivery_never_arrives_unless_it_is_sent_again(hook: Webhook, receiver: Receiver, world: World) -> None:
    hook.wait()
    hook.drop(2)
    bodies = write(world, 3)
    hook.wait(1)
    assert receiver.bodies == bodies[2:]
    lost = [each for each in hook.log if each.error == "dropped"]
    hook.redeliver(lost[1].guid)
    hook.wait(2)
    assert receiver.bodies == [bodies[2], bodies[1]]


def test_all_may_be_lost_until_it_ends(hook: Webhook, receiver: Receiver, world: World) -> None:
    hook.drop(None)
    write(world, 3)
    hook.drop(0)
    world.comment(REPO, 1, body="Last", author="grace")
    hook.wait(1)
    assert receiver.bodies == ["Last"]


@pytest.mark.parametrize(("times", "expected"), [(1, 3), (None, 4), (0, 2)])
def test_a_doubled_delivery_arrives_twice_under_one_guid(
    hook: Webhook, receiver: Receiver, world: World, times: int | None, expected: int
) -> None:
    hook.duplicate(times)
    write(world, 2)
    hook.wait(expected)
    hook.wait()
    assert (len(receiver.events), len({each.guid for each in receiver.events})) == (expected, 2)


@pytest.mark.parametrize("shuffled", [None, 7])
def test_what_is_held_comes_late_and_if_wanted_out_of_order(
    hook: Webhook, receiver: Receiver, world: World, clock: FakeClock, shuffled: int | None
) -> None:
    hook.hold()
    bodies = write(world, 10)
    hook.hold()
    hook.wait()
    assert (receiver.events, hook.held_count) == ([], 10)
    clock.now += 3600
    assert hook.release(shuffled=shuffled) == 10
    hook.wait(10)
    assert sorted(receiver.bodies) == bodies
    assert (receiver.bodies == bodies) is (shuffled is None)
    assert hook.release() == 0


@settings(max_examples=10)
@given(mischief=st.lists(st.sampled_from(["drop", "duplicate", "hold", "release", "act"]), max_size=20))
def test_after_any_mischief_every_event_has_arrived_or_is_known_as_lost(mischief: list[str]) -> None:
    with receiving() as receiver, closing(Webhook(receiver.url)) as hook:
        guids = set()
        for deed in mischief:
            if deed == "act":
                guids.add(hook.send("issues", {"action": "closed"}))
            else:
                getattr(hook, deed)()
        hook.release()
        hook.wait()
        lost = {each.guid for each in hook.log if each.error == "dropped"}
        assert {each.guid for each in receiver.events} | lost == guids


def test_waiting_for_what_does_not_come_ends(hook: Webhook) -> None:
    with pytest.raises(TimeoutError, match="0 deliveries are answered"):
        hook.wait(1, timeout=0.01)


def test_at_the_end_what_is_under_way_is_cut_and_the_rest_dropped(world: World, receiver: Receiver) -> None:
    world.open_issue(REPO, title="One")
    receiver.open.clear()
    with run_simulator(world) as served:
        hook = served.add_webhook(receiver.url)
        write(world, 3)
        assert receiver.arrived.acquire(timeout=10)
    assert [(each.event, each.status) for each in hook.log] == [("ping", None)]
    write(world, 1)
    hook.send("issues", {"action": "opened"})
    hook.close()
    assert len(receiver.everything) == 1

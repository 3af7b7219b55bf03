"""Webhooks over real sockets, to a receiver that stores its deliveries."""

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
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def server(world: World, receiver: Receiver) -> Iterator[RunningSimulator]:
    world.open_issue(REPO, title="One")
    with run_simulator(world) as server:
        yield server


@pytest.fixture
def hook(server: RunningSimulator, receiver: Receiver) -> Webhook:
    return server.add_webhook(f"{receiver.url}/webhooks/github?a=b", secret="It's a Secret to Everybody", repo=REPO)


def _write_comments(world: World, count: int) -> list[str]:
    bodies = [f"Comment {number}" for number in range(count)]
    for body in bodies:
        world.comment(REPO, 1, body=body, author="grace")
    return bodies


def test_a_delivery_has_githubs_headers_and_signatures(hook: Webhook, receiver: Receiver, world: World) -> None:
    _write_comments(world, 1)
    hook.wait(1)
    (delivery,) = receiver.events
    key = b"It's a Secret to Everybody"
    expected = {
        "content-type": "application/json",
        "x-github-event": "issue_comment",
        "x-github-hook-id": str(hook.hook_id),
        "x-github-hook-installation-target-id": str(world.repository(REPO).id),
        "x-github-hook-installation-target-type": "repository",
        "x-hub-signature": f"sha1={hmac.new(key, delivery.body, 'sha1').hexdigest()}",
        "x-hub-signature-256": f"sha256={hmac.new(key, delivery.body, 'sha256').hexdigest()}",
    }
    assert expected.items() <= delivery.headers.items()
    assert delivery.headers["user-agent"].startswith("GitHub-Hookshot/")
    assert str(UUID(delivery.guid)) == delivery.guid
    assert delivery.path == "/webhooks/github?a=b"
    assert (delivery.payload["action"], delivery.payload["comment"]["body"]) == ("created", "Comment 0")


def test_a_form_delivery_is_signed_as_sent(server: RunningSimulator, receiver: Receiver, world: World) -> None:
    hook = server.add_webhook(receiver.url, secret="s", content_type="form")
    world.comment(REPO, 1, body="Ja & nein = vielleicht", author="grace")
    hook.wait(1)
    (delivery,) = receiver.events
    assert delivery.headers["content-type"] == "application/x-www-form-urlencoded"
    assert "Ja & nein = vielleicht" in parse_qs(delivery.body.decode())["payload"][0]
    assert delivery.headers["x-hub-signature-256"] == f"sha256={hmac.new(b's', delivery.body, 'sha256').hexdigest()}"


def test_a_delivery_without_a_secret_is_unsigned(server: RunningSimulator, receiver: Receiver, world: World) -> None:
    hook = server.add_webhook(receiver.url)
    _write_comments(world, 1)
    hook.wait(1)
    assert not [name for delivery in receiver.deliveries for name in delivery.headers if name.startswith("x-hub")]


def test_a_new_webhook_sends_a_ping(hook: Webhook, receiver: Receiver, server: RunningSimulator) -> None:
    hook.wait()
    server.add_webhook(receiver.url).wait()
    first, second = receiver.deliveries
    assert (first.headers["x-github-event"], hook.response_count, hook.log[0].event) == ("ping", 0, "ping")
    assert first.payload["hook"]["config"]["content_type"] == "json"
    assert (first.payload["hook_id"], first.payload["repository"]["full_name"]) == (hook.hook_id, REPO)
    assert "repository" not in second.payload
    assert second.payload["hook_id"] != hook.hook_id


def test_payload_urls_point_to_the_simulator(
    hook: Webhook, receiver: Receiver, server: RunningSimulator, world: World
) -> None:
    _write_comments(world, 1)
    hook.wait(1)
    assert receiver.events[0].payload["issue"]["url"] == f"{server.url}/repos/{REPO}/issues/1"


def test_only_subscribed_events_and_repositories_are_delivered(
    server: RunningSimulator, receiver: Receiver, world: World
) -> None:
    world.add_repository("ada/other")
    hook = server.add_webhook(receiver.url, repo=REPO, events=["issues"])
    _write_comments(world, 1)
    world.open_issue("ada/other", title="Elsewhere")
    world.close_issue(REPO, 1)
    hook.wait()
    assert [delivery.payload["action"] for delivery in receiver.events] == ["closed"]


def test_one_connection_delivers_in_order(hook: Webhook, receiver: Receiver, world: World) -> None:
    bodies = _write_comments(world, 20)
    hook.wait(20)
    assert receiver.bodies == bodies
    assert len({delivery.port for delivery in receiver.deliveries}) == 1
    assert len({delivery.guid for delivery in receiver.deliveries}) == 21


def test_many_deliveries_reuse_their_connections(server: RunningSimulator, receiver: Receiver, world: World) -> None:
    hook = server.add_webhook(receiver.url, connections=3)
    for number in range(300):
        hook.send("issue_comment", {"action": "created", "comment": {"body": f"Comment {number}"}})
    hook.wait(300, timeout=60)
    assert sorted(receiver.bodies) == sorted(f"Comment {number}" for number in range(300))
    assert len({delivery.port for delivery in receiver.deliveries}) <= 3


def test_the_log_has_the_status_of_each_response(hook: Webhook, receiver: Receiver, world: World) -> None:
    hook.wait()
    receiver.status = 500
    _write_comments(world, 1)
    hook.wait(1)
    ping, delivery = hook.log
    assert [ping.status, delivery.status, delivery.event, delivery.action] == [202, 500, "issue_comment", "created"]
    assert delivery.seconds > 0
    assert len(receiver.events) == 1


def test_a_refused_connection_is_logged_as_an_error(server: RunningSimulator, world: World) -> None:
    with bind_loopback() as bound:
        hook = server.add_webhook(loopback_url(bound))
        _write_comments(world, 1)
        hook.wait()
    assert [(delivery.status, "refused" in delivery.error) for delivery in hook.log] == [(None, True), (None, True)]
    assert hook.response_count == 0


def test_a_timeout_is_logged_as_an_error(receiver: Receiver) -> None:
    receiver.may_respond.clear()
    with closing(Webhook(receiver.url, timeout=0.05)) as hook:
        hook.wait()
        receiver.may_respond.set()
        assert [(delivery.status, delivery.error) for delivery in hook.log] == [(None, "timed out")]


def test_a_closed_connection_is_reopened(hook: Webhook, receiver: Receiver, world: World) -> None:
    hook.wait()
    receiver.close_connections = True
    for responses in (1, 2):
        _write_comments(world, 1)
        hook.wait(responses)
        assert receiver.disconnects.acquire(timeout=10)
    ports = [delivery.port for delivery in receiver.deliveries]
    assert (ports[0] == ports[1], ports[1] == ports[2]) == (True, False)


def test_a_redelivery_has_the_same_guid_and_body(hook: Webhook, receiver: Receiver, world: World) -> None:
    _write_comments(world, 1)
    hook.wait(1)
    hook.redeliver(receiver.events[0].guid)
    hook.wait(2)
    first, again = receiver.events
    assert (first.guid, first.body) == (again.guid, again.body)
    assert first.headers["x-hub-signature-256"] == again.headers["x-hub-signature-256"]
    assert [delivery.redelivery for delivery in hook.log[1:]] == [False, True]
    with pytest.raises(KeyError):
        hook.redeliver("unknown")


def test_a_dropped_delivery_arrives_only_when_redelivered(hook: Webhook, receiver: Receiver, world: World) -> None:
    hook.wait()
    hook.drop(2)
    bodies = _write_comments(world, 3)
    hook.wait(1)
    assert receiver.bodies == bodies[2:]
    dropped = [delivery for delivery in hook.log if delivery.error == "dropped"]
    hook.redeliver(dropped[1].guid)
    hook.wait(2)
    assert receiver.bodies == [bodies[2], bodies[1]]


def test_all_deliveries_are_dropped_until_reset(hook: Webhook, receiver: Receiver, world: World) -> None:
    hook.drop(None)
    _write_comments(world, 3)
    hook.drop(0)
    world.comment(REPO, 1, body="Last", author="grace")
    hook.wait(1)
    assert receiver.bodies == ["Last"]


@pytest.mark.parametrize(("times", "expected"), [(1, 3), (None, 4), (0, 2)])
def test_a_duplicate_has_the_same_guid(
    hook: Webhook, receiver: Receiver, world: World, times: int | None, expected: int
) -> None:
    hook.duplicate(times)
    _write_comments(world, 2)
    hook.wait(expected)
    hook.wait()
    assert (len(receiver.events), len({delivery.guid for delivery in receiver.events})) == (expected, 2)


@pytest.mark.parametrize("shuffle_seed", [None, 7])
def test_held_deliveries_arrive_after_release(
    hook: Webhook, receiver: Receiver, world: World, clock: FakeClock, shuffle_seed: int | None
) -> None:
    hook.hold()
    bodies = _write_comments(world, 10)
    hook.hold()
    hook.wait()
    assert (receiver.events, hook.held_count) == ([], 10)
    clock.now += 3600
    assert hook.release(shuffle_seed=shuffle_seed) == 10
    hook.wait(10)
    assert sorted(receiver.bodies) == bodies
    assert (receiver.bodies == bodies) is (shuffle_seed is None)
    assert hook.release() == 0


@settings(max_examples=10)
@given(calls=st.lists(st.sampled_from(["drop", "duplicate", "hold", "release", "send"]), max_size=20))
def test_every_delivery_arrives_or_is_logged_as_dropped(calls: list[str]) -> None:
    with receiving() as receiver, closing(Webhook(receiver.url)) as hook:
        guids = set()
        for call in calls:
            if call == "send":
                guids.add(hook.send("issues", {"action": "closed"}))
            else:
                getattr(hook, call)()
        hook.release()
        hook.wait()
        dropped = {delivery.guid for delivery in hook.log if delivery.error == "dropped"}
        assert {delivery.guid for delivery in receiver.events} | dropped == guids


def test_waiting_for_responses_times_out(hook: Webhook) -> None:
    with pytest.raises(TimeoutError, match="0 responses came"):
        hook.wait(1, timeout=0.01)


def test_closing_aborts_deliveries_and_drops_the_queue(world: World, receiver: Receiver) -> None:
    world.open_issue(REPO, title="One")
    receiver.may_respond.clear()
    with run_simulator(world) as server:
        hook = server.add_webhook(receiver.url)
        _write_comments(world, 3)
        assert receiver.arrivals.acquire(timeout=10)
    assert [(delivery.event, delivery.status) for delivery in hook.log] == [("ping", None)]
    _write_comments(world, 1)
    hook.send("issues", {"action": "opened"})
    hook.close()
    assert len(receiver.deliveries) == 1

"""The rate limits, with a clock that tests move."""

import pytest

from app.simulator.http.app import Simulator
from app.simulator.http.rate_limits import Limits
from app.simulator.world.world import World
from tests.simulator.client import NOW, REPO, FakeClock, json_body, send_request

LIST = f"/repos/{REPO}/issues"


def _status_and_remaining(simulator: Simulator, **headers: str) -> tuple[int, int]:
    """The status, and the requests left."""
    response = send_request(simulator, LIST, **headers)
    return response.status, int(response.headers["x-ratelimit-remaining"])


def test_anonymous_clients_have_sixty_requests_an_hour(simulator: Simulator) -> None:
    assert [_status_and_remaining(simulator) for _ in range(61)] == [*((200, n) for n in range(59, -1, -1)), (403, 0)]
    response = send_request(simulator, LIST)
    assert json_body(response)["message"].startswith("API rate limit exceeded for 192.0.2.1. (But here's the good news")
    assert (response.headers["x-ratelimit-used"], "retry-after" in response.headers) == ("60", False)
    assert [request.counts_against_limit for request in simulator.requests[-3:]] == [True, False, False]


def test_the_hour_starts_with_the_first_request(simulator: Simulator, clock: FakeClock) -> None:
    reset = simulator.exhaust_rate_limit(client_ip="192.0.2.1")
    assert reset == NOW + 3600
    clock.now = reset - 1
    assert _status_and_remaining(simulator) == (403, 0)
    clock.now = reset
    assert _status_and_remaining(simulator) == (200, 59)
    assert send_request(simulator, LIST).headers["x-ratelimit-reset"] == str(reset + 3600)


def test_the_tokens_of_a_user_share_one_budget(simulator: Simulator, world: World) -> None:
    world.add_token("first", "ada")
    world.add_token("second", "ada")
    assert _status_and_remaining(simulator, authorization="token first") == (200, 4999)
    assert _status_and_remaining(simulator, authorization="token second") == (200, 4998)
    assert _status_and_remaining(simulator) == (200, 59)


def test_the_primary_limit_message_names_the_user_id(simulator: Simulator, world: World) -> None:
    world.add_token("first", "ada")
    simulator.exhaust_rate_limit(login="ada")
    response = send_request(simulator, LIST, authorization="token first")
    assert json_body(response)["message"] == f"API rate limit exceeded for user ID {world.user('ada').id}."


@pytest.mark.parametrize(("token", "remaining"), [("token first", "4999"), ("", "58")])
def test_not_modified_is_free_only_with_a_token(simulator: Simulator, world: World, token: str, remaining: str) -> None:
    world.add_token("first", "ada")
    etag = send_request(simulator, LIST, authorization=token).headers["etag"]
    second = send_request(simulator, LIST, authorization=token, if_none_match=etag)
    assert (second.status, second.headers["x-ratelimit-remaining"]) == (304, remaining)
    assert simulator.requests[-1].counts_against_limit is not bool(token)


def test_reading_an_exhausted_rate_limit_is_free(simulator: Simulator) -> None:
    simulator.exhaust_rate_limit(client_ip="192.0.2.1")
    response = send_request(simulator, "/rate_limit")
    assert response.status == 200
    assert json_body(response)["resources"]["core"] == {"limit": 60, "used": 60, "remaining": 0, "reset": NOW + 3600}


@pytest.mark.parametrize("target", [f"{LIST}/9", "/repos/ada/absent", "/nowhere"])
def test_an_error_counts_against_the_limit(simulator: Simulator, target: str) -> None:
    assert send_request(simulator, target).headers["x-ratelimit-used"] == "1"


@pytest.mark.parametrize("status", [403, 429])
def test_the_status_of_both_limits_is_configurable(world: World, status: int) -> None:
    limits = Limits(anonymous=1, points_per_minute=2, status=status)
    simulator = Simulator(world, limits=limits)
    responses = [send_request(simulator, LIST) for _ in range(3)]
    assert [response.status for response in responses] == [200, status, status]
    assert "secondary rate limit" not in json_body(responses[1])["message"]
    assert "secondary rate limit" in json_body(responses[2])["message"]
    assert responses[2].headers["retry-after"] == "60"


def test_the_secondary_limit_ends_after_a_minute(world: World, clock: FakeClock) -> None:
    simulator = Simulator(world, limits=Limits(points_per_minute=2))
    assert [send_request(simulator, LIST).status for _ in range(3)] == [200, 200, 403]
    clock.now += 60
    assert send_request(simulator, LIST).status == 200

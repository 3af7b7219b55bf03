"""The arithmetic of the limits, with a clock that tests move."""

import pytest

from app.simulator.http.app import Simulator
from app.simulator.http.rate_limits import Limits
from app.simulator.world.world import World
from tests.simulator.client import NOON, REPO, FakeClock, ask, value

LIST = f"/repos/{REPO}/issues"


def left(simulator: Simulator, **headers: str) -> tuple[int, int]:
    """Status and asks left."""
    answer = ask(simulator, LIST, **headers)
    return answer.status, int(answer.headers["x-ratelimit-remaining"])


def test_sixty_asks_an_hour_without_a_token(simulator: Simulator) -> None:
    assert [left(simulator) for _ in range(61)] == [*((200, n) for n in range(59, -1, -1)), (403, 0)]
    refused = ask(simulator, LIST)
    assert value(refused)["message"].startswith("API rate limit exceeded for 192.0.2.1. (But here's the good news")
    assert (refused.headers["x-ratelimit-used"], "retry-after" in refused.headers) == ("60", False)
    assert [entry.charged for entry in simulator.requests[-3:]] == [True, False, False]


def test_the_hour_opens_with_the_first_ask_and_starts_anew(simulator: Simulator, clock: FakeClock) -> None:
    reset = simulator.exhaust_rate_limit(client_ip="192.0.2.1")
    assert reset == NOON + 3600
    clock.now = reset - 1
    assert left(simulator) == (403, 0)
    clock.now = reset
    assert left(simulator) == (200, 59)
    assert ask(simulator, LIST).headers["x-ratelimit-reset"] == str(reset + 3600)


def test_the_tokens_of_a_user_share_one_budget(simulator: Simulator, world: World) -> None:
    world.add_token("one", "ada")
    world.add_token("two", "ada")
    assert left(simulator, authorization="token one") == (200, 4999)
    assert left(simulator, authorization="token two") == (200, 4998)
    assert left(simulator) == (200, 59)


def test_a_user_out_of_asks_is_told_by_id(simulator: Simulator, world: World) -> None:
    world.add_token("one", "ada")
    simulator.exhaust_rate_limit(login="ada")
    refused = ask(simulator, LIST, authorization="token one")
    assert value(refused)["message"] == f"API rate limit exceeded for user ID {world.user('ada').id}."


@pytest.mark.parametrize(("token", "remaining"), [("token one", "4999"), ("", "58")])
def test_what_has_not_changed_is_free_only_with_a_token(
    simulator: Simulator, world: World, token: str, remaining: str
) -> None:
    world.add_token("one", "ada")
    etag = ask(simulator, LIST, authorization=token).headers["etag"]
    again = ask(simulator, LIST, authorization=token, if_none_match=etag)
    assert (again.status, again.headers["x-ratelimit-remaining"]) == (304, remaining)
    assert simulator.requests[-1].charged is not bool(token)


def test_asking_for_the_rate_limit_is_free_even_without_asks_left(simulator: Simulator) -> None:
    simulator.exhaust_rate_limit(client_ip="192.0.2.1")
    answer = ask(simulator, "/rate_limit")
    assert answer.status == 200
    assert value(answer)["resources"]["core"] == {"limit": 60, "used": 60, "remaining": 0, "reset": NOON + 3600}


@pytest.mark.parametrize("target", [f"{LIST}/9", "/repos/ada/absent", "/nowhere"])
def test_a_refusal_costs_an_ask(simulator: Simulator, target: str) -> None:
    assert ask(simulator, target).headers["x-ratelimit-used"] == "1"


@pytest.mark.parametrize("status", [403, 429])
def test_the_status_of_both_limits_is_chosen(world: World, status: int) -> None:
    limits = Limits(anonymous=1, points_per_minute=2, status=status)
    simulator = Simulator(world, limits=limits)
    answers = [ask(simulator, LIST) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, status, status]
    assert "secondary rate limit" not in value(answers[1])["message"]
    assert "secondary rate limit" in value(answers[2])["message"]
    assert answers[2].headers["retry-after"] == "60"


def test_the_secondary_limit_passes_with_its_minute(world: World, clock: FakeClock) -> None:
    simulator = Simulator(world, limits=Limits(points_per_minute=2))
    assert [ask(simulator, LIST).status for _ in range(3)] == [200, 200, 403]
    clock.now += 60
    assert ask(simulator, LIST).status == 200

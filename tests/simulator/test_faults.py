"""Each fault does what it says, over a real socket."""

import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from app.simulator.http.faults import (
    ClockSkew,
    ConnectionClosed,
    ConnectionReset,
    EmptyList,
    Fault,
    Header,
    HtmlPage,
    Latency,
    PrimaryRateLimit,
    SecondaryRateLimit,
    Status,
    TruncatedJson,
    WrongJsonType,
)
from app.simulator.http.request_log import IncomingRequest
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.world import World
from tests.simulator.client import NOON, REPO, FakeClock

LIST = f"/repos/{REPO}/issues?per_page=1"
ISSUE = f"/repos/{REPO}/issues/1"


@pytest.fixture
def served(world: World) -> Iterator[RunningSimulator]:
    world.open_issue(REPO, title="One", body="Hello")
    world.open_issue(REPO, title="Two", body="Hello")
    with run_simulator(world) as simulator:
        yield simulator


@pytest.fixture
def client(served: RunningSimulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url, trust_env=False) as made:
        yield made


def spoiled(served: RunningSimulator, client: httpx.Client, fault: Fault, target: str = LIST) -> httpx.Response:
    served.faults.add(fault)
    return client.get(target)


def test_without_faults_all_is_well(client: httpx.Client) -> None:
    assert client.get(LIST).json()[0]["title"] == "Two"


def test_latency_holds_the_answer_back(served: RunningSimulator, client: httpx.Client) -> None:
    began = time.monotonic()
    assert spoiled(served, client, Latency(0.15)).status_code == 200
    assert time.monotonic() - began >= 0.15


def test_a_client_may_be_less_patient_than_the_latency(served: RunningSimulator, client: httpx.Client) -> None:
    served.faults.add(Latency(60))
    with pytest.raises(httpx.ReadTimeout):
        client.get(LIST, timeout=0.1)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_status_takes_the_answers_place(served: RunningSimulator, client: httpx.Client, status: int) -> None:
    answer = spoiled(served, client, Status(status))
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert "Something went wrong" in answer.text
    assert {"etag", "link"}.isdisjoint(answer.headers)
    assert client.get(LIST).status_code == 200


def test_a_status_brings_the_body_it_is_given(served: RunningSimulator, client: httpx.Client) -> None:
    answer = spoiled(served, client, Status(404, b'{"message":"No"}', "application/json"))
    assert (answer.status_code, answer.json()) == (404, {"message": "No"})


@pytest.mark.parametrize(
    ("value", "found"), [("", ""), ("https://evil.example/", "https://evil.example/"), (None, None)]
)
def test_a_header_is_set_or_left_out(
    served: RunningSimulator, client: httpx.Client, value: str | None, found: str | None
) -> None:
    assert spoiled(served, client, Header("Link", value)).headers.get("link") == found


def test_a_cut_connection_breaks_off_in_the_body(served: RunningSimulator, client: httpx.Client) -> None:
    served.faults.add(ConnectionClosed())
    received: list[bytes] = []
    with client.stream("GET", LIST) as answer:
        with pytest.raises(httpx.RemoteProtocolError):
            received.extend(answer.iter_raw())
        assert len(b"".join(received)) == int(answer.headers["content-length"]) // 2


def test_a_reset_connection_breaks_off_in_the_body(served: RunningSimulator, client: httpx.Client) -> None:
    served.faults.add(ConnectionReset())
    received: list[bytes] = []
    with client.stream("GET", LIST) as answer:
        assert answer.status_code == 200
        with pytest.raises(httpx.ReadError, match="reset by peer"):
            received.extend(answer.iter_raw())
        assert len(b"".join(received)) < int(answer.headers["content-length"])
    assert client.get(LIST).status_code == 200


def test_cut_json_comes_whole_but_cannot_be_read(served: RunningSimulator, client: httpx.Client) -> None:
    answer = spoiled(served, client, TruncatedJson())
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        answer.json()


def test_html_comes_with_status_200(served: RunningSimulator, client: httpx.Client) -> None:
    answer = spoiled(served, client, HtmlPage())
    assert (answer.status_code, answer.text[:15]) == (200, "<!DOCTYPE html>")


@pytest.mark.parametrize(("target", "kind"), [(LIST, dict), (ISSUE, list)])
def test_json_comes_in_another_type(served: RunningSimulator, client: httpx.Client, target: str, kind: type) -> None:
    answer = spoiled(served, client, WrongJsonType(), target)
    assert (answer.status_code, type(answer.json())) == (200, kind)


def test_an_empty_list_comes_without_a_next_page(served: RunningSimulator, client: httpx.Client) -> None:
    assert "link" in client.get(LIST).headers
    answer = spoiled(served, client, EmptyList())
    assert (answer.json(), "link" in answer.headers) == ([], False)


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize("retry_after", [None, 7])
def test_the_primary_limit_comes_with_and_without_retry_after(
    served: RunningSimulator, client: httpx.Client, status: int, retry_after: int | None
) -> None:
    answer = spoiled(served, client, PrimaryRateLimit(status, retry_after, reset_in=90))
    assert answer.status_code == status
    assert answer.json()["message"].startswith("API rate limit exceeded")
    assert answer.headers["x-ratelimit-remaining"] == "0"
    assert answer.headers["x-ratelimit-reset"] == str(NOON + 90)
    assert answer.headers.get("retry-after") == (None if retry_after is None else str(retry_after))


@pytest.mark.parametrize(("retry_after", "header"), [(60, "60"), (None, None)])
def test_the_secondary_limit_leaves_asks_in_the_hour(
    served: RunningSimulator, client: httpx.Client, retry_after: int | None, header: str | None
) -> None:
    answer = spoiled(served, client, SecondaryRateLimit(429, retry_after))
    assert (answer.status_code, answer.headers.get("retry-after")) == (429, header)
    assert "secondary rate limit" in answer.json()["message"]
    assert int(answer.headers["x-ratelimit-remaining"]) > 0


def test_a_wrong_clock_shifts_date_and_reset(served: RunningSimulator, client: httpx.Client) -> None:
    answer = spoiled(served, client, ClockSkew(-600))
    assert answer.headers["date"] == "Sun, 13 Sep 2020 12:16:40 GMT"
    assert answer.headers["x-ratelimit-reset"] == str(NOON + 3600 - 600)


def test_a_wrong_clock_dates_what_has_no_limits(served: RunningSimulator) -> None:
    served.faults.add(ClockSkew(60))
    with httpx.Client(base_url=served.url, headers={"user-agent": ""}, trust_env=False) as nameless:
        answer = nameless.get(LIST)
    assert (answer.status_code, answer.headers["date"]) == (403, "Sun, 13 Sep 2020 12:27:40 GMT")


def test_a_rule_holds_for_matching_asks_and_so_many_times(served: RunningSimulator, client: httpx.Client) -> None:
    served.faults.add(Status(502), match=r"/issues\?per_page", times=2)
    statuses = [client.get(target).status_code for target in (ISSUE, LIST, ISSUE, LIST, LIST)]
    assert statuses == [200, 502, 200, 502, 200]
    assert [ask.status for ask in served.requests] == statuses


def test_a_rule_may_hold_until_it_is_cleared(served: RunningSimulator, client: httpx.Client) -> None:
    served.faults.add(Status(503), times=None)
    assert [client.get(LIST).status_code for _ in range(3)] == [503, 503, 503]
    served.faults.clear()
    assert client.get(LIST).status_code == 200


def test_faults_add_up(served: RunningSimulator, client: httpx.Client) -> None:
    served.faults.add(Status(503))
    answer = spoiled(served, client, Header("retry-after", "3"))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "3")


def test_one_fault_can_be_ended_while_another_lasts(served: RunningSimulator, client: httpx.Client) -> None:
    end = served.faults.add(Status(503), times=None)
    served.faults.add(Header("x-spoiled", "yes"), times=None)
    assert client.get(LIST).status_code == 503
    end()
    end()
    answer = client.get(LIST)
    assert (answer.status_code, answer.headers["x-spoiled"]) == (200, "yes")


def test_a_second_page_fails_after_the_first(served: RunningSimulator, client: httpx.Client) -> None:
    served.faults.add(Status(502), match="[?&]page=2", times=None)
    first = client.get(f"/repos/{REPO}/issues?per_page=1")
    assert first.status_code == 200
    assert client.get(first.links["next"]["url"]).status_code == 502


def test_a_token_is_revoked_between_two_pages(served: RunningSimulator, client: httpx.Client, world: World) -> None:
    world.add_token("t0ken", "ada")

    def revoke(request: IncomingRequest) -> None:
        if "&page=2" in request.query:
            world.revoke_token("t0ken")

    served.on_request(revoke)
    client.headers["authorization"] = "token t0ken"
    first = client.get(LIST)
    assert [first.status_code, client.get(first.links["next"]["url"]).status_code] == [200, 401]


def test_a_comment_comes_changes_and_goes_between_pages(
    served: RunningSimulator, client: httpx.Client, world: World
) -> None:
    written = [world.comment(REPO, 1, body=f"Comment {number}", author="grace") for number in range(4)]
    deeds: dict[str, Callable[[], object]] = {
        "2": lambda: world.edit_comment(written[2], body="Edited"),
        "3": lambda: world.delete_comment(written[0]),
        "4": lambda: world.comment(REPO, 1, body="New", author="eve"),
    }
    served.on_request(lambda request: deeds[request.query[-1]]())
    pages = [client.get(f"{ISSUE}/comments?per_page=1&page={page}").json() for page in (2, 3, 4)]
    assert [comment["body"] for page in pages for comment in page] == ["Comment 1", "Comment 3", "New"]
    assert [comment.body for comment in world.comments.values()] == ["Comment 1", "Edited", "Comment 3", "New"]


def test_a_used_up_hour_refuses_until_it_is_over(
    served: RunningSimulator, client: httpx.Client, clock: FakeClock
) -> None:
    clock.now = served.simulator.exhaust_rate_limit() - 1
    statuses = [client.get(LIST).status_code]
    clock.now += 1
    assert [*statuses, client.get(LIST).status_code] == [403, 200]

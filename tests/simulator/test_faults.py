"""Each fault breaks responses as documented, over a real socket."""

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
from tests.simulator.client import NOW, REPO, FakeClock

LIST = f"/repos/{REPO}/issues?per_page=1"
ISSUE = f"/repos/{REPO}/issues/1"


@pytest.fixture
def server(world: World) -> Iterator[RunningSimulator]:
    world.open_issue(REPO, title="One", body="Hello")
    world.open_issue(REPO, title="Two", body="Hello")
    with run_simulator(world) as server:
        yield server


@pytest.fixture
def client(server: RunningSimulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        yield client


def _get_with_fault(server: RunningSimulator, client: httpx.Client, fault: Fault, target: str = LIST) -> httpx.Response:
    server.faults.add(fault)
    return client.get(target)


def test_responses_are_correct_without_faults(client: httpx.Client) -> None:
    assert client.get(LIST).json()[0]["title"] == "Two"


def test_latency_delays_the_response(server: RunningSimulator, client: httpx.Client) -> None:
    start = time.monotonic()
    assert _get_with_fault(server, client, Latency(0.15)).status_code == 200
    assert time.monotonic() - start >= 0.15


def test_a_client_times_out_before_the_latency_ends(server: RunningSimulator, client: httpx.Client) -> None:
    server.faults.add(Latency(60))
    with pytest.raises(httpx.ReadTimeout):
        client.get(LIST, timeout=0.1)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_status_replaces_the_response(server: RunningSimulator, client: httpx.Client, status: int) -> None:
    response = _get_with_fault(server, client, Status(status))
    assert (response.status_code, response.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert "Something went wrong" in response.text
    assert {"etag", "link"}.isdisjoint(response.headers)
    assert client.get(LIST).status_code == 200


def test_a_status_may_have_its_own_body(server: RunningSimulator, client: httpx.Client) -> None:
    response = _get_with_fault(server, client, Status(404, b'{"message":"No"}', "application/json"))
    assert (response.status_code, response.json()) == (404, {"message": "No"})


@pytest.mark.parametrize(
    ("value", "expected"), [("", ""), ("https://evil.example/", "https://evil.example/"), (None, None)]
)
def test_a_header_is_replaced_or_removed(
    server: RunningSimulator, client: httpx.Client, value: str | None, expected: str | None
) -> None:
    assert _get_with_fault(server, client, Header("Link", value)).headers.get("link") == expected


def test_a_connection_closes_in_the_body(server: RunningSimulator, client: httpx.Client) -> None:
    server.faults.add(ConnectionClosed())
    chunks: list[bytes] = []
    with client.stream("GET", LIST) as response:
        with pytest.raises(httpx.RemoteProtocolError):
            chunks.extend(response.iter_raw())
        assert len(b"".join(chunks)) == int(response.headers["content-length"]) // 2


def test_a_connection_is_reset_in_the_body(server: RunningSimulator, client: httpx.Client) -> None:
    server.faults.add(ConnectionReset())
    chunks: list[bytes] = []
    with client.stream("GET", LIST) as response:
        assert response.status_code == 200
        with pytest.raises(httpx.ReadError, match="reset by peer"):
            chunks.extend(response.iter_raw())
        assert len(b"".join(chunks)) < int(response.headers["content-length"])
    assert client.get(LIST).status_code == 200


def test_truncated_json_cannot_be_parsed(server: RunningSimulator, client: httpx.Client) -> None:
    response = _get_with_fault(server, client, TruncatedJson())
    assert response.status_code == 200
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        response.json()


def test_an_html_page_has_status_200(server: RunningSimulator, client: httpx.Client) -> None:
    response = _get_with_fault(server, client, HtmlPage())
    assert (response.status_code, response.text[:15]) == (200, "<!DOCTYPE html>")


@pytest.mark.parametrize(("target", "kind"), [(LIST, dict), (ISSUE, list)])
def test_json_has_the_wrong_type(server: RunningSimulator, client: httpx.Client, target: str, kind: type) -> None:
    response = _get_with_fault(server, client, WrongJsonType(), target)
    assert (response.status_code, type(response.json())) == (200, kind)


def test_an_empty_list_has_no_next_page(server: RunningSimulator, client: httpx.Client) -> None:
    assert "link" in client.get(LIST).headers
    response = _get_with_fault(server, client, EmptyList())
    assert (response.json(), "link" in response.headers) == ([], False)


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize("retry_after", [None, 7])
def test_primary_limit_with_and_without_retry_after(
    server: RunningSimulator, client: httpx.Client, status: int, retry_after: int | None
) -> None:
    response = _get_with_fault(server, client, PrimaryRateLimit(status, retry_after, reset_in=90))
    assert response.status_code == status
    assert response.json()["message"].startswith("API rate limit exceeded")
    assert response.headers["x-ratelimit-remaining"] == "0"
    assert response.headers["x-ratelimit-reset"] == str(NOW + 90)
    assert response.headers.get("retry-after") == (None if retry_after is None else str(retry_after))


@pytest.mark.parametrize(("retry_after", "header"), [(60, "60"), (None, None)])
def test_secondary_limit_leaves_the_primary_limit_alone(
    server: RunningSimulator, client: httpx.Client, retry_after: int | None, header: str | None
) -> None:
    response = _get_with_fault(server, client, SecondaryRateLimit(429, retry_after))
    assert (response.status_code, response.headers.get("retry-after")) == (429, header)
    assert "secondary rate limit" in response.json()["message"]
    assert int(response.headers["x-ratelimit-remaining"]) > 0


def test_clock_skew_shifts_date_and_reset(server: RunningSimulator, client: httpx.Client) -> None:
    response = _get_with_fault(server, client, ClockSkew(-600))
    assert response.headers["date"] == "Sun, 13 Sep 2020 12:16:40 GMT"
    assert response.headers["x-ratelimit-reset"] == str(NOW + 3600 - 600)


def test_clock_skew_dates_responses_without_limit_headers(server: RunningSimulator) -> None:
    server.faults.add(ClockSkew(60))
    with httpx.Client(base_url=server.url, headers={"user-agent": ""}, trust_env=False) as anonymous:
        response = anonymous.get(LIST)
    assert (response.status_code, response.headers["date"]) == (403, "Sun, 13 Sep 2020 12:27:40 GMT")


def test_a_rule_breaks_its_number_of_matching_requests(server: RunningSimulator, client: httpx.Client) -> None:
    server.faults.add(Status(502), match=r"/issues\?per_page", times=2)
    statuses = [client.get(target).status_code for target in (ISSUE, LIST, ISSUE, LIST, LIST)]
    assert statuses == [200, 502, 200, 502, 200]
    assert [request.status for request in server.requests] == statuses


def test_a_rule_without_end_lasts_until_cleared(server: RunningSimulator, client: httpx.Client) -> None:
    server.faults.add(Status(503), times=None)
    assert [client.get(LIST).status_code for _ in range(3)] == [503, 503, 503]
    server.faults.clear()
    assert client.get(LIST).status_code == 200


def test_faults_combine(server: RunningSimulator, client: httpx.Client) -> None:
    server.faults.add(Status(503))
    response = _get_with_fault(server, client, Header("retry-after", "3"))
    assert (response.status_code, response.headers["retry-after"]) == (503, "3")


def test_one_fault_can_be_removed(server: RunningSimulator, client: httpx.Client) -> None:
    remove = server.faults.add(Status(503), times=None)
    server.faults.add(Header("x-broken", "yes"), times=None)
    assert client.get(LIST).status_code == 503
    remove()
    remove()
    response = client.get(LIST)
    assert (response.status_code, response.headers["x-broken"]) == (200, "yes")


def test_a_fault_can_break_the_second_page(server: RunningSimulator, client: httpx.Client) -> None:
    server.faults.add(Status(502), match="[?&]page=2", times=None)
    first = client.get(f"/repos/{REPO}/issues?per_page=1")
    assert first.status_code == 200
    assert client.get(first.links["next"]["url"]).status_code == 502


def test_a_token_is_revoked_between_two_pages(server: RunningSimulator, client: httpx.Client, world: World) -> None:
    world.add_token("t0ken", "ada")

    def revoke(request: IncomingRequest) -> None:
        if "&page=2" in request.query:
            world.revoke_token("t0ken")

    server.on_request(revoke)
    client.headers["authorization"] = "token t0ken"
    first = client.get(LIST)
    assert [first.status_code, client.get(first.links["next"]["url"]).status_code] == [200, 401]


def test_comments_change_between_two_pages(server: RunningSimulator, client: httpx.Client, world: World) -> None:
    comments = [world.comment(REPO, 1, body=f"Comment {number}", author="grace") for number in range(4)]
    changes: dict[str, Callable[[], object]] = {
        "2": lambda: world.edit_comment(comments[2], body="Edited"),
        "3": lambda: world.delete_comment(comments[0]),
        "4": lambda: world.comment(REPO, 1, body="New", author="eve"),
    }
    server.on_request(lambda request: changes[request.query[-1]]())
    pages = [client.get(f"{ISSUE}/comments?per_page=1&page={page}").json() for page in (2, 3, 4)]
    assert [comment["body"] for page in pages for comment in page] == ["Comment 1", "Comment 3", "New"]
    assert [comment.body for comment in world.comments.values()] == ["Comment 1", "Edited", "Comment 3", "New"]


def test_an_exhausted_limit_refuses_until_its_reset(
    server: RunningSimulator, client: httpx.Client, clock: FakeClock
) -> None:
    clock.now = server.simulator.exhaust_rate_limit() - 1
    statuses = [client.get(LIST).status_code]
    clock.now += 1
    assert [*statuses, client.get(LIST).status_code] == [403, 200]

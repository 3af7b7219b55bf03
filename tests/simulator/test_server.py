import asyncio
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest

from app.simulator.http.app import Simulator
from app.simulator.http.rate_limits import Limits
from app.simulator.http.request_log import IncomingRequest
from app.simulator.http.server import RunningSimulator, bind_loopback, loopback_url, run_simulator, serve
from app.simulator.world.world import World
from tests.simulator.client import REPO

LIST = f"/repos/{REPO}/issues"


@pytest.fixture
def served(world: World) -> Iterator[RunningSimulator]:
    with run_simulator(world) as simulator:
        yield simulator


def test_what_a_test_changes_shows_in_the_next_answer(served: RunningSimulator, world: World) -> None:
    assert served.world is world
    with httpx.Client(base_url=served.url, trust_env=False) as client:
        assert client.get(LIST).json() == []
        issue = world.open_issue(REPO, title="New")
        (read,) = client.get(LIST).json()
    assert (read["id"], read["url"]) == (issue.id, f"{served.url}/repos/{REPO}/issues/1")


def test_a_head_has_the_headers_and_no_body(served: RunningSimulator) -> None:
    with httpx.Client(base_url=served.url, trust_env=False) as client:
        got, head = client.get(LIST), client.head(LIST)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]


def test_a_conditional_ask_keeps_the_connection(served: RunningSimulator) -> None:
    with httpx.Client(base_url=served.url, trust_env=False) as client:
        etag = client.get(LIST).headers["etag"]
        assert client.get(LIST, headers={"if-none-match": etag}).status_code == 304
        assert client.get(LIST).status_code == 200


def test_the_base_of_addresses_can_be_given(world: World) -> None:
    world.open_issue(REPO, title="One")
    with run_simulator(world, base_url="https://api.example.org") as served:
        read = httpx.get(f"{served.url}{LIST}/1", trust_env=False).json()
    assert read["url"] == f"https://api.example.org/repos/{REPO}/issues/1"


def test_a_hook_changes_the_world_between_two_pages(served: RunningSimulator, world: World) -> None:
    for number in range(3):
        world.open_issue(REPO, title=f"Post {number}")

    def delete_between(request: IncomingRequest) -> None:
        if "&page=2" in request.query:
            world.delete_issue(REPO, 2)

    stop = served.on_request(delete_between)
    titles = []
    with httpx.Client(base_url=served.url, trust_env=False) as client:
        for page in (1, 2):
            titles += [issue["title"] for issue in client.get(f"{LIST}?per_page=2&page={page}").json()]
        assert titles == ["Post 2", "Post 1"]
        stop()
        assert client.get(f"{LIST}?page=2").status_code == 200


def test_a_closed_gate_holds_matching_asks_until_it_opens(served: RunningSimulator) -> None:
    served.hold.start(match="issues")
    with httpx.Client(base_url=served.url, trust_env=False) as client, ThreadPoolExecutor(3) as readers:
        answers = [readers.submit(client.get, LIST) for _ in range(3)]
        served.hold.wait_for(3)
        assert (served.hold.count, served.requests) == (3, [])
        assert client.get("/rate_limit").status_code == 200
        served.hold.release()
        assert [answer.result().status_code for answer in answers] == [200, 200, 200]
    assert served.hold.count == 0


def test_waiting_at_the_gate_for_nobody_ends(served: RunningSimulator) -> None:
    with pytest.raises(TimeoutError, match="0 asks are held, not 1"):
        served.hold.wait_for(1, timeout=0.01)


def test_an_ask_still_held_at_the_end_does_not_keep_the_server(world: World) -> None:
    with ThreadPoolExecutor(1) as readers:
        with run_simulator(world) as served:
            served.hold.start()
            held = readers.submit(httpx.get, served.url + LIST, trust_env=False)
            served.hold.wait_for(1)
        held.exception(timeout=5)
    assert served.requests == []


def test_a_failing_hook_comes_to_light_at_the_end(world: World) -> None:
    with ExitStack() as stack:
        served = stack.enter_context(run_simulator(world))
        served.on_request(lambda _: world.delete_issue(REPO, 999))
        assert httpx.get(served.url + LIST, trust_env=False).status_code == 500
        with pytest.raises(KeyError, match="999"):
            stack.close()


def test_more_asks_at_once_than_allowed_meet_the_secondary_limit(world: World) -> None:
    with run_simulator(world, limits=Limits(concurrent_requests=2)) as served, ThreadPoolExecutor(3) as readers:
        served.hold.start()
        answers = [readers.submit(httpx.get, served.url + LIST, trust_env=False) for _ in range(3)]
        served.hold.wait_for(3)
        served.hold.release()
        statuses = sorted(answer.result().status_code for answer in answers)
    assert statuses == [200, 200, 403]


def test_the_log_can_be_cleared(served: RunningSimulator) -> None:
    httpx.get(served.url + LIST, trust_env=False)
    assert [ask.client_ip for ask in served.requests] == ["127.0.0.1"]
    served.requests.clear()
    assert served.simulator.requests == []


async def test_it_serves_in_the_loop_of_its_caller_until_told_to_stop(world: World) -> None:
    stop, bound = asyncio.Event(), bind_loopback()
    before = signal.getsignal(signal.SIGTERM)
    serving = asyncio.create_task(serve(Simulator(world), bound, stop))
    async with httpx.AsyncClient(base_url=loopback_url(bound), trust_env=False) as client:
        assert (await client.get(LIST)).status_code == 200
        assert signal.getsignal(signal.SIGTERM) is before
    stop.set()
    await asyncio.wait_for(serving, 5)


def test_a_port_that_is_taken_is_an_error() -> None:
    with bind_loopback() as first:
        first.listen()
        with pytest.raises(OSError, match="in use"):
            bind_loopback(first.getsockname()[1])

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
def server(world: World) -> Iterator[RunningSimulator]:
    with run_simulator(world) as server:
        yield server


def test_a_change_shows_in_the_next_response(server: RunningSimulator, world: World) -> None:
    assert server.world is world
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        assert client.get(LIST).json() == []
        issue = world.open_issue(REPO, title="New")
        (item,) = client.get(LIST).json()
    assert (item["id"], item["url"]) == (issue.id, f"{server.url}/repos/{REPO}/issues/1")


def test_a_head_response_has_no_body(server: RunningSimulator) -> None:
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        get, head = client.get(LIST), client.head(LIST)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]


def test_a_conditional_request_keeps_the_connection(server: RunningSimulator) -> None:
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        etag = client.get(LIST).headers["etag"]
        assert client.get(LIST, headers={"if-none-match": etag}).status_code == 304
        assert client.get(LIST).status_code == 200


def test_the_base_url_can_be_overridden(world: World) -> None:
    world.open_issue(REPO, title="One")
    with run_simulator(world, base_url="https://api.example.org") as server:
        issue = httpx.get(f"{server.url}{LIST}/1", trust_env=False).json()
    assert issue["url"] == f"https://api.example.org/repos/{REPO}/issues/1"


def test_a_callback_changes_the_world_between_pages(server: RunningSimulator, world: World) -> None:
    for number in range(3):
        world.open_issue(REPO, title=f"Post {number}")

    def delete_issue(request: IncomingRequest) -> None:
        if "&page=2" in request.query:
            world.delete_issue(REPO, 2)

    stop = server.on_request(delete_issue)
    titles = []
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        for page in (1, 2):
            titles += [issue["title"] for issue in client.get(f"{LIST}?per_page=2&page={page}").json()]
        assert titles == ["Post 2", "Post 1"]
        stop()
        assert client.get(f"{LIST}?page=2").status_code == 200


def test_a_hold_delays_matching_requests(server: RunningSimulator) -> None:
    server.hold.start(match="issues")
    with httpx.Client(base_url=server.url, trust_env=False) as client, ThreadPoolExecutor(3) as readers:
        futures = [readers.submit(client.get, LIST) for _ in range(3)]
        server.hold.wait_for(3)
        assert (server.hold.count, server.requests) == (3, [])
        assert client.get("/rate_limit").status_code == 200
        server.hold.release()
        assert [future.result().status_code for future in futures] == [200, 200, 200]
    assert server.hold.count == 0


def test_waiting_for_held_requests_times_out(server: RunningSimulator) -> None:
    with pytest.raises(TimeoutError, match="0 requests are held, not 1"):
        server.hold.wait_for(1, timeout=0.01)


def test_a_held_request_does_not_block_shutdown(world: World) -> None:
    with ThreadPoolExecutor(1) as readers:
        with run_simulator(world) as server:
            server.hold.start()
            future = readers.submit(httpx.get, server.url + LIST, trust_env=False)
            server.hold.wait_for(1)
        future.exception(timeout=5)
    assert server.requests == []


def test_a_failing_callback_raises_at_the_end(world: World) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(run_simulator(world))
        server.on_request(lambda _: world.delete_issue(REPO, 999))
        assert httpx.get(server.url + LIST, trust_env=False).status_code == 500
        with pytest.raises(KeyError, match="999"):
            stack.close()


def test_too_many_concurrent_requests_are_refused(world: World) -> None:
    with run_simulator(world, limits=Limits(concurrent_requests=2)) as server, ThreadPoolExecutor(3) as readers:
        server.hold.start()
        futures = [readers.submit(httpx.get, server.url + LIST, trust_env=False) for _ in range(3)]
        server.hold.wait_for(3)
        server.hold.release()
        statuses = sorted(future.result().status_code for future in futures)
    assert statuses == [200, 200, 403]


def test_the_log_can_be_cleared(server: RunningSimulator) -> None:
    httpx.get(server.url + LIST, trust_env=False)
    assert [request.client_ip for request in server.requests] == ["127.0.0.1"]
    server.requests.clear()
    assert server.simulator.requests == []


async def test_it_serves_in_the_callers_event_loop(world: World) -> None:
    stop, bound = asyncio.Event(), bind_loopback()
    before = signal.getsignal(signal.SIGTERM)
    task = asyncio.create_task(serve(Simulator(world), bound, stop))
    async with httpx.AsyncClient(base_url=loopback_url(bound), trust_env=False) as client:
        assert (await client.get(LIST)).status_code == 200
        assert signal.getsignal(signal.SIGTERM) is before
    stop.set()
    await asyncio.wait_for(task, 5)


def test_a_taken_port_is_an_error() -> None:
    with bind_loopback() as first:
        first.listen()
        with pytest.raises(OSError, match="in use"):
            bind_loopback(first.getsockname()[1])

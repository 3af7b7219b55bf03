"""Several processes on one store: one polls, all serve changes, and together they send the requests of one."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from app.outbound.clock import SystemClock
from app.simulator.http.faults import Latency
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.sample import generate_world, sample_world
from tests.integration.local_service import github_ids
from tests.journeys.conftest import Start
from tests.journeys.processes import DEADLINE, is_running, paused, wait_until, worker_pids
from tests.journeys.shared_store import (
    COMMENTS_PATH,
    SECRET,
    TOKEN,
    lease,
    poll_count,
    received_events,
    served_ids,
    serves_all,
    start_two,
    wait_until_renewed,
)

pytestmark = pytest.mark.untraced  # what others cover, at length

_LEASE_SECONDS = 5.0
_RARE_POLLS = {"POLL_INTERVAL": "86400", "FRESH_FOR": "86400"}


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    world = sample_world(SystemClock().now)
    world.add_token(TOKEN, "ada")
    with run_simulator(world) as simulator:
        yield simulator


def test_one_process_polls_and_another_takes_over(start: Start, simulator: RunningSimulator, tmp_path: Path) -> None:
    settings = {"REPO": "ada/blog", "GITHUB_API_URL": simulator.url, "GITHUB_TOKEN": TOKEN, "POLL_INTERVAL": "1"}
    one = start(**settings)
    one.wait_until_complete()
    two = start(**settings)
    two.wait_until_complete()
    simulator.requests.clear()
    wait_until_renewed(tmp_path, 4)
    assert 1 <= poll_count(simulator) <= 5
    simulator.hold.start(r"/issues\?.*since=")
    simulator.hold.wait_for(1)
    wait_until_renewed(tmp_path, 3)
    assert simulator.hold.count == 1
    simulator.hold.release()
    assert one.stop(signal.SIGKILL) == -signal.SIGKILL
    dead_holder, until = lease(tmp_path)
    simulator.world.comment("ada/blog", 41, body="Is anybody there?", author="eve")
    wait_until(serves_all(two, simulator))
    holder, heartbeat = lease(tmp_path)
    assert holder != dead_holder
    assert heartbeat - until < 2 * _LEASE_SECONDS
    assert "Traceback" not in two.output


def test_all_processes_serve_a_webhooks_change_within_a_second(
    start: Start, simulator: RunningSimulator, tmp_path: Path
) -> None:
    one, two = start_two(start, simulator, GITHUB_TOKEN=TOKEN, **_RARE_POLLS)
    one.wait_until_complete()
    assert served_ids(one) == served_ids(two) == github_ids(simulator, 41)
    simulator.add_webhook(f"{one.url}/webhooks/github", secret=SECRET, repo="ada/blog").wait()
    simulator.requests.clear()
    waits = []
    with received_events(two) as events:
        for text in ("First", "Second", "Third"):
            simulator.world.comment("ada/blog", 41, body=text, author="eve")
            wait_until(serves_all(one, simulator))
            waits.append(wait_until(serves_all(two, simulator)))
        wait_until(lambda: bool(events) and events[-1]["comment_count"] == len(github_ids(simulator, 41)))
        targets = [request.target.partition("?")[0] for request in simulator.requests]
    assert min(waits) <= 1.0
    assert targets == [f"/repos/ada/blog/issues/41{rest}" for _ in waits for rest in ("", "/comments")]
    assert len({event["version"] for event in events}) == len(events)


def test_cold_readers_at_both_cost_one_read(start: Start, simulator: RunningSimulator) -> None:
    simulator.hold.start(r"/issues\?")  # the import waits
    simulator.faults.add(Latency(0.3), match="/issues/41", times=None)
    one, two = start_two(start, simulator, GITHUB_TOKEN=TOKEN, COLD_WAIT="30", **_RARE_POLLS)
    with ThreadPoolExecutor(32) as readers:
        responses = list(
            readers.map(lambda order: (one, two)[order % 2].get(COMMENTS_PATH, Host="comments.example.com"), range(32))
        )
    simulator.hold.release()
    assert {response.status_code for response in responses} == {200}
    assert len({response.headers["etag"] for response in responses}) == 1
    assert [comment["id"] for comment in responses[0].json()["comments"]] == github_ids(simulator, 41)
    one.wait_until_complete()
    thread_requests = [
        request.target.partition("?")[0] for request in simulator.requests if "/issues/41" in request.target
    ]
    assert thread_requests == ["/repos/ada/blog/issues/41", "/repos/ada/blog/issues/41/comments"]


def test_without_a_token_both_stay_within_the_hour(start: Start) -> None:
    world = generate_world(60, 120, seed=5, pull_request_comments=2000, clock=SystemClock().now)
    with run_simulator(world) as simulator:
        both = start_two(start, simulator, POLL_INTERVAL="1", COLD_WAIT="1")
        with ThreadPoolExecutor(16) as readers:

            def read(number: int) -> httpx.Response:
                return both[number % 2].get(f"/api/v1/posts/{number}/comments")

            responses = list(readers.map(read, range(1, 61)))
            wait_until(lambda: any("The next poll is at" in service.output for service in both))
            responses += readers.map(read, range(1, 61))
        refused = [response for response in responses if response.status_code != 200]
        assert {response.status_code for response in refused} == {503}
        assert all(int(response.headers["retry-after"]) > 0 for response in refused)
        assert 40 <= sum(request.counts_against_limit for request in simulator.requests) <= 50
        assert 403 not in {request.status for request in simulator.requests}


def test_crawler_at_both_costs_one_request_a_minute(start: Start, simulator: RunningSimulator) -> None:
    one, two = start_two(start, simulator, GITHUB_TOKEN=TOKEN, **_RARE_POLLS)
    one.wait_until_complete()
    simulator.requests.clear()
    with (
        ThreadPoolExecutor(8) as crawlers,
        httpx.Client(base_url=one.url) as at_one,
        httpx.Client(base_url=two.url) as at_two,
    ):
        paths = [f"/api/v1/posts/{number}/comments" for number in range(1, 301)]
        responses = list(crawlers.map(lambda order: (at_one, at_two)[order % 2].get(paths[order // 2]), range(600)))
    assert {response.status_code for response in responses} == {200}
    assert len(simulator.requests) == 1


def test_workers_serve_and_poll_after_any_is_killed(start: Start, simulator: RunningSimulator) -> None:
    settings = {"GITHUB_TOKEN": TOKEN, "WEBHOOK_SECRET": SECRET, "POLL_INTERVAL": "1"}
    service = start("--workers", "2", REPO="ada/blog", GITHUB_API_URL=simulator.url, **settings)
    workers = worker_pids(service, 2)
    service.wait_until_complete()
    hook = simulator.add_webhook(f"{service.url}/webhooks/github", secret=SECRET, repo="ada/blog")
    simulator.world.comment("ada/blog", 41, body="Whoever hears it", author="eve")
    hook.wait()
    wait_until(serves_all(service, simulator))
    for worker in workers:
        with paused(worker):
            assert wait_until(serves_all(service, simulator)) < DEADLINE
    hook.drop(None)
    for worker in workers:  # one of them polls
        simulator.world.comment("ada/blog", 41, body=f"Without {worker}", author="eve")
        os.kill(worker, signal.SIGKILL)
    wait_until(serves_all(service, simulator))
    assert not any(map(is_running, workers))
    assert service.stop() == 0

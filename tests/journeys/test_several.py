"""Several processes on one store: one pulses, all hear of changes, and GitHub is asked as if they were one."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from app.outbound.clock import SystemClock
from app.simulator.http.faults import Latency
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.sample import generate_world, sample_world
from tests.integration.application import comments_of
from tests.journeys.conftest import Service, Start
from tests.journeys.ground_truth import asked
from tests.journeys.test_workers import _runs, _stopped, _workers

pytestmark = pytest.mark.untraced  # what others cover, at length

_DEADLINE = 30.0
_SECRET = "It's a Secret to Everybody"
_TOKEN = "t0ken"
_COMMENTS = "/api/v1/posts/41/comments?limit=100"
_LASTS = 5.0
"""Seconds of a lease."""
_SELDOM = {"PULSE": "86400", "FRESH_FOR": "86400"}


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    world = sample_world(SystemClock().now)
    world.add_token(_TOKEN, "ada")
    with run_simulator(world) as simulator:
        yield simulator


def _until(holds: Callable[[], bool]) -> float:
    """Waits until something holds; for how many seconds."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < _DEADLINE
        threading.Event().wait(0.02)
    return time.monotonic() - began


def _two(start: Start, simulator: RunningSimulator, **settings: str) -> tuple[Service, Service]:
    """Two processes that started at the same time."""
    given = {"REPO": "ada/blog", "GITHUB_API_URL": simulator.url, "WEBHOOK_SECRET": _SECRET} | settings
    both = start(**given), start(**given)
    for service in both:
        service.wait_for("Grade:")
    return both


def _served(service: Service) -> list[int]:
    return [comment["id"] for comment in service.get(_COMMENTS).json()["comments"]]


def _serves(service: Service, simulator: RunningSimulator) -> Callable[[], bool]:
    return lambda: _served(service) == comments_of(simulator, 41)


def _lease(folder: Path) -> tuple[str, float]:
    """Who holds the lease to pulse, and until when."""
    ((holder, until),) = asked(folder / "afterword.db", "SELECT holder, until FROM lease WHERE name = 'pulse'")
    return holder, until


def _until_renewed(folder: Path, seconds: float) -> None:
    """Waits for seconds as the lease tells them: its holder has renewed it so far meanwhile."""
    holder, until = _lease(folder)
    _until(lambda: _lease(folder)[1] >= until + seconds)
    assert _lease(folder)[0] == holder


def _rounds(simulator: RunningSimulator) -> int:
    return sum(
        ask.target.startswith("/repos/ada/blog/issues?") and "since=" in ask.target for ask in simulator.requests
    )


def test_one_pulses_and_another_takes_over_within_seconds_of_its_death(
    start: Start, simulator: RunningSimulator, tmp_path: Path
) -> None:
    settings = {"REPO": "ada/blog", "GITHUB_API_URL": simulator.url, "GITHUB_TOKEN": _TOKEN, "PULSE": "1"}
    one = start(**settings)
    one.wait_until_complete()
    two = start(**settings)
    two.wait_until_complete()
    simulator.requests.clear()
    _until_renewed(tmp_path, 4)
    assert 1 <= _rounds(simulator) <= 5
    simulator.hold.start(r"/issues\?.*since=")
    simulator.hold.wait_for(1)
    _until_renewed(tmp_path, 3)
    assert simulator.hold.count == 1
    simulator.hold.release()
    assert one.stop(signal.SIGKILL) == -signal.SIGKILL
    dead, until = _lease(tmp_path)
    simulator.world.comment("ada/blog", 41, body="Is anybody there?", author="eve")
    _until(_serves(two, simulator))
    alive, heartbeat = _lease(tmp_path)
    assert alive != dead
    assert heartbeat - until < 2 * _LASTS
    assert "Traceback" not in two.output


def test_what_one_hears_by_webhook_the_other_serves_within_a_second(
    start: Start, simulator: RunningSimulator, tmp_path: Path
) -> None:
    one, two = _two(start, simulator, GITHUB_TOKEN=_TOKEN, **_SELDOM)
    one.wait_until_complete()
    assert _served(one) == _served(two) == comments_of(simulator, 41)
    simulator.add_webhook(f"{one.url}/webhooks/github", secret=_SECRET, repo="ada/blog").wait()
    simulator.requests.clear()
    waits = []
    with _listening(two) as heard:
        for text in ("First", "Second", "Third"):
            simulator.world.comment("ada/blog", 41, body=text, author="eve")
            _until(_serves(one, simulator))
            waits.append(_until(_serves(two, simulator)))
        _until(lambda: bool(heard) and heard[-1]["comment_count"] == len(comments_of(simulator, 41)))
        asks = [ask.target.partition("?")[0] for ask in simulator.requests]
    assert min(waits) <= 1.0
    assert asks == [f"/repos/ada/blog/issues/41{rest}" for _ in waits for rest in ("", "/comments")]
    assert len({said["version"] for said in heard}) == len(heard)


@contextmanager
def _listening(service: Service) -> Iterator[list[dict[str, int]]]:
    """What a page hears that listens to post 41 at a process."""
    heard: list[dict[str, int]] = []
    begun = threading.Event()

    def listen(answer: httpx.Response) -> None:
        with suppress(httpx.HTTPError, httpx.StreamError):
            for line in answer.iter_lines():
                begun.set()
                if line.startswith("data: "):
                    heard.append(json.loads(line.removeprefix("data: ")))

    with httpx.stream("GET", f"{service.url}/api/v1/posts/41/events", timeout=_DEADLINE) as answer:
        assert answer.status_code == 200
        listener = threading.Thread(target=listen, args=(answer,), daemon=True)
        listener.start()
        assert begun.wait(_DEADLINE)
        yield heard
        service.stop()
        listener.join(_DEADLINE)


def test_cold_readers_of_one_thread_over_both_cost_one_ask(start: Start, simulator: RunningSimulator) -> None:
    simulator.hold.start(r"/issues\?")  # the import waits
    simulator.faults.add(Latency(0.3), match="/issues/41", times=None)
    one, two = _two(start, simulator, GITHUB_TOKEN=_TOKEN, COLD_WAIT="30", **_SELDOM)
    with ThreadPoolExecutor(32) as readers:
        answers = list(readers.map(lambda order: (one, two)[order % 2].get(_COMMENTS), range(32)))
    simulator.hold.release()
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.headers["etag"] for answer in answers}) == 1
    assert [comment["id"] for comment in answers[0].json()["comments"]] == comments_of(simulator, 41)
    one.wait_until_complete()
    of_thread = [ask.target.partition("?")[0] for ask in simulator.requests if "/issues/41" in ask.target]
    assert of_thread == ["/repos/ada/blog/issues/41", "/repos/ada/blog/issues/41/comments"]


def test_without_a_token_both_together_stay_within_the_hour(start: Start) -> None:
    world = generate_world(60, 120, seed=5, pull_request_comments=2000, clock=SystemClock().now)
    with run_simulator(world) as simulator:
        both = _two(start, simulator, POLL="1", COLD_WAIT="1")
        with ThreadPoolExecutor(16) as readers:

            def read(number: int) -> httpx.Response:
                return both[number % 2].get(f"/api/v1/posts/{number}/comments")

            answers = list(readers.map(read, range(1, 61)))
            _until(lambda: any("Goes on at" in service.output for service in both))
            answers += readers.map(read, range(1, 61))
        refused = [answer for answer in answers if answer.status_code != 200]
        assert {answer.status_code for answer in refused} == {503}
        assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
        assert 40 <= sum(ask.charged for ask in simulator.requests) <= 50
        assert 403 not in {ask.status for ask in simulator.requests}


def test_a_crawler_at_both_costs_one_ask_a_minute(start: Start, simulator: RunningSimulator) -> None:
    one, two = _two(start, simulator, GITHUB_TOKEN=_TOKEN, **_SELDOM)
    one.wait_until_complete()
    simulator.requests.clear()
    with (
        ThreadPoolExecutor(8) as crawlers,
        httpx.Client(base_url=one.url) as at_one,
        httpx.Client(base_url=two.url) as at_two,
    ):
        paths = [f"/api/v1/posts/{number}/comments" for number in range(1, 301)]
        answers = list(crawlers.map(lambda order: (at_one, at_two)[order % 2].get(paths[order // 2]), range(600)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(simulator.requests) == 1


def test_workers_serve_what_any_of_them_heard_and_pulse_on_when_any_is_killed(
    start: Start, simulator: RunningSimulator
) -> None:
    settings = {"GITHUB_TOKEN": _TOKEN, "WEBHOOK_SECRET": _SECRET, "PULSE": "1"}
    service = start("--workers", "2", REPO="ada/blog", GITHUB_API_URL=simulator.url, **settings)
    workers = _workers(service, 2)
    service.wait_until_complete()
    hook = simulator.add_webhook(f"{service.url}/webhooks/github", secret=_SECRET, repo="ada/blog")
    simulator.world.comment("ada/blog", 41, body="Whoever hears it", author="eve")
    hook.wait()
    _until(_serves(service, simulator))
    for worker in workers:
        with _stopped(worker):
            assert _until(_serves(service, simulator)) < _DEADLINE
    hook.drop(None)
    for worker in workers:  # one of them pulsed
        simulator.world.comment("ada/blog", 41, body=f"Without {worker}", author="eve")
        os.kill(worker, signal.SIGKILL)
    _until(_serves(service, simulator))
    assert not any(map(_runs, workers))
    assert service.stop() == 0

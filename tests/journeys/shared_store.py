"""Services that share one store, the lease that one of them holds to poll, and what they serve of post 41."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from app.simulator.http.server import RunningSimulator
from tests.integration.local_service import github_ids
from tests.journeys.conftest import Service, Start
from tests.journeys.ground_truth import query
from tests.journeys.processes import DEADLINE, wait_until

SECRET = "It's a Secret to Everybody"
TOKEN = "t0ken"
COMMENTS_PATH = "/api/v1/posts/41/comments?limit=100"


def start_two(start: Start, simulator: RunningSimulator, **settings: str) -> tuple[Service, Service]:
    """Start two processes at the same time."""
    variables = {"REPO": "ada/blog", "GITHUB_API_URL": simulator.url, "WEBHOOK_SECRET": SECRET} | settings
    both = start(**variables), start(**variables)
    for service in both:
        service.wait_for("Mode:")
    return both


def served_ids(service: Service) -> list[int]:
    """Return the ids of the comments that a service serves."""
    return [comment["id"] for comment in service.get(COMMENTS_PATH).json()["comments"]]


def serves_all(service: Service, simulator: RunningSimulator) -> Callable[[], bool]:
    """Return a condition: the service serves the comments that the simulator has."""
    return lambda: served_ids(service) == github_ids(simulator, 41)


def lease(folder: Path) -> tuple[str, float]:
    """Return who holds the lease to poll, and until when."""
    ((holder, until),) = query(folder / "afterword.db", "SELECT worker_id, until FROM lease WHERE name = 'poll'")
    return holder, until


def wait_until_renewed(folder: Path, seconds: float) -> None:
    """Wait until the holder has renewed the lease by this many seconds."""
    holder, until = lease(folder)
    wait_until(lambda: lease(folder)[1] >= until + seconds)
    assert lease(folder)[0] == holder


def poll_count(simulator: RunningSimulator) -> int:
    """Return how many polls asked the simulator for changed issues."""
    targets = [request.target for request in simulator.requests]
    return sum(target.startswith("/repos/ada/blog/issues?") and "since=" in target for target in targets)


@contextmanager
def received_events(service: Service) -> Iterator[list[dict[str, int]]]:
    """Listen to post 41 as an open page does; provide the list to which its events are added."""
    events: list[dict[str, int]] = []
    connected = threading.Event()

    def listen(response: httpx.Response) -> None:
        with suppress(httpx.HTTPError, httpx.StreamError):
            for line in response.iter_lines():
                connected.set()
                if line.startswith("data: "):
                    events.append(json.loads(line.removeprefix("data: ")))

    with httpx.stream("GET", f"{service.url}/api/v1/posts/41/events", timeout=DEADLINE) as response:
        assert response.status_code == 200
        page = threading.Thread(target=listen, args=(response,), daemon=True)
        page.start()
        assert connected.wait(DEADLINE)
        yield events
        service.stop()
        page.join(DEADLINE)


def add_comment(simulator: RunningSimulator, text: str) -> None:
    """Comment on post 41."""
    simulator.world.comment("ada/blog", 41, body=text, author="eve")


def assert_changes_cost_one_refresh(simulator: RunningSimulator, one: Service, two: Service) -> None:
    """Change the thread twice; both services serve it, and together ask for it once each time."""
    assert served_ids(one) == served_ids(two) == github_ids(simulator, 41)
    simulator.requests.clear()
    for text in ("First", "Second"):
        add_comment(simulator, text)
        wait_until(serves_all(one, simulator))
        wait_until(serves_all(two, simulator))
    targets = [request.target.partition("?")[0] for request in simulator.requests]
    assert targets == [f"/repos/ada/blog/issues/41{rest}" for _ in range(2) for rest in ("", "/comments")]

"""Kill services on one PostgreSQL, and the database, a hundred times; see what is lost.

    python -m tests.bench.endurance_machines [--kills 100] [--processes 2] [--seed 1] [--pooler]

Comments are written, edited and deleted during this, some ten changes a second; GitHub reports each to one of the
services, and pages are read from all of them. Polls are rare, so that nothing but a webhook that was accepted tells of
a change. A kill hits one service, all of them, or the database with all its processes, and what was killed starts again.

At the end the deliveries that got no 2xx are sent again, as an owner does. Then each service must serve exactly what
GitHub has, every accepted delivery must be in the database, and no job may be left. Printed are also the requests to
GitHub, and how soon after a commit each service served a new comment while nothing was killed.
"""

import argparse
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from signal import SIGKILL
from typing import Any

import httpx

from app.outbound.clock import SystemClock
from app.simulator.http.rate_limits import Limits
from app.simulator.http.server import RunningSimulator, bind_loopback, run_simulator
from app.simulator.webhooks.deliveries import Delivery, Webhook
from app.simulator.world.records import rfc3339
from tests.integration.worlds import TOKEN, blog_world, change_randomly
from tests.journeys.conftest import Service, fork_service
from tests.postgres_server import PostgresServer, run_pooler, run_postgres

_REPO, _SECRET = "ada/blog", "a secret of the bench"
_COUNTS = (3, 0, 99, 205, 40, 40, 40)
"""Comments of the posts."""
_UNLIMITED = Limits(authenticated=10**6, points_per_minute=10**6)
_SERVER = {"fsync": "on", "full_page_writes": "on", "track_commit_timestamp": "on"}
_COMMITTED_AT = """
SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin))::float FROM afterword.mirror_change WHERE number = {}
"""
_DELIVERIES = "SELECT id FROM afterword.delivery"
_JOBS = "SELECT count(*) FROM afterword.job"
_PATIENCE = 60.0
_QUIET = 0.7
"""How often a kill waits until all services are ready again; else it may hit a start or a recovery."""
_MEASURED = 20
"""Comments whose way to the readers is timed: as many as a thread may have in a minute without a pause."""


@dataclass
class Machines:
    """The services, each at a port of its own, and what they share."""

    server: PostgresServer
    database: str
    simulator: RunningSimulator
    folder: Path
    settings: dict[str, str]
    ports: list[int]
    services: list[Service] = field(default_factory=list)
    output: list[str] = field(default_factory=list)
    """What killed services had printed."""

    def start(self, place: int) -> None:
        """Start a service in the place of one that is dead."""
        folder = self.folder / str(place)
        folder.mkdir(exist_ok=True)
        service = fork_service(folder, "--port", str(self.ports[place]), **self.settings)
        if place < len(self.services):
            self.output.append(self.services[place].output)
            self.services[place] = service
        else:
            self.services.append(service)

    def url(self, place: int) -> str:
        """Return where a service serves."""
        return f"http://127.0.0.1:{self.ports[place]}"

    def wait_until_ready(self) -> None:
        """Wait until all services are ready."""
        for place, service in enumerate(self.services):
            _wait_until(partial(_is_ready, self.url(place)), service)


class Traffic:
    """Changes and reads, until `stop`."""

    def __init__(self, machines: Machines, hooks: list[Webhook], rng: random.Random) -> None:
        self.changes = 0
        self.statuses: Counter[int] = Counter()
        self.empty_threads = 0
        self._machines, self._hooks, self._rng = machines, hooks, rng
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=work) for work in (self._change, self._read)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop all traffic."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _change(self) -> None:
        world, rng = self._machines.simulator.world, self._rng
        while not self._stopped.wait(rng.uniform(0.02, 0.18)):
            hook = rng.choice(self._hooks)
            with world.lock:
                for other in self._hooks:
                    other.drop(None if other is not hook else 0)
                change_randomly(world, rng)
            self.changes += 1

    def _read(self) -> None:
        place = 0
        while not self._stopped.wait(0.01):
            place = (place + 1) % len(self._hooks)
            try:
                response = httpx.get(f"{self._machines.url(place)}/api/v1/posts/5/comments?limit=100", timeout=30)
            except httpx.TransportError:
                self.statuses[0] += 1
                continue
            self.statuses[response.status_code] += 1
            if response.status_code == 200 and len(response.json()["comments"]) != _COUNTS[4]:
                self.empty_threads += 1


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=30).status_code == 200
    except httpx.TransportError:
        return False


def _wait_until(condition: Any, service: Service | None = None) -> float:
    start = time.monotonic()
    while not condition():
        output = "" if service is None else f":\n{service.output}"
        assert time.monotonic() - start < _PATIENCE, f"it does not become true{output}"
        time.sleep(0.02)
    return time.monotonic() - start


def _kill(machines: Machines, rng: random.Random) -> str:
    """Kill something at random, start it again, and return what it was."""
    places = list(range(len(machines.ports)))
    kind = rng.choices(("one service", "all services", "the database"), (5, 2, 3))[0]
    victims = [rng.choice(places)] if kind == "one service" else places if kind == "all services" else []
    if victims:
        for place in victims:
            machines.services[place].stop(SIGKILL)
        time.sleep(rng.choice((0.0, rng.uniform(0, 0.5))))
        for place in victims:
            machines.start(place)
    else:
        machines.server.kill()
        time.sleep(rng.choice((0.0, rng.uniform(0, 1.5))))
        machines.server.start()
    return kind


def _failed(hook: Webhook) -> list[str]:
    """Return the deliveries that never got a 2xx; those that went to the other service are not meant."""
    accepted = _accepted(hook)
    return sorted({d.guid for d in hook.log if d.error != "dropped" and d.event != "ping"} - accepted)


def _accepted(hook: Webhook) -> set[str]:
    return {d.guid for d in hook.log if _is_success(d)}


def _is_success(delivery: Delivery) -> bool:
    return delivery.status is not None and 200 <= delivery.status < 300 and delivery.event != "ping"


def _github(simulator: RunningSimulator, number: int) -> list[tuple[int, str | None, str]]:
    world = simulator.world
    keys = sorted(world.comment_ids[world.issue(_REPO, number).id])
    return [(key, world.comments[key].body, rfc3339(world.comments[key].updated_at)) for key in keys]


def _served(url: str, number: int) -> list[tuple[int, str, str]]:
    comments: list[dict[str, Any]] = []
    for page in range(1, 30):
        response = httpx.get(f"{url}/repos/{_REPO}/issues/{number}/comments?per_page=100&page={page}", timeout=30)
        if response.status_code != 200:
            return []
        comments += response.json()
        if len(response.json()) < 100:
            break
    return [(c["id"], c["body"], c["updated_at"]) for c in comments]


def _differing(machines: Machines) -> list[tuple[int, int]]:
    """Return the places and posts that are not served as GitHub has them."""
    return [
        (place, number)
        for place in range(len(machines.ports))
        for number in range(1, len(_COUNTS) + 1)
        if _served(machines.url(place), number) != _github(machines.simulator, number)
    ]


def _end(machines: Machines, hooks: list[Webhook]) -> None:
    """Send failed deliveries again and compare; print what differs."""
    for hook in hooks:
        hook.drop(0)
        hook.wait(timeout=_PATIENCE)
    accepted = set().union(*map(_accepted, hooks))
    stored = {str(guid) for (guid,) in machines.server.query(_DELIVERIES, database=machines.database)}
    print(f"  accepted deliveries: {len(accepted)}, of these not in the database: {len(accepted - stored)}")
    failed = [(hook, guid) for hook in hooks for guid in _failed(hook)]
    print(f"  deliveries without a 2xx: {len(failed)}; they are sent again")
    for hook, guid in failed:
        hook.redeliver(guid)
        hook.wait(timeout=_PATIENCE)
    with suppress(AssertionError):
        _wait_until(lambda: machines.server.query(_JOBS, database=machines.database) == [(0,)])
        _wait_until(lambda: not _differing(machines))
    ((jobs,),) = machines.server.query(_JOBS, database=machines.database)
    still_failed = sum(len(_failed(hook)) for hook in hooks)
    print(f"  in the end: jobs left {jobs}, failed {still_failed}, differing from GitHub {_differing(machines)}")


def _time_changes(machines: Machines, hooks: list[Webhook], rng: random.Random) -> None:
    """Print how soon after its commit a comment is served: by the service that wrote it or not, whichever is later."""
    machines.simulator.requests.clear()
    for hook in hooks[1:]:
        hook.drop(None)
    delays, world = [], machines.simulator.world
    with ExitStack() as opened:
        clients = [opened.enter_context(httpx.Client(base_url=machines.url(p))) for p in range(len(machines.ports))]
        for number in range(_MEASURED):
            time.sleep(rng.uniform(0, 0.3))
            comment = world.comment(_REPO, 6, body=f"Timed {number}", author="eve")
            served: dict[int, float] = {}
            while len(served) < len(clients):
                for place, client in enumerate(clients):
                    if place not in served and str(comment.id) in client.get("/api/v1/posts/6/comments?limit=100").text:
                        served[place] = SystemClock().now()
                time.sleep(0.002)
            ((at,),) = machines.server.query(_COMMITTED_AT.format(6), database=machines.database)
            delays.append((max(served.values()) - float(str(at))) * 1000)
    delays.sort()
    figures = (
        f"p50 {delays[len(delays) // 2]:.0f} ms, p99 {delays[-1 - len(delays) // 100]:.0f} ms, max {delays[-1]:.0f} ms"
    )
    print(f"  a comment is served by all after its commit: {figures}")
    print(f"  requests to GitHub for these {_MEASURED} comments: {len(machines.simulator.requests)}")


@contextmanager
def _run_machines(arguments: argparse.Namespace, folder: Path) -> Iterator[Machines]:
    world = blog_world(*_COUNTS)
    world.clock = SystemClock().now
    world.add_token(TOKEN, "ada")
    with run_postgres(_SERVER) as server, run_simulator(world, limits=_UNLIMITED) as simulator, ExitStack() as opened:
        database = server.database()
        port = opened.enter_context(run_pooler(server)) if arguments.pooler else server.port
        store = server.address(database).replace(f":{server.port}/", f":{port}/")
        settings = {
            "REPO": _REPO,
            "GITHUB_API_URL": simulator.url,
            "GITHUB_TOKEN": TOKEN,
            "WEBHOOK_SECRET": _SECRET,
            "STORE": store,
            "POLL_INTERVAL": "86400",
            "FRESH_FOR": "86400",
        }
        sockets = [bind_loopback() for _ in range(arguments.processes)]
        ports = [bound.getsockname()[1] for bound in sockets]
        for bound in sockets:
            bound.close()
        machines = Machines(server, database, simulator, folder, settings, ports)
        try:
            for place in range(arguments.processes):
                machines.start(place)
            yield machines
        finally:
            for service in machines.services:
                service.stop()


def _measure(machines: Machines, arguments: argparse.Namespace) -> None:
    rng = random.Random(arguments.seed)  # noqa: S311 - the same in each run
    machines.wait_until_ready()
    for service in machines.services:
        service.wait_until_complete()
    add = machines.simulator.add_webhook
    hooks = [
        add(f"{machines.url(place)}/webhooks/github", secret=_SECRET, repo=_REPO)
        for place in range(len(machines.ports))
    ]
    _time_changes(machines, hooks, rng)
    if not arguments.kills:
        return
    machines.simulator.requests.clear()
    traffic, kills = Traffic(machines, hooks, rng), Counter[str]()
    kill_rng = random.Random(arguments.seed + 1)  # noqa: S311 - likewise
    try:
        for _ in range(arguments.kills):
            if kill_rng.random() < _QUIET:
                machines.wait_until_ready()
            time.sleep(kill_rng.uniform(0, 1.2))
            kills[_kill(machines, kill_rng)] += 1
        machines.wait_until_ready()
    finally:
        traffic.stop()
    print(f"  kills: {dict(kills)}; changes: {traffic.changes}; reads by status: {dict(traffic.statuses)}")
    print(f"  reads with another number of comments than the thread has: {traffic.empty_threads}")
    _end(machines, hooks)
    print(f"  requests to GitHub: {len(machines.simulator.requests)}")
    output = "\n".join([*machines.output, *(service.output for service in machines.services)])
    print(f"  tracebacks in the logs: {output.count('Traceback')}")
    Path(tempfile.gettempdir(), "endurance_machines.log").write_text(output, encoding="utf-8")


def main() -> None:
    """Run so many kills with so many processes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pooler", action="store_true", help="put pgbouncer in between, which passes no notifications")
    arguments = parser.parse_args()
    print(f"{arguments.processes} services on one PostgreSQL{' behind pgbouncer' if arguments.pooler else ''}")
    with tempfile.TemporaryDirectory() as folder, _run_machines(arguments, Path(folder)) as machines:
        _measure(machines, arguments)


if __name__ == "__main__":
    main()

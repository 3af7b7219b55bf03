"""Measure for how long the event loop of the service pauses: no reader gets a response during a pause.

    python -m tests.bench.pauses [TREE …] [--comments 5000] [--posts 1000]

Each TREE is a checkout with the same environment; all are measured in this run, first without moderation, then with
words that hold comments back. A task in the service sleeps for a millisecond again and again; a pause is by how much it
wakes too late. All the while another process reads a page of another post. The figures are in milliseconds, over the
import of a blog with one long thread and many short ones, the first reads of each kind of document, changes reported by
the webhook, the daily comparison with GitHub, and eighty connections that read pages that no cache has. "machine" is
how late the reading process itself wakes: what other programs do can be told from it.
"""

import argparse
import asyncio
import multiprocessing
import os
import signal
import socket
import sys
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from tempfile import TemporaryDirectory

from app.outbound.clock import SystemClock
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.sample import SAMPLE_REPO, generate_world
from app.simulator.world.world import World
from tests.bench.hostile import PAGE, address_of, flood, get, read_kinds, read_response, run_service
from tests.bench.webhooks import SECRET
from tests.journeys.conftest import Service

_RUN_PATH = "import runpy, sys; runpy.run_path(sys.argv.pop(1), run_name='__main__')"
RECORDED = (sys.executable, "-c", _RUN_PATH, str(Path(__file__).with_name("recorded_serve.py").resolve()))
_CHANGES = 5
_HOT = "/api/v1/posts/2/comments"
_GITHUB = f"/repos/{SAMPLE_REPO}/issues"
_DOCUMENTS = {
    "first page": f"{PAGE}?limit=100",
    "by reactions": f"{PAGE}?order=reactions&limit=100",
    "HTML": "/posts/1.html?limit=100",
    "Atom": "/posts/1.atom",
    "RSS": "/posts/1.rss",
    "GitHub's list": f"{_GITHUB}/1/comments?per_page=100&page=20",
    "newest": "/api/v1/comments?limit=100",
    "site feed": "/comments.atom",
    "all counts": "/api/v1/counts",
    "issues": f"{_GITHUB}?per_page=100&state=all",
    "all comments": f"{_GITHUB}/comments?per_page=100&page=20",
}
_PATIENCE = 60.0


class _Phases:
    """When each phase began and ended."""

    def __init__(self) -> None:
        self._times: dict[str, tuple[float, float]] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        self._times[name] = start, time.monotonic()
        time.sleep(0.1)

    def report(self, path: Path, reads: Sequence[tuple[float, float, float]]) -> None:
        samples = array("d", path.read_bytes())
        pauses = list(zip(samples[::2], samples[1::2], strict=True))
        print(f"  {'':14} {'loop p99':>8} {'max':>7} {'read p99':>9} {'max':>7} {'machine p99':>12} {'max':>7}")
        for name, (start, end) in self._times.items():
            late = sorted(late for at, late in pauses if start <= at - late and at <= end + late)
            took = sorted(took for at, took, _ in reads if start <= at <= end)
            machine = sorted(late for at, _, late in reads if start <= at <= end)
            p99, most, read_p99, read_most, own_p99, own_most = (
                _part(values, part) for values in (late, took, machine) for part in (0.99, 1)
            )
            cells = f"{p99:8.1f} {most:7.1f} {read_p99:9.1f} {read_most:7.1f} {own_p99:12.1f} {own_most:7.1f}"
            print(f"  {name:14} {cells}   in {(end - start) * 1000:.0f}", flush=True)


def _part(values: Sequence[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))] * 1000 if values else float("nan")


def _read_hot(address: tuple[str, int], pipe: Pipe) -> None:
    """Read a page every four milliseconds; send when each read began, how long it took, and how late it was."""
    reads: list[tuple[float, float, float]] = []
    with socket.create_connection(address) as connection:
        file = connection.makefile("rb")
        while not pipe.poll():
            due = time.monotonic() + 0.004
            time.sleep(0.004)
            start = time.monotonic()
            connection.sendall(get(_HOT))
            if read_response(file) == 200:
                reads.append((start, time.monotonic() - start, start - due))
    pipe.send(reads)


@contextmanager
def _hot_reads(service: Service, reads: list[tuple[float, float, float]]) -> Iterator[None]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_read_hot, args=(address_of(service), theirs))
    process.start()
    theirs.close()
    try:
        yield
    finally:
        ours.send(None)
        reads += ours.recv()
        process.join()


def _read_pages(service: Service) -> None:
    cursor = ""
    for _ in range(20):
        cursor = service.get(f"{PAGE}?limit=100{cursor and f'&cursor={cursor}'}").json()["next"]
        if cursor is None:
            return


def _wait_for(service: Service, is_served: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not is_served():
        assert time.monotonic() < deadline, service.output
        time.sleep(0.05)


def _change(world: World, service: Service, phases: _Phases) -> None:
    """Change the long thread, and read until each change is served."""

    def newest() -> dict[str, object]:
        comment: dict[str, object] = service.get(f"{PAGE}?order=newest&limit=1").json()["comments"][0]
        return comment

    def shows(text: str) -> Callable[[], bool]:
        return lambda: text in str(newest())

    def lacks(key: int) -> Callable[[], bool]:
        return lambda: newest()["id"] != key

    added = []
    with phases.phase("add"):
        for _ in range(_CHANGES):
            added.append(world.comment(SAMPLE_REPO, 1, body="One more.", author="ada"))
            _wait_for(service, lambda: newest()["id"] == added[-1].id)
    last = added[-1]
    with phases.phase("edit"):
        for count in range(_CHANGES):
            world.edit_comment(last, body=f"Edited {count}.")
            _wait_for(service, shows(f"Edited {count}."))
    with phases.phase("pin"):
        world.pin_comment(last)
        _wait_for(service, lambda: newest()["pinned"] is True)
    with phases.phase("react"):
        world.react(last, "heart", 2)
        world.edit_comment(last, body="It is loved.")
        _wait_for(service, shows("It is loved."))
    with phases.phase("delete"):
        for comment in reversed(added):
            world.delete_comment(comment)
            _wait_for(service, lacks(comment.id))


def _compare(simulator: RunningSimulator, service: Service) -> None:
    """Let a day pass for the service, and wait until it has compared everything."""
    requests = len(simulator.requests)
    service.process.send_signal(signal.SIGUSR1)
    _wait_for(service, lambda: len(simulator.requests) > requests + 20)
    count = 0
    while count != len(simulator.requests):
        count = len(simulator.requests)
        time.sleep(2.5)


def _measure(tree: Path, simulator: RunningSimulator, folder: Path, settings: dict[str, str]) -> None:
    phases, world = _Phases(), simulator.world
    reads: list[tuple[float, float, float]] = []
    options = {"POLL_INTERVAL": "2", "CACHE_MB": "200", **settings}
    with run_service(tree, simulator.url, *RECORDED, str(folder / "pauses"), **options) as service:
        service.get("/readyz")  # the start itself is over
        with _hot_reads(service, reads):
            with phases.phase("import"):
                service.wait_until_complete()
            for name, path in _DOCUMENTS.items():
                with phases.phase(name):
                    service.get(path)
            with phases.phase("pages"):
                _read_pages(service)
            hook = simulator.add_webhook(f"{service.url}/webhooks/github", secret=SECRET)
            _change(world, service, phases)
            with phases.phase("comparison"):
                _compare(simulator, service)
            if not settings:
                with phases.phase("flood"):
                    asyncio.run(flood(address_of(service), list(read_kinds(service).values()), seconds=8))
            hook.close()
    phases.report(folder / "pauses", reads)


def _world(posts: int, comments: int) -> World:
    """Return a blog whose first post has most of the comments, and the others one each."""
    world = generate_world(1, comments, seed=1, clock=lambda: int(SystemClock().now()))
    world.add_token("bench", "ada")
    for number in range(2, posts + 1):
        world.open_issue(SAMPLE_REPO, title=f"Post {number}", body="A small thread.", created_at=1_600_000_000)
        world.comment(
            SAMPLE_REPO, number, body="Hi", body_html="<p>Hi</p>", author="ada", created_at=1_600_000_000 + number
        )
    return world


def main() -> None:
    """Measure each tree."""
    parser = argparse.ArgumentParser()
    parser.add_argument("trees", nargs="*", default=[os.curdir])
    parser.add_argument("--comments", type=int, default=5_000)
    parser.add_argument("--posts", type=int, default=1_000)
    arguments = parser.parse_args()
    for settings in ({}, {"HOLD_WORDS": "deadline, /dra+ft/", "HOLD_LINKS": "3"}):
        for tree in arguments.trees:
            print(tree, settings or "without moderation", flush=True)
            world = _world(arguments.posts, arguments.comments)
            with run_simulator(world) as simulator, TemporaryDirectory() as folder:
                _measure(Path(tree).resolve(), simulator, Path(folder), settings)


if __name__ == "__main__":
    main()

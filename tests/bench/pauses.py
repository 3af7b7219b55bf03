"""Measure for how long the event loop of the service pauses: no reader gets a response during a pause.

    python -m tests.bench.pauses [TREE …]

Each TREE is a checkout with the same environment; all are measured in this run. A task in the service sleeps for a
millisecond again and again; a pause is by how much it wakes too late. The figures are in milliseconds, over these times:

- import: a blog with 5,100 comments on one post is read from GitHub.
- pages: twenty pages of 100 comments, one after the other, then the feed and the HTML.
- change: five comments are added, and the webhook reports each.
- flood: eighty connections read pages that no cache has.
"""

import argparse
import asyncio
import os
import sys
import time
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from app.outbound.clock import SystemClock
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.sample import SAMPLE_REPO, generate_world
from tests.bench.hostile import PAGE, address_of, flood, read_kinds, run_service
from tests.bench.webhooks import SECRET
from tests.journeys.conftest import Service

_COMMENTS = 5_100
_RUN_PATH = "import runpy, sys; runpy.run_path(sys.argv.pop(1), run_name='__main__')"
RECORDED = (sys.executable, "-c", _RUN_PATH, str(Path(__file__).with_name("recorded_serve.py").resolve()))


class _Phases:
    """When each phase began and ended."""

    def __init__(self) -> None:
        self._times: dict[str, tuple[float, float]] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        start = time.monotonic()
        yield
        self._times[name] = start, time.monotonic()

    def report(self, path: Path) -> None:
        samples = array("d", path.read_bytes())
        print(f"  {'':8} {'p50':>7} {'p99':>7} {'max':>7}")
        for name, (start, end) in self._times.items():
            late = sorted(late for at, late in zip(samples[::2], samples[1::2], strict=True) if start <= at <= end)
            p50, p99, most = (late[min(len(late) - 1, int(len(late) * part))] * 1000 for part in (0.5, 0.99, 1))
            print(f"  {name:8} {p50:7.1f} {p99:7.1f} {most:7.1f}   {len(late)} ticks in {end - start:.1f} s")


def _read_pages(service: Service) -> None:
    cursor = None
    for _ in range(20):
        response = service.get(f"{PAGE}?limit=100" + (f"&cursor={cursor}" if cursor else ""))
        cursor = response.json()["next"]
    service.get("/posts/1.atom")
    service.get("/posts/1.html")


def _add_comments(simulator: RunningSimulator, service: Service) -> None:
    simulator.add_webhook(f"{service.url}/webhooks/github", secret=SECRET)
    for _ in range(5):
        comment = simulator.world.comment(SAMPLE_REPO, 1, body="One more.", author="ada")
        while service.get(f"{PAGE}?order=newest&limit=1").json()["comments"][0]["id"] != comment.id:
            time.sleep(0.05)


def _measure(tree: Path, simulator: RunningSimulator, folder: Path) -> None:
    phases = _Phases()
    with run_service(tree, simulator.url, *RECORDED, str(folder / "pauses")) as service:
        service.get("/readyz")  # the start itself is over
        with phases.phase("import"):
            service.wait_until_complete()
        with phases.phase("pages"):
            _read_pages(service)
        with phases.phase("change"):
            _add_comments(simulator, service)
        with phases.phase("flood"):
            asyncio.run(flood(address_of(service), list(read_kinds(service).values()), seconds=8))
    phases.report(folder / "pauses")


def main() -> None:
    """Measure each tree."""
    parser = argparse.ArgumentParser()
    parser.add_argument("trees", nargs="*", default=[os.curdir])
    for tree in parser.parse_args().trees:
        print(tree)
        world = generate_world(1, _COMMENTS, seed=1, clock=lambda: int(SystemClock().now()))
        world.add_token("bench", "ada")
        with run_simulator(world) as simulator, TemporaryDirectory() as folder:
            _measure(Path(tree).resolve(), simulator, Path(folder))


if __name__ == "__main__":
    main()

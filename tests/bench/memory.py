"""Measure the resident memory of `serve`, from the kernel, when it is idle after each step.

    python -m tests.bench.memory [BEFORE]

- three threads in the store, each read once;
- 1,000 posts and 10,000 comments in the store, and all documents of posts in the cache;
- the same right after their import into an empty store.

BEFORE is a folder with another build, which is measured, too. The simulator stands for GitHub.
"""

import argparse
import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from app.simulator.http.rate_limits import Limits
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.sample import generate_world
from tests.bench.start import HERE, POSTS, TOKEN, free_port, import_blog, large_blog, read, service

_IDLE_SECONDS = 12.0


def resident_megabytes(pid: int) -> float:
    """Return how much memory of a process is in RAM now."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def wait_until_complete(port: int) -> None:
    """Wait until all threads are mirrored."""
    while True:
        body = read(port, "/readyz").partition(b"\r\n\r\n")[2]
        site = json.loads(body)["sites"][0]
        if site["listed"] and site["threads"] == site["threads_complete"] > 0:
            return
        time.sleep(0.2)


def measure(simulator: RunningSimulator, tree: Path, store: Path, posts: int) -> float:
    """Return the memory after each post was read once and the service was idle for a while."""
    port = free_port()
    with service(simulator, tree, store, "--port", str(port)) as process:
        wait_until_complete(port)
        for number in range(1, posts + 1):
            assert b" 200 " in read(port, f"/api/v1/posts/{number}/comments?limit=100")[:16]
        time.sleep(_IDLE_SECONDS)
        return resident_megabytes(process.pid)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("before", type=Path, nargs="?")
    arguments = parser.parse_args()
    trees = {"now": HERE, **({"before": arguments.before.resolve()} if arguments.before else {})}
    small_world = generate_world(3, 30, seed=1)
    small_world.add_token(TOKEN, "ada")
    for build, tree in trees.items():
        with TemporaryDirectory() as name, run_simulator(small_world, limits=Limits()) as simulator:
            import_blog(simulator, Path(name) / "small.db", tree)
            small = measure(simulator, tree, Path(name) / "small.db", 3)
        with TemporaryDirectory() as name, large_blog() as simulator:
            imported = measure(simulator, tree, Path(name) / "large.db", 0)
            full = measure(simulator, tree, Path(name) / "large.db", POSTS)
        print(
            f"{build}: 3 threads {small:.0f} MB; {POSTS:,} posts in the cache {full:.0f} MB; after their import {imported:.0f} MB"
        )


if __name__ == "__main__":
    main()

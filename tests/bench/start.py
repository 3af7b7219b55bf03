"""Measure the start of `serve`: from the start of the process to the first comment served, on the wall and in CPU time.

    python -m tests.bench.start [BEFORE] [--rounds 7]

The store has 1,000 posts and 10,000 comments, the simulator stands for GitHub. BEFORE is a folder with another build,
such as one from `git archive`; both have a copy of the store, are measured in turn, and their ratio is printed. The
CPU time is that of the process until its response is complete, in steps of 10 ms.
"""

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from app.simulator.http.rate_limits import Limits
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.sample import generate_world

POSTS, COMMENTS = 1000, 10_000
TOKEN = "bench"
HERE = Path.cwd()
_PAUSE = 0.002
_STOP_SECONDS = 20
_TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def large_blog() -> Iterator[RunningSimulator]:
    """Run a simulator with a blog of 1,000 posts and 10,000 comments."""
    world = generate_world(POSTS, COMMENTS, seed=1)
    world.add_token(TOKEN, "ada")
    with run_simulator(world, limits=Limits(points_per_minute=10**6)) as simulator:
        yield simulator


def environment(simulator: RunningSimulator, tree: Path, store: Path) -> dict[str, str]:
    """Return the environment of a process of the build in `tree`."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AFTERWORD_")}
    return {
        **clean,
        "PYTHONPATH": str(tree),
        "AFTERWORD_REPO": "ada/blog",
        "AFTERWORD_GITHUB_API_URL": simulator.url,
        "AFTERWORD_GITHUB_TOKEN": TOKEN,
        "AFTERWORD_STORE": f"sqlite:///{store}",
        "AFTERWORD_POLL_INTERVAL": "3600",
    }


def import_blog(simulator: RunningSimulator, store: Path, tree: Path = HERE) -> None:
    """Import the whole blog."""
    command = [sys.executable, "-m", "app", "sync", "--json"]
    subprocess.run(command, env=environment(simulator, tree, store), cwd=tree, stdout=subprocess.DEVNULL, check=True)


def free_port() -> int:
    """Return a port of this machine that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def service(simulator: RunningSimulator, tree: Path, store: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `serve` with these options, from the build in `tree`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "serve", *options],
        env=environment(simulator, tree, store),
        cwd=tree,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(_STOP_SECONDS)


def read(port: int, path: str) -> bytes:
    """Return the whole response to a GET; wait until something listens at the port."""
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
                parts = iter(lambda: connection.recv(1 << 16), b"")
                return b"".join(parts)
        except ConnectionRefusedError:
            time.sleep(_PAUSE)


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has taken, in all of its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def measure(simulator: RunningSimulator, tree: Path, store: Path) -> tuple[float, float]:
    """Return the seconds and the CPU seconds of one start."""
    port = free_port()
    start = time.perf_counter()
    with service(simulator, tree, store, "--port", str(port)) as process:
        response = read(port, "/api/v1/posts/1/comments?limit=30")
        seconds, cpu = time.perf_counter() - start, cpu_seconds(process.pid)
    assert response.startswith(b"HTTP/1.1 200"), response[:200]
    assert b'"comments":[{' in response
    return seconds, cpu


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("before", type=Path, nargs="?")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    with TemporaryDirectory() as name, large_blog() as simulator:
        folder = Path(name)
        trees = {"now": HERE, **({"before": arguments.before.resolve()} if arguments.before else {})}
        import_blog(simulator, folder / "afterword.db", trees.get("before", HERE))
        samples: dict[str, list[tuple[float, float]]] = {build: [] for build in trees}
        for build, tree in trees.items():
            (folder / build).mkdir()
            shutil.copy(folder / "afterword.db", folder / build / "afterword.db")
            measure(simulator, tree, folder / build / "afterword.db")  # compiles the modules
        for _ in range(arguments.rounds):
            for build, tree in trees.items():
                samples[build].append(measure(simulator, tree, folder / build / "afterword.db"))
    medians = {
        build: [statistics.median(column) for column in zip(*rows, strict=True)] for build, rows in samples.items()
    }
    for build, (seconds, cpu) in medians.items():
        print(f"start to the first comment, {build}: {seconds:.2f} s, {cpu:.2f} s of CPU")
    if "before" in medians:
        ratios = [ours / theirs for ours, theirs in zip(medians["now"], medians["before"], strict=True)]
        print(f"ratio: {ratios[0]:.2f}, of CPU {ratios[1]:.2f}")


if __name__ == "__main__":
    main()

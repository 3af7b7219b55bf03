"""Measure how cost grows with the comments of a thread and with the posts of a blog.

    python -m tests.bench.growth [--posts 10,1000,10000] [--comments 5000] [TREE …]

Each TREE is a checkout with the same environment; all are measured in this run. Figures are in milliseconds. For a long
thread: when each document that readers have open is served after the commit of a change (medians), how late the event
loop runs a task, and how long a read of another page takes all the while; "machine" is how late an idle process is, so
that what other programs do can be told from it. For many posts: a poll at which nothing
changed, and the making of single documents.
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

GROUND = Path(__file__).with_name("growth_ground.py").resolve()
PATIENCE = 60.0
EVERY = 0.004
"""Seconds between two reads."""


class HotReads:
    """Reads one page again and again, on one connection."""

    def __init__(self, urls: Path) -> None:
        self._urls = urls
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._samples: list[tuple[float, float, float]] = []
        """When a read began, how long it took, and how late this process was itself."""

    def start(self) -> None:
        """Begin as soon as the service has an address."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stop.set()
        self._thread.join(PATIENCE)

    def between(self, start: float, end: float) -> tuple[list[float], list[float]]:
        """Return how long the reads of a span took, and how late this process was, in milliseconds, sorted."""
        samples = [(took, late) for at, took, late in self._samples if start <= at <= end]
        return sorted(took * 1000 for took, _ in samples), sorted(late * 1000 for _, late in samples)

    def _run(self) -> None:
        while not self._urls.exists() or not self._urls.read_text():
            if self._stop.wait(0.05):
                return
        url = urlsplit(self._urls.read_text())
        request = f"GET {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\n\r\n".encode()
        while not self._stop.is_set():
            try:
                self._read(str(url.hostname), url.port or 80, request)
            except OSError:
                self._stop.wait(0.05)

    def _read(self, host: str, port: int, request: bytes) -> None:
        with socket.create_connection((host, port), timeout=PATIENCE) as connection:
            while not self._stop.is_set():
                due = time.monotonic() + EVERY
                time.sleep(EVERY)
                start = time.monotonic()
                connection.sendall(request)
                response = connection.recv(1 << 20)
                if not response:
                    return
                if response.startswith(b"HTTP/1.1 200"):
                    self._samples.append((start, time.monotonic() - start, start - due))
                head, _, body = response.partition(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                while len(body) < length:
                    body += connection.recv(1 << 20)


def measure(tree: Path, posts: int, comments: int) -> dict[str, Any]:
    """Return the figures of one size; with those of the reads in other processes."""
    environment = os.environ | {"PYTHONPATH": str(tree)}
    with tempfile.TemporaryDirectory() as folder:
        urls = Path(folder) / "url"
        reads = HotReads(urls)
        reads.start()
        arguments = [sys.executable, "-P", str(GROUND), str(posts), str(comments), str(urls)]
        result = subprocess.run(arguments, env=environment, cwd=tree, stdout=subprocess.PIPE, check=True)
        reads.stop()
    figures: dict[str, Any] = orjson.loads(result.stdout)
    for phase in figures.values():
        if "span" in phase:
            times, late = reads.between(*phase["span"])
            if times:
                position = int(len(times) * 0.99)
                phase |= {"read p99": times[position], "machine p99": late[position], "machine max": late[-1]}
    return figures


def print_figures(figures: dict[str, Any]) -> None:
    """Print a line for each phase."""
    for name, phase in figures.items():
        names = ("time", "cpu", "late p99", "late max", "read p99", "machine p99", "machine max")
        cells = ", ".join(f"{key} {phase[key]:.1f}" for key in names if phase.get(key) is not None)
        print(f"  {name}: {cells}")
        if "served" in phase:
            print("    served after: " + ", ".join(f"{key} {value:.1f}" for key, value in phase["served"].items()))


def main() -> None:
    """Measure each tree at each size."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--posts", default="10,1000,10000")
    parser.add_argument("--comments", default="5000")
    parser.add_argument("trees", nargs="*", default=[os.curdir])
    arguments = parser.parse_args()
    sizes = [(3, int(count)) for count in arguments.comments.split(",") if count]
    sizes += [(int(count), 20) for count in arguments.posts.split(",") if count]
    for posts, comments in sizes:
        for tree in arguments.trees:
            print(f"{tree}: {posts} posts, {comments} comments in one", flush=True)
            print_figures(measure(Path(tree).resolve(), posts, comments))


if __name__ == "__main__":
    main()

"""Measure how fast deliveries get responses: `python -m tests.bench.webhooks`. The simulator stands for GitHub.

Deliveries are due at a steady rate, and each is timed from when it is due. So a late response delays the next ones, and
that counts. During the measurement the service reads the threads of the deliveries from the simulator.
"""

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from tests.github.deliveries import comment_payload, delivery

POSTS, COMMENTS = 100, 1000
RATE, SECONDS = 200, 10
CONNECTIONS = 16
TOKEN, SECRET = "bench", "a secret of the bench"
_PATIENCE = 60.0
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_NEW = 10**12
"""Comments with ids from here on are not in the mirror: each delivery enqueues a job for its thread."""


@contextmanager
def process(*arguments: str, pattern: str, env: dict[str, str]) -> Iterator[str]:
    """Run a process; provide the address that it prints."""
    running = subprocess.Popen(
        [sys.executable, "-m", *arguments], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert running.stdout is not None
    try:
        match = next((match for line in running.stdout if (match := re.search(pattern, line))), None)
        assert match is not None, f"{arguments} ended before it printed {pattern!r}"
        # Its further output must be read, or it would block once the pipe is full.
        threading.Thread(target=running.stdout.read, daemon=True).start()
        yield match[1]
    finally:
        running.terminate()
        running.wait(_PATIENCE)


def environment(**settings: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AFTERWORD_")}
    variables = {f"AFTERWORD_{name}": value for name, value in settings.items()}
    return {**clean, "PYTHONPATH": str(Path.cwd()), "PYTHONUNBUFFERED": "1", **variables}


def wait_until_complete(url: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        sites = httpx.get(f"{url}/readyz").json()["sites"]
        if all(site["listed"] and site["threads"] == site["threads_complete"] for site in sites):
            return
        assert time.monotonic() < deadline, sites
        time.sleep(0.1)


def requests(url: str, repo: dict[str, object]) -> list[bytes]:
    return [request(url, repo, index) for index in range(RATE * SECONDS)]


def request(url: str, repo: dict[str, object], index: int) -> bytes:
    """Return a signed delivery of a new comment as the bytes of its HTTP request."""
    payload = comment_payload("created", _NEW + index, number=1 + index % POSTS, body="A comment of some length. " * 40)
    payload["repository"] = repo
    fields, body = delivery("issue_comment", payload, secret=SECRET.encode(), guid=f"bench-{time.time_ns()}-{index}")
    host = urlsplit(url).netloc.encode()
    lines = [
        b"POST /webhooks/github HTTP/1.1",
        b"Host: " + host,
        b"Content-Length: " + str(len(body)).encode(),
        *(b": ".join(field) for field in fields),
        b"",
        b"",
    ]
    return b"\r\n".join(lines) + body


class Connection:
    """A connection that is kept open."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> int:
        """Send a request; return the status of its response after all of it."""
        self.writer.write(data)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        await self._reader.readexactly(int(length[1]) if length else 0)
        return int(head.split(b" ", 2)[1])


async def send_all(url: str, deliveries: list[bytes]) -> tuple[list[float], Counter[int]]:
    """Return the seconds from each due time to the whole response, and the number of responses by status."""
    parts = urlsplit(url)
    free: asyncio.Queue[Connection] = asyncio.Queue()
    connections = [Connection(*await asyncio.open_connection(parts.hostname, parts.port)) for _ in range(CONNECTIONS)]
    for connection in connections:
        free.put_nowait(connection)
    waits: list[float] = []
    statuses: Counter[int] = Counter()

    async def send_one(data: bytes, due: float) -> None:
        connection = await free.get()
        statuses[await connection.send(data)] += 1
        waits.append(time.perf_counter() - due)
        free.put_nowait(connection)

    start = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for index, data in enumerate(deliveries):
            due = start + index / RATE
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(send_one(data, due))
    for connection in connections:
        connection.writer.close()
    return waits, statuses


def report(waits: list[float], statuses: Counter[int]) -> None:
    ordered = sorted(waits)
    p50, p99, most = (ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000 for part in (0.5, 0.99, 1))
    counts = ", ".join(f"{count} × {status}" for status, count in sorted(statuses.items()))
    print(
        f"webhook at {RATE} deliveries a second for {SECONDS} s: p50 {p50:.1f} ms, p99 {p99:.1f} ms, max {most:.1f} ms"
    )
    print(f"responses: {counts}")


def main() -> None:
    simulator = ("app.simulator", "--posts", str(POSTS), "--comments", str(COMMENTS), "--token", TOKEN)
    with (
        tempfile.TemporaryDirectory() as folder,
        process(*simulator, pattern=r" at (\S+)", env=environment()) as github,
    ):
        headers = {"Authorization": f"Bearer {TOKEN}"}
        repo = httpx.get(f"{github}/repos/ada/blog", headers=headers).raise_for_status().json()
        settings = {
            "REPO": "ada/blog",
            "GITHUB_API_URL": github,
            "GITHUB_TOKEN": TOKEN,
            "STORE": f"sqlite:///{folder}/afterword.db",
            "WEBHOOK_SECRET": SECRET,
        }
        serve = ("app", "serve", "--port", "0")
        with process(*serve, pattern=r"serves .* at (http://\S+)", env=environment(**settings)) as url:
            wait_until_complete(url)
            waits, statuses = asyncio.run(send_all(url, requests(url, repo)))
    report(waits, statuses)


if __name__ == "__main__":
    main()

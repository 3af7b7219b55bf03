"""How fast deliveries are answered: `python -m tests.bench.webhooks`. The simulator plays GitHub, in its own process.

Deliveries are due at a steady rate whatever the service does, and each is timed from when it was due: an answer that
is late makes the next ones late too, and they are counted so. GitHub is asked for what they tell of meanwhile.
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

from tests.github.deliveries import delivery, comment_payload

POSTS, COMMENTS = 100, 1000
RATE, SECONDS = 200, 10
CONNECTIONS = 16
TOKEN, SECRET = "bench", "a secret of the bench"
_PATIENCE = 60.0
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_NEW = 10**12
"""Ids from here on are those of comments that the mirror does not have: each delivery marks its thread."""


@contextmanager
def process(*arguments: str, said: str, env: dict[str, str]) -> Iterator[str]:
    """A process, and the address that it says it is at."""
    running = subprocess.Popen(
        [sys.executable, "-m", *arguments], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert running.stdout is not None
    try:
        found = next((match for line in running.stdout if (match := re.search(said, line))), None)
        assert found is not None, f"{arguments} ended before it said {said!r}"
        # What it goes on to say has to be read, or it would stand still once the pipe is full.
        threading.Thread(target=running.stdout.read, daemon=True).start()
        yield found[1]
    finally:
        running.terminate()
        running.wait(_PATIENCE)


def environment(**settings: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AFTERWORD_")}
    given = {f"AFTERWORD_{name}": value for name, value in settings.items()}
    return {**clean, "PYTHONPATH": str(Path.cwd()), "PYTHONUNBUFFERED": "1", **given}


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
    """A whole signed delivery that a comment was written, as it goes over the wire."""
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
    """One connection that is kept open."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def send(self, sent: bytes) -> int:
        """The status of the answer, once all of it has come."""
        self.writer.write(sent)
        said = await self._reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(said)
        await self._reader.readexactly(int(length[1]) if length else 0)
        return int(said.split(b" ", 2)[1])


async def send_all(url: str, sent: list[bytes]) -> tuple[list[float], Counter[int]]:
    """Seconds from when each was due to its whole answer, and how often each status came."""
    parts = urlsplit(url)
    free: asyncio.Queue[Connection] = asyncio.Queue()
    connections = [Connection(*await asyncio.open_connection(parts.hostname, parts.port)) for _ in range(CONNECTIONS)]
    for connection in connections:
        free.put_nowait(connection)
    waits: list[float] = []
    statuses: Counter[int] = Counter()

    async def one(each: bytes, due: float) -> None:
        connection = await free.get()
        statuses[await connection.send(each)] += 1
        waits.append(time.perf_counter() - due)
        free.put_nowait(connection)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for index, each in enumerate(sent):
            due = began + index / RATE
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(one(each, due))
    for connection in connections:
        connection.writer.close()
    return waits, statuses


def report(waits: list[float], statuses: Counter[int]) -> None:
    ordered = sorted(waits)
    p50, p99, most = (ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000 for part in (0.5, 0.99, 1))
    said = ", ".join(f"{count} × {status}" for status, count in sorted(statuses.items()))
    print(
        f"webhook at {RATE} deliveries a second for {SECONDS} s: p50 {p50:.1f} ms, p99 {p99:.1f} ms, max {most:.1f} ms"
    )
    print(f"answers: {said}")


def main() -> None:
    simulator = ("app.simulator", "--posts", str(POSTS), "--comments", str(COMMENTS), "--token", TOKEN)
    with tempfile.TemporaryDirectory() as folder, process(*simulator, said=r" at (\S+)", env=environment()) as github:
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
        with process(*serve, said=r"serves .* at (http://\S+)", env=environment(**settings)) as url:
            wait_until_complete(url)
            waits, statuses = asyncio.run(send_all(url, requests(url, repo)))
    report(waits, statuses)


if __name__ == "__main__":
    main()

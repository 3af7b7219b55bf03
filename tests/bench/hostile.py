"""Measure what readers and GitHub notice of a flood of reads that no cache has.

    python -m tests.bench.hostile [TREE …] [--comments 5000] [--seconds 10] [--alone 300]

Each TREE is a checkout with the same environment; all are measured in this run. Eighty connections read pages of one
long thread without a pause, each at an address of its own: positions that no reader was given, cursors of comments
that do not exist, times in `since`, and foreign names in Host. During this two further processes send one request after the other: a delivery of a new comment, and a
read of a document that is cached. The times are those of their whole responses, in milliseconds.

CPU is that of the service for each uncached read, without other traffic.
"""

import argparse
import asyncio
import multiprocessing
import os
import random
import socket
import subprocess
import sys
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from app.outbound.clock import SystemClock
from app.simulator.http.server import run_simulator
from app.simulator.world.sample import SAMPLE_REPO, generate_world
from tests.bench.webhooks import SECRET, Connection
from tests.github.deliveries import comment_payload, delivery
from tests.journeys.conftest import Service, environment

_CONNECTIONS = 80
PAGE = "/api/v1/posts/1/comments"
_TICKS = os.sysconf("SC_CLK_TCK")

Requests = Callable[[int], bytes]


def get(path: str, host: str = "blog.example", **headers: str) -> bytes:
    """Return a GET request as it is sent."""
    fields = {"host": host, "accept-encoding": "gzip", **headers}
    return f"GET {path} HTTP/1.1\r\n".encode() + b"".join(f"{n}: {v}\r\n".encode() for n, v in fields.items()) + b"\r\n"


def _cursors(url: str, ids: list[int]) -> Requests:
    """Return reads of pages at positions that no reader was given: cursors of the service, with other comments."""
    cursors = {
        order: urlsafe_b64decode(httpx.get(f"{url}{PAGE}?order={order}").json()["next"])
        for order in ("oldest", "newest", "reactions")
    }

    totals = bytes(8)  # no comment has reactions

    def read(index: int) -> bytes:
        order = ("oldest", "newest", "reactions")[index % 3]
        position = random.Random(index).choice(ids)  # noqa: S311 - the same in each run
        cursor = urlsafe_b64encode(cursors[order][:8] + totals + position.to_bytes(8, "big")).decode()
        return get(f"{PAGE}?order={order}&cursor={cursor}")

    return read


def _times(index: int) -> bytes:
    seconds = index * 37 % 300_000
    clock = f"{seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return get(f"/repos/{SAMPLE_REPO}/issues/1/comments?since=2021-12-{1 + seconds // 86_400:02}T{clock}Z")


def _hosts(index: int) -> bytes:
    return get(PAGE, host=f"host-{index}.example")


def _delivery(index: int, repo: dict[str, object]) -> bytes:
    """Return a signed delivery of a comment that the mirror lacks, on a small thread."""
    payload = comment_payload("created", 10**12 + index, number=2) | {"repository": repo}
    fields, body = delivery("issue_comment", payload, secret=SECRET.encode(), guid=f"bench-{index}")
    head = f"POST /webhooks/github HTTP/1.1\r\nhost: blog.example\r\ncontent-length: {len(body)}\r\n".encode()
    return head + b"".join(b": ".join(field) + b"\r\n" for field in fields) + b"\r\n" + body


def _repeat(address: tuple[str, int], data: list[bytes], pipe: Pipe) -> None:
    """Send requests one after the other until the pipe says to stop; send the times of their responses."""
    with socket.create_connection(address) as connection:
        file = connection.makefile("rb")
        times: list[float] = []
        statuses: Counter[int] = Counter()
        for request_bytes in iter(lambda: data[len(times) % len(data)], None):
            start = time.perf_counter()
            connection.sendall(request_bytes)
            statuses[read_response(file)] += 1
            times.append(time.perf_counter() - start)
            if pipe.poll():
                break
            time.sleep(0.005)
    pipe.send((times, statuses))


def read_response(file: Any) -> int:
    """Read a whole response, and return its status."""
    status, length = int(file.readline().split()[1]), 0
    while line := file.readline().strip():
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    file.read(length)
    return status


async def flood(address: tuple[str, int], kinds: list[Requests], seconds: float) -> Counter[int]:
    """Read from many connections, each index once; return how many responses had each status."""
    statuses: Counter[int] = Counter()
    end = time.perf_counter() + seconds
    indexes = iter(range(1_000, 10**9))

    async def read() -> None:
        connection = Connection(*await asyncio.open_connection(*address))
        while time.perf_counter() < end:
            index = next(indexes)
            statuses[await connection.send(kinds[index % len(kinds)](index))] += 1
        connection.writer.close()

    await asyncio.gather(*(read() for _ in range(_CONNECTIONS)))
    return statuses


def _cpu(pid: int) -> float:
    """Return the CPU seconds of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


async def _cpu_alone(service: Service, address: tuple[str, int], kind: Requests, count: int) -> float:
    """Return the CPU milliseconds of one of `count` reads, one after the other."""
    connection = Connection(*await asyncio.open_connection(*address))
    await connection.send(kind(1))
    before = _cpu(service.process.pid)
    for index in range(2, 2 + count):
        await connection.send(kind(index))
    used = _cpu(service.process.pid) - before
    connection.writer.close()
    return used / count * 1000


def _report(name: str, times: list[float], statuses: Counter[int]) -> None:
    ordered = sorted(times)
    p50, p99, most = (ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000 for part in (0.5, 0.99, 1))
    print(f"  {name:10} {p50:8.1f} {p99:8.1f} {most:8.1f}   {dict(statuses)}")


def address_of(service: Service) -> tuple[str, int]:
    """Return host and port of a service."""
    host, _, port = service.url.removeprefix("http://").partition(":")
    return host, int(port)


def read_kinds(service: Service) -> dict[str, Requests]:
    """Return the kinds of reads of the flood by name; each index gives another read."""
    ids: list[int] = []
    cursor = ""
    while cursor is not None:
        page = service.get(f"{PAGE}?limit=100{cursor and f'&cursor={cursor}'}").json()
        ids += [comment["id"] for comment in page["comments"]]
        cursor = page["next"]
    known = set(ids)
    made_up = [number for number in range(ids[0], ids[-1] + 5_000) if number not in known]
    return {
        "positions": _cursors(service.url, ids),
        "made-up cursors": _cursors(service.url, made_up),
        "since": _times,
        "hosts": _hosts,
    }


@contextmanager
def run_service(tree: Path, url: str, *command: str, **settings: str) -> Iterator[Service]:
    """Run the service of a checkout over a simulator; `command` if it is not `-m app`."""
    with TemporaryDirectory() as folder:
        all_settings = {
            "REPO": SAMPLE_REPO,
            "GITHUB_API_URL": url,
            "GITHUB_TOKEN": "bench",
            "STORE": f"sqlite:///{folder}/a.db",
            "WEBHOOK_SECRET": SECRET,
            **settings,
        }
        process = subprocess.Popen(
            [*(command or (sys.executable, "-m", "app")), "serve", "--port", "0"],
            env={**environment(**all_settings), "PYTHONPATH": str(tree)},
            cwd=folder,
            stderr=subprocess.PIPE,
            text=True,
        )
        service = Service(process)
        try:
            yield service
        finally:
            service.stop()
            assert process.stderr is not None
            process.stderr.close()


def _measure(service: Service, repo: dict[str, object], seconds: float, count: int) -> None:
    address, kinds = address_of(service), read_kinds(service)
    for name, kind in kinds.items():
        print(f"  CPU of an uncached read, {name}: {asyncio.run(_cpu_alone(service, address, kind, count)):.1f} ms")
    deliveries = [_delivery(index, repo) for index in range(20_000)]
    hot = [get(PAGE)]
    print(f"  {'':10} {'p50':>8} {'p99':>8} {'max':>8}")
    runs = []
    for data in (deliveries, hot):
        ours, theirs = multiprocessing.Pipe()
        process = multiprocessing.Process(target=_repeat, args=(address, data, theirs))
        process.start()
        theirs.close()  # the end of the process then ends `recv`
        runs.append((ours, process))
    start = _cpu(service.process.pid)
    statuses = asyncio.run(flood(address, list(kinds.values()), seconds))
    cpu = _cpu(service.process.pid) - start
    for name, (ours, process) in zip(("webhook", "hot read"), runs, strict=True):
        ours.send(None)
        _report(name, *ours.recv())
        process.join()
    print(f"  uncached   {dict(statuses)}; CPU {cpu / sum(statuses.values()) * 1000:.1f} ms each, with all other work")


def main() -> None:
    """Measure each tree."""
    parser = argparse.ArgumentParser()
    parser.add_argument("trees", nargs="*", default=[os.curdir])
    parser.add_argument("--comments", type=int, default=5_000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--alone", type=int, default=300, help="reads by which the CPU of each kind is measured")
    arguments = parser.parse_args()
    world = generate_world(1, arguments.comments, seed=1, clock=lambda: int(SystemClock().now()))
    world.open_issue(SAMPLE_REPO, title="Post 2", body="A small thread.")
    world.add_token("bench", "ada")
    with run_simulator(world) as simulator:
        repo = httpx.get(f"{simulator.url}/repos/{SAMPLE_REPO}").json()
        for tree in arguments.trees:
            print(f"{tree}: {arguments.comments} comments")
            with run_service(Path(tree).resolve(), simulator.url) as service:
                service.wait_until_complete()
                _measure(service, repo, arguments.seconds, arguments.alone)


if __name__ == "__main__":
    main()

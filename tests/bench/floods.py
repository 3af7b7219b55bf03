"""Measure what hostile clients cost the service: memory and open connections.

    python -m tests.bench.floods [TREE]

TREE is another checkout with the same environment, to compare with. Each flood has a service of its own; the figure is
the growth of its resident memory from before the flood to its peak.

- headers: one connection sends a head of 32 MB.
- pipeline: one connection sends 3 MB of requests and reads nothing.
- parameters: 4,000 requests with a parameter of 60 kB each.
- deliveries: 600 connections send 900 kB each of a delivery with a made-up signature, and no more.
- pictures: forty connections request a picture of 7 MB each, and read nothing.
- unfinished: 60 connections send nothing, 60 send half a head, 100 read nothing.
"""

import asyncio
import os
import re
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from app.outbound.clock import SystemClock
from app.simulator.http.responses import SimulatedResponse
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.sample import SAMPLE_REPO, sample_world
from tests.bench.hostile import run_service
from tests.journeys.conftest import Service
from tests.journeys.pictures_blog import camo_path

_READ = b"GET /api/v1/posts/41/comments HTTP/1.1\r\nhost: x\r\n\r\n"
_LONG_READ = b"GET /repos/ada/blog/issues/41/comments?per_page=100 HTTP/1.1\r\nhost: x\r\n\r\n"
_MOST_SECONDS = 60
_PICTURE, _PICTURE_BYTES = "https://pictures.example/large.png", 7_000_000


async def _headers(port: int) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    with suppress(ConnectionError):
        writer.write(b"GET / HTTP/1.1\r\n")
        for number in range(320):
            writer.write(b"x-%d: %b\r\n" % (number, b"y" * 100_000))
            await writer.drain()
    await asyncio.sleep(1)
    writer.transport.abort()


async def _pipeline(port: int) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.transport.pause_reading()  # type: ignore[attr-defined]  # that of a socket can
    writer.write(_READ * 65_000)
    await asyncio.sleep(4)
    writer.transport.abort()


async def _parameters(port: int) -> None:
    url = f"http://127.0.0.1:{port}/repos/{SAMPLE_REPO}/issues"
    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=20)) as client:

        async def read(number: int) -> None:
            with suppress(httpx.HTTPError):
                await client.get(url, params={"creator": f"{number:05}{'x' * 60_000}"})

        for start in range(0, 4000, 20):
            await asyncio.gather(*(read(number) for number in range(start, start + 20)))


async def _deliveries(port: int) -> None:
    fields = b"x-hub-signature-256: sha256=" + b"0" * 64 + b"\r\nx-github-event: issues\r\nx-github-delivery: 1\r\n"
    head = b"POST /webhooks/github HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n" + fields + b"\r\n"
    writers = [(await asyncio.open_connection("127.0.0.1", port))[1] for _ in range(600)]
    for writer in writers:
        writer.write(head + b"x" * 900_000)
    await asyncio.sleep(3)
    for writer in writers:
        writer.transport.abort()


async def _pictures(port: int) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        html = (await client.get("/api/v1/posts/41/comments?order=newest&limit=1")).json()["comments"][0]["html"]
        path = re.findall(r"/images/[0-9]+/[0-9a-f]+", html)[0]
        assert len((await client.get(path)).content) == _PICTURE_BYTES
    writers = [(await asyncio.open_connection("127.0.0.1", port))[1] for _ in range(40)]
    for writer in writers:
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # likewise
        writer.write(f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
    await asyncio.sleep(5)
    for writer in writers:
        writer.transport.abort()


async def _open_unfinished(port: int) -> list[asyncio.StreamWriter]:
    """Open connections that send nothing, send half a head, and read nothing."""
    writers: list[asyncio.StreamWriter] = []
    for request in [b""] * 60 + [b"GET / HT"] * 60 + [_LONG_READ * 200] * 100:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # likewise
        writer.write(request)
        writers.append(writer)
    return writers


def memory(pid: int) -> float:
    """Return the resident memory of a process in MB."""
    match = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert match is not None
    return int(match[1]) / 1024


def _connection_count(port: int) -> int:
    """Return how many connections to a port the system has as established, on the service's side."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return sum(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "01" for line in lines)


@contextmanager
def _run_service(tree: Path, simulator: RunningSimulator) -> Iterator[Service]:
    with run_service(tree, simulator.url, PICTURE_HOSTS=simulator.url) as service:
        service.wait_until_complete()
        service.get("/api/v1/posts/41/comments")
        yield service


async def _measure(name: str, flood: Callable[[int], Awaitable[None]], service: Service) -> None:
    before = peak = memory(service.process.pid)
    task = asyncio.ensure_future(flood(_port(service)))
    while not task.done():
        peak = max(peak, memory(service.process.pid))
        await asyncio.sleep(0.05)
    await task
    print(f"{name:12} {before:4.0f} → {peak:4.0f} MB")


async def _measure_unfinished(service: Service) -> None:
    port = _port(service)
    start, writers = time.monotonic(), await _open_unfinished(port)
    opened = _connection_count(port)
    while _connection_count(port) and time.monotonic() - start < _MOST_SECONDS:  # noqa: ASYNC110 - nothing to wait for
        await asyncio.sleep(1)
    print(f"unfinished   {opened} connections, {_connection_count(port)} after {time.monotonic() - start:.0f} s")
    for writer in writers:
        writer.transport.abort()


def _port(service: Service) -> int:
    return int(service.url.rpartition(":")[2])


_FLOODS: Mapping[str, Callable[[int], Awaitable[None]]] = {
    "headers": _headers,
    "pipeline": _pipeline,
    "parameters": _parameters,
    "deliveries": _deliveries,
    "pictures": _pictures,
}


def main() -> None:
    """Measure all floods."""
    tree = Path(sys.argv[1] if len(sys.argv) > 1 else os.curdir).resolve()
    world = sample_world(SystemClock().now)
    world.add_token("bench", "ada")
    world.comment(SAMPLE_REPO, 41, body=f"![A large picture]({_PICTURE})", author="ada")
    with run_simulator(world) as simulator:
        simulator.images.base_url = simulator.url
        picture = SimulatedResponse(
            200, b"\x89PNG\r\n\x1a\n" + bytes(_PICTURE_BYTES - 8), {"content-type": "image/png"}
        )
        simulator.images.overrides[camo_path(_PICTURE)] = picture
        for name, flood in _FLOODS.items():
            with _run_service(tree, simulator) as service:
                asyncio.run(_measure(name, flood, service))
        with _run_service(tree, simulator) as service:
            asyncio.run(_measure_unfinished(service))
            print(f"tracebacks in the log: {service.output.count('Traceback')}")
            print(service.output[-1500:] if "Traceback" in service.output else "")


if __name__ == "__main__":
    main()

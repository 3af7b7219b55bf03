"""The two loads: as many reads as a server can answer (wrk), and requests that are due at a steady rate.

wrk sends the next request when it has a response, so that a slow response delays the next requests and hides how long
they would have waited. Therefore times of responses are measured with `send_at_rate`: each request is due at a time that
was chosen before, and its time counts from then.
"""

import gc
import heapq
import random
import re
import select
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.bench.comparison.processes import CLIENT_CORES, Server, on_cores

CONNECTIONS = 64
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_HEAD_END = b"\r\n\r\n"
_NO_BODY = b"304"
_BUFFER = 1 << 18
_WARM_UP = 1.0
_SECONDS_TO_CONNECT = 0.0004
_GIVE_UP = 60.0
"""Seconds after the last request was due, in which all responses must have come."""
LONGEST_GAP = 0.002
"""Seconds: a client that did nothing for longer was kept from its core, and its times say little of the server."""


@dataclass(frozen=True, slots=True)
class Read:
    """A read: path and query, and its headers by name."""

    path: str
    headers: tuple[tuple[str, str], ...] = ()

    def encode(self, url: str) -> bytes:
        """Return the bytes of the request to a server."""
        lines = [f"GET {self.path} HTTP/1.1", f"Host: {urlsplit(url).netloc}"]
        return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in self.headers), "", ""]).encode()


@dataclass(frozen=True, slots=True)
class Throughput:
    """What a server can do: requests a second, and its CPU time for one in microseconds."""

    rate: float
    cpu: float
    memory: float
    """Resident memory of the server under this load, in MB."""


def read_often(server: Server, read: Read, seconds: float, connections: int = CONNECTIONS) -> Throughput:
    """Read as often as the server responds."""
    count, memory = 0, 0.0
    while not count:  # on a busy machine not even all connections may be open by then
        seconds = max(seconds, connections * _SECONDS_TO_CONNECT)
        before = server.cpu()
        start = time.perf_counter()
        count, memory = _wrk(server, read, seconds, connections, measures_memory=True)
        seconds *= 2
    elapsed = time.perf_counter() - start
    return Throughput(count / elapsed, (server.cpu() - before) / count * 1e6, memory)


def warm_up(server: Server, read: Read) -> None:
    """Read for a moment before anything is measured."""
    _wrk(server, read, _WARM_UP, CONNECTIONS)


def _wrk(
    server: Server, read: Read, seconds: float, connections: int, *, measures_memory: bool = False
) -> tuple[int, float]:
    headers = [part for name, value in read.headers for part in ("-H", f"{name}: {value}")]
    duration = f"-d{max(1, round(seconds))}s"
    command = on_cores(CLIENT_CORES, "wrk", "-t1", f"-c{connections}", duration, *headers, f"{server.url}{read.path}")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    memory = 0.0
    if measures_memory:
        time.sleep(0.6 * max(1, round(seconds)))
        memory = server.memory()
    output = process.communicate()[0]
    return parse_wrk(output), memory


def parse_wrk(output: str) -> int:
    """Return the number of requests in wrk's report; all of them must have got the response that was measured."""
    match = re.search(r"(\d+) requests in", output)
    assert match is not None, output
    assert "Non-2xx" not in output, output
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", output)
    # wrk counts a slow response as a timeout; what takes 10,000 connections two seconds is late, and no fault.
    assert errors is None or not any(map(int, errors.groups()[:3])), output
    return int(match[1])


@dataclass(slots=True)
class _Connection:
    """A connection, the time at which its request was due, and what has arrived of the response."""

    socket: socket.socket
    kind: str = ""
    due: float = 0.0
    received: bytearray = field(default_factory=bytearray)

    def receive(self) -> bytes | None:
        """Receive what has arrived; return the status of the response once it is complete."""
        data = self.socket.recv(_BUFFER)
        assert data, "the server closed a connection"
        self.received += data
        end = self.received.find(_HEAD_END)
        if end < 0:
            return None
        status = bytes(self.received[9:12])
        length = None if status == _NO_BODY else _LENGTH.search(self.received, 0, end)
        if len(self.received) < end + len(_HEAD_END) + (int(length[1]) if length else 0):
            return None
        self.received.clear()
        return status


Request = tuple[float, str, bytes]
"""When it is due in seconds from the start, its kind, and its bytes."""


def steady(rate: float, seconds: float, kind: str, requests: Sequence[bytes], seed: int = 1) -> Iterator[Request]:
    """Yield requests at a rate, as independent readers send them: the pauses between them are random."""
    rng = random.Random(seed)  # noqa: S311 - the same pauses for all servers
    due, index = 0.0, 0
    while (due := due + rng.expovariate(rate)) < seconds:
        yield due, kind, requests[index % len(requests)]
        index += 1


def merge(*loads: Iterator[Request]) -> list[Request]:
    """Return all requests of some loads in the order in which they are due."""
    return list(heapq.merge(*loads))


@dataclass(slots=True)
class Waits:
    """Seconds from when a request was due to its whole response by kind, and the client's longest gap."""

    by_kind: dict[str, list[float]]
    longest_gap: float = 0.0

    def p99(self, kind: str) -> float:
        """Return the 99th percentile of a kind, in milliseconds."""
        return percentile(self.by_kind[kind], 0.99) * 1000

    @property
    def is_calm(self) -> bool:
        """Whether the client had its core all the time."""
        return self.longest_gap <= LONGEST_GAP


def send_at_rate(url: str, requests: Sequence[Request], connections: int = CONNECTIONS) -> Waits:
    """Send each request when it is due.

    If no connection is free, a request waits, and that counts.
    """
    parts = urlsplit(url)
    all_connections = {}
    poll = select.epoll()
    for _ in range(connections):
        client = socket.create_connection((parts.hostname or "", parts.port or 80))
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        all_connections[client.fileno()] = _Connection(client)
        poll.register(client, select.EPOLLIN)
    try:
        with _without_garbage_collection():
            return _send_all(poll, all_connections, requests)
    finally:
        poll.close()
        for connection in all_connections.values():
            connection.socket.close()


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _send_all(poll: "select.epoll", connections: dict[int, _Connection], requests: Sequence[Request]) -> Waits:
    free = list(connections.values())
    waits = Waits({kind: [] for _, kind, _ in requests})
    index, pending, now, last = 0, 0, time.perf_counter, 0.0
    start = now()
    while index < len(requests) or pending:
        elapsed = now() - start
        waits.longest_gap = max(waits.longest_gap, elapsed - last)
        last = elapsed
        while free and index < len(requests) and requests[index][0] <= elapsed:
            connection = free.pop()
            connection.due, connection.kind, data = requests[index]
            connection.socket.sendall(data)
            index, pending = index + 1, pending + 1
        for descriptor, _ in poll.poll(0):
            connection = connections[descriptor]
            status = connection.receive()
            if status is not None:
                assert status < b"400", status
                waits.by_kind[connection.kind].append(now() - start - connection.due)
                free.append(connection)
                pending -= 1
        assert elapsed < requests[-1][0] + _GIVE_UP, "the server is too slow for this rate"
    return waits


def percentile(values: Sequence[float], part: float) -> float:
    """Return the value below which a part of all values is."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]

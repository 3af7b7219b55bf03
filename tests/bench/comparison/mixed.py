"""The mixed load: what a blog's service does all day, and the same reads of nginx, at one rate for both.

Of all reads 95 % are hot, and 5 % are of pages that no cache has. nginx has all of them as files. Beside them the service
gets 50 webhook deliveries a second, and 200 pages have an event stream open.
"""

import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from tests.bench.comparison.cases import GZIP, Result, Stage, on_client_cores, read_bodies, summarize_waits
from tests.bench.comparison.github import TOKEN
from tests.bench.comparison.loads import Read, Request, Waits, merge, send_at_rate, steady
from tests.bench.comparison.processes import Server, run_nginx, run_service
from tests.bench.webhooks import SECRET, request

RATE, DELIVERIES, STREAMS = 1_000, 50, 200
_HOT_PART = 0.95
_HOT_POSTS = 40
_COLD = "/api/v1/posts/{number}/comments?limit={limit}&order={order}"


@dataclass(frozen=True, slots=True)
class _Reads:
    hot: list[Read]
    cold: list[Read]


def compare_mixed(stage: Stage, github: str) -> Result:
    """Compare a service and nginx under the mixed load."""
    repo: dict[str, object] = httpx.get(f"{github}/repos/ada/blog", headers={"Authorization": f"Bearer {TOKEN}"}).json()
    env = {**stage.env, "AFTERWORD_WEBHOOK_SECRET": SECRET}
    with ExitStack() as stack:
        service = stack.enter_context(run_service(env))
        reads = _choose_reads(service.url)
        bodies, _ = read_bodies(service.url, reads.hot[0].path)
        nginx = stack.enter_context(run_nginx(stage.folder, {"mixed": bodies}))
        stack.enter_context(on_client_cores())
        pairs = [
            (_measure_service(stage, service, reads, repo, number), _measure_nginx(stage, nginx, number))
            for number in range(stage.effort.rounds)
        ]
    result = _summarize(pairs)
    stage.report(f"{result['case']}: {result}")
    return result


def _choose_reads(url: str) -> _Reads:
    counts: dict[str, int] = httpx.get(f"{url}/api/v1/counts").json()["counts"]
    numbers = sorted(counts, key=lambda number: -counts[number])
    hot = [Read(f"/api/v1/posts/{number}/comments?limit=30", (GZIP,)) for number in numbers[:_HOT_POSTS]]
    for read in hot:
        httpx.get(f"{url}{read.path}").raise_for_status()
    cold = [
        Read(_COLD.format(number=number, limit=limit, order=order), (GZIP,))
        for limit in range(31, 100)
        for order in ("newest", "oldest", "reactions")
        for number in numbers[:_HOT_POSTS]
    ]
    return _Reads(hot, cold)


def _measure_service(
    stage: Stage, service: Server, reads: _Reads, repo: dict[str, object], round_number: int
) -> tuple[float, Waits]:
    """Return the CPU microseconds for each read, and how long responses took."""
    seconds, url = stage.effort.seconds, service.url
    share = int(RATE * (1 - _HOT_PART) * seconds) + 50
    cold = reads.cold[round_number * share : (round_number + 1) * share]
    deliveries = [request(url, repo, index) for index in range(int(DELIVERIES * seconds))]
    requests = merge(
        steady(RATE * _HOT_PART, seconds, "hot", [read.encode(url) for read in reads.hot], round_number),
        steady(RATE * (1 - _HOT_PART), seconds, "cold", [read.encode(url) for read in cold], round_number + 100),
        steady(DELIVERIES, seconds, "delivery", deliveries, round_number + 200),
    )
    with _open_streams(url):
        return _measure(service, requests)


def _measure_nginx(stage: Stage, nginx: Server, round_number: int) -> tuple[float, Waits]:
    reads = [Read("/mixed", (GZIP,)).encode(nginx.url)]
    return _measure(nginx, merge(steady(RATE, stage.effort.seconds, "hot", reads, round_number)))


def _measure(server: Server, requests: list[Request]) -> tuple[float, Waits]:
    before = server.cpu()
    waits = send_at_rate(server.url, requests)
    reads = sum(len(times) for kind, times in waits.by_kind.items() if kind != "delivery")
    return (server.cpu() - before) / reads * 1e6, waits


def _summarize(pairs: list[tuple[tuple[float, Waits], tuple[float, Waits]]]) -> Result:
    median = statistics.median
    return {
        "case": f"mixed load, {RATE:,} reads a second",
        "cpu": round(median(cpu for (cpu, _), _ in pairs), 2),
        "nginx_cpu": round(median(cpu for _, (cpu, _) in pairs), 2),
        "cpu_ratio": round(median(ours[0] / theirs[0] for ours, theirs in pairs), 2),
        **summarize_waits([(ours[1], theirs[1]) for ours, theirs in pairs], "hot"),
        "p99_rate": RATE,
        "cold_p99": round(median(waits.p99("cold") for (_, waits), _ in pairs), 2),
        "delivery_p99": round(median(waits.p99("delivery") for (_, waits), _ in pairs), 2),
    }


@contextmanager
def _open_streams(url: str) -> Iterator[None]:
    """Keep event streams open, and read what arrives in them, until the block ends."""
    parts = urlsplit(url)
    streams = []
    for index in range(STREAMS):
        stream = socket.create_connection((parts.hostname or "", parts.port or 80))
        stream.sendall(Read(f"/api/v1/posts/{1 + index % _HOT_POSTS}/events").encode(url))
        stream.settimeout(0)
        streams.append(stream)
    has_ended = threading.Event()
    thread = threading.Thread(target=_drain, args=(streams, has_ended))
    thread.start()
    try:
        time.sleep(0.2)
        yield
    finally:
        has_ended.set()
        thread.join()
        for stream in streams:
            stream.close()


def _drain(streams: list[socket.socket], has_ended: threading.Event) -> None:
    while not has_ended.wait(0.25):
        for stream in streams:
            try:
                stream.recv(65_536)
            except BlockingIOError:
                continue

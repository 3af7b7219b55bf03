"""How cost grows with the number of comments and of posts, on each store.

For each size the service imports a blog from the simulator, and starts again from its store. Then one process serves.
"""

import math
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from app.domain.errors import AfterwordError
from app.settings import load
from tests.bench.comparison.cases import GZIP
from tests.bench.comparison.loads import Read, read_often
from tests.bench.comparison.postgres import is_installed, run_postgres
from tests.bench.comparison.processes import (
    CLIENT_CORES,
    SERVER_CORES,
    Server,
    ended,
    free_port,
    on_cores,
    run_service,
    run_simulator,
    service_environment,
)

Row = dict[str, float | str]
_POSTS, _COMMENTS = 100, 1_000
"""The number of posts while comments grow, and of comments while posts grow."""
_COLD_READS = 20
_IDLE_SECONDS, _POLL_SECONDS = 5.0, 5.0
_SETTLE_SECONDS, _SETTLED_POSTS = 2.0, 500
"""What a start leaves to do counts neither as idle nor as polls; it takes a second more for so many posts."""
_PATIENCE = 1_800.0
_RUN_AND_PRINT_MEMORY = """
import resource, subprocess, sys
status = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)
"""


@dataclass(frozen=True, slots=True)
class Size:
    """A blog; `series` names what grows."""

    series: str
    posts: int
    comments: int


def sizes(most_comments: int, most_posts: int) -> list[Size]:
    """Return the sizes: from ten up to these, each ten times the one before."""
    comments = [Size("comments", _POSTS, 10**power) for power in range(1, 1 + round(math.log10(most_comments)))]
    return comments + [Size("posts", 10**power, _COMMENTS) for power in range(1, 1 + round(math.log10(most_posts)))]


def measure_growth(all_sizes: Sequence[Size], report: Callable[[str], None]) -> list[Row]:
    """Return the figures of each size on each store that this version and this machine have."""
    rows, stores = [], _stores(report)
    for size in all_sizes:
        with run_simulator(size.posts, size.comments) as github:
            for store in stores:
                with _open_store(store) as address:
                    rows.append(_measure(size, store, github.url, address))
                    report(str(rows[-1]))
    return rows


def _stores(report: Callable[[str], None]) -> list[str]:
    if not is_installed():
        report("PostgreSQL is not measured: it is not installed")
        return ["SQLite"]
    try:
        load({"repo": "ada/blog", "store": "postgresql://localhost/comments"}, env_file=None)
    except AfterwordError:
        report("PostgreSQL is not measured: this version has no such store")
        return ["SQLite"]
    return ["SQLite", "PostgreSQL"]


@contextmanager
def _open_store(name: str) -> Iterator[str]:
    """Yield the address of an empty store."""
    if name == "PostgreSQL":
        with run_postgres(CLIENT_CORES) as address:
            yield address
    else:
        with TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/afterword.db"


def _measure(size: Size, store: str, github: str, address: str) -> Row:
    env = service_environment(github, address, PICTURES="false")
    import_seconds, import_memory = _import(env)
    row: Row = {
        "series": size.series,
        "posts": size.posts,
        "comments": size.comments,
        "store": store,
        "import_s": round(import_seconds, 2),
        "import_mb": round(import_memory),
        "start_s": round(_start(env), 2),
    }
    with run_service(env) as service:
        row |= {"idle_mb": round(service.memory()), "render_ms": round(_render(service), 2)}
        _read_all(service.url)
        busiest = Read(f"/api/v1/posts/{_busiest(service.url)[0]}/comments?limit=30", (GZIP,))
        row |= {"read_us": round(read_often(service, busiest, 1).cpu, 2), "mb": round(service.memory())}
    row["poll_ms"] = round(_poll(env, _SETTLE_SECONDS + size.posts / _SETTLED_POSTS), 2)
    return row


def _import(env: dict[str, str]) -> tuple[float, float]:
    """Import into an empty store; return the seconds, and the most memory in MB."""
    start = time.perf_counter()
    sync = on_cores(SERVER_CORES, sys.executable, "-m", "app", "sync", "--json")
    command = [sys.executable, "-c", _RUN_AND_PRINT_MEMORY, *sync]
    output = subprocess.run(
        on_cores(SERVER_CORES, *command), env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
    ).stdout
    return time.perf_counter() - start, int(output.split()[-1]) / 1024


def _start(env: dict[str, str]) -> float:
    """Return the median of the seconds from the start of the process to the first comments served."""
    seconds = []
    for _ in range(3):
        port = free_port()
        start = time.perf_counter()
        command = [sys.executable, "-m", "app", "serve", "--port", str(port)]
        process = subprocess.Popen(on_cores(SERVER_CORES, *command), env=env, stderr=subprocess.DEVNULL)
        with ended(process):
            while not _serves(f"http://127.0.0.1:{port}/api/v1/posts/1/comments"):
                assert process.poll() is None, "the service ended"
                assert time.perf_counter() - start < _PATIENCE, "the service does not start"
                time.sleep(0.005)
            seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def _serves(url: str) -> bool:
    try:
        return httpx.get(url, timeout=_PATIENCE).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _busiest(url: str) -> list[str]:
    """Return the numbers of the posts, those with the most comments first."""
    counts: dict[str, int] = httpx.get(f"{url}/api/v1/counts", timeout=_PATIENCE).json()["counts"]
    return sorted(counts, key=lambda number: -counts[number])


def _render(service: Server) -> float:
    """Return the median of the milliseconds of reads of the busiest post that no cache has."""
    number, times = _busiest(service.url)[0], []
    with httpx.Client(timeout=_PATIENCE) as client:
        for limit in range(30, 30 + _COLD_READS):
            start = time.perf_counter()
            client.get(f"{service.url}/api/v1/posts/{number}/comments?limit={limit}").raise_for_status()
            times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


def _read_all(url: str) -> None:
    """Read a page of each of the 1,000 busiest posts, so that the cache has them."""
    with httpx.Client(timeout=_PATIENCE) as client:
        for number in _busiest(url)[:1_000]:
            client.get(f"{url}/api/v1/posts/{number}/comments?limit=30").raise_for_status()


def _poll(env: dict[str, str], settle: float) -> float:
    """Return the CPU milliseconds of a poll that finds nothing new; without what the service needs besides."""
    with run_service(env) as service:
        time.sleep(settle)
        idle = _cpu_in(service, _IDLE_SECONDS) / _IDLE_SECONDS
    with run_service({**env, "AFTERWORD_POLL_INTERVAL": "1"}) as service:
        time.sleep(settle)
        before = _requests(service.url)
        used = _cpu_in(service, _POLL_SECONDS)
        polls = max(1.0, (_requests(service.url) - before) / 2)
    return max(0.0, used - idle * _POLL_SECONDS) / polls * 1000


def _cpu_in(service: Server, seconds: float) -> float:
    before = _exact_cpu(service)
    time.sleep(seconds)
    return _exact_cpu(service) - before


def _exact_cpu(service: Server) -> float:
    """Return the CPU seconds of the service's threads, in nanoseconds' resolution."""
    tasks = Path(f"/proc/{service.process.pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def _requests(url: str) -> float:
    """Return how many requests the service has sent to GitHub."""
    text = httpx.get(f"{url}/metrics").text
    return sum(float(value) for value in re.findall(r"^afterword_github_requests_total\S* (\S+)$", text, re.MULTILINE))

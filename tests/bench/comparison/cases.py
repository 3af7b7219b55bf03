"""The cases in which the service and nginx are compared, in turn on the same core with the same bytes.

A ratio is the median of the ratios of all rounds: in each round both are measured, one right after the other, so that
what else the machine does affects both alike.
"""

import os
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.bench.comparison.loads import (
    CONNECTIONS,
    Read,
    Throughput,
    Waits,
    merge,
    read_often,
    send_at_rate,
    steady,
    warm_up,
)
from tests.bench.comparison.processes import (
    CLIENT_CORES,
    CORES,
    TWO_CORES,
    Server,
    allow_connections,
    run_nginx,
    run_service,
)

GZIP = ("Accept-Encoding", "gzip")
Result = dict[str, float | str]


@dataclass(frozen=True, slots=True)
class Effort:
    """How long the comparison may take: rounds, and seconds of each load in one.

    The tail of the waits changes most between rounds: it has more of them, and they are shorter.
    """

    rounds: int
    seconds: float

    @property
    def wait_rounds(self) -> int:
        """The rounds in which waits are measured."""
        return 4 * self.rounds


@dataclass(frozen=True, slots=True)
class Case:
    """A read of the service, and the same of nginx; `goals` are the ratios to reach by name."""

    name: str
    service: Read
    nginx: Read
    bodies: Mapping[str, bytes]
    goals: Mapping[str, float] = field(default_factory=dict)
    connections: int = CONNECTIONS
    measures_waits: bool = True


@dataclass(frozen=True, slots=True)
class Stage:
    """What all cases share: the environment of the service, a folder for nginx, and the effort."""

    env: Mapping[str, str]
    folder: Path
    effort: Effort
    report: Callable[[str], None]


def make_cases(url: str) -> list[Case]:
    """Return the cases for a service at a URL, with the bytes that it serves."""
    counts: dict[str, int] = httpx.get(f"{url}/api/v1/counts").json()["counts"]
    busiest = max(counts, key=lambda number: counts[number])
    comments = f"/api/v1/posts/{busiest}/comments"
    ids = ",".join(sorted(counts, key=int)[:500])
    cpu, rate, p99 = "cpu", "rate", "p99"
    all_goals = {cpu: 1.2, rate: 0.75, p99: 3.0}
    return [
        _case(url, "30 comments, gzip", f"{comments}?limit=30", all_goals),
        _case(url, "30 comments, not compressed", f"{comments}?limit=30", {}, headers=()),
        _case(url, "30 comments, 304", f"{comments}?limit=30", {cpu: 1.4}, has_copy=True),
        _case(url, "300 comments (a page of 100), gzip", f"{comments}?limit=100", {cpu: 1.2}),
        _case(url, "counts of 500 posts, gzip", f"/api/v1/counts?ids={ids}", {}),
    ]


def _case(
    url: str,
    name: str,
    path: str,
    goals: Mapping[str, float],
    *,
    headers: tuple[tuple[str, str], ...] = (GZIP,),
    has_copy: bool = False,
) -> Case:
    bodies, etag = read_bodies(url, path)
    file = f"file{abs(hash(path))}"
    condition = (("If-None-Match", etag),) if has_copy else ()
    return Case(name, Read(path, headers + condition), Read(f"/{file}", headers), {**bodies}, goals)


def read_bodies(url: str, path: str) -> tuple[dict[str, bytes], str]:
    """Return the bytes of a response by content coding, and its ETag."""
    bodies, etag = {}, ""
    for coding in ("identity", "gzip"):
        with httpx.stream("GET", f"{url}{path}", headers={"Accept-Encoding": coding}) as response:
            response.raise_for_status()
            bodies[coding] = b"".join(response.iter_raw())
            etag = response.headers["ETag"]
    return bodies, etag


def compare(stage: Stage, case: Case, service: Server, nginx: Server) -> Result:
    """Return the medians of what both servers need, and of their ratios."""
    effort, read = stage.effort, _with_nginx_tag(case, nginx)
    check_same(f"{service.url}{case.service.path}", case.service, f"{nginx.url}{read.path}", read)
    for server, request in ((service, case.service), (nginx, read)):
        warm_up(server, request)
    pairs = [
        (
            read_often(service, case.service, effort.seconds, case.connections),
            read_often(nginx, read, effort.seconds, case.connections),
        )
        for _ in range(effort.rounds)
    ]
    result = _summarize(case, pairs)
    if case.measures_waits:
        rate = min(float(result["rate"]), float(result["nginx_rate"])) / 2
        result |= _compare_waits(stage, case, service, nginx, rate)
    stage.report(f"{case.name}: {result}")
    return result


def check_same(url: str, read: Read, nginx_url: str, nginx_read: Read) -> None:
    """Check that both send the same status, content coding and number of bytes."""
    ours, theirs = _fetch(url, read), _fetch(nginx_url, nginx_read)
    assert ours == theirs, f"{url} and {nginx_url} differ: {ours}, {theirs}"


def _fetch(url: str, read: Read) -> tuple[int, str | None, int]:
    # httpx sends an Accept-Encoding of its own unless it is given one.
    headers = {"Accept-Encoding": "identity", **dict(read.headers)}
    with httpx.stream("GET", url, headers=headers) as response:
        is_copy = response.status_code == httpx.codes.NOT_MODIFIED
        coding = None if is_copy else response.headers.get("Content-Encoding")
        sent = b"".join(response.iter_raw())
    return response.status_code, coding, len(sent)


def _with_nginx_tag(case: Case, nginx: Server) -> Read:
    """Return the read of nginx; with its own ETag if the service's has one."""
    if not any(name == "If-None-Match" for name, _ in case.service.headers):
        return case.nginx
    etag = httpx.get(f"{nginx.url}{case.nginx.path}", headers=dict(case.nginx.headers)).headers["ETag"]
    return Read(case.nginx.path, (*case.nginx.headers, ("If-None-Match", etag)))


def _summarize(case: Case, pairs: list[tuple[Throughput, Throughput]]) -> Result:
    median = statistics.median
    return {
        "case": case.name,
        "cpu": round(median(ours.cpu for ours, _ in pairs), 2),
        "nginx_cpu": round(median(theirs.cpu for _, theirs in pairs), 2),
        "cpu_ratio": round(median(ours.cpu / theirs.cpu for ours, theirs in pairs), 2),
        "rate": round(median(ours.rate for ours, _ in pairs)),
        "nginx_rate": round(median(theirs.rate for _, theirs in pairs)),
        "rate_ratio": round(median(ours.rate / theirs.rate for ours, theirs in pairs), 2),
        "memory": round(median(ours.memory for ours, _ in pairs)),
        "nginx_memory": round(median(theirs.memory for _, theirs in pairs)),
        **{f"{name}_goal": goal for name, goal in case.goals.items()},
    }


def _compare_waits(stage: Stage, case: Case, service: Server, nginx: Server, rate: float) -> Result:
    """Compare the 99th percentile of the time to a response at a rate, in milliseconds."""
    effort, read, pairs = stage.effort, _with_nginx_tag(case, nginx), []
    seconds = effort.seconds * effort.rounds / effort.wait_rounds
    with on_client_cores():
        for number in range(effort.wait_rounds):
            ours, theirs = (
                send_at_rate(server.url, merge(steady(rate, seconds, "read", [this.encode(server.url)], seed=number)))
                for server, this in ((service, case.service), (nginx, read))
            )
            pairs.append((ours, theirs))
    return {**summarize_waits(pairs, "read"), "p99_rate": round(rate)}


def summarize_waits(pairs: Sequence[tuple[Waits, Waits]], kind: str) -> Result:
    """Return the medians of the rounds in which the client had its core all the time, or else of all."""
    calm = [pair for pair in pairs if all(waits.is_calm for waits in pair)]
    p99 = [(ours.p99(kind), theirs.p99(kind)) for ours, theirs in calm or pairs]
    return {
        "p99": round(statistics.median(ours for ours, _ in p99), 3),
        "nginx_p99": round(statistics.median(theirs for _, theirs in p99), 3),
        "p99_ratio": round(statistics.median(ours / theirs for ours, theirs in p99), 2),
        "p99_rounds": len(pairs),
        "p99_calm_rounds": len(calm),
    }


@contextmanager
def on_client_cores() -> Iterator[None]:
    """Run this process on the cores of the client until the block ends."""
    os.sched_setaffinity(0, CLIENT_CORES)
    try:
        yield
    finally:
        os.sched_setaffinity(0, CORES)


def compare_all(stage: Stage) -> list[Result]:
    """Compare all cases of plain reads, without the faster way of reads, with many connections and with two processes."""
    with ExitStack() as stack:
        service = stack.enter_context(run_service(stage.env))
        cases = make_cases(service.url)
        files = {case.nginx.path[1:]: case.bodies for case in cases}
        nginx = stack.enter_context(run_nginx(stage.folder, files))
        results = [compare(stage, case, service, nginx) for case in cases]
        first = cases[0]
        count = allow_connections()
        kept = Case(
            f"30 comments, gzip, {count:,} kept connections",
            first.service,
            first.nginx,
            {},
            {},
            count,
            measures_waits=False,
        )
        results.append(compare(stage, kept, service, nginx))
    with (
        run_service({**stage.env, "AFTERWORD_FAST_READS": "false"}) as service,
        run_nginx(stage.folder, files) as nginx,
    ):
        slower = Case("30 comments, gzip, AFTERWORD_FAST_READS=false", first.service, first.nginx, {})
        results.append(compare(stage, slower, service, nginx))
    results.append(_compare_two_processes(stage, first, files))
    return results


def _compare_two_processes(stage: Stage, first: Case, files: Mapping[str, Mapping[str, bytes]]) -> Result:
    """Compare two processes each.

    Without a third core they share one with the client, which keeps it busy while it waits: then p99 says nothing.
    """
    has_core = len(CORES) > len(TWO_CORES)
    case = Case("30 comments, gzip, two processes", first.service, first.nginx, {}, measures_waits=has_core)
    with (
        run_service(stage.env, "--workers", "2", cores=TWO_CORES) as service,
        run_nginx(stage.folder, files, workers=2) as nginx,
    ):
        return compare(stage, case, service, nginx)

"""Several processes on one socket, and the orderly stop of one or all."""

import os
import re
import resource
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.sample import sample_world
from tests.integration.test_backfill import NOW
from tests.journeys.conftest import Command, Service, Start

_DEADLINE = 30.0
_USUAL = re.compile(r"Afterword serves|Grade:|Try:|  http|ada/blog: |.*\[info\]")


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    with run_simulator(sample_world(lambda: NOW)) as simulator:
        yield simulator


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the services of this test put their temporary folders."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _DEADLINE
    while not holds():
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)


def _runs(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def _workers(service: Service, count: int) -> list[int]:
    """The numbers of so many workers, in the order they were started."""
    service.wait_for(r"[\s\S]*".join([r"Worker \d+ is started"] * count))
    return [int(pid) for pid in re.findall(r"Worker (\d+) is started", service.output)]


@contextmanager
def _stopped(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def _refuses_connections(service: Service) -> bool:
    try:
        httpx.get(service.url, timeout=30)
    except httpx.ConnectError:
        return True
    except httpx.TransportError:
        return False
    return False


def _unusual(service: Service) -> list[str]:
    return [line for line in service.lines if not _USUAL.match(line)]


def test_each_of_two_workers_serves_and_a_killed_one_is_replaced(
    start: Start, simulator: RunningSimulator, temporary: Path
) -> None:
    service = start("--workers", "2", REPO="ada/blog", GITHUB_API_URL=simulator.url)
    one, two = _workers(service, 2)
    service.wait_until_complete()
    path = "/api/v1/posts/41/comments"
    with _stopped(one):
        by_two = service.get(path)
    with _stopped(two):
        by_one = service.get(path)
        os.kill(one, signal.SIGKILL)
        *_, three = _workers(service, 3)
        by_three = service.get(path)
    assert [answer.status_code for answer in (by_one, by_two, by_three)] == [200] * 3
    assert len({answer.headers["etag"] for answer in (by_one, by_two, by_three)}) == 1
    assert len(list(temporary.iterdir())) == 1
    assert service.stop() == 0
    assert not any(_runs(pid) for pid in (one, two, three))
    assert list(temporary.iterdir()) == []
    (told,) = _unusual(service)
    assert f"Worker {one} was killed by SIGKILL. Another is started at once; the other workers serve meanwhile." in told
    assert service.output.count("Afterword serves") == 1


def test_workers_whose_parent_was_killed_end_by_themselves(
    start: Start, simulator: RunningSimulator, temporary: Path
) -> None:
    service = start("--workers", "2", REPO="ada/blog", GITHUB_API_URL=simulator.url)
    workers = _workers(service, 2)
    service.wait_until_complete()
    service.process.kill()
    _until(lambda: not any(_runs(pid) for pid in workers))
    assert service.stop() == -signal.SIGKILL
    assert "Traceback" not in service.output
    assert list(temporary.iterdir()) == []


def test_a_worker_that_dies_while_all_are_stopped_is_no_orderly_end(start: Start, simulator: RunningSimulator) -> None:
    service = start("--workers", "2", REPO="ada/blog", GITHUB_API_URL=simulator.url)
    one, two = _workers(service, 2)
    service.wait_until_complete()
    with _stopped(one):
        service.process.send_signal(signal.SIGTERM)
        _until(lambda: not _runs(two))
        os.kill(one, signal.SIGKILL)
        assert service.process.wait(_DEADLINE) == 1


def test_workers_that_could_only_fail_are_not_started(command: Command, simulator: RunningSimulator) -> None:
    done = command("serve", "--port", "0", REPO="ada/none", GITHUB_API_URL=simulator.url, WORKERS="2")
    assert done.returncode == 2
    assert "ada/none" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_read_under_way_is_answered_before_the_end(start: Start, simulator: RunningSimulator) -> None:
    simulator.hold.start("/issues")
    service = start(REPO="ada/blog", GITHUB_API_URL=simulator.url, COLD_WAIT="30")
    url = service.url
    with ThreadPoolExecutor() as threads:
        reading = threads.submit(httpx.get, f"{url}/api/v1/posts/41/comments", timeout=30)
        simulator.hold.wait_for(2)
        service.process.send_signal(signal.SIGTERM)
        _until(lambda: _refuses_connections(service))
        service.process.send_signal(signal.SIGTERM)
        simulator.hold.release()
        answer = reading.result()
    assert answer.status_code == 200
    assert len(answer.json()["comments"]) > 0
    assert service.stop() == 0
    assert _unusual(service) == []


def test_an_event_stream_ends_at_once(start: Start, simulator: RunningSimulator) -> None:
    service = start(REPO="ada/blog", GITHUB_API_URL=simulator.url)
    service.wait_until_complete()
    with httpx.stream("GET", f"{service.url}/api/v1/posts/41/events", timeout=30) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        service.process.send_signal(signal.SIGTERM)
        assert b"503" not in stream.read(), "it ends, and is not cut short"
    assert service.stop() == 0
    assert _unusual(service) == []


def test_a_second_ctrl_c_does_not_wait_for_what_is_under_way(start: Start, simulator: RunningSimulator) -> None:
    simulator.hold.start("/issues")
    service = start(REPO="ada/blog", GITHUB_API_URL=simulator.url, COLD_WAIT="60")
    url = service.url
    with ThreadPoolExecutor() as threads:
        reading = threads.submit(httpx.get, f"{url}/api/v1/posts/41/comments", timeout=30)
        simulator.hold.wait_for(2)
        service.process.send_signal(signal.SIGINT)
        _until(lambda: _refuses_connections(service))
        assert service.stop(signal.SIGINT) == 0
        answer = reading.result()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert _unusual(service) == []


@pytest.fixture
def few_files() -> Iterator[int]:
    """A soft limit of open files that the processes of this test inherit, below the hard one, which is given."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, hard - 1), hard))
    yield hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_who_is_stopped_while_starting_ends_in_order(start: Start, simulator: RunningSimulator, few_files: int) -> None:
    simulator.hold.start("")
    service = start(REPO="ada/blog", GITHUB_API_URL=simulator.url, REPOO="ada/blog")
    simulator.hold.wait_for(1, timeout=_DEADLINE)
    allowed, _ = resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE)
    assert allowed == min(few_files, 1 << 20)
    assert service.stop() == 0
    assert service.lines == ["AFTERWORD_REPOO is not a setting and is ignored."]

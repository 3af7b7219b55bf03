"""Several processes on one socket, and how one or all stop in order."""

import os
import re
import resource
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.sample import sample_world
from tests.integration.worlds import NOW
from tests.journeys.conftest import Command, Service, Start
from tests.journeys.processes import DEADLINE, is_running, paused, refuses_connections, wait_until, worker_pids

pytestmark = pytest.mark.untraced  # what others cover, at length

_USUAL_LINES = re.compile(r"Afterword serves|Mode:|Try:|  http|ada/blog: |.*\[info\]")


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    with run_simulator(sample_world(lambda: NOW)) as simulator:
        yield simulator


@pytest.fixture
def temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Provide the folder where the services of this test put their temporary folders."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def _unusual_lines(service: Service) -> list[str]:
    return [line for line in service.lines if not _USUAL_LINES.match(line)]


def test_both_workers_serve_and_a_killed_one_is_replaced(
    start: Start, simulator: RunningSimulator, temporary_folder: Path
) -> None:
    service = start("--workers", "2", REPO="ada/blog", GITHUB_API_URL=simulator.url)
    one, two = worker_pids(service, 2)
    service.wait_until_complete()
    path = "/api/v1/posts/41/comments"
    with paused(one):
        response_two = service.get(path)
    with paused(two):
        response_one = service.get(path)
        os.kill(one, signal.SIGKILL)
        *_, three = worker_pids(service, 3)
        response_three = service.get(path)
    assert [response.status_code for response in (response_one, response_two, response_three)] == [200] * 3
    assert len({response.headers["etag"] for response in (response_one, response_two, response_three)}) == 1
    assert len(list(temporary_folder.iterdir())) == 1
    assert service.stop() == 0
    assert not any(is_running(pid) for pid in (one, two, three))
    assert list(temporary_folder.iterdir()) == []
    (line,) = _unusual_lines(service)
    assert f"Worker {one} was killed by SIGKILL. A new worker starts at once; the other workers go on serving." in line
    assert service.output.count("Afterword serves") == 1


def test_workers_stop_when_their_parent_is_killed(
    start: Start, simulator: RunningSimulator, temporary_folder: Path
) -> None:
    service = start("--workers", "2", REPO="ada/blog", GITHUB_API_URL=simulator.url)
    workers = worker_pids(service, 2)
    service.wait_until_complete()
    service.process.kill()
    wait_until(lambda: not any(is_running(pid) for pid in workers))
    assert service.stop() == -signal.SIGKILL
    assert "Traceback" not in service.output
    assert list(temporary_folder.iterdir()) == []


def test_worker_killed_during_the_stop_makes_it_fail(start: Start, simulator: RunningSimulator) -> None:
    service = start("--workers", "2", REPO="ada/blog", GITHUB_API_URL=simulator.url)
    one, two = worker_pids(service, 2)
    service.wait_until_complete()
    with paused(one):
        service.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not is_running(two))
        os.kill(one, signal.SIGKILL)
        assert service.process.wait(DEADLINE) == 1


def test_workers_that_could_only_fail_are_not_started(command: Command, simulator: RunningSimulator) -> None:
    result = command("serve", "--port", "0", REPO="ada/none", GITHUB_API_URL=simulator.url, WORKERS="2")
    assert result.returncode == 2
    assert "ada/none" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_read_in_progress_finishes_before_the_stop(start: Start, simulator: RunningSimulator) -> None:
    simulator.hold.start("/issues")
    service = start(REPO="ada/blog", GITHUB_API_URL=simulator.url, COLD_WAIT="30")
    url = service.url
    with ThreadPoolExecutor() as threads:
        reading = threads.submit(httpx.get, f"{url}/api/v1/posts/41/comments", timeout=30)
        simulator.hold.wait_for(2)
        service.process.send_signal(signal.SIGTERM)
        wait_until(lambda: refuses_connections(service))
        service.process.send_signal(signal.SIGTERM)
        simulator.hold.release()
        response = reading.result()
    assert response.status_code == 200
    assert len(response.json()["comments"]) > 0
    assert service.stop() == 0
    assert _unusual_lines(service) == []


def test_event_stream_ends_at_once(start: Start, simulator: RunningSimulator) -> None:
    service = start(REPO="ada/blog", GITHUB_API_URL=simulator.url)
    service.wait_until_complete()
    with httpx.stream("GET", f"{service.url}/api/v1/posts/41/events", timeout=30) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        service.process.send_signal(signal.SIGTERM)
        assert stream.read().endswith(b"\n\n"), "it ends, and is not cut short"
    assert service.stop() == 0
    assert _unusual_lines(service) == []


def test_second_ctrl_c_cancels_requests_in_progress(start: Start, simulator: RunningSimulator) -> None:
    simulator.hold.start("/issues")
    service = start(REPO="ada/blog", GITHUB_API_URL=simulator.url, COLD_WAIT="60")
    url = service.url
    with ThreadPoolExecutor() as threads:
        reading = threads.submit(httpx.get, f"{url}/api/v1/posts/41/comments", timeout=30)
        simulator.hold.wait_for(2)
        service.process.send_signal(signal.SIGINT)
        wait_until(lambda: refuses_connections(service))
        assert service.stop(signal.SIGINT) == 0
        response = reading.result()
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert _unusual_lines(service) == []


@pytest.fixture
def few_files() -> Iterator[int]:
    """Lower the soft limit of open files below the hard one, which is returned; child processes inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, hard - 1), hard))
    yield hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_stop_during_the_start_is_orderly(start: Start, simulator: RunningSimulator, few_files: int) -> None:
    simulator.hold.start("")
    service = start(REPO="ada/blog", GITHUB_API_URL=simulator.url, REPOO="ada/blog")
    simulator.hold.wait_for(1, timeout=DEADLINE)
    allowed, _ = resource.prlimit(service.process.pid, resource.RLIMIT_NOFILE)
    assert allowed == min(few_files, 1 << 20)
    assert service.stop() == 0
    assert service.lines == ["AFTERWORD_REPOO is not a setting and is ignored. Do you mean AFTERWORD_REPO?"]

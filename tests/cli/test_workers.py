"""Supervising several worker processes, and stopping one of them."""

import asyncio
import logging
import os
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from rich.console import Console
from starlette.types import Receive, Scope, Send

from app.cli.http.server import bind
from app.cli.service.run import run
from app.cli.workers import inherit_socket, restart_delay, supervise
from app.domain.errors import CannotStart, InvalidSetting
from app.settings import load
from tests.cli.fake_workers import FakeProcess, FakeWorkers
from tests.cli.http.running_server import ParentPipe, RunningServer
from tests.fakes import FakeClock


@pytest.mark.parametrize(
    ("early_exits", "seconds"), [(0, 0), (1, 0), (2, 1), (3, 2), (4, 4), (5, 8), (6, 16), (7, 30), (8, 30), (5000, 30)]
)
def test_restart_delay_doubles_up_to_a_limit(early_exits: int, seconds: float) -> None:
    assert restart_delay(early_exits) == seconds


async def test_stop_stops_all_workers() -> None:
    fake = FakeWorkers(3)
    running = asyncio.create_task(fake.workers.run())
    await fake.wait_for(3)
    await asyncio.sleep(0)
    fake.workers.stop(signal.SIGINT)
    assert await running is True
    assert [process.signals for process in fake.processes] == [[signal.SIGTERM]] * 3
    assert sorted(fake.exited_pids) == [1, 2, 3]


async def test_dead_worker_is_replaced_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    fake = FakeWorkers(2)
    running = asyncio.create_task(fake.workers.run())
    await fake.wait_for(2)
    fake.clock.advance(60)
    fake.processes[0].exit(-signal.SIGKILL)
    await fake.wait_for(3)
    fake.processes[1].exit(1)
    await fake.wait_for(4)
    fake.workers.stop(signal.SIGTERM)
    assert await running is True
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING] == [
        "Worker 1 was killed by SIGKILL. A new worker starts at once; the other workers go on serving.",
        "Worker 2 ended with status 1. A new worker starts at once; the other workers go on serving.",
    ]


async def test_early_exits_delay_the_next_start() -> None:
    def dies(process: FakeProcess) -> None:
        if process.pid < 9:
            process.exit(1)

    fake = FakeWorkers(1, dies)
    running = asyncio.create_task(fake.workers.run())
    await fake.wait_for(9)
    fake.workers.stop(signal.SIGTERM)
    await running
    assert fake.clock.slept[:8] == [0, 1, 2, 4, 8, 16, 30, 30]


async def test_process_that_the_system_refuses_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    def refuse_the_first(process: FakeProcess) -> None:
        if process.pid == 1:
            raise BlockingIOError(11, "Resource temporarily unavailable")

    fake = FakeWorkers(1, refuse_the_first)
    running = asyncio.create_task(fake.workers.run())
    await fake.wait_for(2)
    fake.workers.stop(signal.SIGTERM)
    assert await running is True
    assert "A worker could not be started (Resource temporarily unavailable)." in caplog.text


async def test_worker_that_cannot_start_stops_all() -> None:
    fake = FakeWorkers(2)
    running = asyncio.create_task(fake.workers.run())
    await fake.wait_for(2)
    fake.processes[1].exit(2)
    with pytest.raises(CannotStart, match="A worker cannot start"):
        await running
    assert fake.processes[0].signals == [signal.SIGTERM]


async def test_failing_replacement_leaves_the_others_serving() -> None:
    fake = FakeWorkers(2)
    running = asyncio.create_task(fake.workers.run())
    await fake.wait_for(2)
    fake.processes[0].exit(-signal.SIGSEGV)
    await fake.wait_for(3)
    fake.processes[2].exit(2)
    await fake.wait_for(4)
    assert fake.processes[1].signals == []
    fake.workers.stop(signal.SIGTERM)
    assert await running is True


async def test_worker_that_does_not_stop_is_killed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    fake = FakeWorkers(1, obey=False)
    running = asyncio.create_task(fake.workers.run())
    await fake.wait_for(1)
    await asyncio.sleep(0)
    fake.workers.stop(signal.SIGTERM)
    fake.workers.stop(signal.SIGTERM)
    fake.workers.stop(signal.SIGINT)
    assert await running is False
    assert fake.processes[0].signals == [signal.SIGTERM, signal.SIGTERM, signal.SIGINT, signal.SIGKILL]
    assert "Worker 1 did not stop within 15 s and is killed." in caplog.text


async def test_worker_that_just_starts_is_stopped_too() -> None:
    fake = FakeWorkers(1, lambda _: fake.workers.stop(signal.SIGTERM))
    assert await fake.workers.run() is True
    assert fake.processes[0].signals == [signal.SIGTERM]


async def test_signal_without_a_name_is_logged_by_number(caplog: pytest.LogCaptureFixture) -> None:
    fake = FakeWorkers(1)
    running = asyncio.create_task(fake.workers.run())
    await fake.wait_for(1)
    fake.processes[0].exit(-99)
    await fake.wait_for(2)
    fake.workers.stop(signal.SIGTERM)
    await running
    assert "Worker 1 was killed by signal 99." in caplog.text


def test_only_a_socket_can_be_inherited() -> None:
    reading, writing = os.pipe()
    try:
        with pytest.raises(CannotStart, match="Use --workers"):
            inherit_socket(reading)
    finally:
        os.close(reading)
        os.close(writing)


async def test_several_workers_need_a_shared_store() -> None:
    settings = load({"repo": "ada/blog", "store": "memory:", "workers": 2}, env_file=None)
    with pytest.raises(InvalidSetting, match="AFTERWORD_WORKERS: 2 processes cannot share memory:"):
        await run(settings, Console())


async def test_workers_need_a_folder_for_metrics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with bind("127.0.0.1", 0) as server_socket, pytest.raises(CannotStart, match="TMPDIR"):
        await supervise(2, [], server_socket, FakeClock())


@pytest.fixture
def parent_pipe() -> Iterator[ParentPipe]:
    """Provide a pipe to a parent; restore the signal handlers afterwards."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    reading, writing = os.pipe()
    yield reading, lambda: os.close(writing)
    os.close(reading)
    with suppress(OSError):
        os.close(writing)
    for number, handler in before.items():
        signal.signal(number, handler)


async def test_request_that_takes_too_long_gets_503(parent_pipe: ParentPipe) -> None:
    is_requested = asyncio.Event()

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        is_requested.set()
        await asyncio.Event().wait()

    server = RunningServer(endless, parent_pipe)
    async with httpx.AsyncClient() as client:
        reading = asyncio.create_task(client.get(server.url))
        await is_requested.wait()
        server.stop()
        response = await reading
    await server.task
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert response.json()["detail"] == "Afterword is being stopped. Ask again in a moment."
    assert server.stops == ["closed"]


async def test_response_that_has_begun_breaks_off(parent_pipe: ParentPipe) -> None:
    async def half(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"10")]})
        await send({"type": "http.response.body", "body": b"half ", "more_body": True})
        await asyncio.Event().wait()

    server = RunningServer(half, parent_pipe)
    async with httpx.AsyncClient() as client, client.stream("GET", server.url) as response:
        chunks = response.aiter_raw()
        assert await anext(chunks) == b"half "
        server.stop()
        with pytest.raises(httpx.RemoteProtocolError):
            await anext(chunks)
    await server.task


async def test_cancelled_request_without_a_stop_is_an_error(parent_pipe: ParentPipe) -> None:
    async def cancelled(scope: Scope, receive: Receive, send: Send) -> None:
        raise asyncio.CancelledError

    server = RunningServer(cancelled, parent_pipe)
    async with httpx.AsyncClient() as client:
        assert (await client.get(server.url)).status_code == 500
    server.stop()
    await server.task


async def test_client_that_does_not_read_delays_no_stop(parent_pipe: ParentPipe) -> None:
    sent = asyncio.Event()

    async def large(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"50000000")]})
        await send({"type": "http.response.body", "body": bytes(50_000_000)})
        sent.set()

    server = RunningServer(large, parent_pipe)
    with socket.create_connection(server.address) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        await sent.wait()
        server.stop()
        await server.task


async def test_closing_terminal_is_ignored_under_nohup(parent_pipe: ParentPipe) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)

    async def never_called(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError

    server = RunningServer(never_called, parent_pipe)
    await asyncio.sleep(0)
    os.kill(os.getpid(), signal.SIGHUP)
    await asyncio.sleep(0)
    assert not server.stops
    server.stop()
    await server.task
    assert server.stops == ["closed"]

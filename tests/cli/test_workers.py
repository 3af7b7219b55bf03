"""Keeping several processes running, and how one of them stops listening."""

import asyncio
import logging
import os
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from rich.console import Console
from starlette.types import ASGIApp, Receive, Scope, Send

from app.cli.serve import run
from app.cli.server import bind, listen
from app.cli.workers import Workers, inherited, pause, supervise
from app.domain.errors import CannotStart, InvalidSetting
from app.settings import load
from tests.fakes import FakeClock


class FakeProcess:
    """Runs until it is killed, or told to end where it heeds that."""

    def __init__(self, pid: int, *, heeds: bool = True) -> None:
        self.pid = pid
        self.heard: list[int] = []
        self._heeds = heeds
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def ends(self, status: int) -> None:
        self._ended.set_result(status)

    async def wait(self) -> int:
        return await self._ended

    def send_signal(self, signal: int) -> None:
        if self._ended.done():
            raise ProcessLookupError
        self.heard.append(signal)
        if signal == 9:
            self.ends(-9)
        elif self._heeds:
            self.ends(0)


class Stage:
    """Workers whose processes are fakes; `each` is done with every one that is started."""

    def __init__(
        self, count: int, each: Callable[[FakeProcess], object] = lambda _: None, *, heeds: bool = True
    ) -> None:
        self.clock = FakeClock()
        self.started: list[FakeProcess] = []
        self.buried: list[int] = []
        self.changed = asyncio.Condition()
        self._each = each
        self._heeds = heeds
        self.workers = Workers(count, self._start, self.clock, buried=self.buried.append)

    async def _start(self) -> FakeProcess:
        process = FakeProcess(len(self.started) + 1, heeds=self._heeds)
        self.started.append(process)
        async with self.changed:
            self.changed.notify_all()
        self._each(process)
        return process

    async def wait_for(self, processes: int) -> None:
        async with self.changed:
            await self.changed.wait_for(lambda: len(self.started) >= processes)


@pytest.mark.parametrize(
    ("quick", "seconds"), [(0, 0), (1, 0), (2, 1), (3, 2), (4, 4), (5, 8), (6, 16), (7, 30), (8, 30), (5000, 30)]
)
def test_who_dies_at_once_again_and_again_is_started_ever_later(quick: int, seconds: float) -> None:
    assert pause(quick) == seconds


async def test_all_workers_are_ended_when_it_is_asked_to_end() -> None:
    stage = Stage(3)
    running = asyncio.create_task(stage.workers.run())
    await stage.wait_for(3)
    await asyncio.sleep(0)
    stage.workers.end(signal.SIGINT)
    assert await running is True
    assert [process.heard for process in stage.started] == [[signal.SIGTERM]] * 3
    assert sorted(stage.buried) == [1, 2, 3]


async def test_a_worker_that_dies_is_replaced_and_the_owner_told(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage(2)
    running = asyncio.create_task(stage.workers.run())
    await stage.wait_for(2)
    stage.clock.advance(60)
    stage.started[0].ends(-signal.SIGKILL)
    await stage.wait_for(3)
    stage.started[1].ends(1)
    await stage.wait_for(4)
    stage.workers.end(signal.SIGTERM)
    assert await running is True
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING] == [
        "Worker 1 was killed by SIGKILL. Another is started at once; the other workers serve meanwhile.",
        "Worker 2 ended with status 1. Another is started at once; the other workers serve meanwhile.",
    ]


async def test_workers_that_die_at_once_again_and_again_are_given_time() -> None:
    def dies(process: FakeProcess) -> None:
        if process.pid < 9:
            process.ends(1)

    stage = Stage(1, dies)
    running = asyncio.create_task(stage.workers.run())
    await stage.wait_for(9)
    stage.workers.end(signal.SIGTERM)
    await running
    assert stage.clock.slept[:8] == [0, 1, 2, 4, 8, 16, 30, 30]


async def test_a_process_that_the_system_refuses_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    def refuse_the_first(process: FakeProcess) -> None:
        if process.pid == 1:
            raise BlockingIOError(11, "Resource temporarily unavailable")

    stage = Stage(1, refuse_the_first)
    running = asyncio.create_task(stage.workers.run())
    await stage.wait_for(2)
    stage.workers.end(signal.SIGTERM)
    assert await running is True
    assert "A worker could not be started (Resource temporarily unavailable)." in caplog.text


async def test_a_worker_that_cannot_start_ends_all() -> None:
    stage = Stage(2)
    running = asyncio.create_task(stage.workers.run())
    await stage.wait_for(2)
    stage.started[1].ends(2)
    with pytest.raises(CannotStart, match="A worker cannot start"):
        await running
    assert stage.started[0].heard == [signal.SIGTERM]


async def test_a_later_worker_that_cannot_start_leaves_the_others_serving() -> None:
    stage = Stage(2)
    running = asyncio.create_task(stage.workers.run())
    await stage.wait_for(2)
    stage.started[0].ends(-signal.SIGSEGV)
    await stage.wait_for(3)
    stage.started[2].ends(2)
    await stage.wait_for(4)
    assert stage.started[1].heard == []
    stage.workers.end(signal.SIGTERM)
    assert await running is True


async def test_a_worker_that_does_not_end_is_killed_and_that_is_no_orderly_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stage = Stage(1, heeds=False)
    running = asyncio.create_task(stage.workers.run())
    await stage.wait_for(1)
    await asyncio.sleep(0)
    stage.workers.end(signal.SIGTERM)
    stage.workers.end(signal.SIGTERM)
    stage.workers.end(signal.SIGINT)
    assert await running is False
    assert stage.started[0].heard == [signal.SIGTERM, signal.SIGTERM, signal.SIGINT, signal.SIGKILL]
    assert "Worker 1 did not end within 15 s and is killed." in caplog.text


async def test_a_worker_that_is_just_being_started_is_ended_too() -> None:
    stage = Stage(1, lambda _: stage.workers.end(signal.SIGTERM))
    assert await stage.workers.run() is True
    assert stage.started[0].heard == [signal.SIGTERM]


async def test_a_death_by_a_signal_without_a_name_is_told_by_its_number(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage(1)
    running = asyncio.create_task(stage.workers.run())
    await stage.wait_for(1)
    stage.started[0].ends(-99)
    await stage.wait_for(2)
    stage.workers.end(signal.SIGTERM)
    await running
    assert "Worker 1 was killed by signal 99." in caplog.text


def test_what_is_no_socket_cannot_be_inherited() -> None:
    reading, writing = os.pipe()
    try:
        with pytest.raises(CannotStart, match="Use --workers"):
            inherited(reading)
    finally:
        os.close(reading)
        os.close(writing)


async def test_several_workers_need_a_store_that_they_can_share() -> None:
    settings = load({"repo": "ada/blog", "store": "memory:", "workers": 2}, env_file=None)
    with pytest.raises(InvalidSetting, match="AFTERWORD_WORKERS: 2 processes cannot share memory:"):
        await run(settings, Console())


async def test_workers_need_a_folder_for_what_they_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with bind("127.0.0.1", 0) as bound, pytest.raises(CannotStart, match="TMPDIR"):
        await supervise(2, [], bound, FakeClock())


@pytest.fixture
def lifeline() -> Iterator[tuple[int, Callable[[], None]]]:
    """The reading end of a pipe and what ends it; the signals are afterwards heard as before."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    reading, writing = os.pipe()
    yield reading, lambda: os.close(writing)
    os.close(reading)
    with suppress(OSError):
        os.close(writing)
    for number, handler in before.items():
        signal.signal(number, handler)


Lifeline = tuple[int, Callable[[], None]]


class Serving:
    """`listen` in the test's own loop, with no patience for what is under way."""

    def __init__(self, web: ASGIApp, lifeline: Lifeline) -> None:
        self.closed: list[str] = []
        bound = bind("127.0.0.1", 0)
        self.address: tuple[str, int] = bound.getsockname()
        self.url = f"http://127.0.0.1:{self.address[1]}/"
        self.end = lifeline[1]
        self.listening = asyncio.create_task(
            listen(
                web,
                bound,
                closing=lambda: self.closed.append("closed"),
                lifeline=lifeline[0],
                grace=0,
            )
        )


async def test_what_takes_too_long_is_told_to_ask_again(lifeline: Lifeline) -> None:
    asked = asyncio.Event()

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        asked.set()
        await asyncio.Event().wait()

    serving = Serving(endless, lifeline)
    async with httpx.AsyncClient() as client:
        reading = asyncio.create_task(client.get(serving.url))
        await asked.wait()
        serving.end()
        answer = await reading
    await serving.listening
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["detail"] == "Afterword is being stopped. Ask again in a moment."
    assert serving.closed == ["closed"]


async def test_an_answer_that_has_begun_breaks_off_rather_than_lie(lifeline: Lifeline) -> None:
    async def half(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"10")]})
        await send({"type": "http.response.body", "body": b"half ", "more_body": True})
        await asyncio.Event().wait()

    serving = Serving(half, lifeline)
    async with httpx.AsyncClient() as client, client.stream("GET", serving.url) as answer:
        chunks = answer.aiter_raw()
        assert await anext(chunks) == b"half "
        serving.end()
        with pytest.raises(httpx.RemoteProtocolError):
            await anext(chunks)
    await serving.listening


async def test_a_request_that_is_cancelled_while_nothing_is_stopped_is_a_failure(lifeline: Lifeline) -> None:
    async def cancelled(scope: Scope, receive: Receive, send: Send) -> None:
        raise asyncio.CancelledError

    serving = Serving(cancelled, lifeline)
    async with httpx.AsyncClient() as client:
        assert (await client.get(serving.url)).status_code == 500
    serving.end()
    await serving.listening


async def test_a_client_that_does_not_take_its_answer_holds_nobody_up(lifeline: Lifeline) -> None:
    sent = asyncio.Event()

    async def large(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"50000000")]})
        await send({"type": "http.response.body", "body": bytes(50_000_000)})
        sent.set()

    serving = Serving(large, lifeline)
    with socket.create_connection(serving.address) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        await sent.wait()
        serving.end()
        await serving.listening


async def test_a_closing_terminal_is_not_heard_under_nohup(lifeline: Lifeline) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)

    async def unasked(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError

    serving = Serving(unasked, lifeline)
    await asyncio.sleep(0)
    os.kill(os.getpid(), signal.SIGHUP)
    await asyncio.sleep(0)
    assert not serving.closed
    serving.end()
    await serving.listening
    assert serving.closed == ["closed"]

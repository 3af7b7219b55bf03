"""`python -m app …` as processes of their own, forked from one that has imported everything.

`python -m tests.journeys.forked_services FD` reads a command a message from a socket, as JSON with file descriptors:
those that become the standard output and the standard error, and one to which the process's id and status are written.
Imports take most of a short process's time; tests of the start of an interpreter use `subprocess` instead.
"""

import asyncio
import atexit
import gc
import json
import os
import select
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from typing import TextIO

import httpx

from app.cli.main import main

_MAX_BYTES = 1 << 17
"""Of a command with its environment."""


class ForkedProcess:
    """A forked process, with those members of `subprocess.Popen` that tests use."""

    def __init__(self, pid: int, status: TextIO, *, stdout: TextIO | None, stderr: TextIO | None) -> None:
        self.pid = pid
        self.stdout = stdout
        self.stderr = stderr
        self.returncode: int | None = None
        self._status = status

    def poll(self) -> int | None:
        """Return the exit status, or None if the process runs."""
        return self._read_status(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the process has ended; return its exit status."""
        status = self._read_status(timeout)
        if status is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return status

    def finish(self, timeout: float) -> "subprocess.CompletedProcess[str]":
        """Wait until the process has ended; return what it printed."""
        assert self.stdout is not None
        assert self.stderr is not None
        with self.stdout as output, self.stderr as errors, ThreadPoolExecutor(1) as thread:
            text = thread.submit(errors.read)
            printed = output.read()
            return subprocess.CompletedProcess([], self.wait(timeout), printed, text.result())

    def send_signal(self, number: int) -> None:
        """Send a signal if the process runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def _read_status(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._status], [], [], timeout)[0]:
            with self._status as file:
                self.returncode = int(file.readline())
        return self.returncode


def fork_app(
    *arguments: str, env: Mapping[str, str], cwd: Path, stdout: int = subprocess.PIPE, stderr: int = subprocess.PIPE
) -> ForkedProcess:
    """Run `python -m app` with these arguments; what goes to a pipe must be read."""
    ours, theirs = zip(*(_open_pipe(target) for target in (stdout, stderr, subprocess.PIPE)), strict=True)
    message = json.dumps({"arguments": arguments, "env": dict(env), "cwd": str(cwd)}).encode()
    assert len(message) < _MAX_BYTES
    socket.send_fds(_forker(), [message], theirs)
    for descriptor in theirs:
        os.close(descriptor)
    output, errors = (None if end is None else os.fdopen(end, encoding="utf-8") for end in ours[:2])
    assert ours[2] is not None
    status = os.fdopen(ours[2], encoding="utf-8", buffering=1)
    return ForkedProcess(int(status.readline()), status, stdout=output, stderr=errors)


def _open_pipe(target: int) -> tuple[int | None, int]:
    """Return our end, if there is one, and the end of the process."""
    return os.pipe() if target == subprocess.PIPE else (None, os.dup(target))


@cache
def _forker() -> socket.socket:
    """Start the process that forks; it ends with this process, which closes its socket."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with closing(there):
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("AFTERWORD_", "COVERAGE_"))}
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.journeys.forked_services", str(there.fileno())],
            env=environment | {"PYTHONPATH": str(Path.cwd())},
            pass_fds=[there.fileno()],
        )
    atexit.register(process.wait)
    atexit.register(here.close)  # runs before the line above
    return here


async def prepare() -> None:
    """Import what a request needs, and read the certificates, once for all children."""
    setattr(ssl, "create_default_context", cache(ssl.create_default_context))  # noqa: B010 - its type has no place for a cache
    with socket.socket() as unused_socket:
        unused_socket.bind(("127.0.0.1", 0))
        async with httpx.AsyncClient(trust_env=False) as client:
            with suppress(httpx.ConnectError):
                await client.get(f"http://127.0.0.1:{unused_socket.getsockname()[1]}")


def _serve(commands: socket.socket) -> None:
    """Fork until the socket is closed; a child returns, and `main` runs in it."""
    while True:
        message, descriptors, _, _ = socket.recv_fds(commands, _MAX_BYTES, 3)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                """A guardian has ended."""
        if not message:
            os._exit(0)
        if os.fork() == 0:
            commands.close()
            _guard(descriptors[2])
            _become(json.loads(message), descriptors)
            return
        for descriptor in descriptors:
            os.close(descriptor)


def _guard(status: int) -> None:
    """Return in a child; its parent writes the child's id, waits for its end, and writes its status."""
    pid = os.fork()
    if pid == 0:
        return
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    os.closerange(0, status)
    os.closerange(status + 1, 256)
    os.write(status, f"{pid}\n".encode())
    end = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.write(status, f"{end}\n".encode())
    os._exit(0)


def _become(command: Mapping[str, object], descriptors: list[int]) -> None:
    for target, descriptor in enumerate(descriptors[:2], start=1):
        os.dup2(descriptor, target)
    for descriptor in descriptors:
        os.close(descriptor)
    variables, arguments = command["env"], command["arguments"]
    assert isinstance(variables, dict)
    assert isinstance(arguments, list)
    os.environ.clear()
    os.environ.update(variables)
    os.chdir(str(command["cwd"]))
    sys.argv = ["afterword", *arguments]


if __name__ == "__main__":
    asyncio.run(prepare())
    gc.freeze()
    _serve(socket.socket(fileno=int(sys.argv[1])))
    main()

"""The service as its owner runs it: its own process, real sockets, and the simulator as GitHub."""

import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.journeys.forked_services import ForkedProcess, fork_app

_DEADLINE = 60.0


class Service:
    """A running `python -m app serve`, and what it prints."""

    def __init__(self, process: "subprocess.Popen[str] | ForkedProcess") -> None:
        self.process = process
        self.lines: list[str] = []
        self._new_line = threading.Condition()
        self._reader = threading.Thread(target=self._read_lines, daemon=True)
        self._reader.start()

    def _read_lines(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._new_line:
                self.lines.append(line.rstrip())
                self._new_line.notify_all()
        with self._new_line:
            self._new_line.notify_all()

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Return the first match in what the process prints; fail with all of it if there is none in time."""

        def search() -> re.Match[str] | None:
            return re.search(pattern, self.output)

        with self._new_line:
            self._new_line.wait_for(lambda: search() or not self._reader.is_alive(), timeout=_DEADLINE)
        match = search()
        assert match is not None, f"never printed {pattern!r}:\n{self.output}"
        return match

    @property
    def url(self) -> str:
        return self.wait_for(r"serves .* at (http://\S+)")[1]

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(self.url + path, headers=headers, timeout=30)

    def wait_until_complete(self) -> None:
        """Wait until every thread is mirrored, as `/readyz` says."""
        deadline = time.monotonic() + _DEADLINE
        while True:
            sites = self.get("/readyz").json()["sites"]
            if all(s["listed"] and s["threads"] == s["threads_complete"] and s["checked_at"] for s in sites):
                return
            assert time.monotonic() < deadline, f"{sites}\n{self.output}"
            assert self.process.poll() is None, self.output
            threading.Event().wait(0.05)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit status."""
        self.process.send_signal(number)
        status = self.process.wait(_DEADLINE)
        self._reader.join(_DEADLINE)
        return status


def environment(**settings: str | None) -> dict[str, str]:
    """Return the environment of a process with these settings (`GITHUB_API_URL=…`), and with no other settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AFTERWORD_")}
    variables = {f"AFTERWORD_{name}": value for name, value in settings.items() if value is not None}
    return {**clean, "NO_COLOR": "1", "PYTHONPATH": str(Path.cwd()), **variables}


def fork_service(folder: Path, *options: str, **settings: str | None) -> Service:
    """Run `afterword serve` at a free port, with settings by their names without the prefix."""
    variables = environment(**settings)
    return Service(fork_app("serve", "--port", "0", *options, env=variables, cwd=folder, stdout=1))


Start = Callable[..., Service]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start services that end with the test; settings have their names without the prefix."""
    services: list[Service] = []

    def start_service(*options: str, **settings: str | None) -> Service:
        services.append(fork_service(tmp_path, *options, **{"STORE": f"sqlite:///{tmp_path}/afterword.db", **settings}))
        return services[-1]

    yield start_service
    for service in services:
        if service.process.poll() is None:
            service.stop()
        assert service.process.stderr is not None
        service.process.stderr.close()


Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Run `python -m app …` to its end."""

    def run(*arguments: str, **settings: str | None) -> subprocess.CompletedProcess[str]:
        variables = environment(**{"STORE": f"sqlite:///{tmp_path}/afterword.db", **settings})
        return fork_app(*arguments, env=variables, cwd=tmp_path).finish(_DEADLINE)

    return run


@contextmanager
def unreachable_url() -> Iterator[str]:
    """Provide a URL that refuses connections: the port is bound, so that no program takes it, but does not listen."""
    with socket.socket() as unused_socket:
        unused_socket.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{unused_socket.getsockname()[1]}"

"""A service as its owner runs it: a process of its own, over real sockets, with the simulator as GitHub."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

_DEADLINE = 60.0


class Service:
    """A running `python -m app serve`, and what it says."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._said = threading.Condition()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._said:
                self.lines.append(line.rstrip())
                self._said.notify_all()
        with self._said:
            self._said.notify_all()

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def wait_for(self, pattern: str) -> re.Match[str]:
        """The first match in what the process says; fails with all that it said where there is none in time."""

        def found() -> re.Match[str] | None:
            return re.search(pattern, self.output)

        with self._said:
            self._said.wait_for(lambda: found() or not self._listener.is_alive(), timeout=_DEADLINE)
        match = found()
        assert match is not None, f"never said {pattern!r}:\n{self.output}"
        return match

    @property
    def url(self) -> str:
        return self.wait_for(r"serves .* at (http://\S+)")[1]

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(self.url + path, headers=headers, timeout=30)

    def wait_until_complete(self) -> None:
        """Until every thread is mirrored, by the service's own word."""
        deadline = time.monotonic() + _DEADLINE
        while True:
            sites = self.get("/readyz").json()["sites"]
            if all(s["listed"] and s["threads"] == s["threads_complete"] and s["checked_at"] for s in sites):
                return
            assert time.monotonic() < deadline, sites
            assert self.process.poll() is None, self.output
            threading.Event().wait(0.05)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        status = self.process.wait(_DEADLINE)
        self._listener.join(_DEADLINE)
        return status


def environment(**settings: str | None) -> dict[str, str]:
    """The environment of a process with these settings (`GITHUB_API_URL=…`), and none of whoever runs the tests."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AFTERWORD_")}
    given = {f"AFTERWORD_{name}": value for name, value in settings.items() if value is not None}
    return {**clean, "NO_COLOR": "1", "PYTHONPATH": str(Path.cwd()), **given}


Start = Callable[..., Service]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts services that end with the test; each setting by its name without the prefix."""
    running: list[Service] = []

    def starting(*options: str, **settings: str | None) -> Service:
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "serve", "--port", "0", *options],
            env=environment(**{"STORE": f"sqlite:///{tmp_path}/afterword.db", **settings}),
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(Service(process))
        return running[-1]

    yield starting
    for service in running:
        if service.process.poll() is None:
            service.stop()
        assert service.process.stderr is not None
        service.process.stderr.close()


Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Runs `python -m app …` to its end."""

    def running(*arguments: str, **settings: str | None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "app", *arguments],
            env=environment(**{"STORE": f"sqlite:///{tmp_path}/afterword.db", **settings}),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=_DEADLINE,
            check=False,
        )

    return running


@contextmanager
def nothing_at() -> Iterator[str]:
    """An address where nobody answers: bound, so that nobody else takes it, but not listening."""
    import socket  # noqa: PLC0415

    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"

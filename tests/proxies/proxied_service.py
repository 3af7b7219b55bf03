"""The service behind the proxies: its public URL is not the address where it listens."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest

from app.outbound.clock import SystemClock
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.sample import SAMPLE_REPO, sample_world
from tests.journeys.conftest import environment
from tests.proxies.proxies import COMMANDS, PUBLIC_URL, Clock, Proxy, Setup, run_proxy
from tests.widget.stage import TALK

SECRET = "s3cret"
_DEADLINE = 60.0


def free_port() -> int:
    """Return a port of loopback that nothing listens at."""
    with socket.socket() as unused_socket:
        unused_socket.bind(("127.0.0.1", 0))
        return int(unused_socket.getsockname()[1])


def free_ports(count: int) -> list[int]:
    """Return different ports of loopback that nothing listens at: one after the other could be the same twice."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for unused_socket in sockets:
            unused_socket.bind(("127.0.0.1", 0))
        return [int(unused_socket.getsockname()[1]) for unused_socket in sockets]
    finally:
        for unused_socket in sockets:
            unused_socket.close()


@contextmanager
def run_service(
    folder: Path, simulator: RunningSimulator, port: int, **further_settings: str
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run `python -m app serve` at a port until the block ends; it is complete at first."""
    settings = {
        "REPO": SAMPLE_REPO,
        "GITHUB_API_URL": simulator.url,
        "GITHUB_TOKEN": "t0ken",
        "WEBHOOK_SECRET": SECRET,
        "STORE": f"sqlite:///{folder}/afterword.db",
        "PUBLIC_URL": PUBLIC_URL,
        **further_settings,
    }
    simulator.world.add_token("t0ken", "ada")
    command = [sys.executable, "-m", "app", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environment(**settings), cwd=folder, stderr=subprocess.DEVNULL)
    try:
        _wait_until_complete(f"http://127.0.0.1:{port}/readyz", process)
        yield process
    finally:
        process.terminate()
        process.wait(_DEADLINE)


def _wait_until_complete(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _DEADLINE
    while True:
        assert process.poll() is None, "the service ended"
        assert time.monotonic() < deadline, "the service is not complete"
        try:
            sites = httpx.get(url, timeout=30).json()["sites"]
        except httpx.TransportError:
            sites = []
        if sites and all(site["listed"] and site["threads"] == site["threads_complete"] for site in sites):
            return
        time.sleep(0.1)


@dataclass(frozen=True, slots=True)
class Stage:
    """The simulator, the service, the proxies in front of it and their clock."""

    simulator: RunningSimulator
    service: "subprocess.Popen[bytes]"
    url: str
    """Where the service itself listens."""
    proxies: Mapping[str, Proxy]
    clock: Clock

    def write(self, body: str) -> int:
        """Write a comment on GitHub, which the webhook reports; return its id."""
        return self.simulator.world.comment(SAMPLE_REPO, TALK, body=body, author="eve").id

    def wait_until_served(self, comment_id: int) -> None:
        """Wait until the service itself has a comment."""
        deadline = time.monotonic() + _DEADLINE
        while str(comment_id) not in httpx.get(f"{self.url}/api/v1/posts/{TALK}/comments?limit=100").text:
            assert time.monotonic() < deadline, f"comment {comment_id} is not served"
            time.sleep(0.1)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """Start all for the tests of a module; the last of them stop the service."""
    port = free_port()
    with run_simulator(sample_world(SystemClock().now)) as simulator, ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        folder.chmod(0o755)  # httpd and Squid drop the privileges of root
        clock = Clock(folder)
        service = stack.enter_context(run_service(folder, simulator, port))
        simulator.add_webhook(f"http://127.0.0.1:{port}/webhooks/github", secret=SECRET)
        setups = {name: Setup(free_port(), port, folder / name) for name in COMMANDS}
        proxies = {name: stack.enter_context(run_proxy(name, setup, clock)) for name, setup in setups.items()}
        yield Stage(simulator, service, f"http://127.0.0.1:{port}", proxies, clock)

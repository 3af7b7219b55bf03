"""The processes that are compared: nginx, the service and the simulator, each on cores of its own, and their CPU time."""

import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.bench.comparison.github import TOKEN
from tests.bench.webhooks import environment

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORES, CLIENT_CORES = CORES[:1], CORES[-1:]
"""One core serves, another one sends requests."""
TWO_CORES = CORES[:2]
"""For two processes; if the machine has no third core, they share one of these with the client."""
MOST_CONNECTIONS = 10_000
_TICKS = os.sysconf("SC_CLK_TCK")
_PATIENCE = 60.0
_SECONDS_TO_END = 15.0


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs: the process that was started, and where it listens."""

    process: "subprocess.Popen[str]"
    url: str

    @property
    def pids(self) -> list[int]:
        """The process and its children."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [self.process.pid, *map(int, children)]

    def cpu(self) -> float:
        """Return the CPU seconds that its processes have used."""
        return sum(map(_cpu, self.pids))

    def memory(self) -> float:
        """Return the resident memory of its processes, in MB."""
        return sum(map(_memory, self.pids))


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _memory(pid: int) -> float:
    match = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(match[1]) / 1024 if match else 0.0


def allow_connections() -> int:
    """Raise this process's limit of open files, which its children inherit; return the connections that it allows."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return MOST_CONNECTIONS if hard == resource.RLIM_INFINITY else min(MOST_CONNECTIONS, hard - 500)


def on_cores(cores: Sequence[int], *command: str) -> list[str]:
    """Return the command that runs a command on some cores only, and no longer than this process."""
    return ["setpriv", "--pdeathsig", "TERM", "taskset", "--cpu-list", ",".join(map(str, cores)), *command]


@contextmanager
def ended(process: "subprocess.Popen[Any]", request: int = signal.SIGTERM) -> Iterator[None]:
    """End a process with the block: ask it by a signal, and kill it if it does not end in time."""
    try:
        yield
    finally:
        process.send_signal(request)
        try:
            process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def _run(command: Sequence[str], url: str, env: Mapping[str, str], cores: Sequence[int]) -> Iterator[Server]:
    """Run a server until the block ends; it answers at `url` when the block begins."""
    process = subprocess.Popen(on_cores(cores, *command), env=env, stderr=subprocess.DEVNULL, text=True)
    with ended(process):
        _wait_until_it_answers(url, process, command)
        yield Server(process, url)


def _wait_until_it_answers(url: str, process: "subprocess.Popen[str]", command: Sequence[str]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        assert process.poll() is None, f"{command} ended"
        assert time.monotonic() < deadline, f"{command} does not answer"
        try:
            httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.01)
        else:
            return


def service_environment(github: str, store: str, **settings: str) -> dict[str, str]:
    """Return the environment of a service that reads the simulator; polls are rare unless `settings` say otherwise."""
    return environment(
        **{
            "REPO": "ada/blog",
            "GITHUB_API_URL": github,
            "GITHUB_TOKEN": TOKEN,
            "STORE": store,
            "PUBLIC_URL": "https://comments.example.com",
            "POLL_INTERVAL": "3600",
            "FRESH_FOR": "86400",
            **settings,
        }
    )


@contextmanager
def run_service(env: Mapping[str, str], *options: str, cores: Sequence[int] = SERVER_CORES) -> Iterator[Server]:
    """Run the service until the block ends; it has imported everything at first."""
    port = free_port()
    command = [sys.executable, "-m", "app", "serve", "--port", str(port), *options]
    with _run(command, f"http://127.0.0.1:{port}", env, cores) as service:
        wait_until_complete(service.url)
        yield service


def wait_until_complete(url: str) -> None:
    """Wait until a service has imported everything."""
    deadline = time.monotonic() + 10 * _PATIENCE
    while True:
        sites = httpx.get(f"{url}/readyz", timeout=_PATIENCE).json()["sites"]
        if all(site["listed"] and site["threads"] == site["threads_complete"] for site in sites):
            return
        assert time.monotonic() < deadline, sites
        time.sleep(0.05)


def run_simulator(posts: int, comments: int) -> AbstractContextManager[Server]:
    """Run a simulator with a blog of this size on the cores of the client until the block ends."""
    sizes = ("--posts", str(posts), "--comments", str(comments))
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.comparison.github", *sizes, "--port", str(port)]
    return _run(command, f"http://127.0.0.1:{port}", environment(), CLIENT_CORES)


@contextmanager
def run_nginx(folder: Path, files: Mapping[str, Mapping[str, bytes]], *, workers: int = 1) -> Iterator[Server]:
    """Run nginx until the block ends; it serves `files` by name: their bytes by content coding."""
    executable = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert executable, "nginx is not installed: make bench installs it"
    site = folder / "site"
    site.mkdir(parents=True, exist_ok=True)
    for name, bodies in files.items():
        (site / name).write_bytes(bodies["identity"])
        if "gzip" in bodies:
            (site / f"{name}.gz").write_bytes(bodies["gzip"])
    port = free_port()
    config = folder / f"nginx-{port}.conf"
    config.write_text(_nginx_configuration(folder, port, workers))
    cores = SERVER_CORES if workers == 1 else TWO_CORES
    command = [executable, "-c", str(config), "-p", str(folder), "-e", f"{folder}/error.log"]
    with _run(command, f"http://127.0.0.1:{port}", os.environ, cores) as nginx:
        yield nginx


def _nginx_configuration(folder: Path, port: int, workers: int) -> str:
    user = "user root; " if os.getuid() == 0 else ""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    paths = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    return (
        f"{user}daemon off; worker_processes {workers}; pid {folder}/pid-{port}; "
        f"worker_rlimit_nofile {MOST_CONNECTIONS + 2_000};\n"
        f"events {{ worker_connections {MOST_CONNECTIONS + 1_000}; }}\n"
        f"http {{ access_log off; {paths} sendfile on; tcp_nopush on; keepalive_requests 1000000000; gzip_static on;\n"
        "open_file_cache max=1000 inactive=60s; default_type application/json; etag on;\n"
        f"server {{ listen 127.0.0.1:{port} backlog=4096; root {folder}/site; }} }}\n"
    )


def free_port() -> int:
    """Return a port of loopback that nothing listens at."""
    with socket.socket() as unused_socket:
        unused_socket.bind(("127.0.0.1", 0))
        return int(unused_socket.getsockname()[1])

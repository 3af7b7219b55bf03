"""Processes of a service: waiting for them, pausing them, and what they share."""

import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from tests.journeys.conftest import Service

DEADLINE = 30.0


def wait_until(condition: Callable[[], bool]) -> float:
    """Wait until a condition is true; return the seconds that it took."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < DEADLINE
        threading.Event().wait(0.02)
    return time.monotonic() - start


def is_running(pid: int) -> bool:
    """Return whether a process exists and is not a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def worker_pids(service: Service, count: int) -> list[int]:
    """Wait for this many workers; return their process ids in the order of their starts."""
    service.wait_for(r"[\s\S]*".join([r"Worker \d+ started"] * count))
    return [int(pid) for pid in re.findall(r"Worker (\d+) started", service.output)]


@contextmanager
def paused(pid: int) -> Iterator[None]:
    """Stop a process with SIGSTOP, and continue it afterwards."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def refuses_connections(service: Service) -> bool:
    """Return whether the service accepts no connection any more."""
    try:
        httpx.get(service.url, timeout=30)
    except httpx.ConnectError:
        return True
    except httpx.TransportError:
        return False
    return False

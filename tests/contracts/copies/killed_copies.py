"""Copies that are killed at random moments: `python -m tests.contracts.copies.killed_copies FIRST SECOND TO COUNT`.

The first copy is left alone. Each later one replaces what the target holds, which is the other store. The module
prints, as JSON, how often the target was as before, how often the copy was complete, and how often it was neither.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from app.bootstrap.stores.copies import open_source
from app.domain.errors import CopyRefused
from app.ports.copies.tables import Row, Table
from tests.contracts.copies.stores import copy, read

_ROOT = Path(__file__).parents[3]
_Rows = Mapping[Table, list[Row]]


def kill_copies(first: str, second: str, target: str, count: int) -> Mapping[str, int]:
    """Kill so many copies; return how often the target was `before` and `complete`."""
    command = [sys.executable, "-m", "tests.contracts.copies.killed_copies", first, second, target, str(count)]
    result = subprocess.run(command, cwd=_ROOT, stdout=subprocess.PIPE, check=True)
    states: Mapping[str, int] = json.loads(result.stdout)
    return states


def _main(first: str, second: str, target: str, count: int) -> None:
    rng = random.Random(count)  # noqa: S311 - the same moments for the same seed
    contents = {address: _read(address) for address in (first, second, "")}
    states, current, duration = Counter[str](), "", 0.0
    for _ in range(count):
        source = second if current == first else first
        seconds = _kill(source, target, rng.uniform(0, 1.5 * duration) if states else 60.0)
        current = next((address for address in contents if contents[address] == _read(target)), "half a copy")
        if current == source:
            duration = seconds
        states["complete" if current == source else "before" if current in contents else current] += 1
    sys.stdout.write(json.dumps(states))


def _read(address: str) -> _Rows:
    """Return all rows; nothing for a store that is empty or absent, and for no address."""
    try:
        with open_source(address) as tables:
            rows = read(tables)
    except CopyRefused:
        return {}
    return rows if any(rows.values()) else {}


def _kill(source: str, target: str, seconds: float) -> float:
    """Kill a copy after some seconds; return how long it ran."""
    start = time.monotonic()
    pid = os.fork()
    if pid == 0:
        try:
            copy(source, target, replace=True)
        finally:
            os._exit(0)  # the stack of the parent is not the child's
    while time.monotonic() < start + seconds:
        if os.waitpid(pid, os.WNOHANG)[0]:
            return time.monotonic() - start
        time.sleep(0.001)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return time.monotonic() - start


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))

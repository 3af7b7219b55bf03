"""A PostgreSQL of the bench's own, with its default settings: Debian's programs, a temporary folder and a loopback port."""

import os
import pwd
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench.comparison.processes import ended, free_port, on_cores

_ACCOUNT = "postgres"
"""PostgreSQL refuses to run as root; Debian's package makes this account."""
_PATIENCE = 60.0


def _programs() -> Path | None:
    """Return the folder of the newest version that is installed."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return folders[-1] if folders else None


def is_installed() -> bool:
    """Return whether a server can be started."""
    return _programs() is not None


@contextmanager
def run_postgres(cores: Sequence[int]) -> Iterator[str]:
    """Run a server until the block ends; yield the address of an empty database."""
    programs, port = _programs(), free_port()
    assert programs is not None
    account = pwd.getpwnam(_ACCOUNT) if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    as_root = os.getuid() == 0
    identity: dict[str, Any] = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if as_root else {}
    with TemporaryDirectory() as name:
        os.chown(name, account.pw_uid, account.pw_gid)
        initdb = [str(programs / "initdb"), "--pgdata", f"{name}/data", "--username", "afterword", "--auth", "trust"]
        _call([*initdb, "--encoding", "UTF8", "--locale", "C.UTF-8"], identity)
        options = ["-D", f"{name}/data", "-c", "listen_addresses=127.0.0.1", "-p", str(port), "-k", name]
        with Path(name, "log").open("wb") as log:
            process = subprocess.Popen(
                on_cores(cores, str(programs / "postgres"), *options), stdout=log, stderr=log, cwd="/", **identity
            )
        with ended(process, signal.SIGINT):  # it would wait for its clients on SIGTERM
            _create_database([str(programs / "createdb"), "-h", "127.0.0.1", "-p", str(port)], identity)
            yield f"postgresql://afterword@127.0.0.1:{port}/comments"


def _call(command: Sequence[str], identity: dict[str, Any]) -> None:
    subprocess.run(command, check=True, capture_output=True, cwd="/", **identity)


def _create_database(createdb: Sequence[str], identity: dict[str, Any]) -> None:
    """Create the database as soon as the server accepts connections."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            _call([*createdb, "-U", "afterword", "comments"], identity)
        except subprocess.CalledProcessError:
            assert time.monotonic() < deadline, "PostgreSQL does not start"
            time.sleep(0.1)
        else:
            return

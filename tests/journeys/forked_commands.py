"""Commands of the command line as processes of their own, forked from one that has imported everything.

`python -m tests.journeys.forked_commands` reads a command a line, as JSON, and answers with the id of its process. The
status of a process and its output are files in the command's folder.
"""

import asyncio
import gc
import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import coverage

from app.cli.main import main
from tests.journeys.conftest import environment
from tests.journeys.forked_services import prepare
from tests.journeys.processes import wait_until


@dataclass(frozen=True, slots=True)
class Result:
    """How a process ended: the exit status is negative if a signal ended it."""

    status: int
    output: str
    errors: str


class RunningCommand:
    """A process that runs a command."""

    def __init__(self, pid: int, folder: Path) -> None:
        self.pid = pid
        self._folder = folder

    def kill(self) -> None:
        """End the process with SIGKILL."""
        os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> Result:
        """Wait until the process has ended."""
        wait_until((self._folder / "status").exists)
        output, errors = ((self._folder / name).read_text(encoding="utf-8") for name in ("output", "errors"))
        return Result(int((self._folder / "status").read_text()), output, errors)


class Commands:
    """Starts commands in a folder, with settings by their names without the prefix."""

    def __init__(self, process: "subprocess.Popen[str]", folder: Path) -> None:
        self._process = process
        self._folder = folder
        self._count = 0

    def start(self, *arguments: str, cwd: Path, **settings: str | None) -> RunningCommand:
        """Start a command."""
        self._count += 1
        folder = self._folder / str(self._count)
        folder.mkdir()
        command = {
            "arguments": arguments,
            "folder": str(folder),
            "cwd": str(cwd),
            "environment": environment(**settings) | {"XDG_STATE_HOME": str(self._folder / "state")},
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        return RunningCommand(int(self._process.stdout.readline()), folder)

    def run(self, *arguments: str, cwd: Path, **settings: str | None) -> Result:
        """Run a command to its end."""
        return self.start(*arguments, cwd=cwd, **settings).wait()


@contextmanager
def start_commands(folder: Path) -> Iterator[Commands]:
    """Start the process that forks commands; their files are in the folder."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.journeys.forked_commands"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(),
        text=True,
    ) as process:
        yield Commands(process, folder)
        assert process.stdin is not None
        process.stdin.close()


def _serve() -> None:
    asyncio.run(prepare())
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # a guardian that has ended needs no parent
    for line in sys.stdin:
        reading_end, writing_end = os.pipe()
        if os.fork() == 0:
            _guard(json.loads(line), writing_end)
        os.close(writing_end)
        print(os.read(reading_end, 32).decode().strip(), flush=True)  # noqa: T201 - what the test waits for
        os.close(reading_end)


def _guard(command: dict[str, object], writing_end: int) -> None:
    """Run a command in a child, and write its status once it has ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        _run(command)
    os.write(writing_end, f"{pid}\n".encode())
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    folder = Path(str(command["folder"]))
    (folder / "status.new").write_text(str(status))
    (folder / "status.new").rename(folder / "status")
    os._exit(0)


def _run(command: dict[str, object]) -> None:
    folder = Path(str(command["folder"]))
    for name, descriptor in (("output", 1), ("errors", 2)):
        file = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(file, descriptor)
    os.environ.clear()
    variables, arguments = command["environment"], command["arguments"]
    assert isinstance(variables, dict)
    assert isinstance(arguments, list)
    os.environ.update(variables)
    os.chdir(str(command["cwd"]))
    sys.argv = ["afterword", *arguments]
    status = 70
    try:
        main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0
    except BaseException:  # noqa: BLE001 - the parent's stack is not this child's to unwind
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    measurement = coverage.Coverage.current()
    if measurement is not None:
        measurement.stop()
        measurement.save()
    os._exit(status)


if __name__ == "__main__":
    _serve()

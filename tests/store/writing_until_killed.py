"""A process that changes a store repeatedly, and prints each step after its commit, until it is killed."""

import asyncio
import subprocess
import sys
from pathlib import Path

from app.domain.records import SiteRecord
from app.ports.mirror import Change
from app.store.sqlite import SqliteStore
from tests.contracts.mirrors import REPO, comment, etag, issue
from tests.store.files import open_store

ROOT = Path(__file__).parents[2]
WIDTH = 20


def step_change(step: int) -> Change:
    """Return one step: two threads, every comment, the site and an ETag contain its number."""
    text = str(step)
    at = float(step)
    return Change(
        repo=REPO,
        at=at,
        site=SiteRecord(REPO, 1, "jane/blog"),
        site_update={"checked_at": at},
        issues=(issue(1, WIDTH, title=text), issue(2, WIDTH, title=text)),
        comments=tuple(comment(number * 1000 + n, number, text) for number in (1, 2) for n in range(WIDTH)),
        complete_threads=frozenset([1, 2]),
        etags={"step": text},
    )


async def main(path: str, first: int) -> None:
    store = await SqliteStore.open(path, process_id="writer")
    step = first
    while True:
        await store.mirror.apply(step_change(step))
        print(step, flush=True)  # noqa: T201 - what the test waits for
        step += 1


class WriterProcess:
    """The process, as its parent controls it."""

    def __init__(self, path: Path) -> None:
        command = [sys.executable, "-m", "tests.store.writing_until_killed", str(path), "1"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self._last_step = 0

    def makes_progress(self) -> bool:
        """Wait until it prints another step, and return True."""
        assert self._process.stdout is not None
        self._last_step = int(self._process.stdout.readline())
        return True

    def kill(self) -> int:
        """Kill it and return the last step that it printed."""
        with self._process as process:
            process.kill()
            assert process.stdout is not None
            lines = [line for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
        return int(lines[-1]) if lines else self._last_step


def kill_while_writing(path: Path, first: int, patience: float) -> int:
    """Start a writer, kill it some time after its first commit, and return the last step that it printed."""
    command = [sys.executable, "-m", "tests.store.writing_until_killed", str(path), str(first)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        first_line = writer.stdout.readline()
        try:
            writer.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            writer.kill()
        output = first_line + writer.stdout.read()
        assert writer.wait() == -9
    return int(output[: output.rindex("\n")].split("\n")[-1])


async def stored_step(path: Path) -> int:
    """Return the step of the store after checking that all its contents belong to this step."""
    store = await open_store(path)
    mirror = store.mirror
    site, step = await mirror.site(REPO), await etag(mirror, "step")
    threads = await mirror.threads(REPO)
    comments = [item for number in (1, 2) for item in await mirror.comments(REPO, number)]
    await store.close()
    assert site is not None
    assert step is not None
    change = step_change(int(step))
    assert site == SiteRecord(REPO, 1, "jane/blog", checked_at=change.at)
    assert tuple(record.issue for record in reversed(threads)) == change.issues
    assert tuple(comments) == change.comments
    assert len(comments) == 2 * WIDTH
    return int(step)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))

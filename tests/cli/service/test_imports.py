"""A stop does not wait for imports."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.service.imports import import_beside

_STOPPED_PROCESS = """
import asyncio
from app.cli.service.imports import end_process, import_beside

async def run():
    task = asyncio.create_task(import_beside(["endless_import"]))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])

asyncio.run(run())
print("closed")
end_process(3)
"""


def test_process_ends_in_an_import(tmp_path: Path) -> None:
    (tmp_path / "endless_import.py").write_text("import threading\nthreading.Event().wait()\n")
    root = str(Path(__file__).parents[3])
    process = subprocess.run(
        [sys.executable, "-c", _STOPPED_PROCESS],
        env={"PYTHONPATH": f"{root}:{tmp_path}"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (process.returncode, process.stdout, process.stderr) == (3, "closed\n", "")


async def test_failed_import_is_raised() -> None:
    with pytest.raises(ModuleNotFoundError, match="there_is_none"):
        await import_beside(["there_is_none"])

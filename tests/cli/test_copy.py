"""`afterword copy` in this process: what it prints, and how it ends."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli import copy as command
from app.cli.main import main
from app.ports.copies.tables import TABLES
from tests.contracts.copies.stores import fill, sqlite

Run = Callable[..., tuple[int | str | None, str, str]]
"""Runs a command; returns the exit status, standard output and standard error."""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the address of a store with something in each table."""
    durable = sqlite(tmp_path_factory.mktemp("source"), "afterword")

    async def make() -> None:
        async with durable.opened() as store:
            await fill(store)

    asyncio.run(make())
    return durable.address


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)

    def run_command(*arguments: str) -> tuple[int | str | None, str, str]:
        monkeypatch.setattr(sys, "argv", ["afterword", "copy", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        output = capsys.readouterr()
        return end.value.code, output.out, output.err

    return run_command


def test_report_counts_what_was_copied(run: Run, source: str) -> None:
    status, output, errors = run(source, "sqlite:///copy.db")
    assert (status, errors) == (0, "")
    assert output.startswith(f"Copied {source.removeprefix('sqlite:///')} to copy.db: 2 repositories, 3 issues and ")
    assert output.endswith(", 2 comments, 1 deleted and transferred issues, 3 waiting jobs, 1 webhook deliveries.\n")


def test_report_for_machines_counts_every_table(run: Run, source: str) -> None:
    status, output, errors = run(source, "sqlite:///copy.db", "--json")
    report = json.loads(output)
    assert (status, errors) == (0, "")
    assert report["to"] == "copy.db"
    assert list(report["copied"]) == [table.name for table in TABLES]
    assert all(report["copied"].values())


def test_long_copy_reports_its_progress(run: Run, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_SECONDS_BETWEEN_LINES", 0.0)
    lines = run(source, "sqlite:///copy.db")[2].splitlines()
    assert lines[0] == f"2 of {lines[0].split()[2]} rows copied"
    assert lines[-1] == f"{lines[0].split()[2]} of {lines[0].split()[2]} rows checked"


@pytest.mark.parametrize(
    ("addresses", "reason"),
    [
        (["memory:", "sqlite:///copy.db"], "A store in memory ends with its process: there is nothing to copy."),
        (["{source}", "memory:"], "A store in memory would end with this command."),
        (["mysql://x", "sqlite:///copy.db"], "'mysql://x' is not a store."),
        (["sqlite:///:memory:", "sqlite:///copy.db"], "'sqlite:///:memory:' is not a store."),
        (["sqlite:///absent.db", "sqlite:///copy.db"], "There is no store absent.db."),
        (["{source}", "{source}"], "are the same store"),
        (["{source}", "{source}", "--replace"], "are the same store"),
        (["{source}", "sqlite:///absent/copy.db"], "there is no folder absent"),
        (["{source}"], "Missing argument 'TO'"),
    ],
)
def test_refusal_is_one_sentence(run: Run, source: str, tmp_path: Path, addresses: list[str], reason: str) -> None:
    status, output, errors = run(*(address.format(source=source) for address in addresses))
    assert (status, output) == (2, "")
    assert reason in errors
    assert len(errors.splitlines()) == 1
    assert not list(tmp_path.iterdir())

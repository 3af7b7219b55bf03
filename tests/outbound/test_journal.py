"""The journal outlives its process, and has one at a time."""

from pathlib import Path

import pytest

from app.domain.errors import CannotStart
from app.domain.sites import repository
from app.outbound.writing.journal import open_journal, state_folder

API, REPO = "https://api.github.com", repository("Ada/Blog")


def test_pending_pages_outlive_a_process(tmp_path: Path) -> None:
    with open_journal(tmp_path, API, REPO) as journal:
        for digest in ("a", "b", "c"):
            journal.begin(digest, 1.5)
        journal.end("b")
    with open_journal(tmp_path, API, repository("ada/blog")) as journal:
        assert journal.pending() == {"a": 1.5, "c": 1.5}
        journal.end("a")
        journal.end("c")
        journal.end("absent")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b""]


def test_a_torn_line_is_passed_over(tmp_path: Path) -> None:
    with open_journal(tmp_path, API, REPO) as journal:
        journal.begin("a", 1.0)
    [path] = tmp_path.iterdir()
    with path.open("ab") as file:
        file.write(b'\n{"digest": "b", "a')
    with open_journal(tmp_path, API, REPO) as journal:
        assert journal.pending() == {"a": 1.0}
        journal.begin("c", 2.0)
    with open_journal(tmp_path, API, REPO) as journal:
        assert journal.pending() == {"a": 1.0, "c": 2.0}


def test_two_processes_exclude_each_other(tmp_path: Path) -> None:
    with open_journal(tmp_path, API, REPO):
        with (
            pytest.raises(CannotStart, match="Another `posts create` for Ada/Blog runs"),
            open_journal(tmp_path, API, REPO),
        ):
            pass
        with (
            open_journal(tmp_path, API, repository("ada/other")),
            open_journal(tmp_path, "http://ghe:8080/api/v3", REPO),
        ):
            pass
    with open_journal(tmp_path, API, REPO):
        pass


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotStart, match="XDG_STATE_HOME"), open_journal(tmp_path / "file" / "state", API, REPO):
        pass


def test_the_state_folder_follows_the_environment() -> None:
    assert state_folder({"XDG_STATE_HOME": "/state", "HOME": "/home/ada"}) == Path("/state/afterword")
    assert state_folder({"HOME": "/home/ada"}) == Path("/home/ada/.local/state/afterword")

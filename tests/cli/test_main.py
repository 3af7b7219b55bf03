"""The command line in this process: what ends before anything is opened."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.cli.main import main

COMMANDS = ("serve", "sync", "demo", "doctor", "status", "counts", "posts create", "posts list")
Output = tuple[int | str | None, str, str]
"""Exit status, standard output, standard error."""


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in a folder without a file .env."""
    monkeypatch.chdir(tmp_path)


def _run(arguments: Sequence[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Output:
    monkeypatch.setattr(sys, "argv", ["python -m app", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    output = capsys.readouterr()
    return end.value.code, output.out, output.err


@pytest.mark.parametrize(
    ("repo", "settings", "reason"),
    [
        ("blog", {}, "'blog' is not a repository. Write it as owner/name"),
        ("https://github.com/ada/blog", {}, "is not a repository. Write it as owner/name"),
        ("ada/blog", {"GITHUB_TOKEN": "two words"}, "AFTERWORD_GITHUB_TOKEN: the token holds a space"),
        ("ada/blog", {"STORE": "mysql://x"}, "AFTERWORD_STORE: 'mysql://x' is not a store"),
        ("ada/blog", {"CACHE_MB": "lots"}, "AFTERWORD_CACHE_MB: input should be a valid integer"),
        ("ada/blog", {"CATALOGUE_MB": "lots"}, "AFTERWORD_CATALOGUE_MB: input should be a valid integer"),
        ("ada/blog", {"ORIGINS": "blog.example.com"}, "AFTERWORD_ORIGINS: 'blog.example.com' is not an"),
    ],
)
@pytest.mark.parametrize("command", ["serve", "sync"])
def test_wrong_setting_ends_with_one_sentence(
    command: str,
    repo: str,
    settings: dict[str, str],
    reason: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"AFTERWORD_{name}", value)
    status, _, errors = _run([command, "--repo", repo], monkeypatch, capsys)
    assert status == 2
    assert reason in errors
    assert len(errors.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        *([*command.split(), "--help"] for command in COMMANDS),
    ],
)
def test_each_command_explains_itself(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status, output, _ = _run(arguments, monkeypatch, capsys)
    assert status == 0
    assert "Usage: python -m app" in output

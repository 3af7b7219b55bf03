"""The command line in this process: what ends before anything is opened."""

import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from app.cli.main import main

COMMANDS = ("serve", "sync", "demo", "doctor", "status", "counts", "posts create", "posts list", "copy")
ROOT = Path(__file__).parents[2]
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
        ("ada/blog", {"CACHE_MB": "lots"}, "AFTERWORD_CACHE_MB: 'lots' cannot be used. Write a whole number"),
        ("ada/blog", {"CATALOGUE_MB": "lots"}, "AFTERWORD_CATALOGUE_MB: 'lots' cannot be used."),
        ("ada/blog", {"PORT": "99999"}, "AFTERWORD_PORT: '99999' cannot be used. Write 65535 or less"),
        ("ada/blog", {"HOLD_LINKS": "0"}, "AFTERWORD_HOLD_LINKS: '0' cannot be used. Write 1 or more"),
        ("ada/blog", {"PICTURES_MB": "9" * 9}, "Write 1048576 or less"),
        ("ada/blog", {"FRESH_FOR": "soon"}, "AFTERWORD_FRESH_FOR: 'soon' cannot be used. Write a number"),
        (
            "ada/blog",
            {"ALLOW_PRIVATE": "maybe"},
            "AFTERWORD_ALLOW_PRIVATE: 'maybe' cannot be used. Write true or false",
        ),
        ("ada/blog", {"SHOW": "approval"}, "'approval' cannot be used. Write all, associations or approved"),
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


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["server"], "No such command 'server'. Did you mean 'serve'? See python -m app --help."),
        (["demo", "--port", "x"], "Invalid value for '--port': write a whole number. See python -m app demo --help."),
        (["serve", "--port", "9" * 5000], "Invalid value for '--port': Unable to parse input string as an integer"),
        (["posts", "create", "--limit", "0"], "Invalid value for '--limit': write at least 1. See "),
        (["doctor", "--ignore", "clumsy"], "--ignore: 'clumsy' is no rule. Write one as missing-issue"),
        (["doctor", "--json", "--format", "sarif"], "--json: it contradicts --format sarif. Write one of them"),
    ],
)
def test_wrong_command_line_ends_with_one_sentence(
    arguments: list[str], sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AFTERWORD_REPO", "ada/blog")
    status, output, errors = _run(arguments, monkeypatch, capsys)
    assert (status, output) == (2, "")
    assert errors.startswith(f"Afterword: {sentence}")
    assert len(errors.splitlines()) == 1


@pytest.mark.parametrize("command", ["serve", "posts create"])
def test_help_fills_its_lines(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    _, output, _ = _run([*command.split(), "--help"], monkeypatch, capsys)
    lines = [line.strip() for line in output.partition("─")[0].split("Usage:", 1)[1].splitlines()]
    follow_ups = [(line, after) for line, after in pairwise(lines) if line and after]
    assert follow_ups
    assert all(len(line) + len(after.split()[0]) > 70 for line, after in follow_ups)


def test_list_of_commands_says_what_their_help_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    _, commands, _ = _run(["--help"], monkeypatch, capsys)
    for name in dict.fromkeys(command.split()[0] for command in COMMANDS):
        _, text, _ = _run([name, "--help"], monkeypatch, capsys)
        summary = text.strip().splitlines()[2].strip()
        assert summary in commands, name
        assert len(summary) > len(name), name


def test_serve_imports_no_unused_library() -> None:
    unused = {"typer", "rich", "pydantic_settings", "psycopg", "app.store.memory.mirror"}
    code = "import app.cli.service.start, app.bootstrap.application, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert "app.bootstrap.application" in loaded.split()
    assert not unused & set(loaded.split())

"""The README's workflow, step by step, in clones of a real repository."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped] # its stubs are no dependency

from app.simulator.http.server import run_simulator
from app.simulator.world.world import World
from tests.journeys.conftest import environment
from tests.journeys.forked_commands import Commands, start_commands

TOKEN = "ghs_0123456789abcdefghijklmnopqrstuvwxyz"
PAGE = "---\ntitle: {}\n---\n"


def _workflow() -> dict[str, Any]:
    readme = Path("README.md").read_text(encoding="utf-8")
    block = readme.partition("```yaml\nname: Threads")[2].partition("\n```")[0]
    return dict(yaml.safe_load(f"name: Threads{block}"))


def _steps() -> dict[str, dict[str, Any]]:
    [job] = _workflow()["jobs"].values()
    return {step["name"]: step for step in job["steps"] if "name" in step}


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    with start_commands(tmp_path_factory.mktemp("commands")) as commands:
        yield commands


@pytest.fixture
def tools(tmp_path: Path) -> dict[str, str]:
    """Return an environment without the machine's configuration of git."""
    return {
        **environment(),
        "HOME": str(tmp_path),
        "GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
        "GITHUB_REPOSITORY": "ada/blog",
    }


def _shell(script: str, folder: Path, variables: dict[str, str]) -> int:
    """Run a script as a step runs: with bash, until a command fails."""
    return subprocess.run(["bash", "-e", "-c", script], cwd=folder, env=variables, check=False).returncode


def _arguments(script: str, folder: Path, variables: dict[str, str]) -> list[str]:
    """Return the arguments with which a script calls `afterword`."""
    assert _shell(f"afterword() {{ printf '%s\\n' \"$@\" >../arguments; }}\n{script}", folder, variables) == 0
    return (folder.parent / "arguments").read_text().splitlines()


def _push(folder: Path, variables: dict[str, str], **pages: str) -> None:
    (folder / "content").mkdir(exist_ok=True)
    for name, title in pages.items():
        (folder / "content" / f"{name}.md").write_text(PAGE.format(title))
    identity = "-c user.name=Ada -c user.email=ada@example.com"
    assert _shell(f"git add . && git {identity} commit -qm Write && git push -q origin main", folder, variables) == 0


def test_permissions_and_concurrency_are_as_narrow_as_possible() -> None:
    workflow = _workflow()
    assert workflow["permissions"] == {"contents": "write", "issues": "write"}
    assert workflow["concurrency"] == "threads"
    assert _steps()["Open issues and write their numbers"]["env"] == {"AFTERWORD_GITHUB_TOKEN": "${{ github.token }}"}


def test_workflow_commits_numbers_and_ends(tmp_path: Path, tools: dict[str, str], commands: Commands) -> None:
    steps, world = _steps(), World(lambda: 1_600_000_000)
    world.add_repository("ada/blog")
    world.add_token(TOKEN, "github-actions[bot]")
    clone = "git clone -q origin.git"
    assert _shell(f"git init -q --bare -b main origin.git; {clone} laptop 2>/dev/null", tmp_path, tools) == 0
    _push(tmp_path / "laptop", tools, one="One", two="Two")
    with run_simulator(world) as simulator:
        for run, status in (("first", 1), ("second", 0)):
            assert _shell(f"{clone} {run}", tmp_path, tools) == 0
            checkout = tmp_path / run
            if status:
                (tmp_path / "linked.md").hardlink_to(checkout / "content" / "two.md")  # so that one post fails
            arguments = _arguments(steps["Open issues and write their numbers"]["run"], checkout, tools)
            result = commands.run(*arguments, cwd=checkout, GITHUB_API_URL=simulator.url, GITHUB_TOKEN=TOKEN)
            assert (result.status, "a hard link" in result.errors) == (status, bool(status))
            if status:
                _push(tmp_path / "laptop", tools, three="Three")
            assert _shell(steps["Commit the numbers"]["run"], checkout, tools) == 0
    log = subprocess.run(["git", "--git-dir=origin.git", "log", "--format=%an: %s"], cwd=tmp_path, env=tools, capture_output=True, text=True, check=True).stdout  # fmt: skip
    bot = "github-actions[bot]: Write the numbers of new threads"
    assert log.splitlines() == [bot, bot, "Ada: Write", "Ada: Write"]
    assert _shell("git pull -q", tmp_path / "laptop", tools) == 0
    pages = sorted((tmp_path / "laptop" / "content").iterdir())
    assert [page.read_text() for page in pages] == [
        PAGE.format(title).replace("\n---\n", f"\nghissueid: {number}\n---\n")
        for title, number in (("One", 1), ("Three", 2), ("Two", 3))
    ]

"""`afterword posts list` prints what pages say of themselves, and nothing that changes the terminal."""

from pathlib import Path

import pytest
import typer

from app.cli.posts.create import create
from app.cli.posts.listing import list_posts
from app.outbound.clock import SystemClock
from app.simulator.http.server import run_simulator
from app.simulator.world.sample import sample_world


def test_title_cannot_change_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.md").write_text('---\ntitle: "A\\e[31m \\u202eb"\nghissueid: 41\n---\n')
    list_posts(tmp_path, "ada/blog")
    output = capsys.readouterr().out
    assert "#41" in output
    assert not {"\x1b", "\u202e"} & set(output)


def test_folder_without_posts_is_not_called_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sentence = f"There are no posts in {str(tmp_path)!r}."
    list_posts(tmp_path, "ada/blog")
    assert sentence in capsys.readouterr().err
    with run_simulator(sample_world(SystemClock().now)) as simulator:
        monkeypatch.setenv("AFTERWORD_GITHUB_API_URL", simulator.url)
        with pytest.raises(typer.Exit):
            create(tmp_path, "ada/blog", dry_run=True)
    output = capsys.readouterr()
    assert sentence in output.err
    assert output.out == ""

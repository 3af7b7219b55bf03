"""`afterword posts list` prints what pages say of themselves, and nothing that changes the terminal."""

from pathlib import Path

import pytest

from app.cli.posts.listing import list_posts


def test_title_cannot_change_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.md").write_text('---\ntitle: "A\\e[31m \\u202eb"\nghissueid: 41\n---\n')
    list_posts(tmp_path, "ada/blog")
    output = capsys.readouterr().out
    assert "#41" in output
    assert not {"\x1b", "\u202e"} & set(output)

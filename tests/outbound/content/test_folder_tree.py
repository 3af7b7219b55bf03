"""The files of a folder: where the site's root is, and what is left out."""

from pathlib import Path, PurePosixPath

import pytest

from app.outbound.content.folders import folder_tree
from app.outbound.content.folders.folder_tree import FolderTree
from tests.fakes import FakeClock


def _write(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("text")


def _files(folder: Path) -> list[str]:
    return [str(file.path) for file in FolderTree(folder, FakeClock().now()).files()]


@pytest.mark.parametrize(
    ("configuration", "folder", "content"),
    [
        ("hugo.toml", "content/posts", "content/posts"),
        ("astro.config.mjs", "src/content/blog/en", "src/content/blog/en"),
        (".eleventy.js", "posts", "posts"),
        ("_config.yml", ".", "."),
        ("src/hugo.toml", "src/content", "content"),
        ("README.md", "content", "."),
        ("hugo.toml", "a/b/c/d/e", "."),
        ("config.toml", "content", "content"),
        ("config.toml", "articles", "."),
    ],
)
def test_root_is_where_the_configuration_is(tmp_path: Path, configuration: str, folder: str, content: str) -> None:
    (tmp_path / ".git").mkdir()
    _write(tmp_path, configuration, f"{folder}/post.md")
    tree = FolderTree(tmp_path / folder, FakeClock().now())
    assert tree.content == PurePosixPath(content)
    assert tree.read(tree.content / "post.md", 2) == b"te"


def test_root_is_not_above_the_repository(tmp_path: Path) -> None:
    _write(tmp_path, "hugo.toml", "site/content/post.md", "site/.git/config")
    assert _files(tmp_path / "site/content") == ["post.md"]


def test_data_beside_the_content_is_listed_without_outputs(tmp_path: Path) -> None:
    _write(tmp_path, "hugo.toml", "content/a.md", "data/x.yml", "layouts/index.html", "content/a.jpg", ".cache/x.md")
    _write(tmp_path, "public/a/index.html", "node_modules/x/README.md", "resources/_gen/x.json", "static/logo.svg")
    assert _files(tmp_path / "content") == ["content/a.md", "data/x.yml", "hugo.toml", "layouts/index.html"]


def test_packages_of_the_content_are_left_out(tmp_path: Path) -> None:
    _write(tmp_path, "package.json", "a.md", "node_modules/x/README.md", "b/node_modules/post.md")
    assert _files(tmp_path) == ["a.md", "b/node_modules/post.md", "package.json"]


def test_names_that_are_not_text_are_shown_as_text(tmp_path: Path) -> None:
    (tmp_path / "caf\udce9.md").write_text("text")
    tree = FolderTree(tmp_path, FakeClock().now())
    assert [str(file.path) for file in tree.files()] == ["caf\ufffd.md"]
    assert tree.read(PurePosixPath("caf\ufffd.md"), 9) == b"text"


def test_file_that_becomes_a_pipe_blocks_nothing(tmp_path: Path) -> None:
    _write(tmp_path, "a.md")
    tree = FolderTree(tmp_path, FakeClock().now())
    (tmp_path / "a.md").unlink()
    (tmp_path / "a.md").mkdir()
    with pytest.raises(OSError, match=r"directory|regular"):
        tree.read(PurePosixPath("a.md"), 9)


def test_version_of_a_new_file_holds_once(tmp_path: Path) -> None:
    _write(tmp_path, "a.md")
    written_at = (tmp_path / "a.md").stat().st_ctime
    soon = [FolderTree(tmp_path, written_at + 0.01).files()[0].version for _ in range(2)]
    later = [FolderTree(tmp_path, written_at + 5).files()[0].version for _ in range(2)]
    assert soon[0] != soon[1]
    assert later[0] == later[1]


def test_folder_with_too_many_files_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_tree, "MAX_FILES", 3)
    _write(tmp_path, *(f"{number}/a.md" for number in range(9)))
    assert FolderTree(tmp_path, FakeClock().now()).is_too_large


def test_hidden_files_that_generators_read_are_listed(tmp_path: Path) -> None:
    _write(tmp_path, "mkdocs.yml", ".gitignore", "docs/blog/.meta.yml", "docs/.eleventyignore", "docs/.private.md")
    assert _files(tmp_path / "docs") == [".gitignore", "docs/.eleventyignore", "docs/blog/.meta.yml", "mkdocs.yml"]

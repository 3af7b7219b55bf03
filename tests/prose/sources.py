"""Python sources as parsed trees, and the findings that a rule reports about them."""

import ast
import gc
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
DATA = Path(__file__).parent


@dataclass(frozen=True)
class Source:
    """A Python file: its path from the root of the repository, its text and its tree."""

    path: str
    text: str
    tree: ast.Module


@dataclass(frozen=True, order=True)
class Finding:
    """A word that breaks a rule, where it stands and what to say instead."""

    path: str
    line: int
    word: str
    advice: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.word} – {self.advice}"


def parse(text: str, path: str = "app/example.py") -> Source:
    """Return the source for a text, for example one that a test gives."""
    return Source(path, text, ast.parse(text))


@cache
def python_sources(folder: str) -> tuple[Source, ...]:
    """Return the parsed Python files below a folder of the repository, sorted by path."""
    paths = sorted((ROOT / folder).rglob("*.py"))
    was_enabled = gc.isenabled()
    gc.disable()  # the trees stay, and each search for garbage would walk through all of them
    try:
        return tuple(parse(path.read_text(), path.relative_to(ROOT).as_posix()) for path in paths)
    finally:
        if was_enabled:
            gc.enable()


def is_inside(path: str, folders: Iterable[str]) -> bool:
    """Return whether a path is one of the folders or lies below one."""
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def read_rows(name: str) -> Iterator[list[str]]:
    """Yield the rows of a data file in this folder, split at semicolons, without comments and blank lines."""
    for line in (DATA / name).read_text().splitlines():
        if line and not line.startswith("#"):
            yield [cell.strip() for cell in line.split(";")]

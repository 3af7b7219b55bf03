"""The corpus of hostile comments: HTML vectors, and the pieces of tag soup."""

from collections.abc import Iterable
from pathlib import Path

_ESCAPES = {r"\n": "\n", r"\t": "\t", r"\r": "\r", r"\0": "\0", r"\x01": "\x01"}


def read_lines(file: str) -> list[str]:
    """Return the lines of a file of this folder, without comments and empty lines."""
    lines = (Path(__file__).parent / file).read_text(encoding="utf-8").split("\n")
    return [line for line in lines if line and not line.startswith("# ")]


def replace_escapes(lines: Iterable[str]) -> list[str]:
    r"""Return the lines with escapes such as `\n` replaced by the characters."""
    texts = list(lines)
    for escape, character in _ESCAPES.items():
        texts = [text.replace(escape, character) for text in texts]
    return texts


def vectors() -> list[str]:
    """Return the hostile comments of `vectors.txt`."""
    return replace_escapes(read_lines("vectors.txt"))

"""Lines for the owner on a console."""

import sys
import unicodedata
from typing import Any, Protocol

_JOINERS = "\u200c\u200d"
"""Parts of emoji and words."""


class LineConsole(Protocol):
    """What lines are printed on: rich's console, or a `PlainConsole`."""

    @property
    def is_terminal(self) -> bool:
        """Return whether somebody watches."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print a line."""


class PlainConsole:
    """Standard error. It needs no library, as rich's console does, and does no more than print lines."""

    def __init__(self, *, is_terminal: bool | None = None) -> None:
        """None: ask standard error whether it is a terminal."""
        self.is_terminal = sys.stderr.isatty() if is_terminal is None else is_terminal

    def print(self, *objects: Any, **_options: Any) -> None:
        """Print a line."""
        sys.stderr.write(f"{' '.join(map(str, objects))}\n")
        sys.stderr.flush()


def print_line(console: LineConsole, text: str) -> None:
    """Print a line as it is: no markup, no highlighting, no line breaks at the terminal's width."""
    console.print(text, highlight=False, soft_wrap=True, markup=False)


def displayable(path: str) -> str:
    """Return a path in which bytes that are not UTF-8 are replaced, as JSON and terminals need it."""
    return path.encode("utf-8", errors="surrogateescape").decode("utf-8", errors="replace")


def printable(text: str) -> str:
    """Return text from outside without line ends and characters that control a terminal or reorder a line."""
    return "".join(" " if _is_control(char) else char for char in displayable(text))


def _is_control(char: str) -> bool:
    return char not in _JOINERS and unicodedata.category(char)[0] in "CZ"

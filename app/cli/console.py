"""Lines for the owner on a console."""

import unicodedata

from rich.console import Console

_JOINERS = "\u200c\u200d"
"""Parts of emoji and words."""


def print_line(console: Console, text: str) -> None:
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

"""Lines for the owner on a console."""

from rich.console import Console


def print_line(console: Console, text: str) -> None:
    """Print a line as it is: no markup, no highlighting, no line breaks at the terminal's width."""
    console.print(text, highlight=False, soft_wrap=True, markup=False)

"""An edit of a text: one span is replaced, and everything else stays as it is."""

import re
from dataclasses import dataclass

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Edit:
    """Replaces the characters from `start` up to `end` by `text`; an insertion has both the same."""

    start: int
    end: int
    text: str

    def apply(self, text: str) -> str:
        """Return the text with this edit."""
        return text[: self.start] + self.text + text[self.end :]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a text, whose `end` is before its line end; `next` is where the next line starts."""

    start: int
    end: int
    next: int
    text: str

    @property
    def indent(self) -> str:
        """Return the blanks at its start."""
        return self.text[: len(self.text) - len(self.text.lstrip(" \t"))]


def split_lines(text: str, start: int, end: int) -> list[Line]:
    """Return the lines of a span; a line end outside the span belongs to no line."""
    lines: list[Line] = []
    position = start
    while position < end:
        match = _LINE_END.search(text, position, end)
        stop, next_start = match.span() if match else (end, end)
        lines.append(Line(position, stop, next_start, text[position:stop]))
        position = next_start
    return lines


def line_end_of(text: str, near: int) -> str:
    """Return the line end of the line before an index, or that of the file; a line feed if it has one line."""
    before = list(_LINE_END.finditer(text, max(0, near - 4096), near))
    match = before[-1] if before else _LINE_END.search(text)
    return match.group() if match else "\n"


def insert_lines(text: str, index: int, *lines: str) -> Edit:
    """Return the insertion of whole lines where a line starts, or behind an unfinished line."""
    if text[index - 1 : index + 1] == "\r\n":
        index -= 1
    newline = line_end_of(text, index)
    if index == 0 or text[index - 1] in "\r\n\ufeff":
        return Edit(index, index, "".join(line + newline for line in lines))
    return Edit(index, index, "".join(newline + line for line in lines))

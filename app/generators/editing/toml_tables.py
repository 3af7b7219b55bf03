"""Where a number goes in a block of TOML: into an empty field, else behind the last field of its table.

A line belongs to no text or array of several lines if TOML can be read up to it. That is how headers are told from
lines that only look like them.
"""

import re

from app.generators.editing.edits import Edit, Line, insert_lines, split_lines
from app.generators.editing.fields import FieldStyle
from app.generators.fences import Block
from app.generators.formats.nodes import Unreadable
from app.generators.formats.toml import read_toml

_FIELD = re.compile(
    r"[ \t]*(?P<quote>[\"']?)(?P<key>[\w-]+)(?P=quote)[ \t]*=[ \t]*(?P<value>\"\"|''|\[\]|\{\})?[ \t]*(?:#.*)?"
)
_ANY_FIELD = re.compile(r"[ \t]*(?P<quote>[\"']?)(?P<key>[\w-]+)(?P=quote)[ \t]*=.*")
_HEADER = re.compile(r"[ \t]*\[[ \t]*(?P<name>[^\[\]]+?)[ \t]*\][ \t]*(?:#.*)?")
_MOST_CHARACTERS = 262_144
_MOST_HEADERS = 200
"""A table header is found by reading everything before it."""


def edit_toml(text: str, block: Block, number: int, style: FieldStyle) -> tuple[Edit, ...]:
    """Return the one edit that gives a block of TOML the number. Raises `ValueError` if its field is not empty."""
    if block.end - block.start > _MOST_CHARACTERS:
        raise ValueError(f"its front matter has more than {_MOST_CHARACTERS} characters. Write the number by hand")
    lines = split_lines(text, block.start, block.end)
    headers = _headers(text, block, lines)
    tables = _tables(lines, headers)
    for name in dict.fromkeys((style.table or "", *style.nested_tables)):
        fields = [line for line in tables.get(name, []) if _names(line, style)][:_MOST_HEADERS]
        own = [line for line in fields if _is_complete(text[block.start : line.start])]
        if own:
            return (_fill(own, number, style),)
    if style.table is None or style.table in tables:
        return (_insert(text, block, lines, tables, f"{style.key} = {number}", style.table or ""),)
    if any(line.text.lstrip().startswith(f"{style.table}.") for line in tables[""]):
        return (_insert(text, block, lines, tables, f"{style.table}.{style.key} = {number}", ""),)
    return (insert_lines(text, block.end, "", f"[{style.table}]", f"{style.key} = {number}"),)


def _headers(text: str, block: Block, lines: list[Line]) -> list[Line]:
    """Return the lines that begin a table or an element of an array of tables."""
    candidates = [line for line in lines if line.text.lstrip(" \t").startswith("[")]
    if len(candidates) > _MOST_HEADERS:
        raise ValueError("it has too many tables. Write the number by hand")
    return [line for line in candidates if _is_complete(text[block.start : line.start])]


def _is_complete(text: str) -> bool:
    try:
        read_toml(text)
    except Unreadable:
        return False
    return True


def _tables(lines: list[Line], headers: list[Line]) -> dict[str, list[Line]]:
    """Return the lines of each table without its header; those before the first header belong to ``""``."""
    tables: dict[str, list[Line]] = {"": []}
    name, starts = "", {line.start for line in headers}
    for line in lines:
        if line.start in starts:
            header = _HEADER.fullmatch(line.text)
            name = header["name"].strip("\"'") if header else line.text
            tables[name] = []
        else:
            tables[name].append(line)
    return tables


def _names(line: Line, style: FieldStyle) -> bool:
    match = _ANY_FIELD.fullmatch(line.text)
    return match is not None and style.names(match["key"])


def _fill(own: list[Line], number: int, style: FieldStyle) -> Edit:
    match = _FIELD.fullmatch(own[0].text)
    if len(own) > 1 or match is None or match["value"] is None:
        raise ValueError(style.refusal)
    start, end = own[0].start + match.start("value"), own[0].start + match.end("value")
    is_quoted = match["value"][0] in "\"'"
    return Edit(start + 1, start + 1, str(number)) if is_quoted else Edit(start, end, str(number))


def _insert(text: str, block: Block, lines: list[Line], tables: dict[str, list[Line]], field: str, table: str) -> Edit:
    """Return the insertion behind the last field of a table, before the blank lines and comments that follow it."""
    content = [line for line in tables[table] if line.text.strip() and not line.text.lstrip().startswith("#")]
    if content:
        indent = content[-1].indent if _ANY_FIELD.fullmatch(content[-1].text) else ""
        return insert_lines(text, content[-1].next, indent + field)
    if table:
        header = next(line for line in lines if (match := _HEADER.fullmatch(line.text)) and match["name"] == table)
        return insert_lines(text, header.next, field)
    first = next((line for line in lines if line.text.strip()), None)
    return insert_lines(text, first.start if first else block.end, field)

"""Where a number goes in a block of YAML: into an empty field, else in a line of its own at the end.

Only the lines of the outermost level, or of one table in it, are looked at. What YAML makes of the result is the
business of the caller, who reads it again.
"""

import re

from app.generators.editing.edits import Edit, Line, insert_lines, split_lines
from app.generators.editing.fields import FieldStyle
from app.generators.fences import Block

_FIELD = re.compile(r"(?P<indent>[ \t]*)(?P<quote>[\"']?)(?P<key>[^\s:\"'#]+)(?P=quote)[ \t]*:(?P<rest>(?:[ \t].*)?)")
_EMPTY = re.compile(
    r"(?P<blanks>[ \t]*)(?P<value>~|null|Null|NULL|\"\"|''|\[\]|\{\})?(?P<tail>[ \t]*(?:(?<=[ \t])#.*)?)"
)
_NESTED_INDENT = "  "


def edit_yaml(text: str, block: Block, number: int, style: FieldStyle) -> tuple[Edit, ...]:
    """Return the edits that may give a block of YAML the number, the best first.

    Raises `ValueError` if its field is not empty. A line at the end may add a line end to a text before it.
    """
    lines = split_lines(text, block.start, block.end)
    significant = [line for line in lines if line.text.strip() and not line.text.lstrip().startswith("#")]
    indent = significant[0].indent if significant else ""
    top_level = [line for line in significant if line.indent == indent]
    field = _find_empty(top_level, style)
    tables = (*style.nested_tables, *((style.table,) if style.table else ()))
    for table in tables if field is None else ():
        field = field or _find_empty(_children(table, top_level, significant, indent), style)
    if field is not None:
        return (_fill(field, number),)
    if style.table is not None:
        return (_insert_in_table(text, block, number, style, significant),)
    line = f"{indent}{style.key}: {number}"
    at_start = [insert_lines(text, significant[0].start, line)] if significant else []
    return (insert_lines(text, block.end, line), *at_start)


def _find_empty(lines: list[Line], style: FieldStyle) -> Line | None:
    """Return the one line of the empty field, None if the lines do not have the field."""
    fields = [line for line in lines if (match := _FIELD.fullmatch(line.text)) and style.names(match["key"])]
    if not fields:
        return None
    match = _FIELD.fullmatch(fields[0].text)
    if len(fields) > 1 or match is None or not _EMPTY.fullmatch(match["rest"]):
        raise ValueError(style.refusal)
    return fields[0]


def _fill(line: Line, number: int) -> Edit:
    """Return the edit that writes the number behind the colon, or between the quotes that stand there."""
    field = _FIELD.fullmatch(line.text)
    empty = _EMPTY.fullmatch(field["rest"]) if field else None
    if field is None or empty is None:
        raise ValueError("it has a field that cannot be filled. Write the number by hand")
    rest = line.start + field.start("rest")
    if empty["value"]:
        start = rest + empty.start("value")
        is_quoted = empty["value"][0] in "\"'"
        return (
            Edit(start + 1, start + 1, str(number))
            if is_quoted
            else Edit(start, start + len(empty["value"]), str(number))
        )
    if not field["rest"]:
        return Edit(rest, rest, f" {number}")
    needs_blank = field["rest"][1:2] == "#"
    return Edit(rest + 1, rest + 1, f"{number} " if needs_blank else str(number))


def _children(table: str, top_level: list[Line], significant: list[Line], indent: str) -> list[Line]:
    """Return the lines of the level below a table of the outermost level."""
    header = _find_table(table, top_level)
    if header is None:
        return []
    later_fields = [line for line in top_level if line.start > header.start]
    end = later_fields[0].start if later_fields else significant[-1].next + 1
    inside = [line for line in significant if header.start < line.start < end and len(line.indent) > len(indent)]
    return [line for line in inside if line.indent == inside[0].indent]


def _find_table(table: str, lines: list[Line]) -> Line | None:
    matches = ((line, _FIELD.fullmatch(line.text)) for line in lines)
    return next((line for line, match in matches if match and match["key"] == table), None)


def _insert_in_table(text: str, block: Block, number: int, style: FieldStyle, significant: list[Line]) -> Edit:
    """Return the insertion into the table of the style, or of a new one behind everything else."""
    table = style.table or ""
    indent = significant[0].indent if significant else ""
    top_level = [line for line in significant if line.indent == indent]
    header = _find_table(table, top_level)
    if header is not None:
        children = _children(table, top_level, significant, indent)
        child_indent = children[0].indent if children else indent + _NESTED_INDENT
        return insert_lines(text, header.next, f"{child_indent}{style.key}: {number}")
    return insert_lines(text, block.end, f"{indent}{table}:", f"{indent}{_NESTED_INDENT}{style.key}: {number}")

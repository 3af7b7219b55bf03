"""Where a number goes in a JSON object: into an empty member, else behind the last one, in the layout of the file."""

import json
import re
from dataclasses import dataclass

from app.generators.editing.edits import Edit, line_end_of
from app.generators.editing.fields import FieldStyle
from app.generators.fences import Block, Format

_BLANKS = re.compile(r"[ \t\r\n]*")
_COLON = re.compile(r"[ \t\r\n]*:[ \t\r\n]*")
_DECODER = json.JSONDecoder(strict=False)
_NOT_READABLE = "its JSON cannot be read. Write the number by hand"


@dataclass(frozen=True, slots=True)
class _Member:
    """A member of an object: where its key begins, and where its value begins and ends."""

    key: str
    start: int
    value: object
    value_start: int
    end: int


def edit_json(text: str, block: Block, number: int, style: FieldStyle) -> tuple[Edit, ...]:
    """Return the one edit that gives an object, or the members inside one, the number. Raises `ValueError`."""
    start = block.start
    if block.format is not Format.JSON_MEMBERS:
        start = text.find("{", block.start, block.end) + 1
        if start == 0:
            raise ValueError(_NOT_READABLE)
    try:
        members = _members(text, start, block.end)
    except (ValueError, RecursionError, StopIteration):
        raise ValueError(_NOT_READABLE) from None
    own = [member for member in members if style.names(member.key)]
    for table in members if not own else ():
        if table.key in style.nested_tables and isinstance(table.value, dict):
            inside = _members(text, text.index("{", table.value_start) + 1, table.end)
            own += [member for member in inside if style.names(member.key)]
    texts = (str(number), f'"{number}"')  # Hugo prints large numbers of JSON with an exponent, but texts as they stand
    if own:
        return tuple(_fill(own, value, style) for value in texts)
    return tuple(_append(text, start, members, f'"{style.key}"', value) for value in texts)


def _members(text: str, start: int, end: int) -> list[_Member]:
    """Return the members of the object whose inside begins at `start`."""
    members: list[_Member] = []
    position = _skip_blanks(text, start)
    while position < end and text[position] != "}":
        if members:
            if text[position] != ",":
                raise ValueError(_NOT_READABLE)
            position = _skip_blanks(text, position + 1)
        key, key_end = _DECODER.raw_decode(text, position)
        colon = _COLON.match(text, key_end)
        if not isinstance(key, str) or colon is None:
            raise ValueError(_NOT_READABLE)
        value, value_end = _DECODER.raw_decode(text, colon.end())
        members.append(_Member(key, position, value, colon.end(), value_end))
        position = _skip_blanks(text, value_end)
    return members


def _skip_blanks(text: str, position: int) -> int:
    match = _BLANKS.match(text, position)
    return match.end() if match else position


def _fill(own: list[_Member], value: str, style: FieldStyle) -> Edit:
    member = own[0]
    if len(own) > 1 or member.value not in (None, "", [], {}):
        raise ValueError(style.refusal)
    if member.value == "":
        return Edit(member.value_start + 1, member.value_start + 1, value.strip('"'))
    return Edit(member.value_start, member.end, value)


def _append(text: str, start: int, members: list[_Member], key: str, value: str) -> Edit:
    """Return the insertion behind the last member, which is separated and laid out as that one is."""
    if not members:
        spread = re.match(r"[ \t]*[\r\n]", text[start:])
        before = f"{line_end_of(text, start + 1)}  " if spread else ""
        return Edit(start, start, f"{before}{key}: {value}")
    last = members[-1]
    if len(members) > 1:
        gap = text[members[-2].end : last.start]
        before = gap[gap.index(",") + 1 :]
    else:
        before = text[start : last.start] or (" " if text[last.value_start - 1] == " " else "")
    colon = text[_DECODER.raw_decode(text, last.start)[1] : last.value_start]
    return Edit(last.end, last.end, f",{before}{key}{colon}{value}")

"""Where a number goes among lines with one field each: Org, reStructuredText, Nikola, MultiMarkdown, `<meta>`."""

import itertools
import re
from dataclasses import dataclass

from app.generators.editing.edits import Edit, Line, insert_lines, split_lines
from app.generators.editing.fields import FieldStyle
from app.generators.fences import Block, Format


@dataclass(frozen=True, slots=True)
class _Notation:
    """How a field is written in one format."""

    field: re.Pattern[str]
    """Matches the line of a field: `key`, and `value` without the blanks before it."""
    template: str
    continuation: re.Pattern[str] | None = None
    """Matches a line that belongs to the field above."""
    end: re.Pattern[str] | None = None
    """Matches the first line that belongs to no field."""


_NOTATIONS = {
    Format.ORG: _Notation(
        re.compile(r"#\+(?P<key>[^\s:]+):(?P<value>.*)"), "#+{key}: {number}", end=re.compile(r"(?!#\+[^\s:]+:)")
    ),
    Format.RST: _Notation(
        re.compile(r":(?P<key>[^:]+):(?P<value>.*)"),
        ":{key}: {number}",
        continuation=re.compile(r"[ \t]+\S.*"),
        end=re.compile(r"(?!:[^:]+:)"),
    ),
    Format.NIKOLA: _Notation(re.compile(r"\.\. (?P<key>[^\s:]+):(?P<value>.*)"), ".. {key}: {number}"),
    Format.META_LINES: _Notation(
        re.compile(r" {0,3}(?P<key>[A-Za-z0-9_-]+):(?P<value>.*)"),
        "{key}: {number}",
        continuation=re.compile(r" {4,}.*"),
        end=re.compile(r"(?! {0,3}[A-Za-z0-9_-]+:)"),
    ),
}
_META_OPENING = re.compile(r"-{3}(\s.*)?")
_META_TAG = re.compile(r"<meta\b[^<>]*>", re.IGNORECASE)
_META_NAME = re.compile(r"""\bname\s*=\s*(["']?)(?P<name>[^"'\s>]+)\1""", re.IGNORECASE)
_META_EMPTY = re.compile(r"""\bcontent\s*=\s*(?P<quotes>""|'')""", re.IGNORECASE)


def edit_prefixed_lines(text: str, block: Block, number: int, style: FieldStyle) -> tuple[Edit, ...]:
    """Return the one edit that gives such a block the number. Raises `ValueError` if its field is not empty."""
    if block.format is Format.META_TAGS:
        return (_edit_meta_tags(text, block, number, style),)
    notation = _NOTATIONS[block.format]
    lines = split_lines(text, block.start, block.end)
    if block.format is Format.RST:  # its fields may follow a heading
        lines = list(itertools.dropwhile(lambda line: notation.field.fullmatch(line.text) is None, lines))
    opening = (
        lines[:1] if block.format is Format.META_LINES and lines and _META_OPENING.fullmatch(lines[0].text) else []
    )
    fields = _field_lines(lines[len(opening) :], notation)
    own = [line for line in fields if (match := notation.field.fullmatch(line.text)) and style.names(match["key"])]
    if own:
        return (_fill(own, notation, number, style),)
    line = notation.template.format(key=style.key, number=number)
    last = [*opening, *fields][-1:]
    if last:
        return (insert_lines(text, last[0].next, line),)
    return (insert_lines(text, block.start, line, *([""] if block.format is Format.META_LINES else [])),)


def _field_lines(lines: list[Line], notation: _Notation) -> list[Line]:
    """Return the lines of the fields at the start, with those that continue them."""
    result: list[Line] = []
    for line in lines:
        continues = bool(result) and notation.continuation is not None and notation.continuation.fullmatch(line.text)
        if notation.field.fullmatch(line.text) or continues:
            result.append(line)
        elif notation.end is not None and notation.end.match(line.text):
            break
    return result


def _fill(fields: list[Line], notation: _Notation, number: int, style: FieldStyle) -> Edit:
    match = notation.field.fullmatch(fields[0].text)
    if len(fields) > 1 or match is None or match["value"].strip():
        raise ValueError(style.refusal)
    start = fields[0].start + match.start("value")
    return Edit(start + 1, start + 1, str(number)) if match["value"] else Edit(start, start, f" {number}")


def _edit_meta_tags(text: str, block: Block, number: int, style: FieldStyle) -> Edit:
    tags = list(_META_TAG.finditer(text, block.start, block.end))
    names = [(tag, name["name"]) for tag in tags if (name := _META_NAME.search(tag.group()))]
    own = [tag for tag, name in names if style.names(name)]
    if own:
        empty = _META_EMPTY.search(own[0].group())
        if len(own) > 1 or empty is None:
            raise ValueError(style.refusal)
        start = own[0].start() + empty.start("quotes") + 1
        return Edit(start, start, str(number))
    if not tags:
        raise ValueError("it has no element <meta>. Write the number by hand")
    line_start = max(text.rfind(end, 0, tags[-1].start()) for end in "\r\n") + 1
    before = text[line_start : tags[-1].start()]
    tag = f'<meta name="{style.key}" content="{number}" />'
    if before.strip():
        return Edit(tags[-1].end(), tags[-1].end(), tag)
    line = split_lines(text, tags[-1].end(), block.end)[:1]
    return insert_lines(text, line[0].next if line and not line[0].text.strip() else tags[-1].end(), before + tag)

"""Where the front matter of a page and its fields stand in the bytes of the file, for readers and writers of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.generators.fences import Block, Format, Splitter
from app.generators.formats.nodes import Unreadable
from app.generators.formats.yaml_reader import field_spans, line_at

_NEWLINE = re.compile(r"\r\n|\r|\n")
_TOML_TABLE = re.compile(r"(?m)^[ \t]*\[")
_JSON_TOKEN = re.compile(r'"(?P<name>(?:[^"\\]|\\.)*+)(?:"|\Z)(?P<colon>\s*:\s*)?|[{}\[\]]', re.DOTALL)
_JSON_VALUE = re.compile(r'"(?:[^"\\]|\\.)*+"|[^\s,}\]\[{]+')
_LINE_FORMATS = {
    Format.ORG: r"(?mi)^#\+(?P<name>{}):[ \t]*(?P<value>[^\r\n]*?)[ \t]*$",
    Format.RST: r"(?mi)^:(?P<name>{}):[ \t]*(?P<value>[^\r\n]*?)[ \t]*$",
    Format.NIKOLA: r"(?m)^[ \t]*\.\. (?P<name>{}):[ \t]*(?P<value>[^\r\n]*?)[ \t]*$",
    Format.META_LINES: r"(?mi)^[ ]{{0,3}}(?P<name>{}):[ \t]*(?P<value>[^\r\n]*?)[ \t]*$",
    Format.TOML: r"(?m)^[ \t]*(?P<name>\"{0}\"|'{0}'|{0})[ \t]*=[ \t]*(?P<value>[^\r\n#]*?)[ \t]*(?:#[^\r\n]*)?$",
}


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """A block of front matter in a file."""

    format: Format
    start: int
    """The offset in bytes of its first byte, behind the opening delimiter; the end of that line belongs to it."""
    end: int
    """The offset in bytes behind its last byte; the line end before a closing delimiter may or may not belong to it."""
    text: str
    """The block with its own line ends; a byte that is not UTF-8 is a lone surrogate, as in `decode`."""
    line: int
    """The line of the file in which the block begins, from 1."""
    newline: str
    """The line end of the file: `\\n`, `\\r\\n` or `\\r`."""
    insert_at: int
    """The offset in bytes at which a further line of the block can be inserted: the start of the closing line."""
    is_utf8: bool = True
    """Whether the whole text that was given is UTF-8."""
    error: str | None = None
    """Why the generator cannot read it, as a clause."""


@dataclass(frozen=True, slots=True)
class FieldSpan:
    """A top-level field of front matter in a file; offsets are in bytes from the start of the file."""

    name: str
    """As it is spelt there."""
    line: int
    """The line of the file, from 1."""
    start: int
    """The offset of the name."""
    value_start: int
    value_end: int
    """Equal to `value_start` for an empty field; quotes belong to the value, comments do not."""


def decode(data: bytes) -> str:
    """Return the text of a file; bytes that are not UTF-8 become lone surrogates, so that offsets can be computed."""
    return data.decode("utf-8", errors="surrogateescape")


def find_front_matter(data: bytes, split: Splitter) -> FrontMatter | None:
    """Return the front matter at the start of a file, as the generator of `split` finds it; None without any."""
    return find_in_text(decode(data), split)


def find_in_text(text: str, split: Splitter) -> FrontMatter | None:
    """Return the front matter of a text from `decode`."""
    block = split(text)
    return None if block is None else _front_matter(text, block)


def _front_matter(text: str, block: Block) -> FrontMatter:
    is_ascii = text.isascii()
    is_utf8 = is_ascii or _is_utf8(text)
    inner = text[block.start : block.end]
    insert_at = _insertion(text, block)
    before = text[: block.start]
    start = len(before) if is_ascii else _bytes(before)
    return FrontMatter(
        block.format,
        start,
        start + (len(inner) if is_ascii else _bytes(inner)),
        inner,
        line_at(text, block.start),
        _newline(text),
        insert_at if is_ascii else _bytes(text[:insert_at]),
        is_utf8=is_utf8,
        error=block.error,
    )


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", errors="surrogateescape"))


def _is_utf8(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _newline(text: str) -> str:
    match = _NEWLINE.search(text)
    return match.group() if match else "\n"


def _insertion(text: str, block: Block) -> int:
    """Return the index of the start of the line that closes a block."""
    is_inside_crlf = text[block.end - 1 : block.end + 1] == "\r\n"
    if text[block.end - 1 : block.end] in {"\r", "\n"} and not is_inside_crlf:
        return block.end
    line_end = _NEWLINE.match(text, block.end)
    return line_end.end() if line_end else block.end


def find_fields(front_matter: FrontMatter, name: str, *, any_case: bool = False) -> tuple[FieldSpan, ...]:
    """Return the places of a top-level field, in order; empty if it has none or the block cannot be read."""
    spans = list(_spans(front_matter, name, any_case=any_case))
    text = front_matter.text
    return tuple(
        FieldSpan(
            text[start:end].strip("\"'"),
            front_matter.line + line_at(text, start) - 1,
            *(front_matter.start + _bytes(text[:index]) for index in (start, value_start, value_end)),
        )
        for start, end, value_start, value_end in spans
    )


def _spans(front_matter: FrontMatter, name: str, *, any_case: bool) -> Iterator[tuple[int, int, int, int]]:
    """Yield the indices of name and value for each field of this name."""
    text = front_matter.text
    if front_matter.format is Format.YAML:
        try:
            yield from field_spans(text, name, any_case=any_case)
        except Unreadable:
            return
    elif front_matter.format in {Format.JSON, Format.JSON_MEMBERS}:
        yield from _json_spans(front_matter, name, any_case=any_case)
    elif front_matter.format in _LINE_FORMATS:
        flags = re.IGNORECASE if any_case else 0
        pattern = re.compile(_LINE_FORMATS[front_matter.format].format(re.escape(name)), flags)
        table = _TOML_TABLE.search(text) if front_matter.format is Format.TOML else None
        for match in pattern.finditer(text, 0, table.start() if table else len(text)):
            yield (*match.span("name"), *match.span("value"))


def _json_spans(front_matter: FrontMatter, name: str, *, any_case: bool) -> Iterator[tuple[int, int, int, int]]:
    depth = 1 if front_matter.format is Format.JSON_MEMBERS else 0
    for match in _JSON_TOKEN.finditer(front_matter.text):
        spelt = match["name"]
        if spelt is None:
            depth += 1 if match.group() in "{[" else -1
        elif depth == 1 and match["colon"] and (spelt.casefold() if any_case else spelt) == name:
            value = _JSON_VALUE.match(front_matter.text, match.end())
            yield (match.start(), match.end("name") + 1, match.end(), value.end() if value else match.end())

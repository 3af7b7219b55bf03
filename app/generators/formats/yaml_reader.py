"""YAML as leniently as any generator reads it: PyYAML's scanner and composer, less what they alone refuse.

Scalars stay text. What some readers refuse is recorded as a quirk. Aliases share their nodes, so that a document
cannot become larger than its file; depth and the number of nodes are bounded.
"""

import re
from typing import Any

import yaml  # type: ignore[import-untyped] # its stubs are no dependency; only scanner, parser and nodes are used
from yaml.composer import Composer  # type: ignore[import-untyped]
from yaml.parser import Parser  # type: ignore[import-untyped]
from yaml.reader import Reader  # type: ignore[import-untyped]
from yaml.resolver import BaseResolver  # type: ignore[import-untyped]
from yaml.scanner import Scanner  # type: ignore[import-untyped]

from app.generators.formats.nodes import (
    NO_FIELDS,
    STANDARD_TAG,
    Document,
    ListNode,
    MapNode,
    Node,
    Quirk,
    Scalar,
    Unreadable,
)

MAX_NODES = 20_000
MAX_DEPTH = 60
_SEPARATORS = "\x85\u2028\u2029"
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_SEPARATOR_PATTERN = re.compile(f"[{_SEPARATORS}]")
_PATTERNS = (
    (_CONTROL, Quirk.CONTROL_CHARACTER),
    (_SEPARATOR_PATTERN, Quirk.LINE_SEPARATOR),
    (re.compile(r"\r(?!\n|\Z)"), Quirk.CARRIAGE_RETURN),
    (re.compile(r"(?m)^ *\t[ \t]*\r?$"), Quirk.TAB_LINE),
)
_HIDDEN = {
    ord(character): 0xF0000 + ord(character) for character in (*_SEPARATORS, *map(chr, range(0x20)), "\x7f", "\ufeff")
}
"""Characters that the scanner would take for something else, and stand-ins of a private plane."""
for _blank in "\t\n\r":
    del _HIDDEN[ord(_blank)]
_ORIGINALS = {stand_in: character for character, stand_in in _HIDDEN.items()}
_STAND_INS = re.compile(f"[{''.join(map(chr, _ORIGINALS))}]")
_PLAIN_RUN = re.compile(r"[^\0 \t\r\n:#,?\[\]{}]+")
_ENDS = "\0 \t\r\n"
_FLOW_MARKS = ",[]{}"
_STANDARD_TAGS = frozenset(
    STANDARD_TAG + name for name in ("str", "int", "float", "bool", "null", "timestamp", "seq", "map", "binary")
)
_TIMESTAMP = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d).*)?")


class _Lenient(Reader, Scanner, Parser, Composer, BaseResolver):  # type: ignore[misc] # the library has no types
    """PyYAML's classes in Python with the exceptions of the module's docstring."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        BaseResolver.__init__(self)
        self.quirks: dict[Quirk, int] = {}
        self._count = 0
        self._depth = 0

    def note(self, quirk: Quirk, line: int | None = None) -> None:
        self.quirks.setdefault(quirk, (self.line if line is None else line) + 1)

    def check_printable(self, data: str) -> None:
        """Accept every character: the caller has looked at them."""

    def scan_to_next_token(self) -> None:
        """Skip blanks, tabs included, comments and line ends."""
        while True:
            at_start = self.column == 0
            while self.peek() in " \t":
                if self.peek() == "\t":
                    self.note(Quirk.TAB_INDENT if at_start and not self.flow_level else Quirk.TAB)
                self.forward()
            if self.peek() == "#":
                while self.peek() not in "\0\r\n":
                    self.forward()
            if not self.scan_line_break():
                return
            if not self.flow_level:
                self.allow_simple_key = True

    def check_plain(self) -> bool:
        """Return whether a plain scalar begins here."""
        character, next_character = self.peek(), self.peek(1)
        if character not in "\0 \t\r\n-?:,[]{}#&*!|>'\"%@`":
            return True
        ends = next_character in _ENDS or (self.flow_level and next_character in _FLOW_MARKS)
        return not ends and character in "-?:"

    def scan_plain(self) -> Any:
        """Scan a plain scalar, in which question marks and tabs may stand."""
        chunks: list[str] = []
        start_mark = end_mark = self.get_mark()
        indent = self.indent + 1
        spaces: list[str] = []
        while self.peek() != "#":
            length = self._plain_length()
            if length == 0:
                break
            self.allow_simple_key = False
            chunks += spaces
            chunks.append(self.prefix(length))
            self.forward(length)
            end_mark = self.get_mark()
            spaces = self.scan_plain_spaces(indent, start_mark)
            if not spaces or (not self.flow_level and self.column < indent):
                break
        return yaml.tokens.ScalarToken("".join(chunks), True, start_mark, end_mark)  # noqa: FBT003 - its signature

    def _plain_length(self) -> int:
        """Return how many characters from here on belong to the plain scalar, up to the next blank."""
        length = 0
        while True:
            if run := _PLAIN_RUN.match(self.buffer, self.pointer + length):
                length = run.end() - self.pointer
            character = self.peek(length)
            if character in _ENDS:
                return length
            next_character = self.peek(length + 1)
            if character == ":" and (next_character in _ENDS or (self.flow_level and next_character in _FLOW_MARKS)):
                return length
            if self.flow_level and character in _FLOW_MARKS:
                return length
            if character == "?" and self.flow_level:
                self.note(Quirk.QUESTION_MARK)
            length += 1

    def scan_plain_spaces(self, indent: int, start_mark: Any) -> list[str]:  # noqa: ARG002 - the signature of the library
        """Return the blanks between two words of a plain scalar, as YAML folds them."""
        length = 0
        while self.peek(length) in " \t":
            length += 1
        blanks = self.prefix(length)
        self.forward(length)
        tab_line = self.line
        separators = [blanks] if blanks else []
        if self.peek() in "\r\n":
            separators = self._line_breaks()
        if "\t" in blanks and (not separators or self.peek() in "\0#" or separators != [blanks]):
            self.note(Quirk.TAB, tab_line)
        elif "\t" in blanks:
            self.note(Quirk.TAB_IN_TEXT, tab_line)
        return separators

    def _line_breaks(self) -> list[str]:
        line_break = self.scan_line_break()
        self.allow_simple_key = True
        if self._at_document_mark():
            return []
        breaks: list[str] = []
        while self.peek() in " \t\r\n":
            if self.peek() in " \t":
                self.forward()
            else:
                breaks.append(self.scan_line_break())
                if self._at_document_mark():
                    return []
        return breaks or ([" "] if line_break else [])

    def _at_document_mark(self) -> bool:
        return self.prefix(3) in ("---", "...") and self.peek(3) in _ENDS

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Compose a node within the bounds; a second anchor of one name replaces the first."""
        self._count += 1
        if self._count > MAX_NODES:
            raise Unreadable(f"it has more than {MAX_NODES} values")
        event = self.peek_event()
        if event.anchor is not None and not isinstance(event, yaml.AliasEvent) and event.anchor in self.anchors:
            self.note(Quirk.DUPLICATE_ANCHOR, event.start_mark.line)
            del self.anchors[event.anchor]
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Unreadable(f"its values are nested more than {MAX_DEPTH} levels deep", event.start_mark.line + 1)
        node = Composer.compose_node(self, parent, index)
        self._depth -= 1
        return node

    def resolve(self, kind: Any, value: Any, implicit: Any) -> str:  # noqa: ARG002 - the signature of the library
        """Leave nodes without a tag, but tell plain scalars."""
        return "" if kind is not yaml.ScalarNode or implicit[0] else "quoted"

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        """Do nothing: there are no path resolvers."""

    def ascend_resolver(self) -> None:
        """Do nothing, as above."""


def read_yaml(text: str) -> Document:
    """Return the tree of a YAML document; raises `Unreadable`."""
    quirks: dict[Quirk, int] = {}
    for pattern, quirk in _PATTERNS:
        if match := pattern.search(text):
            quirks[quirk] = line_at(text, match.start())
    loader = _Lenient(_with_stand_ins(text))
    root = _compose(loader)
    converter = _Converter(loader.quirks)
    node = NO_FIELDS if root is None else converter.node(root)
    return Document(node, {**quirks, **converter.quirks})


def _with_stand_ins(text: str) -> str:
    """Return a text of equal length in which no character has a meaning that only PyYAML gives it."""
    return text.translate(_HIDDEN)


def _compose(loader: _Lenient) -> Any:
    try:
        return loader.get_single_node()
    except Unreadable:
        raise
    except yaml.MarkedYAMLError as error:
        position = error.problem_mark or error.context_mark
        raise Unreadable(_reason(error), position.line + 1 if position else None) from None
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError):
        raise Unreadable("it is not YAML") from None


def field_spans(text: str, name: str, *, any_case: bool) -> list[tuple[int, int, int, int]]:
    """Return the indices of name and value of each top-level field of this name; raises `Unreadable`."""
    root = _compose(_Lenient(_with_stand_ins(text)))
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    spans = []
    for key, value in pairs:
        spelt = key.value if isinstance(key, yaml.ScalarNode) else ""
        if (spelt.casefold() if any_case else spelt) == name:
            positions = (key.start_mark, key.end_mark, value.start_mark, value.end_mark)
            spans.append(tuple(position.index for position in positions))
    return [span for span in spans if span[2] >= span[1]]  # the value of an alias stands elsewhere


def line_at(text: str, index: int) -> int:
    """Return the line of an index, from 1; a carriage return ends a line, too."""
    start = text[:index]
    return start.count("\n") + start.count("\r") - start.count("\r\n") + 1


def _reason(error: Any) -> str:
    parts = [part for part in (error.context, error.problem) if part]
    return " ".join(" ".join(parts).split()) or "it is not YAML"


class _Converter:
    """Turns PyYAML's nodes into ours; an alias becomes the same object."""

    def __init__(self, quirks: dict[Quirk, int]) -> None:
        self.quirks = quirks
        self._nodes: dict[int, Node] = {}
        self._open: set[int] = set()

    def node(self, node: Any) -> Node:
        if id(node) in self._nodes:
            return self._nodes[id(node)]
        line = node.start_mark.line + 1
        if id(node) in self._open:
            raise Unreadable("a value contains itself", line)
        self._open.add(id(node))
        self._nodes[id(node)] = result = self._convert(node, line)
        self._open.discard(id(node))
        return result

    def _convert(self, node: Any, line: int) -> Node:
        tag = node.tag if node.tag not in {"", "quoted", "!"} else None
        if tag is not None and tag not in _STANDARD_TAGS:
            self.quirks.setdefault(Quirk.UNKNOWN_TAG, line)
        if isinstance(node, yaml.SequenceNode):
            return ListNode(tuple(self.node(item) for item in node.value), line, tag)
        if isinstance(node, yaml.MappingNode):
            return MapNode(tuple(self._pair(key, value) for key, value in node.value), line, tag)
        text = _STAND_INS.sub(lambda match: chr(_ORIGINALS[ord(match.group())]), node.value)
        plain = node.style is None and node.tag in {"", tag}
        if plain and tag is None and is_invalid_timestamp(text):
            self.quirks.setdefault(Quirk.INVALID_TIMESTAMP, line)
        return Scalar(text, line, plain, tag)

    def _pair(self, key: Any, value: Any) -> tuple[Node, Node]:
        pair = (self._key(key), self.node(value))
        if isinstance(pair[1], ListNode) and pair[0] == Scalar("<<", pair[0].line):
            self.quirks.setdefault(Quirk.MERGE_LIST, pair[0].line)
        return pair

    def _key(self, key: Any) -> Node:
        if not isinstance(key, yaml.ScalarNode):
            self.quirks.setdefault(Quirk.COMPLEX_KEY, key.start_mark.line + 1)
        return self.node(key)


def is_invalid_timestamp(text: str) -> bool:
    """Return whether a plain scalar has the form of a date, but names no day or time of the calendar."""
    match = _TIMESTAMP.fullmatch(text) if text[:4].isdigit() else None
    if match is None:
        return False
    month, day = int(match[2]), int(match[3])
    days = 29 if month == 2 and _is_leap(int(match[1])) else _DAYS.get(month, 0)  # noqa: PLR2004 - February
    hour, minute, second = (int(part or 0) for part in match.group(4, 5, 6))
    return not (1 <= day <= days and int(match[1]) > 0 and hour < 24 and minute < 60 and second < 60)  # noqa: PLR2004


_DAYS = {1: 31, 2: 28, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30, 12: 31}


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)

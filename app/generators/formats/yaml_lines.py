"""A fast reader for the YAML that nearly all front matter is: lines `key: value`, and lists of scalars.

It returns None for everything that it cannot tell from the line alone; the full reader takes that. Where it returns a
document, the full reader returns an equal one, at more than ten times the cost.
"""

import re

from app.generators.formats.nodes import Document, ListNode, MapNode, Node, Scalar
from app.generators.formats.yaml_reader import is_invalid_timestamp

_UNUSUAL = re.compile(
    "[^\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U000effff]|\r(?!\n|\\Z)"
)
_QUOTATION = r"\"[^\"\\\r]*\"|'[^'\r]*'"
_PLAIN = r"(?:[^-?:,\[\]{}#&*!|>'\"%@`=< \r]|-(?=[0-9]))(?:[^:# \r]|:(?=[^ \r])|(?<=[^ ])#| +(?=[^ #\r]))*"
_ITEM = r"(?:[^-?:,\[\]{}#&*!|>'\"%@`=< \r]|-(?=[0-9]))[^:#,\[\]{}'\"? \r]*(?: +[^:#,\[\]{}'\"? \r]+)*"
_COMMENT = r"(?: +#.*)?\r?"
_ENTRY = re.compile(
    rf"(?P<key>[A-Za-z_][A-Za-z0-9_-]*):"
    rf"(?: +(?:(?P<quoted>{_QUOTATION})|(?P<plain>{_PLAIN})|\[(?P<items>[^\]\r]*)\]))? *{_COMMENT}"
)
_LIST_ITEM = re.compile(rf"(?P<indent> *)- +(?:(?P<quoted>{_QUOTATION})|(?P<plain>{_PLAIN})) *{_COMMENT}")
_FLOW_ITEMS = re.compile(rf" *(?:(?:{_QUOTATION}|{_ITEM}) *(?:, *(?:{_QUOTATION}|{_ITEM}) *)*)?")
_FLOW_ITEM = re.compile(rf"(?P<quoted>{_QUOTATION})|(?P<plain>{_ITEM})")
_BLANK = re.compile(r" *(?:#.*)?\r?")


class _Doubtful(Exception):
    """The line is not of the simple kind."""


def read_simple_yaml(text: str) -> Document | None:
    """Return the tree of a block of simple lines; None if any line is not simple."""
    if _UNUSUAL.search(text):
        return None
    try:
        return _Lines(text).document()
    except _Doubtful:
        return None


class _Lines:
    """The lines of a block; an entry without a value may be followed by a list."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._pairs: list[tuple[Node, Node]] = []
        self._list: list[Node] = []
        self._indent = ""

    def document(self) -> Document | None:
        for number, line in enumerate(self._lines, start=1):
            if entry := _ENTRY.fullmatch(line):
                self._end_list()
                self._pairs.append((Scalar(entry["key"], number), _value(entry, number)))
            elif not _BLANK.fullmatch(line):
                self._add_item(line, number)
        self._end_list()
        return Document(MapNode(tuple(self._pairs), self._pairs[0][0].line), {}) if self._pairs else None

    def _add_item(self, line: str, number: int) -> None:
        item = _LIST_ITEM.fullmatch(line)
        last = self._pairs[-1][1] if self._pairs else None
        if item is None or not isinstance(last, Scalar) or last.text or not last.plain:
            raise _Doubtful
        if self._list and item["indent"] != self._indent:
            raise _Doubtful
        self._indent = item["indent"]
        self._list.append(_scalar(item, number))

    def _end_list(self) -> None:
        if self._list:
            key, _ = self._pairs[-1]
            self._pairs[-1] = (key, ListNode(tuple(self._list), self._list[0].line))
            self._list = []


def _value(entry: re.Match[str], line: int) -> Node:
    items = entry["items"]
    if items is None:
        return _scalar(entry, line)
    if not _FLOW_ITEMS.fullmatch(items):
        raise _Doubtful
    return ListNode(tuple(_scalar(item, line) for item in _FLOW_ITEM.finditer(items)), line)


def _scalar(match: re.Match[str], line: int) -> Scalar:
    quotation = match["quoted"]
    if quotation is not None:
        return Scalar(quotation[1:-1], line, plain=False)
    plain = (match["plain"] or "").rstrip(" ")
    if is_invalid_timestamp(plain):
        raise _Doubtful
    return Scalar(plain, line)

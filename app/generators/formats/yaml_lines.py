"""A fast reader for the YAML that nearly all front matter is: fields, nested fields and lists, a line each.

It returns None for everything that it cannot tell; the full reader takes that. Where it returns a document, the full
reader returns an equal one, at more than ten times the cost.
"""

import re

from app.generators.formats.nodes import Document, ListNode, MapNode, Node, Scalar
from app.generators.formats.yaml_flow import QUOTATION, Doubtful, Flow, plain_scalar, unquote
from app.generators.formats.yaml_reader import MAX_NODES

_UNUSUAL = re.compile(
    "[^\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U000effff]|\r(?!\n|\\Z)"
)
_MAX_DEPTH = 20
_PLAIN = r"(?:[^-?:,\[\]{}#&*!|>'\"%@`=< ]|-(?=[0-9]))(?:[^:# ]++|:(?=[^ ])|(?<=[^ ])#| +(?=[^ #]))*+"
_COMMENT = r" *(?P<comment>(?<= )#.*)?"
_FIELD = re.compile(
    rf"(?P<key>[A-Za-z_][A-Za-z0-9_-]{{0,99}}+): +(?:(?P<quoted>{QUOTATION})|(?P<plain>{_PLAIN})) *(?:(?<= )#.*)?"
)
"""A whole field with its value in one line, as most are."""
_KEY = re.compile(r"(?P<key>[A-Za-z_][A-Za-z0-9_-]{0,99}+):(?: +|\Z)")
_VALUE = re.compile(rf"(?:(?P<quoted>{QUOTATION})|(?P<plain>{_PLAIN})|(?P<header>[|>]-?)|(?P<empty>)){_COMMENT}")
_FLOW_END = re.compile(r" *(?: #.*)?(?:\n|\Z)")
_INDENT = re.compile(" *")


def read_simple_yaml(text: str) -> Document | None:
    """Return the tree of a block of simple lines; None if any line is not simple."""
    if len(text) > MAX_NODES or _UNUSUAL.search(text):
        return None
    try:
        return _Lines(text.replace("\r\n", "\n").replace("\r", "\n")).document()
    except Doubtful:
        return None


class _Lines:
    """The lines of a block."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._index = -1
        """Of the line that is read."""
        self._indent = -1
        """Of that line, in blanks; -1 behind the last one."""

    def document(self) -> Document | None:
        self._next()
        if self._indent < 0:
            return None
        root = self._map(self._indent, 0)
        if self._indent >= 0:
            raise Doubtful
        return Document(root, {})

    def _next(self) -> None:
        """Go to the next line that is neither blank nor a comment."""
        lines, index = self._lines, self._index + 1
        while index < len(lines):
            line = lines[index]
            content = line.lstrip(" ")
            if content and content[0] != "#":
                self._indent = len(line) - len(content)
                break
            index += 1
        else:
            self._indent = -1
        self._index = index

    def _map(self, indent: int, depth: int) -> MapNode:
        """Read the fields from the column `indent` of this line on."""
        if depth > _MAX_DEPTH:
            raise Doubtful
        pairs = list[tuple[Node, Node]]()
        line = self._index + 1
        while True:
            pairs.append(self._pair(indent, depth))
            if self._indent != indent:
                break
        if self._indent > indent:
            raise Doubtful
        return MapNode(tuple(pairs), line)

    def _pair(self, indent: int, depth: int) -> tuple[Node, Node]:
        """Read one field from the column `indent` of this line on."""
        number, line = self._index + 1, self._lines[self._index]
        field = _FIELD.fullmatch(line, indent)
        if field is not None:
            name, quoted, plain = field.groups()
            self._next()
            if quoted is not None:
                return Scalar(name, number), Scalar(unquote(quoted), number, plain=False)
            if self._indent <= indent:
                return Scalar(name, number), plain_scalar(plain, number)
            self._index, self._indent = number - 1, indent
        entry = _KEY.match(line, indent)
        if entry is None:
            raise Doubtful
        return Scalar(entry["key"], number), self._value(entry.end(), indent, depth, is_field=True)

    def _list(self, indent: int, depth: int) -> ListNode:
        """Read the items whose dashes stand in the column `indent`."""
        if depth > _MAX_DEPTH:
            raise Doubtful
        items = list[Node]()
        number = self._index + 1
        while True:
            line = self._lines[self._index]
            column = len(line) - len(line[indent + 1 :].lstrip(" "))
            if _KEY.match(line, column):
                items.append(self._map(column, depth + 1))
            elif line.startswith("- ", column):
                items.append(self._list(column, depth + 1))
            else:
                items.append(self._value(column, indent, depth, is_field=False))
            if self._indent != indent or not self._lines[self._index].startswith("- ", indent):
                break
        if self._indent > indent:
            raise Doubtful
        return ListNode(tuple(items), number)

    def _value(self, start: int, indent: int, depth: int, *, is_field: bool) -> Node:
        """Read the value from the column `start` of this line on; `indent` is that of its field or dash."""
        number, line = self._index + 1, self._lines[self._index]
        if line[start : start + 1] in {"[", "{"}:
            return self._flow(start)
        value = _VALUE.fullmatch(line, start)
        if value is None:
            raise Doubtful
        if value["header"] is not None:
            return self._block_scalar(value["header"], indent)
        self._next()
        if value["quoted"] is not None:
            return Scalar(unquote(value["quoted"]), number, plain=False)
        if value["plain"] is not None:
            return self._plain(value, number, indent)
        if not is_field:
            raise Doubtful
        return self._nested(number, indent, depth)

    def _nested(self, number: int, indent: int, depth: int) -> Node:
        """Return what stands below a field without a value."""
        has_dash = self._indent >= indent and self._lines[self._index].startswith("- ", self._indent)
        if has_dash:
            return self._list(self._indent, depth + 1)
        return self._map(self._indent, depth + 1) if self._indent > indent else Scalar("", number)

    def _plain(self, value: re.Match[str], number: int, indent: int) -> Scalar:
        """Return a plain scalar with the lines that go on with it."""
        text, last = value["plain"], number
        while self._indent > indent:
            if value["comment"] or self._index != last:
                raise Doubtful
            further = _VALUE.fullmatch(self._lines[self._index], self._indent)
            if further is None or further["plain"] is None:
                raise Doubtful
            value = further
            text, last = f"{text} {value['plain']}", last + 1
            self._next()
        return plain_scalar(text, number)

    def _flow(self, start: int) -> Node:
        line = self._lines[self._index]
        flow = Flow(line[start:], self._index + 1)
        try:
            node = flow.read()
        except Doubtful:
            flow = Flow("\n".join((line[start:], *self._lines[self._index + 1 :])), self._index + 1)
            node = flow.read()
        if not _FLOW_END.match(flow.text, flow.end):
            raise Doubtful
        self._index = flow.line - 1
        self._next()
        return node

    def _block_scalar(self, header: str, indent: int) -> Scalar:
        """Return the text below `|` or `>`."""
        number, lines = self._index + 1, self._lines
        first = lines[number] if number < len(lines) else ""
        column = len(first) - len(first.lstrip(" "))
        if column <= indent or column == len(first):
            raise Doubtful
        text, last = first[column:], number
        for index in range(number + 1, len(lines)):
            line = lines[index]
            content = line.lstrip(" ")
            if len(line) - len(content) < column and content:
                break
            if content:
                breaks = index - last - 1
                joins_lines = header[0] == ">" and " " not in {lines[last][column], line[column]}
                text += "\n" * breaks or " " if joins_lines else "\n" * (breaks + 1)
                text += line[column:]
                last = index
            elif len(line) > column:
                raise Doubtful
        self._index = last
        self._next()
        has_end = header[1:] != "-" and last < len(lines) - 1
        return Scalar(text + "\n" if has_end else text, number, plain=False)

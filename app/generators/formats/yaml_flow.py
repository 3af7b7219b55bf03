"""Lists and mappings in brackets, as front matter has them, for the fast reader of YAML."""

import re

from app.generators.formats.nodes import ListNode, MapNode, Node, Scalar
from app.generators.formats.yaml_reader import is_invalid_timestamp

_MAX_DEPTH = 20
"""The full reader allows more."""
QUOTATION = r"\"(?:[^\"\\\n]++|\\[\"\\/nt]|\\u(?!D[89A-Fa-f]|d[89A-Fa-f])[0-9A-Fa-f]{4})*+\"|'(?:[^'\n]++|'')*+'"
"""A quoted string in one line, with the escapes that people write."""
_ITEM = (
    r"(?:[^-?:,\[\]{}#&*!|>'\"%@`=<\s]|-(?=[0-9]))"
    r"(?:[^:#,\[\]{}? \n]++|:(?=[^,\[\]{} \n])|(?<=[^ ])#| +(?=[^:#,\[\]{}? \n]))*+"
)
_KEY = r"[A-Za-z_][A-Za-z0-9_-]{0,99}+|\"[A-Za-z0-9_ -]{0,99}+\""
_TOKEN = re.compile(rf"[ \n]*(?:(?P<key>{_KEY}): +|(?P<quoted>{QUOTATION})|(?P<plain>{_ITEM})|(?P<mark>[,\[\]{{}}]))")
_ESCAPE = re.compile(r"\\(?:u(....)|(.))")
_MEANINGS = {"n": "\n", "t": "\t"}


class Doubtful(Exception):
    """The text is not of the simple kind."""


def unquote(quotation: str) -> str:
    """Return the text of a string in quotes."""
    text = quotation[1:-1]
    if quotation[0] == "'":
        return text.replace("''", "'")
    return _ESCAPE.sub(_meaning, text) if "\\" in text else text


def _meaning(escape: re.Match[str]) -> str:
    digits, letter = escape.groups()
    return chr(int(digits, 16)) if digits else _MEANINGS.get(letter, letter)


def plain_scalar(text: str, line: int) -> Scalar:
    """Return a scalar without quotes; raises `Doubtful` for a day that does not exist."""
    if text[:1].isdigit() and is_invalid_timestamp(text):
        raise Doubtful
    return Scalar(text, line)


class Flow:
    """Reads one list or mapping in brackets."""

    def __init__(self, text: str, line: int) -> None:
        """Begin at the start of `text`, in the line `line` of the block."""
        self.text = text
        self.line = line
        """The line in which it has read so far."""
        self.end = 0
        """The index behind what was read."""

    def read(self) -> Node:
        """Return the list or mapping; raises `Doubtful`."""
        return self._collection(self._token(), 0)

    def _token(self) -> re.Match[str]:
        token = _TOKEN.match(self.text, self.end)
        if token is None:
            raise Doubtful
        if "\n" in token[0]:
            self.line += token[0].count("\n")
        self.end = token.end()
        return token

    def _collection(self, opening: re.Match[str], depth: int) -> Node:
        if depth > _MAX_DEPTH or opening["mark"] not in {"[", "{"}:
            raise Doubtful
        return self._list(depth) if opening["mark"] == "[" else self._map(depth)

    def _list(self, depth: int) -> ListNode:
        line, items = self.line, list[Node]()
        token = self._token()
        while token["mark"] != "]":
            items.append(self._node(token, depth))
            token = self._after_item("]")
        return ListNode(tuple(items), line)

    def _map(self, depth: int) -> MapNode:
        line, pairs = self.line, list[tuple[Node, Node]]()
        token = self._token()
        while token["mark"] != "}":
            name = token["key"]
            if name is None:
                raise Doubtful
            is_quoted = name.startswith('"')
            key = Scalar(name[1:-1] if is_quoted else name, self.line, not is_quoted)
            value = self._token()
            pairs.append((key, self._node(value, depth)))
            token = self._after_item("}")
        return MapNode(tuple(pairs), line)

    def _after_item(self, closing: str) -> re.Match[str]:
        """Return the token behind a comma, or the closing bracket."""
        token = self._token()
        if token["mark"] == closing:
            return token
        if token["mark"] != ",":
            raise Doubtful
        return self._token()

    def _node(self, token: re.Match[str], depth: int) -> Node:
        if token["quoted"] is not None:
            return Scalar(unquote(token["quoted"]), self.line, plain=False)
        if token["plain"] is not None:
            return plain_scalar(token["plain"], self.line)
        return self._collection(token, depth + 1)

"""Literals in JavaScript: objects, lists, strings, numbers and words, as data files have them. Nothing is executed."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_COMMENT = re.compile(
    r"""(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)|//[^\n]*|/\*.*?\*/""", re.DOTALL
)
_EXPORT = re.compile(r"^\s*(?:[\"']use strict[\"'];?\s*)?(?:export\s+default\s+|module\.exports\s*=\s*)")
_TOKEN = re.compile(
    r"""\s*(?:(?P<mark>[{}\[\]:,])|(?P<string>"(?:[^"\\\n]|\\.)*+"|'(?:[^'\\\n]|\\.)*+'|`(?:[^`\\$]|\\.|\$(?!\{))*+`)"""
    r"|(?P<number>[-+]?(?:0[xob][0-9a-fA-F]+|[0-9][0-9_]*(?:\.[0-9]*)?(?:e[-+]?[0-9]+)?))(?![\w.])"
    r"|(?P<word>[A-Za-z_$][\w$]*))\s*",
    re.IGNORECASE,
)
_WORDS: Mapping[str, object] = {"true": True, "false": False, "null": None, "undefined": None}
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}
_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]")
_MAX_DEPTH = 40


def without_comments(script: str) -> str:
    """Return a script in JavaScript without its comments."""
    return _COMMENT.sub(lambda match: match["text"] or " ", script)


def exported_literal(script: str) -> object:
    """Return what a script exports by default, if that is a literal; raises `ValueError` for anything else."""
    text = without_comments(script).strip()
    start = _EXPORT.match(text)
    if start is None:
        raise ValueError("it exports no literal")
    return literal(text[start.end() :].rstrip().removesuffix(";"))


def literal(text: str) -> object:
    """Return the value of a literal; raises `ValueError`."""
    tokens = list(_tokens(text))
    value, index = _value(tokens, 0, 0)
    if index != len(tokens):
        raise ValueError("it is more than a literal")
    return value


_Token = tuple[str, str]


def _tokens(text: str) -> Iterator[_Token]:
    index = 0
    while index < len(text):
        match = _TOKEN.match(text, index)
        if match is None or match.lastgroup is None:
            raise ValueError("it is no literal")
        yield match.lastgroup, match[match.lastgroup]
        index = match.end()


def _value(tokens: list[_Token], index: int, depth: int) -> tuple[object, int]:
    if index >= len(tokens) or depth > _MAX_DEPTH:
        raise ValueError("it has no end, or is nested too deeply")
    kind, text = tokens[index]
    if kind == "mark" and text in "{[":
        return (_object if text == "{" else _list)(tokens, index + 1, depth + 1)
    if kind == "mark" or (kind == "word" and text not in _WORDS):
        raise ValueError(f"{text[:40]} is no literal")
    return _SCALARS[kind](text), index + 1


def _object(tokens: list[_Token], index: int, depth: int) -> tuple[dict[str, object], int]:
    members: dict[str, object] = {}
    while tokens[index : index + 1] != [("mark", "}")]:
        if len(tokens) < index + 3 or tokens[index][0] == "mark" or tokens[index + 1] != ("mark", ":"):
            raise ValueError("it is no object of literals")
        kind, text = tokens[index]
        name = _string(text) if kind == "string" else text
        members[name], index = _value(tokens, index + 2, depth)
        index = _after_comma(tokens, index, "}")
    return members, index + 1


def _list(tokens: list[_Token], index: int, depth: int) -> tuple[list[object], int]:
    elements: list[object] = []
    while tokens[index : index + 1] != [("mark", "]")]:
        element, index = _value(tokens, index, depth)
        elements.append(element)
        index = _after_comma(tokens, index, "]")
    return elements, index + 1


def _after_comma(tokens: list[_Token], index: int, end: str) -> int:
    if tokens[index : index + 1] == [("mark", ",")]:
        return index + 1
    if tokens[index : index + 1] == [("mark", end)]:
        return index
    raise ValueError("it is no literal")


def _string(text: str) -> str:
    text_with_pairs = _ESCAPE.sub(_character, text[1:-1])
    return text_with_pairs.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # pairs become one character


def _character(match: re.Match[str]) -> str:
    code = match[1] or match[2] or match[3]
    if code is None:
        return _ESCAPES.get(match[4], match[4])
    return chr(min(int(code, 16), 0x10FFFF))


def _number(text: str) -> int | float:
    if _LEADING_ZERO.match(text):  # octal in a script, no number in a module
        raise ValueError(f"{text[:40]} begins with 0")
    plain = text.replace("_", "")
    try:
        return int(plain, 0)
    except ValueError:
        return float(plain)


_SCALARS: Mapping[str, Callable[[str], Any]] = {"string": _string, "number": _number, "word": _WORDS.get}

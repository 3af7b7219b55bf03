"""TOML as generators read it: TOML 1.0 by the standard library, and the forms that TOML 1.1 adds."""

import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime, time

from app.generators.formats.nodes import Quirk, Unreadable

_TOKEN = re.compile(
    r'(?P<long>"""(?:[^"\\]|\\.|"(?!""))*+(?:"{3,5}|\Z))|(?P<short>"(?:[^"\\\n]|\\.)*+"?)'
    r"|(?P<literal>'''(?:[^']|'(?!''))*+(?:'{3,5}|\Z)|'[^'\n]*+'?)|(?P<comment>\#[^\n]*+)|(?P<bracket>[{}\[\]])|(?P<newline>\r?\n)"
    r"|(?P<time>(?<![\d:])\d\d:\d\d(?![\d:]))",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:e|x(?P<digits>[0-9A-Fa-f]{2})|.)", re.DOTALL)
_LINE = re.compile(r"\(at line (\d+)")
_MAX_DEPTH = 60


def read_toml(text: str) -> tuple[Mapping[str, object], Mapping[Quirk, int]]:
    """Return the values of a TOML document, days and times as text, and its quirks; raises `Unreadable`."""
    quirks: dict[Quirk, int] = {}
    text = text.replace("\r\n", "\n")
    try:
        return _plain(tomllib.loads(text)), quirks
    except (ValueError, RecursionError):
        pass
    try:
        return _plain(tomllib.loads(_as_1_0(text, quirks))), quirks
    except (ValueError, RecursionError) as error:
        line = _LINE.search(str(error))
        reason = str(error).partition(" (at ")[0] or "its values are nested too deep"
        raise Unreadable(" ".join(reason.split())[:200], int(line[1]) if line else None) from None


def _plain(value: Mapping[str, object]) -> Mapping[str, object]:
    plain = _plain_value(value, 0)
    return plain if isinstance(plain, dict) else {}


def _plain_value(value: object, depth: int) -> object:
    if depth > _MAX_DEPTH:
        raise Unreadable(f"its values are nested more than {_MAX_DEPTH} levels deep")
    if isinstance(value, dict):
        return {key: _plain_value(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain_value(inner, depth + 1) for inner in value]
    return value.isoformat() if isinstance(value, datetime | date | time) else value


def _as_1_0(text: str, quirks: dict[Quirk, int]) -> str:
    """Return a document of TOML 1.1 in the forms of TOML 1.0; lines keep their numbers but inside inline tables."""
    parts: list[str] = []
    open_brackets: list[str] = []
    position = 0
    for token in _TOKEN.finditer(text):
        parts.append(text[position : token.start()])
        position = token.end()
        parts.append(_token_as_1_0(token, open_brackets, parts, quirks))
    return "".join((*parts, text[position:]))


def _token_as_1_0(token: re.Match[str], open_brackets: list[str], parts: list[str], quirks: dict[Quirk, int]) -> str:
    content, kind = token.group(), token.lastgroup
    is_inside_table = bool(open_brackets) and open_brackets[-1] == "{"
    if kind in {"short", "long"}:
        if re.search(r"\\[ex]", content):
            quirks.setdefault(Quirk.TOML_ESCAPE, 1)
        return _ESCAPE.sub(_escape, content)
    if kind == "time":
        quirks.setdefault(Quirk.TOML_1_1, 1)
        return content + ":00"
    if kind in {"newline", "comment"} and is_inside_table:
        quirks.setdefault(Quirk.TOML_1_1, 1)
        return " "
    if content in {"{", "["}:
        open_brackets.append(content)
    elif kind == "bracket" and open_brackets:
        open_brackets.pop()
        if content == "}":
            _drop_last_comma(parts)
    return content


def _escape(match: re.Match[str]) -> str:
    if match["digits"]:
        return f"\\u00{match['digits']}"
    return "\\u001B" if match.group() == "\\e" else match.group()


def _drop_last_comma(parts: list[str]) -> None:
    """Remove the comma that ends an inline table; the parts behind it are blank."""
    for index in range(len(parts) - 1, -1, -1):
        part = parts[index].rstrip()
        if part:
            parts[index] = part.removesuffix(",")
            return

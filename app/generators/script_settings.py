"""Literal settings in a configuration in JavaScript, found by their names; nothing is executed."""

import re
from collections.abc import Sequence

_MAX_LISTS = 50
_LIST = r"\[((?:\s*(?:'[^'\n]*'|\"[^\"\n]*\"|`[^`$\n]*`)\s*,?)*)\s*\]"
_ELEMENT = re.compile(r"""(["'`])([^"'`\n]*)\1""")


def setting(script: str, name: str) -> str | None:
    """Return a setting that a script gives as one string; None if it has it otherwise, empty if it has none."""
    values = re.findall(rf"\b{name}\s*[:=]\s*([^\s,}}]+)", script)
    if not values:
        return ""
    literal = re.fullmatch(r"""(["'`])([^"'`$]*)\1[,;]?""", values[0])
    return literal[2] if literal and len(values) == 1 else None


def switch(script: str, name: str) -> str | None:
    """Return a setting that is `true` or `false` as text; None if it is computed, empty if there is none."""
    values = re.findall(rf"\b{name}\b\s*([:=,}}])\s*(\w*)", script)
    if not values:
        return ""
    is_literal = len(values) == 1 and values[0][0] in ":=" and values[0][1] in {"true", "false", "undefined"}
    return values[0][1].replace("undefined", "") if is_literal else None


def text_lists(script: str, name: str) -> Sequence[Sequence[str]] | None:
    """Return each list of strings that a script gives under a name; None if one is computed."""
    count = len(re.findall(rf"\b{name}\b", script))
    lists = re.findall(rf"\b{name}\b['\"]?\s*[:=]\s*{_LIST}", script)
    if count != len(lists) or count > _MAX_LISTS:
        return None
    return [[match[2] for match in _ELEMENT.finditer(text)] for text in lists]

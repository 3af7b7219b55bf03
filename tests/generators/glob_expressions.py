"""Globs as regular expressions of Python, to judge ours by: they say the same, but some take years."""

import re

_MANY = "\0"
"""Stands for `**` while an expression is made; no path contains it."""
_GROUPS = {"{": "(?:", "}": ")", ",": "|"}
_SET_ESCAPED = re.compile(r"[\\\[\]^&~|]")
_GLOB = re.compile(r"(?P<many>\*\*)|(?P<any>\*)|(?P<one>\?)|\[(?P<set>!?[^\]/]+)\]|(?P<group>[{},])|(?P<text>.)")


def glob_expression(glob: str, *, folders_only: bool = False) -> re.Pattern[str] | None:
    """Return the expression of a glob; None if it is not valid."""
    depth = 0
    parts: list[str] = []
    for match in _GLOB.finditer(glob):
        depth += {"{": 1, "}": -1}.get(match["group"], 0)
        if depth < 0:
            return None
        parts.append(_glob_part(match) if depth or match["group"] != "," else ",")
    expression = "".join(parts)
    if folders_only:
        expression = expression.replace(f"{_MANY}/", r"(?:[^/.][^/]*/)*").replace(_MANY, "[^/]*")
    expression = expression.replace(_MANY, ".*")
    try:
        return re.compile(expression, re.DOTALL) if depth == 0 else None
    except re.error:  # a set as [z-a]
        return None


def _glob_part(match: re.Match[str]) -> str:
    if match["set"]:
        negation, characters = "^" if match["set"][0] in "!^" else "", match["set"].lstrip("!^")
        characters = _SET_ESCAPED.sub(_escape, characters)
        if "--" in characters:  # a range from one hyphen to another
            characters = characters.replace("-", r"\-")
        return f"[{negation}{characters}]" if characters else re.escape(match.group())
    if match["group"]:
        return _GROUPS[match["group"]]
    if match["any"] or match["one"]:
        return "[^/]*" if match["any"] else "[^/]"
    return _MANY if match["many"] else re.escape(match["text"])


def _escape(match: re.Match[str]) -> str:
    return f"\\{match.group()}"

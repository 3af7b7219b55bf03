"""Reads values of a configuration or a page that may have any type."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import cast

from app.generators.inherited.values import Fields

_LISTS = (list, tuple)
_NESTED = (Mapping, *_LISTS)
_TRUE = frozenset({"true", "yes", "on", "y", "1", "t"})
_MAX_STARS, _MAX_GLOB = 6, 300
_MANY = "\0"
"""Stands for `**` while an expression is made; no path contains it."""
_GROUPS = {"{": "(?:", "}": ")", ",": "|"}
_SET_ESCAPED = re.compile(r"[\\\[\]^&~|]")
_GLOB = re.compile(r"(?P<many>\*\*)|(?P<any>\*)|(?P<one>\?)|\[(?P<set>!?[^\]/]+)\]|(?P<group>[{},])|(?P<text>.)")


def text_of(value: object) -> str | None:
    """Return a scalar as text; None for no value, a list or a mapping."""
    if value is None or type(value) is str:
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, _NESTED):
        return None
    return str(value)


def is_true(value: object) -> bool:
    """Return whether a scalar is true in any dialect."""
    return (text_of(value) or "").strip().casefold() in _TRUE


def mapping_of(value: object) -> Fields:
    """Return a mapping, empty for anything else."""
    return cast("Fields", value) if isinstance(value, Mapping) else {}


def mappings_of(value: object) -> Sequence[Fields]:
    """Return the mappings of a list, or a mapping as its only element."""
    elements = value if isinstance(value, list | tuple) else [value]
    return [cast("Fields", element) for element in elements if isinstance(element, Mapping)]


def texts_of(value: object) -> Sequence[str]:
    """Return the scalars of a list, or a scalar as its only element."""
    if value is None:
        return []
    elements = value if isinstance(value, _LISTS) else [value]
    return [text for element in elements if (text := text_of(element)) is not None]


def get_any_case(fields: Fields, *names: str) -> object:
    """Return the first of some fields that a mapping has, whatever their case; None if it has none."""
    if not fields:
        return None
    by_name = {key.casefold(): value for key, value in fields.items() if isinstance(key, str)}
    return next((by_name[name] for name in names if name in by_name), None)


def deep_merge(below: Fields, above: Fields) -> Fields:
    """Return two mappings in one: nested mappings are merged, and `above` wins."""
    result = dict(below)
    for key, value in above.items():
        old = result.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        result[key] = deep_merge(mapping_of(old), mapping_of(value)) if both else value
    return result


@lru_cache(maxsize=512)
def glob_pattern(glob: str, *, folders_only: bool = False) -> re.Pattern[str] | None:
    """Return the expression of a glob: `*` and `?` stop at `/`, `**` does not; `{a,b}` are alternatives.

    With `folders_only`, as in Ruby, only `**/` crosses folders: any number of them. None if it has so many
    wildcards that matching could take long, or is not valid.
    """
    if glob.count("*") > _MAX_STARS or len(glob) > _MAX_GLOB or _MANY in glob:
        return None
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

"""Reads values of a configuration or a page that may have any type."""

from collections.abc import Mapping, Sequence
from typing import cast

from app.generators.inherited.values import Fields

_LISTS = (list, tuple)
_NESTED = (Mapping, *_LISTS)
_TRUE = frozenset({"true", "yes", "on", "y", "1", "t"})


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

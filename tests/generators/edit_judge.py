"""Judges an edit of front matter, apart from the editor and from the readers of the application."""

import json
import tomllib
from typing import Any

import yaml  # type: ignore[import-untyped] # its stubs are no dependency


def read_fields(block: str, form: str) -> dict[str, Any]:
    """Return the fields of a block as libraries read it that the application does not use for pages."""
    text = block.replace("\r\n", "\n")
    if form == "yaml":
        return dict(yaml.load(text, yaml.BaseLoader))  # noqa: S506 - it makes strings only
    if form == "toml":
        return tomllib.loads(text)
    if form in {"json", "members"}:
        return dict(json.loads(block if form == "json" else f"{{{block}}}"))
    start, _, rest = form.partition("{}")
    separator = rest.partition("{}")[0].strip()
    lines = [line.removeprefix(start).partition(separator) for line in text.splitlines()]
    return {key: value.strip() for key, _, value in lines}


def is_one_change(before: str, after: str, number: int) -> bool:
    """Return True if one insertion of at most some lines, or one of a word for null, makes `after`."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    removed, added = before[start : len(before) - end], after[start : len(after) - end]
    return removed in {"", "~", "null", "[]"} and len(added) < 80 and (str(number)[-1] in added or str(number) in after)

"""Where VitePress puts a page."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from app.generators.addressing.paths import below, encode_path
from app.generators.inherited.configuration import Configuration
from app.generators.inherited.values import Fields
from app.generators.script_settings import setting, switch

_REWRITES = re.compile(r"\brewrites\s*:\s*\{(?P<pairs>[^{}]*)\}")
_PAIR = re.compile(r"""\s*(["'`])(?P<source>[^"'`\n]*)\1\s*:\s*(["'`])(?P<target>[^"'`$\n]*)\3\s*(?:,|\Z)""")
_NAME = re.compile(r":(\w+)(\*|\(\.\*\))?")
_MORE_SYNTAX = re.compile(r"[(){}?*+^\\]")
_MAX_NAMES = 6


def vitepress_address(path: PurePosixPath, fields: Fields, configuration: Configuration) -> str | None:
    """Return the address of a page of VitePress, whose front matter has no part in it."""
    del fields
    script = configuration.text
    base, clean = setting(script, "base"), switch(script, "cleanUrls")
    relative = below(path, configuration.content)
    target = None if relative is None else _rewrite(relative.as_posix(), script)
    if base is None or clean is None or target is None or not target.endswith(".md") or configuration.problem:
        return None
    page = PurePosixPath(target)
    if page.stem == "index":
        folder = "" if page.parent == PurePosixPath() else f"{page.parent.as_posix()}/"
        return encode_path(f"{base}/{folder}")
    ending = "" if clean == "true" else ".html"
    return encode_path(f"{base}/{page.with_suffix('').as_posix()}{ending}")


def _rewrite(relative: str, script: str) -> str | None:
    """Return the path that the setting `rewrites` gives a page; None if it cannot be followed."""
    if not re.search(r"\brewrites\b", script):
        return relative
    table = _REWRITES.search(script)
    if table is None:
        return None
    text, position = table["pairs"].strip(), 0
    while position < len(text):
        pair = _PAIR.match(text, position)
        pattern = _pattern(pair["source"]) if pair else None
        if pair is None or pattern is None:
            return None
        if match := pattern.fullmatch(relative):
            return _fill(pair["target"], match.groupdict())
        position = pair.end()
    return relative


def _fill(target: str, names: Mapping[str, str]) -> str:
    return _NAME.sub(lambda name: names.get(name[1], name[0]), target)


def _pattern(source: str) -> re.Pattern[str] | None:
    """Return the expression of a path with names, as `posts/:year/:name.md`; None for what has more in it."""
    names = [match[1] for match in _NAME.finditer(source)]
    if len(names) > min(len(set(names)), _MAX_NAMES) or _MORE_SYNTAX.search(_NAME.sub("", source)):
        return None
    parts, end = [], 0
    for match in _NAME.finditer(source):
        parts += [re.escape(source[end : match.start()]), f"(?P<{match[1]}>{'.*' if match[2] else '[^/]+?'})"]
        end = match.end()
    return re.compile("".join([*parts, re.escape(source[end:])]))

"""Globs and regular expressions of configurations, matched in bounded time."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from app.generators.inherited.expressions import UnfollowedPatternError
from app.generators.inherited.globs import parse_glob
from app.generators.inherited.scalars import texts_of

_MAX_LENGTH, _MAX_STARS, _MAX_PATTERNS = 200, 6, 1000
_NEGATION = re.compile(r"^!|[!@+?*]\(")


def pattern_texts(value: object) -> list[str]:
    """Return the patterns of a setting: a list, or one text; raises `UnfollowedPatternError` for too many."""
    texts = [text for text in texts_of(value) if text]
    if len(texts) > _MAX_PATTERNS:
        raise UnfollowedPatternError(f"more than {_MAX_PATTERNS} patterns")
    return texts


def matches_glob(path: str, globs: Iterable[str], *, any_case: bool = False) -> str | None:
    """Return the first glob that a path has, in which `*` stops at a slash; raises `UnfollowedPatternError`."""
    for glob in globs:
        pattern = parse_glob(glob.casefold() if any_case else glob)
        if pattern is None or _NEGATION.search(glob):
            raise UnfollowedPatternError(glob[:60])
        if pattern.matches(path.casefold() if any_case else path):
            return glob
        if glob.startswith("**/") and matches_glob(path, [glob[3:]], any_case=any_case):
            return glob
    return None


def matches_name(path: PurePosixPath, globs: Iterable[str]) -> str | None:
    """Return the first glob that a part of a path has, or its end; raises `UnfollowedPatternError`."""
    for glob in globs:
        if glob.count("*") > _MAX_STARS or len(glob) > _MAX_LENGTH:
            raise UnfollowedPatternError(glob[:60])
        if any(fnmatchcase(part, glob) for part in path.parts) or path.match(glob.removeprefix("**/") or "*"):
            return glob
    return None

"""The values of parameters: how they are read, and which are errors. The routes and `usual` read them alike."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from app.domain.errors import InvalidCursor, InvalidParameter
from app.render.cursors import CURSOR

MAX_IDS, MAX_LIMIT, MAX_LANG = 500, 100, 35
COMMENTS_LIMIT, NEWEST_LIMIT = 50, 20
"""How many comments there are on a page by default."""
VIEWS = ("fragment", "page")
MAX_FURTHER_POSTS = 20
"""The most posts that one event stream tells of beside its own."""
MAX_SAFE_INTEGER = 2**53 - 1
"""The largest integer that JavaScript represents exactly (`Number.MAX_SAFE_INTEGER`)."""
_POSITIVE_INTEGER = re.compile(r"[1-9][0-9]{0,15}")
REPO = r"[A-Za-z0-9_-]{1,80}/[A-Za-z0-9._-]{1,100}"
NOT_REPEATABLE = (
    *("repo", "order", "limit", "cursor", "ids", "pinned", "hidden", "lang", "view"),
    *("term", "term_of", "title_prefix", "marker"),
)


def is_positive_integer(text: str, maximum: int = MAX_SAFE_INTEGER) -> bool:
    """Return whether a text is an integer from 1 to `maximum` in ASCII digits, in no other form that `int` accepts."""
    return _POSITIVE_INTEGER.fullmatch(text) is not None and int(text) <= maximum


def parse_positive_integer(name: str, maximum: int = MAX_SAFE_INTEGER) -> Callable[[Any], int]:
    """Return a parser of integers from 1 to `maximum`, which raises `InvalidParameter` with this name."""

    def parse(value: Any) -> int:
        if not is_positive_integer(value, maximum):
            raise InvalidParameter(name, f"a whole number from 1 to {maximum}")
        return int(value)

    return parse


def parse_choice(name: str, values: Sequence[str], allowed: str) -> Callable[[Any], str]:
    """Return a parser of these values, which raises `InvalidParameter` with this name."""

    def parse(value: Any) -> str:
        if value not in values:
            raise InvalidParameter(name, allowed)
        return str(value)

    return parse


def parse_repo(value: Any) -> str | None:
    """Return the name of a repository, if there is one; raise `InvalidParameter` for what is none."""
    if value is not None and re.fullmatch(REPO, value) is None:
        raise InvalidParameter("repo", "a repository, written owner/name")
    return str(value) if value is not None else None


def parse_ids(text: str | None, maximum: int = MAX_IDS) -> tuple[int, ...] | None:
    """Return the numbers of posts, sorted and without repeats; None if the parameter is absent.

    Raise `InvalidParameter` for a list that is too long or has anything but numbers.
    """
    if text is None:
        return None
    ids = set(text.split(","))
    if len(ids) > maximum or not all(map(is_positive_integer, ids)):
        raise InvalidParameter("ids", f"at most {maximum} whole numbers from 1, separated by commas")
    return tuple(sorted(map(int, ids)))


def parse_cursor(text: Any) -> str | None:
    """Return a cursor that has the form of one; raise `InvalidCursor` for any other text, whatever its length."""
    if text is not None and CURSOR.fullmatch(text) is None:
        raise InvalidCursor
    return None if text is None else str(text)


def require_unrepeated(names: Sequence[str]) -> None:
    """Raise `InvalidParameter` for a repeated parameter, because the page may have meant either value."""
    for name in NOT_REPEATABLE:
        if names.count(name) > 1:
            raise InvalidParameter(name, "given once")

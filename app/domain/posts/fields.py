"""The fields of a page: which issues it names, in front matter or in an entry of a published list.

Another repository than those that are served is an error: the first one's thread would be the wrong thread.
"""

import re
from collections.abc import Mapping, Sequence

from app.domain.posts.posts import Post
from app.domain.records import ThreadRef
from app.domain.sites import Repository
from app.domain.texts.excerpts import excerpt

_NUMBER = re.compile(r"[1-9][0-9]{0,14}")
"""No leading zero: YAML parsers disagree whether 041 is 41 or 33."""
_MAX_NUMBER = 10**15 - 1
_NESTED_TABLES = ("extra", "params")
"""The tables of front matter in which Zola and Hugo keep a blog's own fields."""
_EMPTY = frozenset({"", "~", "null"})
_TRUE = frozenset({"true", "yes", "on"})
_FALSE = frozenset({"false", "no", "off"})
_MAX_VALUE_LENGTH = 61


def post_of_page(page: Mapping[str, object], source: str, sites: Sequence[Repository]) -> Post:
    """Return the post of a page with these fields.

    `ghissueid` is a number, its digits, or a list of these. Raises `ValueError` with the problem and its solution.
    """
    fields = _fields(page)
    numbers = _numbers(fields.get("ghissueid"))
    repo = _repository(fields, sites) if numbers else None
    return Post(
        source,
        frozenset(ThreadRef(repo, number) for number in numbers if repo is not None),
        title=_text(fields.get("title")),
        url=_text(fields.get("url")),
        date=_text(fields.get("date")),
        description=_text(fields.get("description")),
        unpublished="it is a draft" if _is_draft(fields) else None,
    )


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _fields(page: Mapping[str, object]) -> Mapping[str, object]:
    """Return a page's top-level fields, which win, and those of the nested tables; names in lower case, as in Hugo."""
    top_level = {key.casefold(): value for key, value in page.items() if isinstance(key, str)}
    fields: dict[str, object] = {}
    for name in _NESTED_TABLES:
        table = top_level.get(name)
        if isinstance(table, Mapping):
            fields |= {key.casefold(): value for key, value in table.items() if isinstance(key, str)}
    return fields | top_level


def _numbers(value: object) -> frozenset[int]:
    if isinstance(value, list):
        return frozenset(_number(element) for element in value)
    return frozenset() if _is_empty(value) else frozenset({_number(value)})


def _number(value: object) -> int:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MAX_NUMBER:
        return value
    raise ValueError(f"ghissueid is {_printable(value)}. Write the number of the post's issue, as in ghissueid: 41")


def _repository(fields: Mapping[str, object], sites: Sequence[Repository]) -> Repository:
    key = "repo" if _is_empty(fields.get("ghrepo")) else "ghrepo"
    value = fields.get(key)
    if _is_empty(value):
        return sites[0]
    full_name = value.strip().lower() if isinstance(value, str) else ""
    for site in sites:
        if site.key == full_name:
            return site
    raise ValueError(
        f"{key} is {_printable(value)}, which is not served here. "
        f"Write ghrepo: {sites[0]}, or name it in AFTERWORD_REPO"
    )


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, str) and value.strip().casefold() in _EMPTY)


def _is_draft(fields: Mapping[str, object]) -> bool:
    return _word(fields.get("draft")) in _TRUE or _word(fields.get("published")) in _FALSE


def _word(value: object) -> str:
    """Return a word of the front matter; true and false of JSON and TOML as YAML writes them."""
    return str(value).strip().casefold() if isinstance(value, str | bool) else ""


def _printable(value: object) -> str:
    """Return a value for a message; of a nested value only its type: YAML aliases can make it endless."""
    if not isinstance(value, str | int | float) and value is not None:
        return f"a {type(value).__name__}"
    try:
        text = repr(value)
    except ValueError:  # an integer of more digits than Python writes
        return "a number too long to show"
    return excerpt(text, _MAX_VALUE_LENGTH)

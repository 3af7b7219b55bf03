"""Posts: the issues that the pages of a blog name, in their front matter or in a published list.

A page says `ghissueid: 41`. If several repositories are served, `ghrepo: owner/name` (or `repo`) selects one; without
it the first configured repository counts. Another repository is an error: the first one's thread would be the wrong
thread. A draft counts only after its publication, so that its comments stay unseen until then.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.domain.records import ThreadRef
from app.domain.sites import Repository, repository
from app.domain.texts.excerpts import excerpt

Posts = Mapping[Repository, frozenset[int]]
"""The issue numbers of the posts by configured repository; an empty set for a repository without posts."""

_NUMBER = re.compile(r"[1-9][0-9]{0,14}")
"""No leading zero: YAML parsers disagree whether 041 is 41 or 33."""
_MAX_NUMBER = 10**15 - 1
_NESTED_TABLES = ("extra", "params")
"""The tables of front matter in which Zola and Hugo keep a blog's own fields."""
_EMPTY = frozenset({"", "~", "null"})
_TRUE = frozenset({"true", "yes", "on"})
_FALSE = frozenset({"false", "no", "off"})
_MAX_VALUE_LENGTH = 61


@dataclass(frozen=True, slots=True)
class ParsedList:
    """The posts of a published list, and why entries of it were skipped."""

    posts: frozenset[ThreadRef]
    errors: tuple[str, ...]


def posts_of_page(page: Mapping[str, object], sites: Sequence[Repository]) -> frozenset[ThreadRef]:
    """Return the issues that a page names in its front matter; none for a draft, or without a `ghissueid`.

    `ghissueid` is a number, its digits, or a list of these. Raises `ValueError` with the problem and its solution.
    """
    fields = _fields(page)
    numbers = _numbers(fields.get("ghissueid"))
    if not numbers or _is_draft(fields):
        return frozenset()
    repo = _repository(fields, sites)
    return frozenset(ThreadRef(repo, number) for number in numbers)


def parse_list(data: object, sites: Sequence[Repository]) -> ParsedList:
    """Return the posts of a published list: an array, or an object whose `posts` is one.

    An entry is a number or an object with the fields of a page's front matter. An invalid entry is skipped. Raises
    `ValueError` if the list is invalid as a whole, or if it has invalid entries and no valid post.
    """
    entries = data.get("posts") if isinstance(data, dict) else data
    if not isinstance(entries, list):
        raise ValueError('it is neither an array nor an object with an array "posts"')  # noqa: TRY004 - it is data
    posts: set[ThreadRef] = set()
    errors: list[str] = []
    for position, entry in enumerate(entries, start=1):
        try:
            posts |= posts_of_page(entry if isinstance(entry, dict) else {"ghissueid": entry}, sites)
        except ValueError as error:
            errors.append(f"entry {position}: {error}")
    if errors and not posts:
        raise ValueError(f"not one of its entries can be used, beginning with {errors[0]}")
    return ParsedList(frozenset(posts), tuple(errors))


def group_by_repository(posts: Iterable[tuple[Repository, int]], sites: Sequence[Repository]) -> Posts:
    """Return the numbers of the posts by repository."""
    distinct = set(posts)
    return {site: frozenset(number for repo, number in distinct if repo == site) for site in sites}


def to_json(posts: Posts) -> str:
    """Return the posts as one line of JSON."""
    return json.dumps({repo.key: sorted(numbers) for repo, numbers in sorted(posts.items())})


def from_json(text: str, sites: Sequence[Repository]) -> Posts | None:
    """Return the posts of `to_json` for the repositories that are configured now; None for other text."""
    try:
        data = json.loads(text)
        posts = [(repository(name), number) for name, numbers in data.items() for number in numbers]
    except (ValueError, AttributeError, TypeError, RecursionError):
        return None
    return group_by_repository(posts, sites) if all(type(number) is int for _, number in posts) else None


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

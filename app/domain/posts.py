"""Posts: which issues the pages of a blog name, in their front matter or in a published list.

A page says `ghissueid: 41`; where several repositories are served it may say `ghrepo: owner/name` (or `repo`) besides,
else the first configured one is meant. Who names another repository is refused, never served from the first one: that
would be the wrong thread. Drafts count only once they are published, so that nobody reads what stands below them.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.domain.sites import Repository, repository

Posts = Mapping[Repository, frozenset[int]]
"""The numbers of the issues that posts name, for every configured repository; empty where none do."""
Named = tuple[Repository, int]

_NUMBER = re.compile(r"[1-9][0-9]{0,14}")
"""No leading zero: YAML's readers disagree whether 041 is 41 or 33."""
_LARGEST = 10**15 - 1
_NESTED = ("extra", "params")
"""Tables in which Zola and Hugo keep what a blog adds to a page's front matter."""
_NOTHING = frozenset({"", "~", "null"})
_TRUE = frozenset({"true", "yes", "on"})
_FALSE = frozenset({"false", "no", "off"})
_LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Listed:
    """What a published list names, and what is wrong with entries of it that were passed over."""

    named: frozenset[Named]
    refused: tuple[str, ...]


def posts_of_page(page: Mapping[str, object], sites: Sequence[Repository]) -> frozenset[Named]:
    """The issues that a page names by its front matter; none for a draft, or without a `ghissueid`.

    `ghissueid` is a number, its digits, or a list of these. Raises `ValueError` with what is wrong and what to write.
    """
    fields = _fields(page)
    numbers = _numbers(fields.get("ghissueid"))
    if not numbers or _is_draft(fields):
        return frozenset()
    repo = _repository(fields, sites)
    return frozenset((repo, number) for number in numbers)


def parse_list(data: object, sites: Sequence[Repository]) -> Listed:
    """The issues that a published list names: an array, or an object whose `posts` is one.

    An entry is a number or an object with the fields of a page's front matter. An entry that cannot be understood is
    passed over; `ValueError` where the whole cannot be, or not one of several entries.
    """
    entries = data.get("posts") if isinstance(data, dict) else data
    if not isinstance(entries, list):
        raise ValueError('it is neither an array nor an object with an array "posts"')  # noqa: TRY004 - it is data
    found: set[Named] = set()
    refused: list[str] = []
    for place, entry in enumerate(entries, start=1):
        try:
            found |= posts_of_page(entry if isinstance(entry, dict) else {"ghissueid": entry}, sites)
        except ValueError as failure:
            refused.append(f"entry {place}: {failure}")
    if refused and not found:
        raise ValueError(f"not one of its entries can be used, beginning with {refused[0]}")
    return Listed(frozenset(found), tuple(refused))


def group_by_repository(found: Iterable[Named], sites: Sequence[Repository]) -> Posts:
    """What was named, by repository."""
    together = set(found)
    return {site: frozenset(number for repo, number in together if repo == site) for site in sites}


def to_json(posts: Posts) -> str:
    """The posts as one line of JSON, for `from_json` after a restart."""
    return json.dumps({repo.key: sorted(numbers) for repo, numbers in sorted(posts.items())})


def from_json(text: str, sites: Sequence[Repository]) -> Posts | None:
    """What was `to_json`, for the repositories that are configured now; None where it cannot be read."""
    try:
        data = json.loads(text)
        found = [(repository(name), number) for name, numbers in data.items() for number in numbers]
    except (ValueError, AttributeError, TypeError, RecursionError):
        return None
    return group_by_repository(found, sites) if all(type(number) is int for _, number in found) else None


def _fields(page: Mapping[str, object]) -> Mapping[str, object]:
    """A page's own fields without regard to case, as Hugo reads them, over those in the nested tables."""
    own = {key.casefold(): value for key, value in page.items() if isinstance(key, str)}
    fields: dict[str, object] = {}
    for name in _NESTED:
        table = own.get(name)
        if isinstance(table, Mapping):
            fields |= {key.casefold(): value for key, value in table.items() if isinstance(key, str)}
    return fields | own


def _numbers(given: object) -> frozenset[int]:
    if isinstance(given, list):
        return frozenset(_number(one) for one in given)
    if _is_nothing(given):
        return frozenset()
    return frozenset({_number(given)})


def _number(given: object) -> int:
    if isinstance(given, str) and _NUMBER.fullmatch(given.strip()):
        return int(given)
    if isinstance(given, int) and not isinstance(given, bool) and 0 < given <= _LARGEST:
        return given
    raise ValueError(f"ghissueid is {_shown(given)}. Write the number of the post's issue, as in ghissueid: 41")


def _repository(fields: Mapping[str, object], sites: Sequence[Repository]) -> Repository:
    key = "repo" if _is_nothing(fields.get("ghrepo")) else "ghrepo"
    given = fields.get(key)
    if _is_nothing(given):
        return sites[0]
    wanted = given.strip().lower() if isinstance(given, str) else ""
    for site in sites:
        if site.key == wanted:
            return site
    raise ValueError(
        f"{key} is {_shown(given)}, which is not served here. Write ghrepo: {sites[0]}, or name it in AFTERWORD_REPO"
    )


def _is_nothing(given: object) -> bool:
    return given is None or (isinstance(given, str) and given.strip().casefold() in _NOTHING)


def _is_draft(fields: Mapping[str, object]) -> bool:
    return _word(fields.get("draft")) in _TRUE or _word(fields.get("published")) in _FALSE


def _word(given: object) -> str:
    """A word of the front matter; true and false of JSON and TOML as YAML writes them."""
    return str(given).strip().casefold() if isinstance(given, str | bool) else ""


def _shown(given: object) -> str:
    """A value for people; of a nested one only its kind, because aliases can make a small one endless."""
    if not isinstance(given, str | int | float) and given is not None:
        return f"a {type(given).__name__}"
    try:
        text = repr(given)
    except ValueError:  # an integer of more digits than Python writes
        return "a number too long to show"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"

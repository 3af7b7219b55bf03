"""A published list of posts, as a template of the generator writes it.

Its fields are JSON, so that no dialect of front matter matters: a number is a number, and `draft` is true or false.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from app.domain.posts.posts import NUMBER, NUMBER_ADVICE, Post, PostCatalog, PostProblem, ProblemKind
from app.domain.posts.repositories import UnknownRepositoryError, is_empty, printable, repository_of
from app.domain.records import ThreadRef
from app.domain.sites import Repository
from app.domain.texts.excerpts import excerpt

_WEB_SCHEMES = ("http://", "https://")
_MAX_NUMBER = 10**15 - 1
_ADDRESS = re.compile(r"(?:https?://[^\s/]|/(?!/))\S*", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?\S{0,20})?")
_TRUE, _FALSE = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})
_MAX_TEXT_LENGTH = 1000


class _InvalidEntry(ValueError):
    """An entry that cannot be used: what is wrong, and what to do."""

    def __init__(self, kind: ProblemKind, message: str, advice: str) -> None:
        super().__init__(f"{message}. {advice}")
        self.kind, self.message, self.advice = kind, message, advice


def is_list_address(location: str) -> bool:
    """Return True if a setting names a published list, well or badly written; else it names a folder or repository."""
    return location.lower().startswith(_WEB_SCHEMES)


def parse_list(data: object, sites: Sequence[Repository]) -> PostCatalog:
    """Return the posts of a published list: an array, or an object whose `posts` is one.

    An entry is a number, or an object with `ghissueid` and, if known, `title`, `url`, `date`, `description`, `draft`,
    `published` and `repo`. An entry with an invalid number is a post without one, and a problem. Raises `ValueError` if
    the list is invalid as a whole, or if it has invalid entries and names no issue.
    """
    entries = data.get("posts") if isinstance(data, dict) else data
    if not isinstance(entries, list):
        raise ValueError('it is neither an array nor an object with an array "posts"')  # noqa: TRY004 - it is data
    posts: list[Post] = []
    problems: list[PostProblem] = []
    for position, entry in enumerate(entries, start=1):
        fields = _by_small_name(entry) if isinstance(entry, dict) else {"ghissueid": entry}
        post = _post(fields, f"entry {position}")
        try:
            posts.append(_with_threads(post, fields, sites))
        except _InvalidEntry as error:
            posts.append(post)
            problems.append(PostProblem(error.kind, post.source, error.message, error.advice))
    if problems and not any(post.threads for post in posts):
        raise ValueError(
            f"not one of its entries can be used, beginning with {problems[0].source}: "
            f"{problems[0].message}. {problems[0].advice}"
        )
    return PostCatalog(tuple(posts), tuple(problems))


def _by_small_name(entry: Mapping[str, object]) -> Mapping[str, object]:
    return {name.casefold(): value for name, value in entry.items()}


def _post(fields: Mapping[str, object], source: str) -> Post:
    address = _text(fields.get("url")) or _text(fields.get("permalink"))
    return Post(
        source,
        title=_text(fields.get("title")),
        url=address if address is not None and _ADDRESS.fullmatch(address) else None,
        date=_date(fields.get("date")),
        description=_text(fields.get("description")),
        unpublished=_reason_without_page(fields),
    )


def _with_threads(post: Post, fields: Mapping[str, object], sites: Sequence[Repository]) -> Post:
    numbers = _numbers(fields.get("ghissueid"))
    if not numbers:
        return post
    try:
        repo = repository_of(fields.get, sites)
    except UnknownRepositoryError as error:
        raise _InvalidEntry(ProblemKind.UNKNOWN_REPOSITORY, error.message, error.advice) from None
    threads = frozenset(ThreadRef(repo, number) for number in numbers)
    return Post(post.source, threads, post.title, post.url, post.date, post.description, post.unpublished)


def _text(value: object) -> str | None:
    if not isinstance(value, str) or not value.strip():
        return None
    return excerpt(value.strip(), _MAX_TEXT_LENGTH)


def _date(value: object) -> str | None:
    """Return a date as it stands there, if it is one."""
    text = value.strip() if isinstance(value, str) else ""
    if _DATE.fullmatch(text) is None:
        return None
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return None
    return text


def _reason_without_page(fields: Mapping[str, object]) -> str | None:
    """Return why the generator makes no page of an entry; templates may list drafts, too."""
    if _word(fields.get("draft")) in _TRUE:
        return "draft: true"
    return "published: false" if _word(fields.get("published")) in _FALSE else None


def _word(value: object) -> str:
    return str(value).strip().casefold() if isinstance(value, str | bool | int) else ""


def _numbers(value: object) -> frozenset[int]:
    if isinstance(value, list):
        return frozenset(_number(element) for element in value)
    return frozenset() if is_empty(value) else frozenset({_number(value)})


def _number(value: object) -> int:
    if isinstance(value, str) and NUMBER.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, float) and value.is_integer():  # a minifier writes 1e6
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MAX_NUMBER:
        return value
    raise _InvalidEntry(
        ProblemKind.NOT_A_NUMBER,
        f"ghissueid is {printable(value)}",
        NUMBER_ADVICE,
    )

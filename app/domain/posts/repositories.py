"""The repository that a page, or an entry of a list, names for its issue: `ghrepo: owner/name`, or `repo`."""

from collections.abc import Callable, Sequence

from app.domain.sites import Repository
from app.domain.texts.excerpts import excerpt

_FIELDS = ("ghrepo", "repo")
"""The first of these that has a value counts."""
_EMPTY = frozenset({"", "~", "null"})
_MAX_VALUE_LENGTH = 61


class UnknownRepositoryError(ValueError):
    """A repository that is not served: what is wrong, as a clause, and what to do, as a sentence."""

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(f"{message}. {advice}")
        self.message, self.advice = message, advice


def is_empty(value: object) -> bool:
    """Return True for a field without a value, and for the text that a template prints then."""
    return value is None or (isinstance(value, str) and value.strip().casefold() in _EMPTY)


def named_repository(value_of: Callable[[str], object]) -> tuple[str, object] | None:
    """Return the field that names a repository, and its value; None if none does."""
    values = ((name, value_of(name)) for name in _FIELDS)
    return next(((name, value) for name, value in values if not is_empty(value)), None)


def repository_of(value_of: Callable[[str], object], sites: Sequence[Repository]) -> Repository:
    """Return the repository of a page's issue: the one that it names, else the first.

    `value_of` returns a field of the page, None without it. Raises `UnknownRepositoryError`: the first repository's
    thread would be the wrong thread.
    """
    named = named_repository(value_of)
    if named is None:
        return sites[0]
    name, value = named
    full_name = value.strip().lower() if isinstance(value, str) else ""
    for site in sites:
        if site.key == full_name:
            return site
    message = f"{name} is {printable(value)}, which is not served here"
    raise UnknownRepositoryError(message, f"Write ghrepo: {sites[0]}, or name it in AFTERWORD_REPO.")


def printable(value: object) -> str:
    """Return a value of a page for a message; of a nested value only its type."""
    if not isinstance(value, str | int | float) and value is not None:
        return f"a {type(value).__name__}"
    try:
        text = repr(value)
    except ValueError:  # an integer of more digits than Python writes
        return "a number too long to show"
    return excerpt(text, _MAX_VALUE_LENGTH)

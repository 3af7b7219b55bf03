"""Parse GitHub's objects: one JSON object in, one frozen value of the domain out.

Strict about text and about the keys, counts and times of the mirror: a ValueError names the first field that is not as
GitHub documents it. Lenient about the rest: unknown fields are ignored; labels, reactions and pins that are not as
documented are left out.
Follows https://docs.github.com/rest/issues/issues and https://docs.github.com/rest/issues/comments
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from app.domain.threads import GHOST, GHOST_ID, REACTIONS, Author, Comment, Issue, Reactions

_T = TypeVar("_T")
_MAX_INTEGER = 2**63 - 1
"""The largest integer of a store; GitHub's ids exceed 2^31 but are far below this."""
_EARLIEST_YEAR = 1970
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_CANONICAL_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_ISSUE_URL = re.compile(r"/(?:issues|pulls)/([0-9]{1,18})/?\Z")
_FULL_NAME = re.compile(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+")
_WEB_SCHEMES = ("https://", "http://")
_PUBLIC_REPOSITORY_FIELDS = frozenset(
    (
        *("id", "node_id", "name", "full_name", "private", "visibility", "owner", "organization", "description"),
        *("homepage", "url", "fork", "archived", "disabled", "is_template", "allow_forking", "default_branch"),
        *("created_at", "updated_at", "pushed_at", "language", "license", "topics", "custom_properties", "size"),
        *("stargazers_count", "watchers_count", "forks_count", "open_issues_count", "network_count"),
        *("subscribers_count", "forks", "open_issues", "watchers", "web_commit_signoff_required"),
        *("has_issues", "has_projects", "has_downloads", "has_wiki", "has_pages", "has_discussions"),
        *("has_pull_requests", "pull_request_creation_policy"),
    )
)
"""What GitHub tells everyone of a repository, besides its addresses.

To an owner it also tells permissions, settings, and a token for cloning.
"""
_GHOST = Author(GHOST, "https://github.com/ghost", f"https://avatars.githubusercontent.com/u/{GHOST_ID}")


@dataclass(frozen=True, slots=True)
class RepositoryInfo:
    """What the mirror needs of a repository; `id` survives a rename, `full_name` is the current name."""

    id: int
    full_name: str
    private: bool
    has_issues: bool
    archived: bool
    source: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """GitHub's object with what it tells everyone."""
    created_at: str | None = None


@dataclass(frozen=True, slots=True)
class Reaction:
    """A reaction to a comment; `login` is None for a deleted account."""

    login: str | None
    content: str
    created_at: str


def issue(obj: Mapping[str, Any]) -> Issue:
    """Return an issue or pull request; raise a ValueError that names the first missing or invalid field."""
    source = mapping(obj, "issue")
    return Issue(
        id=integer(source, "id"),
        number=integer(source, "number"),
        repository_url=_web_address(source, "repository_url"),
        title=text(source, "title"),
        author=_author(source),
        is_pull_request=source.get("pull_request") is not None,
        state=text(source, "state"),
        locked=_flag(source, "locked", default=False),
        comment_count=integer(source, "comments", at_least=0),
        labels=_labels(source.get("labels")),
        created_at=_time(source, "created_at"),
        updated_at=_time(source, "updated_at"),
        url=_web_address(source, "html_url"),
        reactions=_reactions(source.get("reactions")),
        source=source,
        pinned_comment=_pinned_comment(source.get("pinned_comment")),
    )


def comment(obj: Mapping[str, Any]) -> Comment:
    """Return a comment, with the thread's number from `issue_url`; raise a ValueError as `issue` does."""
    source = mapping(obj, "comment")
    return Comment(
        id=integer(source, "id"),
        number=_issue_number(source),
        author=_author(source),
        association=text(source, "author_association", default="NONE"),
        created_at=_time(source, "created_at"),
        updated_at=_time(source, "updated_at"),
        body=text(source, "body", default=""),
        body_text=text(source, "body_text", default=""),
        body_html=text(source, "body_html", default=""),
        url=_web_address(source, "html_url"),
        reactions=_reactions(source.get("reactions")),
        pinned=bool(source.get("pin")),
        hidden=_hidden_reason(source.get("minimized")),
        source=source,
    )


def reaction(obj: Mapping[str, Any]) -> Reaction:
    """Return a reaction; raise a ValueError as `issue` does."""
    source = mapping(obj, "reaction")
    user = source.get("user")
    login = None if user is None else text(mapping(user, "user"), "login")
    return Reaction(login, text(source, "content"), _time(source, "created_at"))


def repository(obj: Mapping[str, Any]) -> RepositoryInfo:
    """Return a repository; raise a ValueError as `issue` does.

    `private` is required: a private repository must never pass for public because a field is missing.
    """
    source = mapping(obj, "repository")
    full_name = text(source, "full_name")
    if _FULL_NAME.fullmatch(full_name) is None:
        raise ValueError("full_name is not owner/name")
    return RepositoryInfo(
        id=integer(source, "id"),
        full_name=full_name,
        private=_flag(source, "private"),
        has_issues=_flag(source, "has_issues", default=True),
        archived=_flag(source, "archived", default=False),
        source={name: value for name, value in source.items() if _is_public(name)},
        created_at=_optional_time(source, "created_at"),
    )


def _is_public(name: str) -> bool:
    return name in _PUBLIC_REPOSITORY_FIELDS or name.endswith("_url")


def mapping(value: object, name: str) -> Mapping[str, Any]:
    """Return a JSON object; raise a ValueError that has its name for any other value."""
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} is not an object")  # noqa: TRY004 - outside data is a value, whatever its type
    return value


def integer(obj: Mapping[str, Any], name: str, *, at_least: int = 1) -> int:
    """Return a field that is an integer; raise a ValueError that names it for any other value."""
    value = obj.get(name)
    if type(value) is not int or not at_least <= value <= _MAX_INTEGER:  # a bool is an int to isinstance
        raise ValueError(f"{name} is not a number as GitHub counts")
    return value


def text(obj: Mapping[str, Any], name: str, *, default: str | None = None) -> str:
    """Return a field that is text; raise a ValueError that names it for any other value."""
    return _value(obj, name, str, "text", default)


def _flag(obj: Mapping[str, Any], name: str, *, default: bool | None = None) -> bool:
    return _value(obj, name, bool, "true or false", default)


def _value(obj: Mapping[str, Any], name: str, kind: type[_T], description: str, default: _T | None) -> _T:
    value = obj.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, kind):
        raise ValueError(f"{name} is not {description}")  # noqa: TRY004 - as above
    return value


def _web_address(obj: Mapping[str, Any], name: str) -> str:
    """Return a web address: it becomes a link on the reader's page, so no other scheme may pass."""
    value = text(obj, name)
    try:
        host = urlsplit(value).hostname
    except ValueError:
        host = None
    if not value.startswith(_WEB_SCHEMES) or not host:
        raise ValueError(f"{name} is not a web address")
    return value


def _time(obj: Mapping[str, Any], name: str) -> str:
    """Return RFC 3339 in UTC with whole seconds and `Z`: in this form later times compare greater as text."""
    value = text(obj, name)
    is_canonical = _CANONICAL_TIME.fullmatch(value) is not None
    try:
        moment = datetime.fromisoformat(value.upper()) if is_canonical or _TIME.fullmatch(value) else None
        moment = moment if moment is None or is_canonical else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        moment = None
    if moment is None or moment.year < _EARLIEST_YEAR:
        raise ValueError(f"{name} is not a time")
    return value if is_canonical else f"{moment.replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def _optional_time(obj: Mapping[str, Any], name: str) -> str | None:
    try:
        return _time(obj, name)
    except ValueError:
        return None


def _issue_number(obj: Mapping[str, Any]) -> int:
    match = _ISSUE_URL.search(text(obj, "issue_url"))
    number = int(match[1]) if match else 0
    if number < 1:
        raise ValueError("issue_url does not end in an issue's number")
    return number


def _author(obj: Mapping[str, Any]) -> Author:
    """Return the `user`; GitHub sends null or nothing for a deleted account."""
    if obj.get("user") is None:
        return _GHOST
    user = mapping(obj["user"], "user")
    login = text(user, "login")
    return Author(
        login=login,
        url=_optional_web_address(user.get("html_url")) or f"https://github.com/{quote(login)}",
        avatar_url=_optional_web_address(user.get("avatar_url")) or _GHOST.avatar_url,
        is_bot=user.get("type") == "Bot",
        id=_positive(user.get("id")) or GHOST_ID,
    )


def _optional_web_address(value: object) -> str | None:
    return value if isinstance(value, str) and value.startswith(_WEB_SCHEMES) else None


def _labels(value: object) -> tuple[str, ...]:
    """Return the names of the labels; GitHub documents both objects and plain strings."""
    entries = value if isinstance(value, list) else []
    names = (entry.get("name") if isinstance(entry, Mapping) else entry for entry in entries)
    return tuple(name for name in names if isinstance(name, str) and name)


def _reactions(value: object) -> Reactions:
    if not isinstance(value, Mapping):
        return Reactions()
    counts = {kind: count for kind in REACTIONS if (count := _positive(value.get(kind))) > 0}
    return Reactions(_positive(value.get("total_count")) or sum(counts.values()), counts or None)


def _positive(value: object) -> int:
    return value if type(value) is int and 0 < value <= _MAX_INTEGER else 0


def _hidden_reason(value: object) -> str | None:
    """Return GitHub's reason in lower case; `hidden` if it gives none; None for a visible comment."""
    if not value and not isinstance(value, Mapping):
        return None
    reason = value.get("reason") if isinstance(value, Mapping) else None
    return reason.lower().replace("_", "-") if isinstance(reason, str) and reason else "hidden"


def _pinned_comment(value: object) -> Comment | None:
    """Return the pinned comment, or None if it is not as documented: the issue is usable without."""
    try:
        return comment(value) if isinstance(value, Mapping) else None
    except ValueError:
        return None

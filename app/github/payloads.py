"""What GitHub's objects mean: one parsed JSON object in, one frozen value of the domain out.

Strict about what the mirror is keyed, counted and ordered by, and about text: a ValueError names the first field that
is not as GitHub documents it. Lenient about everything else: unknown fields are ignored, and what decorates (labels,
reactions, pins) is left out where it is not understood.
Follows https://docs.github.com/rest/issues/issues and https://docs.github.com/rest/issues/comments
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from app.domain.threads import GHOST, GHOST_ID, REACTIONS, Author, Comment, Issue, Reactions

_LARGEST = 2**63 - 1
"""What a store can hold; GitHub's ids exceed 2^31 but are far from this."""
_EARLIEST_YEAR = 1970
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_ISSUE_URL = re.compile(r"/(?:issues|pulls)/([0-9]{1,18})/?\Z")
_FULL_NAME = re.compile(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+")
_WEB = ("https://", "http://")
_GHOST = Author(GHOST, "https://github.com/ghost", f"https://avatars.githubusercontent.com/u/{GHOST_ID}")


@dataclass(frozen=True, slots=True)
class RepositoryInfo:
    """What the mirror needs to know of a repository; `id` survives renaming, `full_name` is the present name."""

    id: int
    full_name: str
    private: bool
    has_issues: bool
    archived: bool


def issue(obj: Mapping[str, Any]) -> Issue:
    """An issue, or a pull request told by its mark; ValueError names the field that is missing or wrong."""
    given = _mapping(obj, "issue")
    return Issue(
        id=_integer(given, "id"),
        number=_integer(given, "number"),
        repository_url=_address(given, "repository_url"),
        title=_text(given, "title"),
        author=_author(given),
        is_pull_request=given.get("pull_request") is not None,
        state=_text(given, "state"),
        locked=_flag(given, "locked", default=False),
        comment_count=_integer(given, "comments", least=0),
        labels=_labels(given.get("labels")),
        created_at=_time(given, "created_at"),
        updated_at=_time(given, "updated_at"),
        url=_address(given, "html_url"),
        reactions=_reactions(given.get("reactions")),
        source=given,
        pinned_comment=_pinned(given.get("pinned_comment")),
    )


def comment(obj: Mapping[str, Any]) -> Comment:
    """A comment, its number read from `issue_url`; ValueError names the field that is missing or wrong."""
    given = _mapping(obj, "comment")
    return Comment(
        id=_integer(given, "id"),
        number=_number(given),
        author=_author(given),
        association=_text(given, "author_association", default="NONE"),
        created_at=_time(given, "created_at"),
        updated_at=_time(given, "updated_at"),
        body=_text(given, "body", default=""),
        body_text=_text(given, "body_text", default=""),
        body_html=_text(given, "body_html", default=""),
        url=_address(given, "html_url"),
        reactions=_reactions(given.get("reactions")),
        pinned=bool(given.get("pin")),
        hidden=_hidden(given.get("minimized")),
        source=given,
    )


def repository(obj: Mapping[str, Any]) -> RepositoryInfo:
    """A repository; ValueError names the field that is missing or wrong.

    `private` is required: a repository must never pass for public because a field was lost.
    """
    given = _mapping(obj, "repository")
    full_name = _text(given, "full_name")
    if _FULL_NAME.fullmatch(full_name) is None:
        raise ValueError("full_name is not owner/name")
    return RepositoryInfo(
        id=_integer(given, "id"),
        full_name=full_name,
        private=_flag(given, "private"),
        has_issues=_flag(given, "has_issues", default=True),
        archived=_flag(given, "archived", default=False),
    )


def _mapping(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} is not an object")  # noqa: TRY004 - outside data is a value, whatever its type
    return value


def _integer(obj: Mapping[str, Any], name: str, *, least: int = 1) -> int:
    value = obj.get(name)
    if type(value) is not int or not least <= value <= _LARGEST:  # a bool is an int to isinstance
        raise ValueError(f"{name} is not a number as GitHub counts")
    return value


def _text(obj: Mapping[str, Any], name: str, *, default: str | None = None) -> str:
    value = obj.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise ValueError(f"{name} is not text")  # noqa: TRY004 - as above
    return value


def _flag(obj: Mapping[str, Any], name: str, *, default: bool | None = None) -> bool:
    value = obj.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, bool):
        raise ValueError(f"{name} is not true or false")  # noqa: TRY004 - as above
    return value


def _address(obj: Mapping[str, Any], name: str) -> str:
    """A web address: it becomes a link on the reader's page, so no other scheme may pass."""
    value = _text(obj, name)
    try:
        host = urlsplit(value).hostname
    except ValueError:
        host = None
    if not value.startswith(_WEB) or not host:
        raise ValueError(f"{name} is not a web address")
    return value


def _time(obj: Mapping[str, Any], name: str) -> str:
    """RFC 3339 in UTC with whole seconds and `Z`, so that times compare as they sort."""
    value = _text(obj, name)
    if _TIME.fullmatch(value) is None:
        raise ValueError(f"{name} is not a time")
    try:
        moment = datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{name} is not a time") from None
    if moment.year < _EARLIEST_YEAR:
        raise ValueError(f"{name} is not a time")
    return f"{moment.replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def _number(obj: Mapping[str, Any]) -> int:
    match = _ISSUE_URL.search(_text(obj, "issue_url"))
    number = int(match[1]) if match else 0
    if number < 1:
        raise ValueError("issue_url does not end in an issue's number")
    return number


def _author(obj: Mapping[str, Any]) -> Author:
    """The `user`; null or missing is what GitHub sends for a deleted account."""
    if obj.get("user") is None:
        return _GHOST
    user = _mapping(obj["user"], "user")
    login = _text(user, "login")
    return Author(
        login=login,
        url=_web(user.get("html_url")) or f"https://github.com/{quote(login)}",
        avatar_url=_web(user.get("avatar_url")) or _GHOST.avatar_url,
        is_bot=user.get("type") == "Bot",
        id=_count(user.get("id")) or GHOST_ID,
    )


def _web(value: object) -> str | None:
    return value if isinstance(value, str) and value.startswith(_WEB) else None


def _labels(value: object) -> tuple[str, ...]:
    """The names of the labels; GitHub documents both objects and plain strings."""
    entries = value if isinstance(value, list) else []
    names = (entry.get("name") if isinstance(entry, Mapping) else entry for entry in entries)
    return tuple(name for name in names if isinstance(name, str) and name)


def _reactions(value: object) -> Reactions:
    if not isinstance(value, Mapping):
        return Reactions()
    counts = {kind: number for kind in REACTIONS if (number := _count(value.get(kind))) > 0}
    return Reactions(_count(value.get("total_count")) or sum(counts.values()), counts or None)


def _count(value: object) -> int:
    return value if type(value) is int and 0 < value <= _LARGEST else 0


def _hidden(value: object) -> str | None:
    """GitHub's reason in lower case; `hidden` where it hides a comment and gives none."""
    if not value and not isinstance(value, Mapping):
        return None
    reason = value.get("reason") if isinstance(value, Mapping) else None
    return reason.lower().replace("_", "-") if isinstance(reason, str) and reason else "hidden"


def _pinned(value: object) -> Comment | None:
    """The pinned comment, which decorates the issue: none where it is not understood."""
    try:
        return comment(value) if isinstance(value, Mapping) else None
    except ValueError:
        return None

"""GitHub's objects, and what is learnt of them, as the JSON that SQLite and PostgreSQL store. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from app.domain.threads import Approval, ImageSize, Issue
from app.store.normalized_change import with_known_closer
from app.store.rows import parse_approval, parse_image_sizes

_AS_DICT: Callable[[Any], Any] = dict
"""For mappings that are no dict; it fails for anything else that is not JSON."""


def encode_json(value: object) -> bytes:
    """Return a value as it is stored: compact JSON."""
    return orjson.dumps(value, default=_AS_DICT)


def is_same_json(stored_source: bytes, source: bytes) -> bool:
    """Return True if two JSON texts have the same value; the order of the fields doesn't count."""
    try:
        return stored_source == source or bool(orjson.loads(stored_source) == orjson.loads(source))
    except orjson.JSONDecodeError:  # the stored text is damaged or absent: the new one replaces it
        return False


def current_issue(issue: Issue, rows: Mapping[int, Any]) -> Issue:
    """Return the issue with what is only stored: who closed it. `rows` are the stored issues by number."""
    stored_source = rows[issue.number][1] if issue.number in rows else b""
    if b'"closed_by"' not in stored_source:  # most of them are in no need of parsing
        return issue
    try:
        return with_known_closer(issue, orjson.loads(stored_source))
    except orjson.JSONDecodeError:
        return issue


def stored_image_sizes(text: bytes | None) -> Mapping[str, ImageSize]:
    """Return the stored sizes of a comment's images; none if the text is damaged: the next ones replace it."""
    try:
        return {} if text is None else parse_image_sizes(text)
    except ValueError:
        return {}


def stored_approval(text: bytes | None) -> Approval | None:
    """Return the stored approval of a comment; None if the text is damaged: the next one replaces it."""
    try:
        return parse_approval(text)
    except ValueError:
        return None

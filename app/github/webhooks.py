"""GitHub's webhook deliveries without I/O: header fields and a raw body in, a notice of what changed out.

The order is the caller's duty: `signature` of the header fields, `verify` over the raw body, and only then `parse_event`. A
notice is a hint at what to look at again, never the truth: the text has to be asked for.

What is known of events and actions is the table below. New ones appear without notice: an event or an action that is
not in it is nothing to look at, even where it names an issue, since the pulse finds whatever it changed.
Follows https://docs.github.com/webhooks/webhook-events-and-payloads and
https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson

from app.domain.times import epoch
from app.domain.webhook_errors import InvalidSignature, MalformedDelivery, OutdatedSignature, UnsupportedMediaType

Fields = Sequence[tuple[bytes, bytes]]
"""Header fields as they came, repeated ones and all; names in any case."""

MAX_BODY_BYTES = 25_000_000
"""Bytes of a delivery at most: GitHub sends no larger ones."""
PING, OTHER = "ping", "other"

_TABLE: Mapping[str, frozenset[str]] = {
    PING: frozenset(),
    "issue_comment": frozenset({"created", "edited", "deleted", "pinned", "unpinned"}),
    "issues": frozenset(
        {"opened", "edited", "closed", "reopened", "deleted", "transferred", "locked", "unlocked", "pinned", "unpinned"}
        | {"labeled", "unlabeled", "assigned", "unassigned", "milestoned", "demilestoned", "typed", "untyped"}
    ),
    "repository": frozenset(
        {"renamed", "transferred", "privatized", "publicized", "deleted", "archived", "unarchived", "edited"}
    ),
}
"""The actions of each event after which something is to be looked at again."""
_THOROUGH = frozenset(
    {("issue_comment", "deleted"), ("issue_comment", "pinned"), ("issue_comment", "unpinned")}
    | {("issues", "deleted"), ("issues", "transferred")}
    | {("repository", "privatized"), ("repository", "deleted"), ("repository", "transferred")}
)
"""What lists of changes do not tell, or what nobody knows whether they tell."""

_SIGNATURE, _OLD_SIGNATURE = b"x-hub-signature-256", b"x-hub-signature"
_EVENT, _DELIVERY, _TYPE = b"x-github-event", b"x-github-delivery", b"content-type"
_DIGEST = re.compile(rb"sha256=([0-9a-fA-F]{64})")
_WORD = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_ID = re.compile(r"[\x21-\x7e]{1,128}")
_FULL_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}")
_LARGEST_NUMBER = 2**63 - 1
_MOST_PAIRS = 16
"""Of a form; GitHub sends one."""


@dataclass(frozen=True, slots=True)
class RepositoryRef:
    """A repository as a delivery names it."""

    full_name: str
    id: int | None
    """It survives renaming; None where it is not said."""


@dataclass(frozen=True, slots=True)
class CommentHint:
    """A comment as a delivery tells it."""

    id: int
    updated_at: float
    """Epoch seconds, without fractions: two edits within a second have the same."""
    body: str | None


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """That something changed, by a delivery that was verified."""

    delivery_id: str
    """GitHub's GUID, the same on redelivery."""
    event: str
    action: str
    """Empty where the event has none."""
    repo: RepositoryRef | None
    """None for what is about no repository, or about none that could be read of an unknown event."""
    number: int | None = None
    """That of the issue or pull request."""
    is_pull_request: bool = False
    comment: CommentHint | None = None
    """None where there is none, or where it could not be read: that is no reason to refuse the hint."""
    transferred_to: tuple[RepositoryRef, int] | None = None
    """Where a transferred issue is now."""


@dataclass(frozen=True, slots=True)
class RefreshHint:
    """What is to be looked at again."""

    number: int | None
    """That of the thread; None for the repository itself."""
    full: bool
    """True where lists of changes cannot tell what happened: only the thing itself does."""


def claimed_event_label(headers: Fields) -> str:
    """The event that a delivery claims, as `event_label` names it; it is for counting, so it never fails."""
    given = [value for name, value in headers if name.lower() == _EVENT]
    return event_label(given[0].decode("latin-1")) if len(given) == 1 else OTHER


def event_label(event: str) -> str:
    """The event under a name from a bounded set."""
    return event if event in _TABLE else OTHER


def signature(headers: Fields) -> bytes:
    """The digest that the sender claims.

    Raises `InvalidSignature` where it is missing, malformed or given twice, `OutdatedSignature` for SHA-1 alone.
    """
    given = [value.strip() for name, value in headers if name.lower() == _SIGNATURE]
    if not given:
        if any(name.lower() == _OLD_SIGNATURE for name, _ in headers):
            raise OutdatedSignature
        raise InvalidSignature("X-Hub-Signature-256 is missing")
    match = _DIGEST.fullmatch(given[0])
    if match is None or len(given) > 1:
        raise InvalidSignature("X-Hub-Signature-256 must be given once, as sha256= and 64 hexadecimal digits")
    return bytes.fromhex(match[1].decode("ascii"))


def verify(secrets: Sequence[bytes], body: bytes, claimed: bytes) -> None:
    """Returns where the claimed digest is the HMAC-SHA256 of the raw body under one of the secrets.

    All of them are compared, each in constant time, so that the time taken tells nothing. Raises `InvalidSignature`.
    """
    matches = [hmac.compare_digest(hmac.digest(secret, body, "sha256"), claimed) for secret in secrets]
    if not any(matches):
        raise InvalidSignature("it was not made with this secret, or the body was changed on its way")


def parse_event(headers: Fields, body: bytes) -> WebhookEvent:
    """What a verified delivery tells.

    Raises `UnsupportedMediaType` where it is neither JSON nor a form, `MalformedDelivery` naming what else is wrong with it.
    """
    is_form = _is_form(headers)
    event, delivery = _one(headers, _EVENT), _one(headers, _DELIVERY)
    if _WORD.fullmatch(event) is None:
        raise MalformedDelivery("X-GitHub-Event is no name of an event")
    if _ID.fullmatch(delivery) is None:
        raise MalformedDelivery("X-GitHub-Delivery is no id")
    payload = _payload(_of_form(body) if is_form else body)
    read = _known if event in _TABLE and event != PING else _other
    try:
        return read(delivery, event, payload)
    except ValueError as wrong:
        raise MalformedDelivery(str(wrong)) from None


def refresh_hint(told: WebhookEvent) -> RefreshHint | None:
    """What is to be looked at again after a notice; None where nothing of what is mirrored can have changed."""
    if told.is_pull_request or told.action not in _TABLE.get(told.event, ()):
        return None
    number = None if told.event == "repository" else told.number
    return RefreshHint(number, (told.event, told.action) in _THOROUGH)


def _is_form(headers: Fields) -> bool:
    kinds = {value.partition(b";")[0].strip().lower() for name, value in headers if name.lower() == _TYPE}
    if kinds == {b"application/json"}:
        return False
    if kinds == {b"application/x-www-form-urlencoded"}:
        return True
    raise UnsupportedMediaType


def _one(headers: Fields, wanted: bytes) -> str:
    given = [value for name, value in headers if name.lower() == wanted]
    if len(given) != 1:
        how = "missing" if not given else "given twice"
        raise MalformedDelivery(f"{'-'.join(word.capitalize() for word in wanted.decode().split('-'))} is {how}")
    return given[0].decode("latin-1").strip()


def _of_form(body: bytes) -> str:
    try:
        pairs = parse_qsl(body.decode("ascii"), errors="strict", max_num_fields=_MOST_PAIRS)
    except ValueError:
        raise MalformedDelivery("the body is no form") from None
    payloads = [value for name, value in pairs if name == "payload"]
    if len(payloads) != 1:
        raise MalformedDelivery("the form must have one field named payload")
    return payloads[0]


def _payload(text: str | bytes) -> Mapping[str, Any]:
    """The object; orjson refuses what is nested too deeply instead of exhausting the stack."""
    try:
        given = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise MalformedDelivery("the payload is not JSON") from None
    if not isinstance(given, dict):
        raise MalformedDelivery("the payload is not an object")
    return given


def _other(delivery: str, event: str, payload: Mapping[str, Any]) -> WebhookEvent:
    """A ping, or an event that this version does not know: only whose it is is read, as far as it can be."""
    try:
        place = _place(payload, "repository")
    except ValueError:
        place = None
    return WebhookEvent(delivery, event, "", place)


def _known(delivery: str, event: str, payload: Mapping[str, Any]) -> WebhookEvent:
    action = payload.get("action")
    if not isinstance(action, str) or _WORD.fullmatch(action) is None:
        raise ValueError("action is no name of an action")
    place = _place(payload, "repository")
    if event == "repository":
        return WebhookEvent(delivery, event, action, place)
    issue = _mapping(payload, "issue")
    return WebhookEvent(
        delivery,
        event,
        action,
        place,
        number=_integer(issue, "number"),
        is_pull_request=issue.get("pull_request") is not None,
        comment=_said(payload.get("comment")),
        transferred_to=_moved_to(payload.get("changes")) if action == "transferred" else None,
    )


def _place(obj: Mapping[str, Any], name: str) -> RepositoryRef:
    given = _mapping(obj, name)
    full_name = given.get("full_name")
    if not isinstance(full_name, str) or _FULL_NAME.fullmatch(full_name) is None:
        raise ValueError(f"{name}.full_name is not owner/name")
    return RepositoryRef(full_name, _integer(given, "id") if given.get("id") is not None else None)


def _said(given: object) -> CommentHint | None:
    if not isinstance(given, dict):
        return None
    updated_at, body = given.get("updated_at"), given.get("body")
    try:
        at = epoch(updated_at) if isinstance(updated_at, str) else None
        return (
            CommentHint(_integer(given, "id"), at, body if isinstance(body, str) else None) if at is not None else None
        )
    except ValueError:
        return None


def _moved_to(changes: object) -> tuple[RepositoryRef, int] | None:
    """Where a transferred issue is now; None where it is not said, as the old place tells it too."""
    if not isinstance(changes, dict):
        return None
    try:
        return _place(changes, "new_repository"), _integer(_mapping(changes, "new_issue"), "number")
    except ValueError:
        return None


def _mapping(obj: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = obj.get(name)
    if not isinstance(value, dict):
        raise ValueError(f"{name} is not an object")  # noqa: TRY004 - outside data is a value, whatever its type
    return value


def _integer(obj: Mapping[str, Any], name: str) -> int:
    value = obj.get(name)
    if type(value) is not int or not 1 <= value <= _LARGEST_NUMBER:  # a bool is an int to isinstance
        raise ValueError(f"{name} is not a number as GitHub counts")
    return value

"""GitHub's webhook deliveries without I/O: header fields and a raw body in, an event out.

The caller calls in this order: `signature` on the header fields, `verify` on the raw body, and only then `parse_event`.
An event is a hint at what to refresh, never the truth: the text has to be requested.

The table below holds all events and actions that this version knows. GitHub adds new ones without notice. An event or
action that is not in the table causes no refresh, even if it names an issue: the poll finds what it changed.
Follows https://docs.github.com/webhooks/webhook-events-and-payloads and
https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

import orjson

from app.domain.times import epoch
from app.domain.webhook_errors import InvalidSignature, MalformedDelivery, OutdatedSignature, UnsupportedMediaType
from app.github.payloads import integer, mapping, text

Fields = Sequence[tuple[bytes, bytes]]
"""Raw header fields, repeated ones included; names in any case."""

MAX_BODY_BYTES = 25_000_000
"""GitHub sends no larger deliveries."""
PING, PUSH, OTHER = "ping", "push", "other"

_ACTIONS: Mapping[str, frozenset[str]] = {
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
"""The actions of each event that cause a refresh; a push is no event of an issue."""
_FULL_REFRESHES = frozenset(
    {("issue_comment", "deleted"), ("issue_comment", "pinned"), ("issue_comment", "unpinned")}
    | {("issues", "deleted"), ("issues", "transferred")}
    | {("repository", "privatized"), ("repository", "deleted"), ("repository", "transferred")}
)
"""Lists of changes do not show these, or GitHub does not document whether they do."""

_SIGNATURE, _OLD_SIGNATURE = b"x-hub-signature-256", b"x-hub-signature"
_EVENT, _DELIVERY_ID, _CONTENT_TYPE = b"x-github-event", b"x-github-delivery", b"content-type"
_DIGEST = re.compile(rb"sha256=([0-9a-fA-F]{64})")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_ID = re.compile(r"[\x21-\x7e]{1,128}")
_FULL_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}")
_REF = re.compile(r"refs/[!-~\u00a0-\U0010ffff]{1,255}")
_MAX_FORM_FIELDS = 16
"""GitHub sends one."""


@dataclass(frozen=True, slots=True)
class RepositoryRef:
    """A repository as a delivery names it."""

    full_name: str
    id: int | None
    """It survives a rename; None if the delivery lacks it."""


@dataclass(frozen=True, slots=True)
class CommentHint:
    """A comment as a delivery reports it."""

    id: int
    updated_at: float
    """Epoch seconds without fractions: two edits within a second have the same time."""
    body: str | None


@dataclass(frozen=True, slots=True)
class PushHint:
    """A push as a delivery reports it."""

    ref: str
    """The branch or tag, as `refs/heads/main`."""
    default_branch: str | None
    """The repository's; None if the delivery lacks it."""


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """A change that a verified delivery reports."""

    delivery_id: str
    """GitHub's GUID, the same on redelivery."""
    event: str
    action: str
    """Empty if the event has none."""
    repo: RepositoryRef | None
    """None if the event concerns no repository; also None if an unknown event's repository cannot be parsed."""
    number: int | None = None
    """The number of the issue or pull request."""
    is_pull_request: bool = False
    comment: CommentHint | None = None
    """None if there is none. Also None if it cannot be parsed: that is no reason to reject the delivery."""
    transferred_to: tuple[RepositoryRef, int] | None = None
    """The new repository and number of a transferred issue."""
    push: PushHint | None = None
    """What was pushed; None for any other event."""


@dataclass(frozen=True, slots=True)
class RefreshHint:
    """What an event says to refresh."""

    number: int | None
    """The thread's number; None for the repository itself."""
    full: bool
    """True if lists of changes cannot show what happened: only the thread or repository itself does."""


def event_label(event: str) -> str:
    """Return the event as a metric label from a bounded set."""
    return event if event in _ACTIONS else OTHER


def claimed_event_label(headers: Fields) -> str:
    """Return the label of the event that an unverified delivery claims; never fails."""
    values = [value for name, value in headers if name.lower() == _EVENT]
    return event_label(values[0].decode("latin-1")) if len(values) == 1 else OTHER


def signature(headers: Fields) -> bytes:
    """Return the digest that the sender claims.

    Raises `InvalidSignature` if it is missing, malformed or given twice, `OutdatedSignature` for SHA-1 alone.
    """
    values = [value.strip() for name, value in headers if name.lower() == _SIGNATURE]
    if not values:
        if any(name.lower() == _OLD_SIGNATURE for name, _ in headers):
            raise OutdatedSignature
        raise InvalidSignature("X-Hub-Signature-256 is missing")
    match = _DIGEST.fullmatch(values[0])
    if match is None or len(values) > 1:
        raise InvalidSignature("X-Hub-Signature-256 must be given once, as sha256= and 64 hexadecimal digits")
    return bytes.fromhex(match[1].decode("ascii"))


def verify(secrets: Sequence[bytes], body: bytes, digest: bytes) -> None:
    """Raise `InvalidSignature` unless `digest` is the HMAC-SHA256 of the raw body under one of the secrets.

    All secrets are compared, each in constant time: the duration reveals nothing.
    """
    matches = [hmac.compare_digest(hmac.digest(secret, body, "sha256"), digest) for secret in secrets]
    if not any(matches):
        raise InvalidSignature("it was not made with this secret, or the body was changed on its way")


def parse_event(headers: Fields, body: bytes) -> WebhookEvent:
    """Return the event of a verified delivery.

    Raises `UnsupportedMediaType` for a body that is neither JSON nor a form, `MalformedDelivery` for any other error.
    """
    is_form = _is_form(headers)
    event, delivery_id = _single_header(headers, _EVENT), _single_header(headers, _DELIVERY_ID)
    if _NAME.fullmatch(event) is None:
        raise MalformedDelivery("X-GitHub-Event is no name of an event")
    if _ID.fullmatch(delivery_id) is None:
        raise MalformedDelivery("X-GitHub-Delivery is no id")
    payload = _payload(_form_payload(body) if is_form else body)
    builders = {PING: _other_event, PUSH: _push_event}
    build = builders.get(event, _known_event if event in _ACTIONS else _other_event)
    try:
        return build(delivery_id, event, payload)
    except ValueError as error:
        raise MalformedDelivery(str(error)) from None


def refresh_hint(event: WebhookEvent) -> RefreshHint | None:
    """Return what to refresh after an event; None if it cannot have changed anything in the mirror."""
    if event.is_pull_request or event.action not in _ACTIONS.get(event.event, ()):
        return None
    number = None if event.event == "repository" else event.number
    return RefreshHint(number, (event.event, event.action) in _FULL_REFRESHES)


def _is_form(headers: Fields) -> bool:
    types = {value.partition(b";")[0].strip().lower() for name, value in headers if name.lower() == _CONTENT_TYPE}
    if types == {b"application/json"}:
        return False
    if types == {b"application/x-www-form-urlencoded"}:
        return True
    raise UnsupportedMediaType


def _single_header(headers: Fields, field_name: bytes) -> str:
    values = [value for name, value in headers if name.lower() == field_name]
    if len(values) != 1:
        problem = "missing" if not values else "given twice"
        raise MalformedDelivery(f"{field_name.decode().title()} is {problem}")
    return values[0].decode("latin-1").strip()


def _form_payload(body: bytes) -> str:
    try:
        pairs = parse_qsl(body.decode("ascii"), errors="strict", max_num_fields=_MAX_FORM_FIELDS)
    except ValueError:
        raise MalformedDelivery("the body is no form") from None
    payloads = [value for name, value in pairs if name == "payload"]
    if len(payloads) != 1:
        raise MalformedDelivery("the form must have one field named payload")
    return payloads[0]


def _payload(body: str | bytes) -> Mapping[str, Any]:
    """Return the object; orjson rejects excessive nesting instead of exhausting the stack."""
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise MalformedDelivery("the payload is not JSON") from None
    if not isinstance(payload, dict):
        raise MalformedDelivery("the payload is not an object")
    return payload


def _other_event(delivery_id: str, event: str, payload: Mapping[str, Any]) -> WebhookEvent:
    """Return a ping, or an event that this version does not know, with its repository if that can be parsed."""
    try:
        repo = _repository_ref(payload, "repository")
    except ValueError:
        repo = None
    return WebhookEvent(delivery_id, event, "", repo)


def _push_event(delivery_id: str, event: str, payload: Mapping[str, Any]) -> WebhookEvent:
    """Return a push to a branch or a tag; without a hint if it is not as GitHub documents it.

    Follows https://docs.github.com/webhooks/webhook-events-and-payloads#push
    """
    other = _other_event(delivery_id, event, payload)
    ref = payload.get("ref")
    if other.repo is None or not isinstance(ref, str) or _REF.fullmatch(ref) is None:
        return other
    default_branch = payload["repository"].get("default_branch")
    return replace(other, push=PushHint(ref, default_branch if isinstance(default_branch, str) else None))


def _known_event(delivery_id: str, event: str, payload: Mapping[str, Any]) -> WebhookEvent:
    action = payload.get("action")
    if not isinstance(action, str) or _NAME.fullmatch(action) is None:
        raise ValueError("action is no name of an action")
    repo = _repository_ref(payload, "repository")
    if event == "repository":
        return WebhookEvent(delivery_id, event, action, repo)
    issue = mapping(payload.get("issue"), "issue")
    return WebhookEvent(
        delivery_id,
        event,
        action,
        repo,
        number=integer(issue, "number"),
        is_pull_request=issue.get("pull_request") is not None,
        comment=_comment_hint(payload.get("comment")),
        transferred_to=_transfer_target(payload.get("changes")) if action == "transferred" else None,
    )


def _repository_ref(obj: Mapping[str, Any], name: str) -> RepositoryRef:
    repository = mapping(obj.get(name), name)
    full_name = repository.get("full_name")
    if not isinstance(full_name, str) or _FULL_NAME.fullmatch(full_name) is None:
        raise ValueError(f"{name}.full_name is not owner/name")
    return RepositoryRef(full_name, integer(repository, "id") if repository.get("id") is not None else None)


def _comment_hint(comment: object) -> CommentHint | None:
    try:
        fields = mapping(comment, "comment")
        updated_at, body = epoch(text(fields, "updated_at")), fields.get("body")
        return CommentHint(integer(fields, "id"), updated_at, body if isinstance(body, str) else None)
    except ValueError:
        return None


def _transfer_target(changes: object) -> tuple[RepositoryRef, int] | None:
    """Return where a transferred issue is now, or None if the delivery lacks it: the old number redirects there too."""
    try:
        target = mapping(changes, "changes")
        number = integer(mapping(target.get("new_issue"), "new_issue"), "number")
        return _repository_ref(target, "new_repository"), number
    except ValueError:
        return None

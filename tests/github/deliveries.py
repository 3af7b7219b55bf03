"""Build webhook deliveries as GitHub sends them: a payload in, header fields and a body out."""

import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode

SECRET = b"It's a Secret to Everybody"
GUID = "72d3162e-cc78-11e3-81ab-4c9367dc0958"
REPO: dict[str, Any] = {"id": 1_296_269, "name": "blog", "full_name": "Ada/Blog", "private": False}
UPDATED = "2020-07-02T10:00:00Z"

RawDelivery = tuple[list[tuple[bytes, bytes]], bytes]


def sign(body: bytes, secret: bytes = SECRET) -> bytes:
    return b"sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest().encode()


def delivery(
    event: str, payload: object, *, secret: bytes = SECRET, form: bool = False, guid: str = GUID
) -> RawDelivery:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    body = urlencode({"payload": raw}).encode() if form else raw
    content_type = b"application/x-www-form-urlencoded" if form else b"application/json"
    fields = [
        (b"content-type", content_type),
        (b"x-github-event", event.encode()),
        (b"x-github-delivery", guid.encode()),
        (b"x-hub-signature-256", sign(body, secret)),
    ]
    return fields, body


def issue_payload(action: str, number: int = 41, **fields: Any) -> dict[str, Any]:
    """Return the payload of `issues`."""
    return {"action": action, "issue": {"id": 5, "number": number}, "repository": dict(REPO)} | fields


def comment_payload(action: str, comment_id: int = 1001, *, number: int = 41, **fields: Any) -> dict[str, Any]:
    """Return the payload of `issue_comment`; `fields` replace or add to the comment's own."""
    comment = {"id": comment_id, "updated_at": UPDATED, "body": f"*text* {comment_id}"} | fields
    return issue_payload(action, number, comment=comment)


def repository_payload(action: str, **fields: Any) -> dict[str, Any]:
    """Return the payload of `repository`."""
    return {"action": action, "repository": dict(REPO)} | fields

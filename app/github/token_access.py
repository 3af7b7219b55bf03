"""What a response tells of the token that was sent: its kind, its scopes and when it expires.

A classic token has scopes, `X-OAuth-Scopes: public_repo, gist`, an empty list included. A fine-grained token, and that
of an App, has none of this field. Only tokens that expire have `GitHub-Authentication-Token-Expiration`.
https://docs.github.com/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from app.github.headers import lowercase_names

_EXPIRY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}) ([0-9]{2}:[0-9]{2}:[0-9]{2}) (?:UTC|([+-][0-9]{2}:?[0-9]{2}))")
_SCOPE = re.compile(r"[a-z_]+(?::[a-z_]+)?")


@dataclass(frozen=True, slots=True)
class TokenAccess:
    """What GitHub says of the token of a request."""

    scopes: frozenset[str] | None = None
    """None for a token without scopes: fine-grained, or of an App."""
    expires_at: float | None = None
    """Epoch seconds by GitHub's clock; None if it does not say."""


def parse_token_access(headers: Mapping[str, str]) -> TokenAccess:
    """Return what the headers of a response tell; malformed values count as absent."""
    fields = lowercase_names(headers)
    scopes = fields.get("x-oauth-scopes")
    return TokenAccess(
        scopes=None if scopes is None else frozenset(_SCOPE.findall(scopes[:4096])),
        expires_at=_expiry(fields.get("github-authentication-token-expiration")),
    )


def _expiry(text: str | None) -> float | None:
    match = _EXPIRY.fullmatch((text or "").strip())
    if match is None:
        return None
    try:
        offset = match[3] or "+0000"
        return datetime.fromisoformat(f"{match[1]}T{match[2]}{offset}").astimezone(UTC).timestamp()
    except (ValueError, OverflowError):
        return None

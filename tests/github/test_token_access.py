"""What GitHub tells of a token in the headers of a response."""

import pytest

from app.github.token_access import TokenAccess, parse_token_access

EXPIRY = "GitHub-Authentication-Token-Expiration"


@pytest.mark.parametrize(
    ("headers", "access"),
    [
        ({}, TokenAccess()),
        ({"X-OAuth-Scopes": ""}, TokenAccess(frozenset())),
        ({"x-oauth-scopes": "repo, admin:repo_hook"}, TokenAccess(frozenset({"repo", "admin:repo_hook"}))),
        ({EXPIRY: "2026-12-27 10:00:00 UTC"}, TokenAccess(None, 1798365600.0)),
        ({EXPIRY: "2026-12-27 10:00:00 +0000"}, TokenAccess(None, 1798365600.0)),
        ({EXPIRY: "2026-12-27 11:00:00 +0100"}, TokenAccess(None, 1798365600.0)),
        ({EXPIRY: "2026-13-27 10:00:00 UTC"}, TokenAccess()),
        ({EXPIRY: "soon"}, TokenAccess()),
    ],
)
def test_headers_tell_scopes_and_expiry(headers: dict[str, str], access: TokenAccess) -> None:
    assert parse_token_access(headers) == access

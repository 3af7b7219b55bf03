"""The published names of all rules, which `--ignore` takes."""

from collections.abc import Sequence

from app.domain.errors import InvalidSetting
from app.domain.posts.rules.check import RULES as POST_RULES

RULES: Sequence[str] = (
    *("unknown-setting", "renamed-setting", "github-unreachable", "rate-limit-low", "clock-wrong", "no-posts"),
    *("repository-not-visible", "repository-renamed", "repository-private", "repository-archived", "issues-disabled"),
    *("token-rejected", "token-lacks-rights", "token-too-powerful", "token-expires"),
    *("store-unusable", "store-too-new", "store-read-only"),
    *("webhook-missing", "webhook-inactive", "webhook-blocked", "webhook-address", "webhook-events"),
    *(
        "webhook-deliveries",
        "webhook-duplicate",
        "webhook-secret-unset",
        "webhook-without-secret",
        "webhook-without-tls",
    ),
    *("public-address-unreachable", "public-address-wrong", "public-address-redirected", "public-address-prefix"),
    *("public-address-unencrypted", "public-read-failed", "public-links", "cors-missing", "cors-duplicate"),
    *("cors-preflight", "cors-too-open", "etag-dropped", "etag-ignored", "caching-headers", "vary-dropped"),
    *("vary-ignored", "query-dropped", "errors-replaced", "readiness-hidden"),
    *("events-refused", "events-buffered", "events-compressed"),
    *POST_RULES,
)


def check_rules(names: Sequence[str]) -> Sequence[str]:
    """Return the names. Raises `InvalidSetting` for one that is no rule: it would ignore nothing, and say nothing."""
    for name in names:
        if name not in RULES:
            raise InvalidSetting("--ignore", f"{name!r} is no rule. Write one as missing-issue, in small letters")
    return names

"""The address of a blog as a whole."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from app.generators.inherited.scalars import get_any_case

_FIELDS = ("baseurl", "base_url", "site_url", "siteurl", "url", "site")
"""What generators call it in their configuration."""


def blog_address(values: Mapping[str, object]) -> str | None:
    """Return the address in the configuration of a generator, without a trailing slash; None if it has none."""
    texts = (get_any_case(values, name) for name in _FIELDS)
    return next((text.rstrip("/") for text in texts if isinstance(text, str) and is_address(text)), None)


def is_address(text: str) -> bool:
    """Return True if a text is an address of http or https without a query, a fragment, a name or a password."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    has_more = bool(parts.query or parts.fragment or "@" in parts.netloc)
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not has_more and text.isprintable()

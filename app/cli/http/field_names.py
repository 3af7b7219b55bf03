"""The fields of a response's head, in GitHub's spelling of their names."""

import re
from collections.abc import Iterable
from functools import lru_cache

_SPECIAL_NAMES = {
    name.lower(): name for name in (b"ETag", b"X-GitHub-Media-Type", b"X-Request-ID", b"X-XSS-Protection")
}
_FIELD_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_INVALID_IN_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


@lru_cache(maxsize=256)
def canonical_name(name: bytes) -> bytes:
    """Return a header's name as GitHub writes it: `content-type` as `Content-Type`. Raise ValueError for no name."""
    if _FIELD_NAME.fullmatch(name) is None:
        raise ValueError(f"{name!r} is no name of a header")
    return _SPECIAL_NAMES.get(name.lower()) or b"-".join(part.capitalize() for part in name.split(b"-"))


def require_valid_value(name: bytes, value: bytes) -> None:
    """Raise ValueError for a value that no field may have: it would end the field, or the head."""
    if _INVALID_IN_VALUE.search(value):
        raise ValueError(f"the header {name!r} has an invalid value")


def write_fields(fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return the lines of a head; raise ValueError for an invalid field."""
    lines: list[bytes] = []
    for field_name, value in fields:
        name = canonical_name(field_name)
        require_valid_value(name, value)
        lines += (name, b": ", value, b"\r\n")
    return b"".join(lines)

"""The address of a database on a server. No message quotes its password, however the address is misspelt."""

import re
from urllib.parse import parse_qsl, unquote, urlsplit

_SCHEMES = ("postgresql://", "postgres://")
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_EXAMPLE = "postgresql://user:password@host:5432/database"
_ESCAPES = "In the password write @ as %40, / as %2F, : as %3A and % as %25"
_CREDENTIALS = re.compile(r":?//?.*@|:.*@|(?<=password=)[^&\s]+", re.DOTALL)


def is_database(value: str) -> bool:
    """Return True if a store is a database on a server."""
    return value.lower().startswith(_SCHEMES)


def without_credentials(value: str) -> str:
    """Return an address without user and password; of a misspelt one rather too little than too much."""
    return _CREDENTIALS.sub(lambda match: "://…@" if "@" in match[0] else "…", value)


def check_database(value: str) -> str:
    """Return the address of a database; raise `ValueError` with the problem and its solution."""
    try:
        parts = urlsplit(value)
        has_port = parts.port is None or parts.port > 0
    except ValueError:
        has_port = False
    if not has_port:
        raise ValueError(f"the port of the database is no number. Write it as {_EXAMPLE}. {_ESCAPES}")
    parameters = dict(parse_qsl(parts.query))
    if not unquote(parts.path).strip("/") and "dbname" not in parameters:
        raise ValueError(f"no database is named. Write it as {_EXAMPLE}")
    if parts.fragment or "@" in parts.path:
        raise ValueError(f"the address of the database cannot be read. Write it as {_EXAMPLE}. {_ESCAPES}")
    if parts.hostname is None and "host" not in parameters:
        raise ValueError(f"no host is named. Write it as {_EXAMPLE}, or name a socket's folder with ?host=/path")
    mode = parameters.get("sslmode")
    if mode is not None and mode not in _SSL_MODES:
        raise ValueError(f"sslmode={mode} is unknown. Write one of {', '.join(_SSL_MODES)}")
    return value

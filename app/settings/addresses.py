"""Addresses in settings: `http` and `https` URLs, origins and loopback hosts."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def split_address(address: str) -> SplitResult | None:
    """Return the parts of an `http` or `https` URL, or None if a client could not connect to it."""
    try:
        parts = urlsplit(address)
        has_valid_port = parts.port is None or parts.port > 0
    except ValueError:
        return None
    is_valid = (
        parts.scheme in _DEFAULT_PORTS and parts.hostname and has_valid_port and _VISIBLE_ASCII.fullmatch(address)
    )
    return parts if is_valid else None


def normalize_origin(text: str) -> str:
    """Return an origin as browsers send it: in lower case, without the scheme's default port.

    Raises ValueError if the text is no origin.
    """
    parts = split_address(text)
    if parts is None or parts.path or parts.query or parts.fragment or parts.username is not None:
        raise ValueError(f"{text!r} is not an origin. Write it as https://blog.example.com, without a path")
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = "" if parts.port in {None, _DEFAULT_PORTS[parts.scheme]} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def split_origins(text: str) -> list[str]:
    """Return the entries of a comma-separated list of origins, each without a slash at its end."""
    return [part.strip().rstrip("/") for part in text.split(",") if part.strip()]


def is_loopback(host: str) -> bool:
    """Return whether a host name or an IP address is that of this machine."""
    return ipaddress.ip_address(host).is_loopback if is_ip(host) else host == "localhost"


def is_ip(host: str) -> bool:
    """Return whether a host is written as an IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True

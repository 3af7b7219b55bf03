"""Addresses in settings: `http` and `https` URLs and loopback hosts."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")
_SCHEMES = ("http", "https")


def split_address(address: str) -> SplitResult | None:
    """Return the parts of an `http` or `https` URL, or None if a client could not connect to it."""
    try:
        parts = urlsplit(address)
        has_valid_port = parts.port is None or parts.port > 0
    except ValueError:
        return None
    is_valid = parts.scheme in _SCHEMES and parts.hostname and has_valid_port and _VISIBLE_ASCII.fullmatch(address)
    return parts if is_valid else None


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

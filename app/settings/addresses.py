"""Addresses in settings: `http` and `https` URLs, loopback hosts and networks."""

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from app.serving.clients.addresses import LOOPBACK, PRIVATE, Network

_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")
_SCHEMES = ("http", "https")
_NETWORKS: Mapping[str, tuple[Network, ...]] = {"private": PRIVATE, "loopback": LOOPBACK, "none": ()}


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


def split_networks(text: str) -> tuple[Network, ...]:
    """Return networks that are separated by commas; raise ValueError for an entry that is none."""
    networks: list[Network] = []
    for entry in (part.strip() for part in text.split(",")):
        if not entry:
            continue
        if entry.lower() in _NETWORKS:
            networks += _NETWORKS[entry.lower()]
            continue
        try:
            networks.append(ipaddress.ip_network(entry))
        except ValueError as failure:
            raise ValueError(
                f"{failure}. Write addresses, networks as 203.0.113.0/24, private, loopback or none"
            ) from None
    return tuple(networks)


def check_networks(text: str) -> str:
    """Return text that names networks; raise ValueError for other text."""
    split_networks(text)
    return text

"""Whom a request comes from: the address of the connection, or the one that trusted proxies name.

A proxy appends the address that it sees to `X-Forwarded-For`, behind what the client itself may have written there. So
the list is read from its end: the first address that is no trusted proxy's is the client's. `Forwarded` (RFC 7239)
counts only without the other field, because many proxies pass a client's own `Forwarded` on.
"""

import re
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

LOOPBACK: tuple[Network, ...] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))
PRIVATE: tuple[Network, ...] = (
    *(*LOOPBACK, IPv4Network("10.0.0.0/8"), IPv4Network("172.16.0.0/12"), IPv4Network("192.168.0.0/16")),
    *(IPv4Network("169.254.0.0/16"), IPv6Network("fc00::/7"), IPv6Network("fe80::/10")),
)
"""The networks of this machine and its neighbours, where a proxy usually is."""
_NO_ADDRESS = "unknown"
_MOST_HOPS = 20
_FOR_PARAMETER = re.compile(r'for\s*=\s*(?:"([^"]*)"|([^\s;,"]*))', re.IGNORECASE)
_WITH_PORT = re.compile(r"\[([^\]]*)\](?::\d{1,5})?|([0-9.]+):\d{1,5}")


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address in a text, which may have a port or a zone; None if there is none."""
    match = _WITH_PORT.fullmatch(text.strip())
    try:
        address = ip_address((text.strip() if match is None else match[1] or match[2]).partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def client_key(address: str) -> str:
    """Return what counts as one client: an IPv4 address, or the 64 bits of an IPv6 network."""
    ip = parse_address(address)
    if isinstance(ip, IPv6Address):
        return str(ip_network((ip, 64), strict=False))
    return _NO_ADDRESS if ip is None else str(ip)


def network_key(client: str) -> str:
    """Return what a client's key belongs to: 48 bits of an IPv6 network, which one customer may have; else itself."""
    start, _, length = client.partition("/")
    return str(ip_network((start, 48), strict=False)) if length else client


class TrustedProxies:
    """The networks whose word on other addresses is believed."""

    def __init__(self, networks: Sequence[Network] = PRIVATE) -> None:
        self._networks = networks

    def client(self, peer: str | None, addresses: str | None, elements: str | None) -> str:
        """Return the address of a request's client.

        `peer` is the address of the connection, None for one without (a Unix socket). The others are the values of
        `X-Forwarded-For` and `Forwarded`.
        """
        client = peer or ""
        if peer is not None and not self._trusts(peer):
            return client
        for address in self._hops(addresses, elements):
            if parse_address(address) is None:
                break
            client = address
            if not self._trusts(address):
                break
        return client

    def _trusts(self, address: str) -> bool:
        ip = parse_address(address)
        return ip is not None and any(ip in network for network in self._networks)

    def _hops(self, addresses: str | None, elements: str | None) -> Iterator[str]:
        """Return the addresses that proxies have named, the nearest first."""
        if addresses is not None:
            return iter(addresses.split(",")[: -_MOST_HOPS - 1 : -1])
        matches = _FOR_PARAMETER.findall(elements or "")
        return iter([text or token for text, token in matches][: -_MOST_HOPS - 1 : -1])

"""Origins in settings, written as browsers send them.

Follows https://html.spec.whatwg.org/#ascii-serialisation-of-an-origin and https://url.spec.whatwg.org/#host-parsing

An entry that no browser's `Origin` can equal is refused, because a page would wait for it in vain. Spellings that mean
the same (letter case, default port, letters beyond ASCII, a slash at the end) become the one that browsers send.

A pattern such as `https://*.example.com` means every subdomain at any depth, as in a Content-Security-Policy, and not
the domain itself. A domain of one label, as in `https://*.com`, has too many owners and is refused.
"""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

import idna

_DEFAULT_PORTS = {"http": 80, "https": 443}
_LABEL = r"[a-z0-9_-]{1,63}"
_DOMAIN = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
"""The last label of an IPv4 address, in all forms that browsers read (https://url.spec.whatwg.org/#ends-in-a-number)."""
_SPACE = re.compile(r"[\s\x00-\x1f]")
"""`urlsplit` removes some of these."""
_EVERY_SUBDOMAIN = "*."
_ADVICE = "Write it as https://blog.example.com, without a path; separate several by commas"
_PATTERN_ADVICE = "Only https://*.example.com is possible: one star in front of a domain of at least two labels"


def split_origins(text: str) -> list[str]:
    """Return the entries of a comma-separated list of origins, each without a slash at its end."""
    return [part.strip().rstrip("/") for part in text.split(",") if part.strip()]


def normalize_origin(text: str) -> str:
    """Return an origin as browsers send it. Raises ValueError if no browser can send it."""
    return _normalize(text, text)


def _normalize(address: str, text: str) -> str:
    """Return an address as browsers send it as an origin; errors name `text`, which the owner wrote."""
    parts = _split(address, text)
    host, port = _normalize_host(parts.hostname or "", text), _normalize_port(parts)
    return f"{parts.scheme}://{host}{port}"


def normalize_pattern(text: str) -> str:
    """Return an origin, or a pattern of origins (`https://*.example.com`), in the letter case of browsers.

    Raises ValueError if no origin can match it.
    """
    if "*" not in text:
        return normalize_origin(text)
    scheme, star, domain = text.partition(_EVERY_SUBDOMAIN)
    if not star or "*" in domain or not scheme.endswith("://"):
        raise ValueError(f"{text!r} matches no origin. {_PATTERN_ADVICE}")
    scheme, _, host_and_port = _normalize(scheme + domain, text).partition("://")
    host = host_and_port.partition(":")[0]
    if "." not in host or _NUMBER.fullmatch(host.rpartition(".")[2]):
        raise ValueError(f"{text!r} matches no origin, or those of too many owners. {_PATTERN_ADVICE}")
    return f"{scheme}://{_EVERY_SUBDOMAIN}{host_and_port}"


def _split(address: str, text: str) -> SplitResult:
    if text == "null":
        raise ValueError("'null' is the origin of every file and sandboxed frame. Serve the page from an address")
    try:
        parts = urlsplit(address)
        is_origin = parts.scheme in _DEFAULT_PORTS and parts.port != 0 and _SPACE.search(text) is None
    except ValueError:
        is_origin = False
    if not is_origin or any((parts.path, parts.query, parts.fragment)) or "@" in parts.netloc:
        raise ValueError(f"{text!r} is not an origin. {_ADVICE}")
    return parts


def _normalize_port(parts: SplitResult) -> str:
    return "" if parts.port in {None, _DEFAULT_PORTS[parts.scheme]} else f":{parts.port}"


def _normalize_host(host: str, text: str) -> str:
    """Return a host name in ASCII, or an IP address in the one spelling of browsers."""
    try:
        name = host if host.isascii() else idna.encode(host, uts46=True).decode()
        if ":" in name:
            return f"[{_normalize_ipv6(name)}]"
        if _NUMBER.fullmatch(name.rpartition(".")[2]):
            return str(ipaddress.IPv4Address(name))
    except ValueError as error:  # also of `idna`
        raise ValueError(f"the host in {text!r} does not exist: {error}. {_ADVICE}") from None
    if not _DOMAIN.fullmatch(name):
        raise ValueError(f"the host in {text!r} is no host name. {_ADVICE}")
    return name


def _normalize_ipv6(host: str) -> str:
    address = ipaddress.IPv6Address(host)
    if address.scope_id is not None or address.ipv4_mapped is not None:
        raise ValueError("browsers know no address of this form")
    return address.compressed

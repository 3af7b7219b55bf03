"""How a finished document becomes an HTTP answer: choosing an encoding, 304, HEAD, Age, Link and CORS. Pure.

Follows RFC 9110 (content negotiation, conditional requests), RFC 9111 (Age) and the Fetch standard (CORS).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.render.document import Document
from app.render.link_header import link_header

Headers = list[tuple[bytes, bytes]]

CACHE_CONTROL = b"public, max-age=0, s-maxage=%d, stale-while-revalidate=10, stale-if-error=86400"
_SHARED_FOR = 10
"""Seconds for which a shared cache may answer alone, counted from now.

Caches count from the Age that they are told (RFC 9111, 4.2.3): a document checked an hour ago would be stale on
arrival, and no CDN would ever answer for it, unless `s-maxage` begins where Age stands.
"""
NO_STORE = b"no-store"
EXPOSED = b"Link, ETag, Age, X-GitHub-Media-Type, Retry-After, X-Request-ID"
ALLOWED_METHODS = b"GET, HEAD, OPTIONS"
_PREFLIGHT_FOR = b"86400"
_CODINGS = ("br", "gzip")
"""In the order of preference where a reader accepts both alike."""


@dataclass(frozen=True, slots=True)
class Origins:
    """Which pages may read: all (`allowed` empty), or those of the named origins."""

    allowed: frozenset[bytes] = frozenset()

    def headers(self, origin: bytes | None) -> Headers:
        """The CORS headers of an answer to a page of this origin."""
        if not self.allowed:
            return [(b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", EXPOSED)]
        if origin in self.allowed and origin is not None:
            return [
                (b"access-control-allow-origin", origin),
                (b"access-control-expose-headers", EXPOSED),
                (b"vary", b"Origin"),
            ]
        return [(b"vary", b"Origin")]

    def preflight(self, origin: bytes | None, asked_headers: bytes | None) -> Headers:
        """The headers that answer an OPTIONS request: reading is allowed with whatever headers a script sends."""
        return [
            *self.headers(origin),
            (b"access-control-allow-methods", ALLOWED_METHODS),
            (b"access-control-allow-headers", asked_headers or b"Accept, Content-Type, If-None-Match"),
            (b"access-control-max-age", _PREFLIGHT_FOR),
            (b"vary", b"Access-Control-Request-Headers"),
        ]


@dataclass(frozen=True, slots=True)
class LinkBase:
    """Where a paged document was asked for: what its Link header is made of."""

    base: str
    path: str
    query: Sequence[tuple[str, str]] = ()


def coding(accept_encoding: bytes | None, bodies: Mapping[str, bytes]) -> str:
    """The content coding to send: the best of those at hand that the reader accepts, else `identity`.

    `identity` is preferred only where the reader names it with more weight than the others.
    """
    if accept_encoding is None or len(bodies) == 1:
        return "identity"
    weights: dict[str, float] = {}
    for part in accept_encoding.decode("latin-1").lower().split(","):
        name, _, parameters = part.partition(";")
        weights[name.strip()] = _weight(parameters)
    weight = {name: weights.get(name, weights.get("*", 0.0)) for name in _CODINGS if name in bodies}
    best = max(weight, key=weight.__getitem__)
    return best if weight[best] > 0 and weight[best] >= weights.get("identity", 0.0) else "identity"


def _weight(parameters: str) -> float:
    name, _, value = parameters.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def matches(if_none_match: bytes | None, etag: str) -> bool:
    """Weak comparison of a document's ETag with what the reader has (RFC 9110, 13.1.2)."""
    if if_none_match is None:
        return False
    given = if_none_match.decode("latin-1").strip()
    if given == "*":
        return True
    opaque = etag.removeprefix("W/")
    return any(part.strip().removeprefix("W/") == opaque for part in given.split(","))


def answer(
    document: Document,
    request: Mapping[bytes, bytes],
    *,
    now: float,
    origins: Origins,
    where: LinkBase | None = None,
) -> tuple[int, Headers, bytes]:
    """Status, headers and body of a document; `request` are the reader's headers in lower case, `now` epoch seconds."""
    name = coding(request.get(b"accept-encoding"), document.bodies)
    age = 0 if document.checked_at is None else max(0, int(now - document.checked_at))
    headers: Headers = [
        (b"etag", document.etag.encode()),
        (b"cache-control", CACHE_CONTROL % (age + _SHARED_FOR)),
        (b"vary", b"Accept, Accept-Encoding" if document.media else b"Accept-Encoding"),
        (b"x-content-type-options", b"nosniff"),
        *origins.headers(request.get(b"origin")),
    ]
    if document.checked_at is not None:
        headers.append((b"age", b"%d" % age))
    if document.media is not None:
        headers.append((b"x-github-media-type", document.media.encode()))
    if document.policy is not None:
        headers.append((b"content-security-policy", document.policy.encode("latin-1")))
    if document.pages is not None and where is not None:
        link = link_header(where.base, where.path, where.query, *document.pages)
        if link is not None:
            headers.append((b"link", link.encode("latin-1")))
    if document.status == 200 and matches(request.get(b"if-none-match"), document.etag):  # noqa: PLR2004 - OK
        return 304, headers, b""
    headers.append((b"content-type", document.content_type.encode()))
    if name != "identity":
        headers.append((b"content-encoding", name.encode()))
    body = document.bodies[name]
    headers.append((b"content-length", b"%d" % len(body)))
    return document.status, headers, body

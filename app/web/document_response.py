"""Turn a document into status, headers and body: content coding, 304, Age, Link and CORS. Pure functions.

Follows RFC 9110 (content negotiation, conditional requests), RFC 9111 (Age) and the Fetch standard (CORS).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

import orjson
from starlette.responses import Response

from app.render.document import Document
from app.render.link_header import link_header

Headers = list[tuple[bytes, bytes]]

_FRESH_SECONDS = 10
"""Seconds for which a cache may serve a response without a request, counted from now.

`max-age` is Age plus these seconds, because caches subtract Age (RFC 9111, 4.2.3). With a constant `max-age` a document
checked an hour ago would be stale on arrival, and no CDN would ever serve it. There is no `s-maxage`: it forbids shared
caches to serve anything stale (RFC 9111, 5.2.2.10), so that comments would disappear with the service.
"""
_CACHE_CONTROL = b"%b, max-age=%d, stale-while-revalidate=10, stale-if-error=86400"
_NGINX_FRESH = b"%d" % _FRESH_SECONDS
"""nginx does not subtract Age. It obeys X-Accel-Expires, whatever Age says, and removes it."""
NO_STORE = b"no-store"
EXPOSED_HEADERS = b"Link, ETag, Age, X-GitHub-Media-Type, Retry-After, X-Request-ID"
ALLOWED_METHODS = b"GET, HEAD, OPTIONS"
_PREFLIGHT_MAX_AGE = b"86400"
_CODING_SUFFIX = re.compile(r'(?:-|/|;)(?:br|deflate|gzip|zstd)"\Z')
_STAR = b"*."
_SUBDOMAINS = rb"(?:[a-z0-9_-]+\.)+"
_NOTHING = rb"(?!)"
_CODINGS = ("br", "gzip")
"""In the order of preference if a reader accepts both with the same weight."""


@dataclass(frozen=True, slots=True)
class CorsPolicy:
    """Which pages may read responses: those of the configured origins, or all pages if none is configured."""

    origins: frozenset[bytes] = frozenset()
    """In the spelling of browsers. `https://*.example.com` stands for its subdomains at any depth."""

    def headers(self, origin: bytes | None) -> Headers:
        """Return the CORS headers of a response to a page of this origin."""
        exposed_headers = (b"access-control-expose-headers", EXPOSED_HEADERS)
        if not self.origins:
            return [(b"access-control-allow-origin", b"*"), exposed_headers]
        if origin is None or not self.allows(origin):
            return [(b"vary", b"Origin")]
        return [(b"access-control-allow-origin", origin), exposed_headers, (b"vary", b"Origin")]

    def preflight_headers(self, origin: bytes | None, request_headers: bytes | None) -> Headers:
        """Return the headers of the response to an OPTIONS request.

        A script may send any header: `request_headers` is the value of `Access-Control-Request-Headers`.
        """
        return [
            *self.headers(origin),
            (b"access-control-allow-methods", ALLOWED_METHODS),
            (b"access-control-allow-headers", request_headers or b"Accept, Content-Type, If-None-Match"),
            (b"access-control-max-age", _PREFLIGHT_MAX_AGE),
            (b"vary", b"Access-Control-Request-Headers"),
        ]

    def allows(self, origin: bytes) -> bool:
        """Return True if pages of this origin may read, because it is configured or an entry with a star matches it."""
        return origin in self.origins or _match_subdomains(self.origins).fullmatch(origin) is not None


@lru_cache(maxsize=8)
def _match_subdomains(origins: frozenset[bytes]) -> re.Pattern[bytes]:
    """Return a pattern that matches the origins for which an entry with a star stands, and no others."""
    entries = (entry.partition(_STAR) for entry in sorted(origins) if _STAR in entry)
    patterns = [re.escape(scheme) + _SUBDOMAINS + re.escape(domain) for scheme, _, domain in entries]
    return re.compile(b"|".join(patterns) or _NOTHING)


@dataclass(frozen=True, slots=True)
class LinkBase:
    """The requested URL of a paged document, in the parts that its Link header consists of."""

    base_url: str
    path: str
    query: Sequence[tuple[str, str]] = ()
    is_shareable: bool = True
    """False if the document contains the address that one request's Host made: it is for no shared cache."""


def choose_coding(accept_encoding: bytes | None, bodies: Mapping[str, bytes]) -> str:
    """Return the best content coding of `bodies` that the reader accepts, else `identity` (RFC 9110, 12.5.3).

    `identity` wins only if the reader gives it more weight than the others.
    """
    if accept_encoding is None or len(bodies) == 1:
        return "identity"
    return _best_coding(accept_encoding, has_br="br" in bodies, has_gzip="gzip" in bodies)


@lru_cache(maxsize=64)  # of 32 KiB at most, the longest head
def _best_coding(accept_encoding: bytes, *, has_br: bool, has_gzip: bool) -> str:
    bodies = {"br": has_br, "gzip": has_gzip}
    weights: dict[str, float] = {}
    for part in accept_encoding.decode("latin-1").lower().split(","):
        name, _, parameters = part.partition(";")
        weights[name.strip()] = _weight(parameters)
    candidates = {name: weights.get(name, weights.get("*", 0.0)) for name in _CODINGS if bodies[name]}
    best = max(candidates, key=candidates.__getitem__)
    return best if candidates[best] > 0 and candidates[best] >= weights.get("identity", 0.0) else "identity"


def _weight(parameters: str) -> float:
    name, _, value = parameters.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def etag_matches(if_none_match: bytes | None, etag: str) -> bool:
    """Return whether `If-None-Match` names this ETag, by weak comparison (RFC 9110, 13.1.2)."""
    if if_none_match is None:
        return False
    value = if_none_match.decode("latin-1").strip()
    if value == "*":
        return True
    opaque = etag.removeprefix("W/")
    return any(_without_suffix(part.strip().removeprefix("W/")) == opaque for part in value.split(","))


def _without_suffix(tag: str) -> str:
    """Return the tag without what a proxy that compresses has added before the last quotation mark."""
    return _CODING_SUFFIX.sub('"', tag)


@dataclass(frozen=True, slots=True)
class DocumentResponse:
    """A document's response to one selection of request headers, without what depends on the time of the request."""

    document: Document
    status: int
    coding: str | None
    """The content coding of the body; None if the response has no body, because the client has the document."""
    is_shareable: bool
    fields: Headers
    """The headers that follow the ones of `freshness`."""

    @property
    def body(self) -> bytes:
        """Return the body, in its coding."""
        return b"" if self.coding is None else self.document.bodies[self.coding]

    def age(self, now: float) -> int | None:
        """Return for how many seconds the document may have been overtaken; None if that is unknown."""
        checked_at = self.document.checked_at
        return None if checked_at is None else max(0, int(now - checked_at))

    def headers(self, now: float) -> Headers:
        """Return all headers; `now` is in epoch seconds."""
        etag = (b"etag", self.document.etag.encode())
        return [etag, *freshness(self.age(now), is_shareable=self.is_shareable), *self.fields]


def build_response(
    document: Document,
    request_headers: Mapping[bytes, bytes],
    *,
    now: float,
    cors: CorsPolicy,
    link_base: LinkBase | None = None,
) -> tuple[int, Headers, bytes]:
    """Return status, headers and body of a document.

    The names of `request_headers` are in lower case; `now` is in epoch seconds.
    """
    response = select_response(document, request_headers, cors, link_base)
    return response.status, response.headers(now), response.body


SELECTING_HEADERS = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"origin")
"""The request headers that select among the responses of a document."""


def select_response(
    document: Document, request_headers: Mapping[bytes, bytes], cors: CorsPolicy, link_base: LinkBase | None = None
) -> DocumentResponse:
    """Return a document's response to a request with these headers, whenever it is sent."""
    fields: Headers = [
        (b"vary", b"Accept, Accept-Encoding" if document.github_media_type else b"Accept-Encoding"),
        (b"x-content-type-options", b"nosniff"),
        *cors.headers(request_headers.get(b"origin")),
        *_own_fields(document),
    ]
    if document.pages is not None and link_base is not None:
        link = link_header(link_base.base_url, link_base.path, link_base.query, *document.pages)
        if link is not None:
            fields.append((b"link", link.encode("latin-1")))
    is_shareable = link_base is None or link_base.is_shareable
    if document.status == 200 and _is_current(document, request_headers):  # noqa: PLR2004 - OK
        return DocumentResponse(document, 304, None, is_shareable, fields)
    coding = choose_coding(request_headers.get(b"accept-encoding"), document.bodies)
    fields.append((b"content-type", document.content_type.encode()))
    if coding != "identity":
        fields.append((b"content-encoding", coding.encode()))
    fields.append((b"content-length", b"%d" % len(document.bodies[coding])))
    return DocumentResponse(document, document.status, coding, is_shareable, fields)


def _own_fields(document: Document) -> Headers:
    """Return the headers that a document brings along."""
    fields: Headers = []
    if document.github_media_type is not None:
        fields.append((b"x-github-media-type", document.github_media_type.encode()))
    if document.last_modified is not None:
        fields.append((b"last-modified", document.last_modified.encode()))
    if document.content_security_policy is not None:
        fields.append((b"content-security-policy", document.content_security_policy.encode("latin-1")))
    if document.cache_tags is not None:
        fields.append((b"surrogate-key", document.cache_tags.encode()))
        fields.append((b"cache-tag", document.cache_tags.replace(" ", ",").encode()))
    return fields


def _is_current(document: Document, request_headers: Mapping[bytes, bytes]) -> bool:
    """Return whether the client has the document: ETags come before times (RFC 9110, 13.2.2)."""
    if_none_match = request_headers.get(b"if-none-match")
    if if_none_match is not None or document.last_modified is None:
        return etag_matches(if_none_match, document.etag)
    return _is_not_later(document.last_modified, request_headers.get(b"if-modified-since"))


def _is_not_later(last_modified: str, if_modified_since: bytes | None) -> bool:
    """Return whether nothing changed since the time of `If-Modified-Since`; False if it is no time."""
    if if_modified_since is None:
        return False
    try:
        since = parsedate_to_datetime(if_modified_since.decode("latin-1"))
        return parsedate_to_datetime(last_modified) <= since.replace(tzinfo=since.tzinfo or UTC)
    except (ValueError, OverflowError):
        return False


@lru_cache(maxsize=1024)
def freshness(age: int | None, *, is_shareable: bool) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers that say how old a document is (None: unknown) and how long caches may keep it."""
    scope = b"public" if is_shareable else b"private"
    headers: Headers = [(b"cache-control", _CACHE_CONTROL % (scope, (age or 0) + _FRESH_SECONDS))]
    if is_shareable:
        headers.append((b"x-accel-expires", _NGINX_FRESH))
    if age is not None:
        headers.append((b"age", b"%d" % age))
    return tuple(headers)


def raw_response(status: int, headers: Headers, body: bytes) -> Response:
    """Return a response with exactly these headers."""
    response = Response(body, status)
    response.raw_headers = headers
    return response


def uncached_json(value: Any, status: int = 200, **headers: str) -> Response:
    """Return a JSON response that no cache may store, with these headers."""
    fields = {"cache-control": NO_STORE.decode(), **headers}
    return Response(orjson.dumps(value), status, fields, media_type="application/json")

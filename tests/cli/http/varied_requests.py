"""Streams of requests as browsers, proxies, tools and attackers send them, drawn at random."""

from itertools import pairwise
from random import Random

from tests.web.harness.blog import BIG, POST

_TARGETS = (
    *(f"/api/v1/posts/{POST}", f"/api/v1/posts/{POST}/comments", f"/api/v1/posts/{BIG}/comments?limit=2"),
    *("/api/v1/counts?ids=41,42", "/api/v1/counts", f"/posts/{POST}/comments", "/widget.js", "/nothing"),
    *(f"/repos/Owner/Blog/issues/{BIG}/comments?page=2", f"/api/v1/posts/{POST}/comments?callback=f"),
    *(f"/api/v1/posts/%34{POST % 10}/comments", f"//api/v1/posts/{POST}", f"http://blog.test/api/v1/posts/{POST}"),
    *(f"/api/v1/posts/{POST}?", f"/api/v1/posts/{POST}?a?b", f"/api/v1/posts/{POST}#top", "*", "/api/v1/posts/x"),
)
_USUAL = 10
"""How many of the targets most requests are for."""
_METHODS = ("GET",) * 12 + ("HEAD",) * 4 + ("POST", "OPTIONS", "DELETE", "get", "BREW")
_VERSIONS = ("HTTP/1.1",) * 20 + ("HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "http/1.1")
_FIELDS = (
    *("Accept-Encoding: gzip", "Accept-Encoding: br, gzip;q=0.5", "accept-encoding: identity", "Accept-Encoding:"),
    *("If-None-Match: *", 'If-None-Match: W/"1", "2"', "If-Modified-Since: Mon, 30 Nov 2026 09:00:00 GMT"),
    *("Origin: https://blog.example", "Origin: null", "Accept: application/json", "Accept: text/html, */*;q=0.1"),
    *(
        "X-Request-ID: a.client-1",
        "X-Request-ID: <script>",
        "X-Request-ID:  b",
        "X-Forwarded-For: 10.0.0.1",
        "User-Agent: test",
    ),
    *("Connection: keep-alive", "connection: Keep-Alive, x", "Cookie: a=b; c=d", "Referer: https://blog.example/41"),
)
_ODD_FIELDS = (
    *("Connection: close", "Connection: upgrade\r\nUpgrade: websocket", "Expect: 100-continue", "Content-Length: 0"),
    *("Content-Length: 3", "Transfer-Encoding: chunked", "Content-Length: 3\r\nContent-Length: 4", "Content-Length: x"),
    *("Content-Length: 3\r\nTransfer-Encoding: chunked", "Host: other.test", "Accept: a\r\nAccept: b", " folded: x"),
    *("Name with space: x", "No colon", ": no name", "Null: \0", "Bell: \a", "Transfer-Encoding: chunked, gzip"),
)
_BODIES = ("", "", "", "abc", "3\r\nabc\r\n0\r\n\r\n", "0\r\n\r\n", "GET / HTTP/1.1\r\n\r\n")
_SPOILERS = (
    *(
        b"\r",
        b"\n",
        b"\r\n",
        b"\0",
        b" ",
        b"\t",
        b":",
        b": ",
        b"\r\n ",
        b"\r\nHost: other.test",
        b"\r\nConnection: close",
    ),
    *(
        b"\xff",
        b"\r\nContent-Length: 5",
        b"\r\n\r\n",
        b"\r\nCookie",
        b"\r\nProxy-Connection: close",
        b"\x7f",
        b"\x0b",
        b"x",
    ),
)
_GARBAGE = (
    "\r\n",
    "\n",
    "\0\0",
    "GET",
    "GET /",
    "HTTP/1.1 200 OK\r\n\r\n",
    "\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
)


def plain_request(random: Random) -> bytes:
    """Return a request as browsers send it."""
    target = random.choice(_TARGETS[:_USUAL])
    fields = random.sample(_FIELDS, random.randint(0, 4))
    return _head(random.choice(("GET", "GET", "HEAD")), target, "HTTP/1.1", ["Host: blog.test", *fields])


def odd_request(random: Random) -> bytes:
    """Return a request with something unusual, or no request at all."""
    if random.random() < 0.1:
        return random.choice(_GARBAGE).encode("latin-1")
    fields = random.sample(_FIELDS, random.randint(0, 3)) + random.sample(_ODD_FIELDS, random.randint(0, 2))
    random.shuffle(fields)
    host = [] if random.random() < 0.1 else ["Host: blog.test"]
    head = _head(random.choice(_METHODS), random.choice(_TARGETS), random.choice(_VERSIONS), [*host, *fields])
    return head + random.choice(_BODIES).encode()


def spoiled_request(random: Random) -> bytes:
    """Return a request as browsers send it, with one byte changed or more: it may be another request then, or none."""
    data = plain_request(random)
    position = random.choice([random.randrange(len(data)), data.find(b"\r\n", random.randrange(len(data) - 4))])
    return data[:position] + random.choice(_SPOILERS) + data[position + random.randint(0, 1) :]


def stream(random: Random) -> bytes:
    """Return one to four requests, one behind the other."""
    kinds = (plain_request, plain_request, plain_request, odd_request, spoiled_request)
    return b"".join(random.choice(kinds)(random) for _ in range(random.randint(1, 4)))


def parts(data: bytes, random: Random) -> list[bytes]:
    """Return data as a network may bring it: whole, byte by byte, or in pieces of any length."""
    kind = random.random()
    if kind < 0.4:
        return [data]
    if kind < 0.5:
        return [data[i : i + 1] for i in range(len(data))]
    cuts = sorted({0, len(data), *(random.randrange(len(data)) for _ in range(random.randint(1, 5)))})
    return [data[start:end] for start, end in pairwise(cuts)]


def _head(method: str, target: str, version: str, fields: list[str]) -> bytes:
    lines = [f"{method} {target} {version}", *fields, "", ""]
    return "\r\n".join(lines).encode("latin-1")

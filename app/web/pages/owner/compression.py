"""Responses to the owner alone, compressed as the client accepts it: a large blog has half a megabyte of counts.

The length of a compressed page can tell what stands beside a text that somebody else chose
(https://www.breachattack.com). No other site can choose one here: its requests come without the session.
"""

import gzip
from collections.abc import Mapping

import brotli
from starlette.requests import Request
from starlette.responses import Response

from app.web.document_response import choose_coding
from app.web.pages.owner.access import PRIVATE

_BROTLI_QUALITY, _GZIP_LEVEL = 4, 5
_LEAST_BYTES = 1_000
"""Smaller bodies stay as they are: a packet has room for them."""
_CODINGS = {"identity": b"", "br": b"", "gzip": b""}


def private_response(
    request: Request, body: bytes, media_type: str, headers: Mapping[str, str] = PRIVATE, *, status: int = 200
) -> Response:
    """Return a response that no cache may store; call it in a thread if the body is large."""
    preferences = request.headers.get("accept-encoding")
    coding = choose_coding(None if preferences is None else preferences.encode("latin-1", "replace"), _CODINGS)
    fields = {**headers, "vary": f"{headers['vary']}, Accept-Encoding"}
    if coding == "identity" or len(body) < _LEAST_BYTES:
        return Response(body, status, fields, media_type=media_type)
    is_brotli = coding == "br"
    content = brotli.compress(body, quality=_BROTLI_QUALITY) if is_brotli else gzip.compress(body, _GZIP_LEVEL)
    return Response(content, status, {**fields, "content-encoding": coding}, media_type=media_type)

"""Handmade exchanges with GitHub, deciphered."""

from typing import Any

import orjson

from app.github import responses
from app.github.requests import RepositoryRequests, Request
from app.github.responses import Redirect, Response
from tests.github.objects import API

NOW = 1_600_000_000.0
BLOG = RepositoryRequests(API, "octo/blog")
JSON_TYPE = {"Content-Type": "application/json; charset=utf-8"}


def decipher(
    request: Request,
    status: int = 200,
    data: Any = None,
    *,
    sent_etag: str | None = None,
    attempt: int = 0,
    **headers: Any,
) -> Response | Redirect:
    """Decipher a response with this body, JSON unless it is bytes; `headers` have `_` for `-`."""
    fields = JSON_TYPE | {name.replace("_", "-"): value for name, value in headers.items()}
    body = data if isinstance(data, bytes) else orjson.dumps(data)
    return responses.decipher_response(request, status, fields, body, now=NOW, sent_etag=sent_etag, attempt=attempt)


def decipher_ok(request: Request, data: Any, **headers: Any) -> Response:
    """Decipher a 200 with this JSON."""
    response = decipher(request, 200, data, **headers)
    assert isinstance(response, Response)
    return response

"""ASGI without a server or a client: scopes, and the messages that an application sends."""

from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp, Message


def http_scope(**items: Any) -> dict[str, Any]:
    """Return the scope of a GET request for `/a`, with these items replaced."""
    defaults: Mapping[str, Any] = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": "/a",
        "query_string": b"",
        "headers": [],
        "server": ("127.0.0.1", 8000),
    }
    return {**defaults, **items}


async def sent_messages(app: ASGIApp, scope: dict[str, Any]) -> list[Message]:
    """Return what an application sends in response to a request without a body."""
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    await app(scope, receive_nothing, send)
    return messages


async def receive_nothing() -> Message:
    """Return the end of an empty body."""
    return {"type": "http.request", "body": b"", "more_body": False}

"""A connection to a receiver of webhooks, kept alive from delivery to delivery."""

import select
import socket
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import urlsplit


class Connection:
    """A connection that posts one body after the other, and reconnects if the receiver has closed it."""

    def __init__(self, url: str, timeout: float) -> None:
        parts = urlsplit(url)
        connection_class = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connection = connection_class(parts.hostname or "", parts.port, timeout=timeout)
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def post(self, body: bytes, headers: Mapping[str, str]) -> int:
        """Send a body by POST and return the status; raise OSError or HTTPException without a complete response."""
        if self._is_stale():
            self._connection.close()
        try:
            self._connection.request("POST", self._path, body, dict(headers))
            response = self._connection.getresponse()
            response.read()
        except BaseException:
            self._connection.close()
            raise
        return response.status

    def abort(self) -> None:
        """Shut the connection down during a request, from another thread."""
        connection: socket.socket | None = self._connection.sock
        if connection is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _is_stale(self) -> bool:
        """Return whether an idle connection is readable, which can only mean that the receiver has closed it."""
        connection: socket.socket | None = self._connection.sock
        if connection is None:
            return False
        readable = select.poll()
        readable.register(connection, select.POLLIN)
        return bool(readable.poll(0))

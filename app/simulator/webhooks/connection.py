"""One connection to a receiver of webhooks, kept alive from delivery to delivery."""

import select
import socket
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import urlsplit


class Connection:
    """Posts bodies one after the other over one connection, and opens a new one where the receiver has closed it."""

    def __init__(self, url: str, timeout: float) -> None:
        place = urlsplit(url)
        made = HTTPSConnection if place.scheme == "https" else HTTPConnection
        self._connection = made(place.hostname or "", place.port, timeout=timeout)
        self._path = (place.path or "/") + (f"?{place.query}" if place.query else "")

    def post(self, body: bytes, headers: Mapping[str, str]) -> int:
        """Send a body and give the status; raises OSError or HTTPException where no whole answer comes."""
        if self._stale():
            self._connection.close()
        try:
            self._connection.request("POST", self._path, body, dict(headers))
            answer = self._connection.getresponse()
            answer.read()
        except BaseException:
            self._connection.close()
            raise
        return answer.status

    def cut(self) -> None:
        """Break off what is under way, from another thread."""
        held: socket.socket | None = self._connection.sock
        if held is not None:
            with suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def _stale(self) -> bool:
        """Whether an idle connection has something to read, which can only be its end."""
        held: socket.socket | None = self._connection.sock
        if held is None:
            return False
        waiting = select.poll()
        waiting.register(held, select.POLLIN)
        return bool(waiting.poll(0))

"""A server behind a proxy that keeps the head of the last request."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class RecordedBackend(ThreadingHTTPServer):
    """A server that responds with 204 to each GET."""

    fields: Message

    @property
    def port(self) -> int:
        """Return the port where it listens."""
        return int(self.server_address[1])


class _Handler(BaseHTTPRequestHandler):
    server: RecordedBackend

    def do_GET(self) -> None:
        self.server.fields = self.headers
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def run_backend() -> Iterator[RecordedBackend]:
    """Run a server until the block ends."""
    with RecordedBackend(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()

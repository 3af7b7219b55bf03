"""A CDN that only notes what it is told to purge."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from typing_extensions import override


class _Handler(BaseHTTPRequestHandler):
    server: "RecordedCdn"

    def do_POST(self) -> None:
        """Note the tags and respond."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.purges.append(self.headers["Surrogate-Key"].split())
        self.send_response(204)
        self.end_headers()

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


class RecordedCdn(ThreadingHTTPServer):
    """Accepts every purge at a free port."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.purges: list[list[str]] = []
        """The tags of each call."""

    @property
    def url(self) -> str:
        """The address to call."""
        return f"http://127.0.0.1:{self.server_port}/purge"

    def has_purged(self, tags: list[str], times: int) -> bool:
        """Return whether it was called with these tags as often."""
        return self.purges.count(tags) >= times


@contextmanager
def run_cdn() -> Iterator[RecordedCdn]:
    """Run a CDN until the block ends."""
    with RecordedCdn() as cdn:
        thread = threading.Thread(target=cdn.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield cdn
        cdn.shutdown()
        thread.join()

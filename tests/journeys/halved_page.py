"""A server that sends a page in two parts: a busy browser, or a slow network, reads it like that."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from typing_extensions import override


class _Handler(BaseHTTPRequestHandler):
    server: "HalvedPage"

    def do_GET(self) -> None:
        """Send the page, or another file whole."""
        name = self.path.removeprefix("/")
        body = self.server.files.get(name)
        self.send_response(200 if body is not None or not name else 404)
        self.send_header("Content-Type", "text/css" if name.endswith(".css") else "text/html; charset=utf-8")
        self.end_headers()
        if name:
            self.wfile.write(body or b"")
            return
        first, second = self.server.parts
        self.wfile.write(first)
        self.wfile.flush()
        self.server.released.wait(30)
        self.wfile.write(second)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


class HalvedPage(ThreadingHTTPServer):
    """Sends the second part once it is `released`."""

    def __init__(self, parts: tuple[bytes, bytes], files: Mapping[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.parts = parts
        self.files = files
        self.released = threading.Event()

    @property
    def url(self) -> str:
        """The page's address."""
        return f"http://127.0.0.1:{self.server_port}/"


@contextmanager
def serve_halved(html: str, mark: str, files: Mapping[str, bytes]) -> Iterator[HalvedPage]:
    """Serve a page whose first part ends before a mark."""
    place = html.index(mark)
    with HalvedPage((html[:place].encode(), html[place:].encode()), files) as page:
        thread = threading.Thread(target=page.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield page
        page.released.set()
        page.shutdown()
        thread.join()

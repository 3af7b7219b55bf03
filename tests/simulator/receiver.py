"""A receiver of webhooks on loopback, which stores its deliveries and responds as a test tells it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
from typing_extensions import override


@dataclass(frozen=True, slots=True)
class ReceivedDelivery:
    """A delivery as it arrived; header names are in lower case."""

    headers: dict[str, str]
    body: bytes
    port: int
    path: str

    @property
    def guid(self) -> str:
        return self.headers["x-github-delivery"]

    @property
    def payload(self) -> Any:
        return orjson.loads(self.body)


@dataclass(slots=True)
class Receiver:
    """Responds to each delivery with `status` while `may_respond` is set.

    With `close_connections` it closes the connection after each response. The semaphores count deliveries that
    arrived, and connections that ended.
    """

    url: str = ""
    status: int = 202
    close_connections: bool = False
    may_respond: threading.Event = field(default_factory=threading.Event)
    arrivals: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    disconnects: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    deliveries: list[ReceivedDelivery] = field(default_factory=list)

    @property
    def events(self) -> list[ReceivedDelivery]:
        """All deliveries but pings."""
        return [delivery for delivery in self.deliveries if delivery.headers["x-github-event"] != "ping"]

    @property
    def bodies(self) -> list[str]:
        """The bodies of the comments in the deliveries."""
        return [delivery.payload["comment"]["body"] for delivery in self.events]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver at a free port."""
    receiver = Receiver()
    receiver.may_respond.set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 20

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.deliveries.append(ReceivedDelivery(headers, body, self.client_address[1], self.path))
            receiver.arrivals.release()
            receiver.may_respond.wait(20)
            self.close_connection = receiver.close_connections
            self.send_response(receiver.status)
            self.send_header("content-length", "0")
            self.end_headers()

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

        @override
        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                self.close_connection = True

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        @override
        def shutdown_request(self, request: Any) -> None:
            super().shutdown_request(request)
            receiver.disconnects.release()

    with Server(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield receiver
        receiver.may_respond.set()
        server.shutdown()
        thread.join()

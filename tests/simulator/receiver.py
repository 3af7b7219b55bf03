"""A receiver of webhooks on loopback, which keeps what it gets and answers as a test wants it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
from typing_extensions import override


@dataclass(frozen=True, slots=True)
class Received:
    """One delivery as it arrived; header names are in lower case."""

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
    """Answers each delivery with `status`, once `open` is set; with `close_each` it ends the connection after it."""

    url: str = ""
    status: int = 202
    close_each: bool = False
    open: threading.Event = field(default_factory=threading.Event)
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    ended: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    everything: list[Received] = field(default_factory=list)

    @property
    def events(self) -> list[Received]:
        """What arrived, but for pings."""
        return [each for each in self.everything if each.headers["x-github-event"] != "ping"]

    @property
    def bodies(self) -> list[str]:
        """The texts of the comments that were told of."""
        return [each.payload["comment"]["body"] for each in self.events]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Receive at a port from the kernel."""
    receiver = Receiver()
    receiver.open.set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 20

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.everything.append(Received(headers, body, self.client_address[1], self.path))
            receiver.arrived.release()
            receiver.open.wait(20)
            self.close_connection = receiver.close_each
            self.send_response(receiver.status)
            self.send_header("content-length", "0")
            self.end_headers()

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Stay silent."""

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
            receiver.ended.release()

    with Server(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
        serving = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        serving.start()
        yield receiver
        receiver.open.set()
        server.shutdown()
        serving.join()

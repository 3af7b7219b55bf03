"""A CDN that records the calls that purge it, and the purges of a mirror in memory that call it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from typing_extensions import override

from app.domain.cache_tags import CacheTags
from app.domain.sites import PostFilter, Repository, repository
from app.domain.times import rfc3339
from app.jobs.purging.purges import Purges
from app.outbound.purges import HttpPurges
from app.ports.mirror import Change
from app.store.memory import MemoryStore
from tests.contracts.mirrors import issue
from tests.fakes import FakeClock

BLOG = repository("ada/blog")
NOW = 1_800_000_000.0


@dataclass
class RecordingCdn:
    """What was received; `statuses` are the next responses, then each is a success."""

    url: str
    bodies: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    wait: str | None = None
    """The value of `Retry-After` in responses that are no success."""

    def take(self) -> list[Any]:
        """Return the bodies since the last call."""
        bodies, self.bodies = self.bodies, []
        return bodies


@contextmanager
def run_cdn() -> Iterator[RecordingCdn]:
    """Run a CDN at a free port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            cdn.bodies.append(json.loads(body))
            cdn.headers.append(dict(self.headers.items()))
            status = cdn.statuses.pop(0) if cdn.statuses else 200
            self.send_response(status)
            if status >= 400 and cdn.wait is not None:
                self.send_header("Retry-After", cdn.wait)
            self.send_header("Content-Length", "0")
            self.end_headers()

        @override
        def log_message(self, format: str, *args: Any) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    cdn = RecordingCdn(f"http://127.0.0.1:{server.server_address[1]}/purge")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield cdn
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class PurgedMirror:
    """A mirror in memory, and the purges after its changes."""

    def __init__(self, cdn: RecordingCdn, *sites: Repository, **options: Any) -> None:
        self.sites = sites or (BLOG,)
        self.store = MemoryStore("first", sites=self.sites)
        self.clock = FakeClock(NOW)
        self.post_filter = PostFilter()
        self.client = HttpPurges(cdn.url, **{"field": "tags", **options})
        self.restart()

    def restart(self) -> None:
        """Go on with the store in another process."""
        self.purges = Purges(
            self.store.mirror,
            self.store.key_values,
            self.client,
            self.clock,
            CacheTags(self.sites),
            sites=self.sites,
            post_filter=lambda: self.post_filter,
        )

    async def change(self, *numbers: int, repo: Repository = BLOG) -> None:
        """Commit a change of these threads, and let time pass in which others could follow."""
        self.clock.advance(10)
        at = self.clock.now()
        issues = tuple(issue(number, title=f"Changed at {at}", updated_at=rfc3339(at), repo=repo) for number in numbers)
        await self.store.mirror.apply(Change(repo=repo, at=at, issues=issues))

"""A real Varnish that keeps comments for an hour, and that the service purges after each change."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from typing_extensions import override

from app.outbound.clock import SystemClock
from app.simulator.http.server import run_simulator
from app.simulator.world.sample import SAMPLE_REPO, sample_world
from app.simulator.world.world import World
from tests.proxies.proxied_service import SECRET, free_port, run_service
from tests.proxies.proxies import Clock, Proxy, Setup, readme_block, run_proxy
from tests.widget.stage import TALK

COMMENTS, OTHERS, COUNTS = f"/api/v1/posts/{TALK}/comments?limit=100", "/api/v1/posts/42/comments", "/api/v1/counts"
_DEADLINE = 30.0


class _PurgedSetup(Setup):
    """A Varnish with both blocks of the README."""

    @override
    def block(self, language: str) -> str:
        return f"{super().block(language)}\n{readme_block('varnish')}"


@dataclass(frozen=True, slots=True)
class PurgedCache:
    """Varnish in front of the service, and the blog on GitHub."""

    proxy: Proxy
    world: World

    def serves_a_copy(self, path: str) -> bool:
        """Return whether a read is served from the cache: then the response names two requests, its own and the first."""
        return len(self.proxy.get(path).headers["X-Varnish"].split()) == 2

    def keep_copies(self, *paths: str) -> None:
        """Read until the cache has copies of all paths."""
        for path in paths:
            while not self.serves_a_copy(path):
                threading.Event().wait(0.05)

    def write(self, text: str) -> None:
        """Write a comment on GitHub, and wait until readers of the cache see it."""
        self.world.comment(SAMPLE_REPO, TALK, body=text, author="eve")
        self.wait_for(text)

    def wait_for(self, text: str) -> None:
        """Wait until readers of the cache see a text in the comments."""
        deadline = time.monotonic() + _DEADLINE
        while text not in self.proxy.get(COMMENTS).text:
            assert time.monotonic() < deadline, f"{text!r} is not seen"
            threading.Event().wait(0.1)


@contextmanager
def run_cache() -> Iterator[PurgedCache]:
    """Run all of it until the block ends."""
    with run_simulator(sample_world(SystemClock().now)) as simulator, ExitStack() as stack:
        folder, port = Path(stack.enter_context(TemporaryDirectory())), free_port()
        setup = _PurgedSetup(free_port(), port, folder / "varnish")
        proxy = stack.enter_context(run_proxy("varnish", setup, Clock(folder)))
        stack.enter_context(run_service(folder, simulator, port, PURGE_URL=f"{proxy.origin}/purge"))
        simulator.add_webhook(f"http://127.0.0.1:{port}/webhooks/github", secret=SECRET)
        yield PurgedCache(proxy, simulator.world)

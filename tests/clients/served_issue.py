"""A running service whose blog has an issue with 105 comments, and the clients that list them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.world import World
from tests.clients.tls_relay import make_certificate, run_tls_relay
from tests.integration.worlds import NOW
from tests.journeys.conftest import fork_service

NUMBER, COUNT = 41, 105
_HERE = Path(__file__).parent
_NODE_FOLDER = Path.cwd() / "tests" / "generators"
_DEADLINE = 60.0


@dataclass(frozen=True)
class ServedIssue:
    """The addresses of a service, and the ids of its issue's comments."""

    simulator: RunningSimulator
    url: str
    https_url: str
    certificate: Path
    ids: tuple[int, ...]
    own_request_count: int
    """How many requests the service itself had sent to GitHub when its mirror was complete."""

    def list_with_every_client(self) -> dict[str, object]:
        """Run all clients, some at a time; return by client the ids that it listed, or how it failed."""
        host = urlsplit(self.url).netloc
        commands: Sequence[Sequence[str]] = (
            [sys.executable, "list_comments.py", self.url, self.https_url],
            ["Rscript", "list_comments.R", self.url],
            ["emacs", "--batch", "--load", "list_comments.el", host],
            [str(Path(sys.executable).parent / "node"), "list_comments.mjs", self.url, str(_NODE_FOLDER)],
            ["ruby", "list_comments.rb", self.url],
            ["perl", "list_comments.pl", self.url],
        )
        with ThreadPoolExecutor(max_workers=3) as pool:
            outputs = list(pool.map(self._run, commands))
        return dict(pair for output in outputs for pair in output)

    def _run(self, command: Sequence[str]) -> list[tuple[str, object]]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "COVERAGE_"))}
        variables = {**clean, "SSL_CERT_FILE": str(self.certificate), "no_proxy": "127.0.0.1"}
        result = subprocess.run(
            command, cwd=_HERE, env=variables, capture_output=True, text=True, timeout=_DEADLINE, check=False
        )
        lines = [line for line in result.stdout.splitlines() if line.startswith("[")]
        if not lines:
            return [(command[1], result.stderr or result.stdout)]
        return [tuple(json.loads(line)) for line in lines]


def _blog() -> World:
    world = World(lambda: NOW)
    world.add_repository("ada/blog", created_at=NOW - 9e6)
    world.open_issue("ada/blog", title="Post", body="*Post*", number=NUMBER, created_at=NOW - 8e6)
    for order in range(COUNT):
        author = ("bob", "eve", "ada")[order % 3]
        world.comment("ada/blog", NUMBER, body=f"Words {order}", author=author, created_at=NOW - 7e6 + order)
    return world


@contextmanager
def run_served_issue(folder: Path) -> Iterator[ServedIssue]:
    """Run the service over the simulator until the block ends."""
    world = _blog()
    with run_simulator(world) as simulator:
        service = fork_service(folder, REPO="ada/blog", GITHUB_API_URL=simulator.url, STORE="memory:")
        try:
            certificate = make_certificate(folder)
            service.wait_until_complete()
            port = urlsplit(service.url).port
            assert port is not None
            ids = tuple(world.comment_ids[world.issue("ada/blog", NUMBER).id])
            with run_tls_relay(certificate, port) as https_url:
                yield ServedIssue(simulator, service.url, https_url, certificate, ids, len(simulator.requests))
        finally:
            service.stop()
            assert service.process.stderr is not None
            service.process.stderr.close()

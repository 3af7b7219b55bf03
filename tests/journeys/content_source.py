"""A service whose posts are in a folder or in a repository, and what goes wrong with them."""

from collections.abc import Callable

from app.simulator.http.faults import ConnectionClosed, Status, TruncatedJson
from app.simulator.http.server import RunningSimulator
from app.simulator.world.sample import SAMPLE_REPO
from app.simulator.world.world import World
from tests.journeys.conftest import Service
from tests.journeys.processes import wait_until
from tests.widget.stage import SECRET, TOKEN

CONTENT = "ada/website"
NOTICED_WITHIN = 10.0
"""Seconds; a minute's read must not be what notices. The benchmark measures the time."""


def post(number: int) -> str:
    """Return a page with a number."""
    return f"---\ntitle: Post {number}\nghissueid: {number}\n---\nText\n"


def served(service: Service) -> set[str]:
    """Return the numbers that a service serves."""
    return set(service.get("/api/v1/counts").json()["counts"])


def expect(services: list[Service], *numbers: int) -> None:
    """Wait until these posts and no others are served by all services."""
    expected = set(map(str, numbers))
    assert wait_until(lambda: all(served(service) == expected for service in services)) < NOTICED_WITHIN


def settings_for(simulator: RunningSimulator, **settings: str) -> dict[str, str]:
    """Return settings for a service whose posts decide what is served."""
    base = {"REPO": SAMPLE_REPO, "GITHUB_API_URL": simulator.url, "GITHUB_TOKEN": TOKEN, "WEBHOOK_SECRET": SECRET}
    return {**base, "SERVE": "posts", **settings}


def push(world: World, *numbers: int) -> None:
    """Push posts, a README and a configuration."""
    files: dict[str, str | bytes | None] = {f"content/{number}.md": post(number) for number in numbers}
    world.push(CONTENT, {"README.md": post(7), "hugo.toml": 'title = "t"\n', **files})


def content_requests(simulator: RunningSimulator) -> list[str]:
    """Return the requests about the content, without their query and the ids of commits."""
    targets = [request.target.partition("?")[0] for request in simulator.requests]
    kinds = {"/commits/": "check", "/tarball/": "archive", "/legacy.tar.gz/": "download"}
    return [name for target in targets for part, name in kinds.items() if part in target]


def wait_for_requests(simulator: RunningSimulator, *kinds: str) -> None:
    """Wait for requests about the content, and expect these and no others."""
    assert wait_until(lambda: len(content_requests(simulator)) >= len(kinds)) < NOTICED_WITHIN
    assert content_requests(simulator) == list(kinds)
    simulator.requests.clear()


def break_in_turn(simulator: RunningSimulator, world: World, service: Service) -> None:
    """Push three times while GitHub fails, in different ways; nothing is lost, and the last push succeeds."""
    faults: list[Callable[[], object]] = [
        lambda: simulator.faults.add(Status(500), match="legacy.tar.gz"),
        lambda: simulator.faults.add(ConnectionClosed(), match="legacy.tar.gz"),
        lambda: simulator.faults.add(TruncatedJson(), match="legacy.tar.gz"),
    ]
    reasons = ["status 500", "was cut off after", "is cut off or damaged"]
    for number, (add_fault, reason) in enumerate(zip(faults, reasons, strict=True)):
        add_fault()
        world.push(CONTENT, {"content/x.md": f"no front matter {number}"})
        service.wait_for(f"github:{CONTENT}/content cannot be read: .*{reason}")
        assert served(service) == {"41", "50"}
    push(world, 51)
    expect([service], 41, 50, 51)

"""The blog's posts in a folder and in a repository, as a running service learns of them."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from app.simulator.http.faults import ConnectionClosed, Status, TruncatedJson
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.sample import SAMPLE_REPO
from app.simulator.world.world import World
from tests.journeys.conftest import Service, Start
from tests.journeys.processes import wait_until
from tests.widget.stage import SECRET, TOKEN, build_world

pytestmark = pytest.mark.untraced  # what others cover, at length

CONTENT = "ada/website"
NOTICED_WITHIN = 10.0
"""Seconds; a minute's read must not be what notices. The benchmark measures the time."""


def _post(number: int) -> str:
    return f"---\ntitle: Post {number}\nghissueid: {number}\n---\nText\n"


def _served(service: Service) -> set[str]:
    return set(service.get("/api/v1/counts").json()["counts"])


def _expect(services: list[Service], *numbers: int) -> None:
    """Wait until these posts and no others are served by all services."""
    expected = set(map(str, numbers))
    assert wait_until(lambda: all(_served(service) == expected for service in services)) < NOTICED_WITHIN


def _settings(simulator: RunningSimulator, **settings: str) -> dict[str, str]:
    base = {"REPO": SAMPLE_REPO, "GITHUB_API_URL": simulator.url, "GITHUB_TOKEN": TOKEN, "WEBHOOK_SECRET": SECRET}
    return {**base, "SERVE": "posts", **settings}


def test_changed_folder_is_served_by_every_process(start: Start, tmp_path: Path) -> None:
    content = tmp_path / "site/content"
    content.mkdir(parents=True)
    (content / "talk.md").write_text(_post(41))
    with run_simulator(build_world()) as simulator:
        settings = _settings(simulator, POSTS=str(content))
        first = start(**settings)
        first.wait_until_complete()
        services = [first, start(**settings)]
        _expect(services, 41)
        (content / "second.md").write_text(_post(50))
        _expect(services, 41, 50)
        (content / "draft").write_text(_post(51))
        (content / "draft").rename(content / "talk.md")  # as many editors write
        _expect(services, 50, 51)
        folder = content / "2024/new"
        folder.mkdir(parents=True)
        (folder / "index.md").write_text(_post(52))
        _expect(services, 50, 51, 52)
        (folder / "index.md").write_text("---\ntitle: a: b\n---\n")  # keeps its post
        (content / "second.md").unlink()
        _expect(services, 51, 52)
        shutil.rmtree(content)
        first.wait_for("cannot be opened")
        content.mkdir()
        (content / "other.md").write_text(_post(53))
        _expect(services, 53)
        first.stop()  # the other process reads now
        (content / "last.md").write_text(_post(54))
        _expect(services[1:], 53, 54)


def _push(world: World, *numbers: int) -> None:
    files: dict[str, str | bytes | None] = {f"content/{number}.md": _post(number) for number in numbers}
    world.push(CONTENT, {"README.md": _post(7), "hugo.toml": 'title = "t"\n', **files})


def _content_requests(simulator: RunningSimulator) -> list[str]:
    """Return the requests about the content, without their query and the ids of commits."""
    targets = [request.target.partition("?")[0] for request in simulator.requests]
    kinds = {"/commits/": "check", "/tarball/": "archive", "/legacy.tar.gz/": "download"}
    return [name for target in targets for part, name in kinds.items() if part in target]


def _wait_for_requests(simulator: RunningSimulator, *kinds: str) -> None:
    assert wait_until(lambda: len(_content_requests(simulator)) >= len(kinds)) < NOTICED_WITHIN
    assert _content_requests(simulator) == list(kinds)
    simulator.requests.clear()


def test_repository_is_read_at_start_and_after_a_push(start: Start) -> None:
    world = build_world()
    world.add_repository(CONTENT, private=True)
    _push(world, 41)
    with run_simulator(world) as simulator:
        settings = _settings(simulator, POSTS=f"github:{CONTENT}/content")
        service = start(**settings)
        service.wait_until_complete()
        _expect([service], 41)
        _wait_for_requests(simulator, "archive", "download")
        hook = simulator.add_webhook(f"{service.url}/webhooks/github", secret=SECRET, repo=CONTENT, events=["push"])
        _push(world, 50)
        _expect([service], 41, 50)
        _wait_for_requests(simulator, "archive", "download")
        _break_in_turn(simulator, world, service)
        assert {delivery.status for delivery in hook.log if delivery.event == "push"} == {202}
        assert not any("legacy.tar.gz" in r.target and r.authenticated for r in simulator.requests)
        assert "token=" not in service.output


def _break_in_turn(simulator: RunningSimulator, world: World, service: Service) -> None:
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
        assert _served(service) == {"41", "50"}
    _push(world, 51)
    _expect([service], 41, 50, 51)

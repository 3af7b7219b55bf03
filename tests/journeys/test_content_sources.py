"""The blog's posts in a folder and in a repository, as a running service learns of them."""

import shutil
from pathlib import Path

import pytest

from app.simulator.http.server import run_simulator
from tests.journeys.conftest import Start
from tests.journeys.content_source import (
    CONTENT,
    break_in_turn,
    expect,
    post,
    push,
    settings_for,
    wait_for_requests,
)
from tests.widget.stage import SECRET, build_world

pytestmark = pytest.mark.untraced  # what others cover, at length


def test_changed_folder_is_served_by_every_process(start: Start, tmp_path: Path) -> None:
    content = tmp_path / "site/content"
    content.mkdir(parents=True)
    (content / "talk.md").write_text(post(41))
    with run_simulator(build_world()) as simulator:
        settings = settings_for(simulator, POSTS=str(content))
        first = start(**settings)
        first.wait_until_complete()
        services = [first, start(**settings)]
        expect(services, 41)
        (content / "second.md").write_text(post(50))
        expect(services, 41, 50)
        (content / "draft").write_text(post(51))
        (content / "draft").rename(content / "talk.md")  # as many editors write
        expect(services, 50, 51)
        folder = content / "2024/new"
        folder.mkdir(parents=True)
        (folder / "index.md").write_text(post(52))
        expect(services, 50, 51, 52)
        (folder / "index.md").write_text("---\ntitle: a: b\n---\n")  # keeps its post
        (content / "second.md").unlink()
        expect(services, 51, 52)
        shutil.rmtree(content)
        first.wait_for("cannot be opened")
        content.mkdir()
        (content / "other.md").write_text(post(53))
        expect(services, 53)
        first.stop()  # the other process reads now
        (content / "last.md").write_text(post(54))
        expect(services[1:], 53, 54)


def test_repository_is_read_at_start_and_after_a_push(start: Start) -> None:
    world = build_world()
    world.add_repository(CONTENT, private=True)
    push(world, 41)
    with run_simulator(world) as simulator:
        settings = settings_for(simulator, POSTS=f"github:{CONTENT}/content")
        service = start(**settings)
        service.wait_until_complete()
        expect([service], 41)
        wait_for_requests(simulator, "archive", "download")
        hook = simulator.add_webhook(f"{service.url}/webhooks/github", secret=SECRET, repo=CONTENT, events=["push"])
        push(world, 50)
        expect([service], 41, 50)
        wait_for_requests(simulator, "archive", "download")
        break_in_turn(simulator, world, service)
        assert {delivery.status for delivery in hook.log if delivery.event == "push"} == {202}
        assert not any("legacy.tar.gz" in r.target and r.authenticated for r in simulator.requests)
        assert "token=" not in service.output

"""Other processes and open pages hear of what moderation changes."""

import json
from pathlib import Path
from typing import Any

from app.render.keys import PostKey
from app.simulator.http.server import run_simulator
from tests.fakes import FakeClock
from tests.integration.local_service import BLOG, LocalService, complete_backfill, run_service
from tests.integration.moderation.approvals import APPROVED, approval_world, approve, comment_on


async def _event_state(service: LocalService) -> tuple[int, int]:
    """Return the count and the version that an event of post 1 would tell."""
    document = await service.application.documents.current(PostKey(BLOG, 1))
    post = json.loads(document.bodies["identity"])
    return post["comment_count"], post["version"]


async def test_approval_reaches_other_processes(clock: FakeClock, tmp_path: Path) -> None:
    world = approval_world(clock)
    comment = comment_on(world, "By a reader")
    world.react(comment, "rocket", by="ada")
    settings: dict[str, Any] = {**APPROVED, "store": f"sqlite:///{tmp_path}/afterword.db"}
    with run_simulator(world) as simulator:
        async with (
            run_service(simulator, clock, **settings) as one,
            run_service(simulator, clock, process_id="second", **settings) as two,
        ):
            await complete_backfill(one)
            await two.application.change_feed.catch_up()
            before = await _event_state(two)
            assert (before[0], await two.texts(1)) == (0, [])
            await approve(one)
            await two.application.change_feed.catch_up()
            count, version = await _event_state(two)
            assert (count, await two.texts(1)) == (1, ["By a reader"])
            assert version > before[1]
            assert (await two.get("/api/v1/counts")).json()["counts"]["1"] == 1


async def test_event_of_a_held_comment_tells_the_old_count(clock: FakeClock) -> None:
    world = approval_world(clock)
    comment_on(world, "Hello", author="ada")
    with run_simulator(world) as simulator:
        async with run_service(simulator, clock, **APPROVED) as service:
            await complete_backfill(service)
            assert (await _event_state(service))[0] == 1
            comment_on(world, "By a reader", at=clock.now())
            assert await service.poll_failure() is None
            assert (await _event_state(service))[0] == 1
            assert await service.texts(1) == ["Hello"]
            assert await service.application.held_comments.counts(BLOG) == {1: 1}


async def test_held_comments_are_counted_in_the_metrics(clock: FakeClock) -> None:
    world = approval_world(clock)
    for author in ("ada", "bob", "eve"):
        comment_on(world, "Hello", author=author)
    with run_simulator(world) as simulator:
        async with run_service(simulator, clock, **APPROVED) as service:
            await complete_backfill(service)
            await service.application.maintenance.run_once()
            assert 'afterword_comments_held{repo="ada/blog"} 2.0' in (await service.get("/metrics")).text

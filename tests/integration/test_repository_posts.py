"""Posts in a repository on GitHub: which requests they cost, and what no failure can lose."""

import re
from pathlib import Path

import pytest

from app.outbound.content.repository_posts import RepositoryPosts
from app.simulator.http.faults import PrimaryRateLimit, Status
from app.simulator.http.server import run_simulator
from tests.fakes import FakeClock
from tests.integration.content_service import (
    CONTENT,
    content_service,
    deliver,
    first_post,
    numbers,
    page,
    push,
    read,
    requests,
)
from tests.integration.worlds import TOKEN, blog_world_at


async def test_first_read_costs_one_request_and_keeps_fields(clock: FakeClock) -> None:
    async with first_post(clock) as simulator, content_service(simulator, clock) as service:
        assert numbers(service) == {1}
        assert requests(service) == ["tarball", "legacy.tar.gz"]
        catalog = service.application.updater.catalog
        assert catalog is not None
        (post,) = catalog.posts
        assert (post.source, post.title, post.date) == ("one.md", "Post 1", "2020-07-01")


@pytest.mark.parametrize(("token", "every"), [(TOKEN, 900), (None, 3600)])
async def test_unchanged_branch_is_checked_rarely(clock: FakeClock, token: str | None, every: int) -> None:
    async with first_post(clock) as simulator, content_service(simulator, clock, github_token=token) as service:
        requests(service)
        clock.advance(every - 1)
        assert (await read(service), requests(service)) == ({1}, [])
        clock.advance(1)
        assert (await read(service), requests(service)) == ({1}, ["commits"])
        clock.advance(every)
        simulator.requests.clear()
        assert await read(service) == {1}
        assert [(r.status, r.counts_against_limit) for r in simulator.requests] == [(304, token is None)]
        simulator.world.push(CONTENT, {"content/two.md": page(2)})
        clock.advance(every)
        requests(service)
        assert (await read(service), requests(service)) == ({1, 2}, ["commits", "tarball", "legacy.tar.gz"])


async def test_push_to_the_branch_is_read_at_once(clock: FakeClock) -> None:
    async with first_post(clock) as simulator, content_service(simulator, clock) as service:
        requests(service)
        assert await push(service, {"content/two.md": page(2)}, branch="draft") == "ignored"
        assert (await read(service), requests(service)) == ({1}, [])
        assert await push(service, {"content/two.md": page(2), "content/one.md": None}) == "accepted"
        assert (await read(service), requests(service)) == ({2}, ["tarball", "legacy.tar.gz"])
        assert (await read(service), requests(service)) == ({2}, [])


async def test_named_branch_is_the_one_that_counts(clock: FakeClock) -> None:
    async with first_post(clock) as simulator:
        simulator.world.push(CONTENT, {"content/two.md": page(2)}, branch="live/now")
        async with content_service(simulator, clock, posts=f"github:{CONTENT}/content@live/now") as service:
            assert numbers(service) == {2}
            assert await push(service, {"content/three.md": page(3)}) == "ignored"
            assert await push(service, {"content/three.md": page(3)}, branch="live/now") == "accepted"
            assert await read(service) == {2, 3}


async def test_repeated_delivery_of_a_push_is_a_replay(clock: FakeClock) -> None:
    async with first_post(clock) as simulator, content_service(simulator, clock) as service:
        payload = {"ref": "refs/heads/main", "repository": {"id": 1, "full_name": CONTENT, "default_branch": "main"}}
        assert [await deliver(service, payload, "a") for _ in range(2)] == ["accepted", "replayed"]
        clock.advance(61)
        assert await deliver(service, payload, "a") == "accepted"


async def test_push_of_another_repository_is_refused(clock: FakeClock) -> None:
    async with first_post(clock) as simulator, content_service(simulator, clock) as service:
        payload = {"ref": "refs/heads/main", "repository": {"id": 1, "full_name": "eve/website"}}
        assert await deliver(service, payload) == "404"
        blog = simulator.world.repository_payload(simulator.world.repository("ada/blog"))
        assert await deliver(service, {"ref": "refs/heads/main", "repository": blog}) == "ignored"


async def test_accepted_push_outlives_the_process(clock: FakeClock, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/afterword.db"
    async with first_post(clock) as simulator:
        async with content_service(simulator, clock, store=store) as service:
            assert await push(service, {"content/two.md": page(2)}) == "accepted"
        async with content_service(simulator, clock, store=store) as service:
            assert numbers(service) == {1}
            assert await read(service) == {1, 2}


async def test_restart_requests_nothing_until_a_check_is_due(clock: FakeClock, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/afterword.db"
    async with first_post(clock) as simulator:
        async with content_service(simulator, clock, store=store) as service:
            requests(service)
        async with content_service(simulator, clock, store=store) as service:
            assert (await read(service), requests(service)) == ({1}, [])
            clock.advance(900)
            assert (await read(service), requests(service)) == ({1}, ["commits"])
        async with content_service(simulator, clock, store=store, generator="jekyll") as service:
            await read(service)
            assert requests(service) == ["tarball", "legacy.tar.gz"]


async def test_limit_of_github_only_delays_the_read(clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    async with first_post(clock) as simulator, content_service(simulator, clock) as service:
        simulator.faults.add(PrimaryRateLimit(reset_in=300), match="/tarball/")
        await push(service, {"content/two.md": page(2)})
        assert await read(service) == {1}
        assert "GitHub's hourly limit is reached" in caplog.text
        assert "The posts stay as they were." in caplog.text
        clock.advance(302)
        assert await read(service) == {1, 2}


async def test_missing_repository_is_named_and_retried(clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    with run_simulator(blog_world_at(clock)) as simulator:
        async with content_service(simulator, clock) as service:
            assert numbers(service) == set()
            assert "github:ada/website/content cannot be read: GitHub shows nothing" in caplog.text
            assert "AFTERWORD_SERVE=posts serves nothing until it can" in caplog.text
            readiness = (await service.get("/readyz")).text
            assert "cannot be read: GitHub shows nothing" in readiness
            assert CONTENT not in readiness  # which may be private
            simulator.world.add_repository(CONTENT)
            simulator.world.push(CONTENT, {"content/one.md": page(1)})
            clock.advance(60)
            assert await read(service) == {1}


async def test_internal_error_does_not_repeat_the_request(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    async with first_post(clock) as simulator, content_service(simulator, clock) as service:
        await push(service, {"content/two.md": page(2)})
        requests(service)

        def fail(*_: object) -> None:
            raise RecursionError

        monkeypatch.setattr(RepositoryPosts, "_read", fail)
        with pytest.raises(RecursionError):
            await read(service)
        monkeypatch.undo()
        assert (await read(service), requests(service)) == ({1}, ["tarball", "legacy.tar.gz"])
        clock.advance(60)
        assert await read(service) == {1, 2}


async def test_many_pushes_in_a_row_are_answered_together(clock: FakeClock) -> None:
    async with first_post(clock) as simulator, content_service(simulator, clock) as service:
        requests(service)
        for number in range(12):
            await push(service, {"content/two.md": page(2), "content/x.txt": str(number)})
            await read(service)
        assert requests(service).count("tarball") == 9  # and one at the start
        await push(service, {"content/three.md": page(3)})
        assert await read(service) == {1, 2}
        clock.advance(601)
        assert await read(service) == {1, 2, 3}


async def test_renamed_repository_is_followed(clock: FakeClock) -> None:
    async with first_post(clock) as simulator:
        simulator.world.rename_repository(CONTENT, "ada/site")
        async with content_service(simulator, clock) as service:
            assert numbers(service) == {1}


@pytest.mark.parametrize("files", [{"content/one.md": None}, {"content/one.md": None, "content/a.png": "x"}])
async def test_emptied_branch_keeps_the_posts(
    clock: FakeClock, caplog: pytest.LogCaptureFixture, files: dict[str, str | bytes | None]
) -> None:
    async with first_post(clock) as simulator, content_service(simulator, clock) as service:
        await push(service, files)
        assert await read(service) == {1}
        assert re.search("no page in it|no folder 'content' in it", caplog.text)


async def test_growing_pauses_follow_failures(clock: FakeClock) -> None:
    async with first_post(clock) as simulator, content_service(simulator, clock) as service:
        simulator.faults.add(Status(404), match="legacy.tar.gz", times=None)
        await push(service, {"content/two.md": page(2)})
        requests(service)
        for pause in (60, 120, 240):
            await read(service)
            assert requests(service) == ["tarball", "legacy.tar.gz"]
            clock.advance(pause - 1)
            assert (await read(service), requests(service)) == ({1}, [])
            clock.advance(1)
        simulator.faults.clear()
        assert await read(service) == {1, 2}


async def test_posts_without_serve_change_nothing_served(clock: FakeClock) -> None:
    async with first_post(clock) as simulator, content_service(simulator, clock, serve="any") as service:
        catalog = service.application.updater.catalog
        assert catalog is not None
        assert [post.source for post in catalog.posts] == ["one.md"]
        assert service.application.access.posts.includes_all

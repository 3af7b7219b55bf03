"""Reads: which of them cost a request, and what readers get while GitHub is unreachable."""

import asyncio
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from app.cli.http.ready_responses import ReadyResponses
from app.domain.errors import Unreachable
from app.domain.priority import Priority
from app.domain.sites import Repository
from app.domain.thread_state import Snapshot
from app.ports.mirror import Change
from app.render import api
from app.render.document import Document
from app.render.keys import Key
from app.simulator.http.faults import Latency, Status
from app.simulator.http.rate_limits import Limits
from app.simulator.http.request_log import IncomingRequest
from app.simulator.http.server import run_simulator
from app.simulator.world.world import World
from tests.integration.local_service import BLOG, LocalService, github_ids, new_clock, run_service
from tests.integration.worlds import NOW, TOKEN, blog_world, blog_world_at

pytestmark = pytest.mark.untraced  # what others cover, at length


@pytest.fixture
def world() -> World:
    return blog_world_at(new_clock(), 3, 0, 120)


async def _poll_once(service: LocalService) -> None:
    """Mirror all threads."""
    await service.application.poller.poll(BLOG)
    service.take_requests()


async def test_thousand_readers_of_a_cold_thread_cost_one_refresh(world: World) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN) as service:
            simulator.hold.start("/issues/1$")
            readers = [asyncio.create_task(service.get("/api/v1/posts/1/comments")) for _ in range(1000)]
            await asyncio.to_thread(simulator.hold.wait_for, 1)
            simulator.hold.release()
            responses = await asyncio.gather(*readers)
            assert {response.status_code for response in responses} == {200}
            assert {len(response.json()["comments"]) for response in responses} == {3}
            assert service.take_requests() == [
                "/repos/ada/blog",
                "/repos/ada/blog/issues/1",
                "/repos/ada/blog/issues/1/comments?per_page=100",
            ]


async def test_mirrored_thread_costs_no_request(world: World) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN) as service:
            await _poll_once(service)
            for number in (1, 2, 3):
                assert await service.comment_ids(number) == github_ids(simulator, number)
            await service.finish_refreshes()
            assert service.take_requests() == []


async def test_cold_reader_waits_no_longer_than_configured(world: World) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN, cold_wait=0.1) as service:
            simulator.hold.start("/issues/1$")
            response = await service.get("/api/v1/posts/1/comments")
            assert response.status_code == 503
            assert int(response.headers["retry-after"]) > 0
            assert "comments" not in response.json()
            simulator.hold.release()
            await service.finish_refreshes()
            assert await service.comment_ids(1) == github_ids(simulator, 1)


async def test_cold_reader_gets_the_end_of_the_limit(world: World) -> None:
    with run_simulator(world, limits=Limits(anonymous=0)) as simulator:
        async with run_service(simulator) as service:
            response = await service.get("/api/v1/posts/1")
            assert response.status_code == 503
            assert int(response.headers["retry-after"]) == 300


async def test_mirror_is_served_as_stale_during_an_outage(world: World) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN, fresh_for=60) as service:
            await _poll_once(service)
            before = await service.get("/api/v1/posts/1/comments")
            simulator.faults.add(Status(502), times=None)
            service.clock.advance(3600)
            again = await service.get("/api/v1/posts/1/comments")
            assert again.content == before.content
            assert int(again.headers["age"]) == 3600
            await service.finish_refreshes()
            thread = (await service.get("/api/v1/posts/1/comments")).json()
            assert thread["post"]["stale"] is True
            assert thread["comments"] == before.json()["comments"]
            simulator.faults.clear()
            service.clock.advance(120)
            await service.get("/api/v1/posts/1/comments")
            await service.finish_refreshes()
            recovered = await service.get("/api/v1/posts/1/comments")
            assert recovered.json()["post"]["stale"] is False
            assert int(recovered.headers["age"]) == 0
            assert recovered.headers["etag"] == before.headers["etag"]


async def test_old_thread_is_checked_once_for_all_readers(world: World) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN, fresh_for=60) as service:
            await _poll_once(service)
            for expected in (200, 304):
                service.clock.advance(100)
                await asyncio.gather(*(service.get("/api/v1/posts/1/comments") for _ in range(100)))
                await service.finish_refreshes()
                assert [request.status for request in simulator.requests] == [expected]
                service.take_requests()


@pytest.mark.parametrize("number", [1, 3])
async def test_check_shows_reactions_and_hiding(world: World, number: int) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN, fresh_for=60) as service:
            await _poll_once(service)
            first, second = (world.comments[key] for key in github_ids(simulator, number)[:2])
            await service.get(f"/api/v1/posts/{number}/comments")
            world.react(first, "heart", 2)
            world.hide_comment(second, "spam")
            world.edit_comment(first, body="Better words")
            service.clock.advance(100)
            await service.get(f"/api/v1/posts/{number}/comments")
            await service.finish_refreshes()
            reacted, hidden, *_ = (await service.get(f"/api/v1/posts/{number}/comments")).json()["comments"]
            assert reacted["reactions"]["heart"] == 2
            assert reacted["text"] == "Better words"
            assert (hidden["hidden"], hidden["text"], hidden["html"]) == ("spam", None, None)


async def test_long_thread_is_checked_with_two_requests(world: World) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, fresh_for=60) as service:
            await _poll_once(service)
            for expected in (4, 2):
                service.clock.advance(100)
                await service.get("/api/v1/posts/3/comments?limit=100")
                await service.finish_refreshes()
                assert len(service.take_requests()) == expected


async def _remaining(service: LocalService) -> int:
    """Return how many requests GitHub still allows."""
    remaining = (await service.application.budget.state()).remaining
    assert remaining is not None
    return remaining


async def test_unchanged_pages_cost_nothing_with_a_token(world: World) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN, fresh_for=60) as service:
            await _poll_once(service)
            path = "/api/v1/posts/3/comments?limit=100"
            for requests, counted in ((4, 4), (3, 1), (3, 1)):
                remaining = await _remaining(service)
                service.clock.advance(100)
                await service.get(path)
                await service.finish_refreshes()
                assert len(service.take_requests()) == requests
                assert remaining - await _remaining(service) == counted
            before = await service.comment_ids(3)
            world.delete_comment(world.comments[before[7]])
            world.edit_comment(world.comments[before[8]], body="Better words")
            service.clock.advance(100)
            await service.get(path)
            await service.finish_refreshes()
            assert await service.comment_ids(3) == github_ids(simulator, 3)
            assert "Better words" in (await service.get(path)).text


async def test_ready_list_checks_its_threads_as_soon_as_others(world: World) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN, fresh_for=300) as service:
            await _poll_once(service)
            service.clock.advance(290)
            await _poll_once(service)
            responses = ReadyResponses(service.application.web, service.clock.now, None)
            target, fields = "/api/v1/comments", [(b"host", b"blog.test"), (b"accept", b"*/*")]
            await service.get(target, host="blog.test")
            await service.finish_refreshes()
            service.take_requests()
            assert (response := responses.find(b"GET", target.encode(), fields)) is not None
            assert response.is_current(service.clock.now())
            service.clock.advance(70)
            assert not response.is_current(service.clock.now())
            responses.find(b"GET", target.encode(), fields)
            await service.finish_refreshes()
            assert any(request.startswith("/repos/ada/blog/issues/3") for request in service.take_requests())


@pytest.mark.parametrize("comments", [101, 120, 200, 250])
async def test_each_check_of_a_long_thread_shows_all(comments: int) -> None:
    world = blog_world_at(new_clock(), comments)
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN, fresh_for=60) as service:
            await _poll_once(service)
            ids = github_ids(simulator, 1)
            first, last = ids[0], ids[-1]
            changes: tuple[Callable[[], object], ...] = (
                lambda: world.hide_comment(world.comments[last], "spam"),
                lambda: world.comment("ada/blog", 1, body="One more", author="eve"),
                lambda: world.react(world.comments[first], "heart", 2),
                lambda: world.delete_comment(world.comments[first]),
                lambda: world.hide_comment(world.comments[last], None),
                lambda: world.delete_comment(world.comments[last]),
            )
            for change in changes:
                await service.get("/api/v1/posts/1/comments")
                await service.finish_refreshes()
                change()
                service.clock.advance(100)
                await service.get("/api/v1/posts/1/comments")
                await service.finish_refreshes()
                snapshot = await service.application.mirror.snapshot(BLOG, 1)
                shown = {c.id: (c.hidden, c.reactions.total) for c in snapshot.comments}
                reactions = {c.id: sum(count for _, count in c.reactions) for c in world.comments.values()}
                expected = {n: (world.comments[n].minimized, reactions[n]) for n in github_ids(simulator, 1)}
                assert shown == expected


@pytest.mark.parametrize("count", [3, 150])
@pytest.mark.parametrize("first_reason", ["spam", None])
async def test_state_that_returns_is_no_old_page(count: int, first_reason: str | None) -> None:
    world = blog_world_at(new_clock(), count, 1)
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN, fresh_for=60) as service:
            await _poll_once(service)
            last = world.comments[github_ids(simulator, 1)[-1]]

            async def check() -> None:
                service.clock.advance(100)
                await service.get("/api/v1/posts/1/comments")
                await service.finish_refreshes()

            second_reason = None if first_reason else "spam"
            for reason in (first_reason, second_reason, first_reason):
                last = world.hide_comment(last, reason)
                if reason == first_reason:
                    await check()  # its page is stored with its validator
                else:
                    snapshot = await service.application.mirror.snapshot(BLOG, 1)
                    other = replace(snapshot.comments[-1], hidden=reason)
                    other = replace(other, source={**other.source, "minimized": reason and {"reason": reason}})
                    await service.application.mirror.apply(Change(repo=BLOG, at=1.0, comments=(other,)))
                shown = (await service.application.mirror.snapshot(BLOG, 1)).comments[-1]
                assert shown.hidden == reason


@pytest.mark.parametrize("number", [1, 3])
async def test_check_removes_a_deleted_comment(world: World, number: int) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN, fresh_for=60) as service:
            await _poll_once(service)
            before = await service.comment_ids(number)
            world.delete_comment(world.comments[before[0]])
            service.clock.advance(100)
            await service.get(f"/api/v1/posts/{number}/comments")
            await service.finish_refreshes()
            assert await service.comment_ids(number) == before[1:] == github_ids(simulator, number)


async def test_etag_of_another_list_is_not_sent(world: World) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN, fresh_for=60) as service:
            await _poll_once(service)
            path = "/api/v1/posts/1/comments"
            await service.get(path)
            service.clock.advance(100)
            await service.get(path)
            await service.finish_refreshes()
            spam = world.comment("ada/blog", 1, body="Buy!", author="eve")
            await service.application.poller.poll(BLOG)
            assert spam.id in await service.comment_ids(1)
            world.delete_comment(spam)
            service.clock.advance(100)
            await service.get(path)
            await service.finish_refreshes()
            assert spam.id not in await service.comment_ids(1)


async def test_overtaken_read_undoes_nothing(world: World) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN) as service:
            await _poll_once(service)
            has_begun = threading.Event()
            stop = simulator.on_request(lambda request: has_begun.set() if "/1/comments" in request.path else None)
            simulator.faults.add(Latency(1.0), match="/issues/1/comments")
            slow = asyncio.create_task(service.refresh_thread(1, Priority.READ))
            assert await asyncio.to_thread(has_begun.wait, 20)
            stop()
            new = world.comment("ada/blog", 1, body="In between", author="eve")
            await service.application.poller.poll(BLOG)
            await slow
            await service.application.poller.poll(BLOG)
            assert new.id in await service.comment_ids(1)
            assert await service.comment_ids(1) == github_ids(simulator, 1)


async def test_text_of_a_hidden_pinned_comment_is_withheld(world: World) -> None:
    pinned = world.comment("ada/blog", 2, body="Regrettable words", author="eve")
    world.pin_comment(pinned)
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN, fresh_for=60) as service:
            await _poll_once(service)
            paths = ["/repos/ada/blog/issues/2", "/repos/ada/blog/issues", "/repos/ada/blog/issues/2/comments"]
            assert all(["Regrettable" in (await service.get(path)).text for path in paths])
            world.hide_comment(world.comments[pinned.id], "abuse")
            service.clock.advance(100)
            await service.get("/api/v1/posts/2/comments")
            await service.finish_refreshes()
            assert not any(["Regrettable" in (await service.get(path)).text for path in paths])


async def test_disabled_issues_remove_nothing(world: World) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN, fresh_for=60) as service:
            await _poll_once(service)
            before = await service.comment_ids(1)
            world.disable_issues("ada/blog")
            service.clock.advance(100)
            await service.get("/api/v1/posts/1/comments")
            await service.finish_refreshes()
            thread = (await service.get("/api/v1/posts/1/comments")).json()
            assert [comment["id"] for comment in thread["comments"]] == before
            assert (thread["post"]["status"], thread["post"]["stale"]) == ("open", True)


async def test_cold_post_of_hidden_repository_is_not_missing(world: World) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN) as service:
            await service.application.repositories.site(BLOG, Priority.READ)
            body = b'{"message": "Not Found", "status": "404"}'
            simulator.faults.add(Status(404, body, "application/json"), times=None)
            assert (await service.get("/api/v1/posts/1")).status_code == 503


async def test_backfill_under_way_reports_no_empty_results(world: World) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN) as service:
            simulator.faults.add(Status(502), match="/comments", times=None)
            with pytest.raises(Unreachable):
                await service.application.poller.poll(BLOG)
            some = github_ids(simulator, 1)[0]
            assert (await service.get(f"/repos/ada/blog/issues/comments/{some}")).status_code == 503
            assert (await service.get("/api/v1/comments")).status_code == 503


async def test_site_documents_follow_another_process(world: World) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN, fresh_for=60) as service:
            await _poll_once(service)
            assert (await service.get("/api/v1/counts")).json()["counts"]["2"] == 0
            world.comment("ada/blog", 2, body="First!", author="eve")
            service.application.committer._notify = _ignore  # as if another process had committed
            await service.application.poller.poll(BLOG)
            service.clock.advance(100)
            await service.get("/api/v1/counts")
            await asyncio.sleep(0.05)
            fresh = await service.get("/api/v1/counts")
            assert fresh.json()["counts"]["2"] == 1
            assert int(fresh.headers["age"]) <= 100


async def _ignore(*_: object) -> None:
    return None


async def test_many_cached_addresses_do_not_slow_a_change(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN) as service:
            await _poll_once(service)
            for number in range(100):
                await service.get(f"/repos/ada/blog/issues?labels=x{number}")
            rendered: list[object] = []
            views = service.application.documents._views
            make = views.make

            async def record_and_make(key: Key, snapshot: Snapshot | None = None) -> Document:
                rendered.append(key)
                return await make(key, snapshot)

            monkeypatch.setattr(views, "make", record_and_make)
            world.comment("ada/blog", 2, body="First!", author="eve")
            await service.application.poller.poll(BLOG)
            assert len(rendered) <= 20
            assert (await service.get("/repos/ada/blog/issues?labels=x99")).json() == []


async def test_thread_that_outgrew_a_page_is_read_completely(world: World) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN, fresh_for=60) as service:
            await _poll_once(service)
            await service.get("/api/v1/posts/1/comments")
            for order in range(130):
                world.comment("ada/blog", 1, body=f"More {order}", author="eve")
            service.clock.advance(100)
            await service.get("/api/v1/posts/1/comments")
            await service.finish_refreshes()
            assert await service.comment_ids(1) == github_ids(simulator, 1)


async def test_check_finds_a_deleted_post(world: World) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN, fresh_for=60) as service:
            await _poll_once(service)
            await service.get("/api/v1/posts/1/comments")
            world.delete_issue("ada/blog", 1)
            service.clock.advance(100)
            await service.get("/api/v1/posts/1/comments")
            await service.finish_refreshes()
            assert (await service.get("/api/v1/posts/1")).json()["status"] == "gone"
            assert (await service.get("/repos/ada/blog/issues/1/comments")).status_code == 410


async def test_numbers_above_the_newest_cost_no_request(world: World) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN) as service:
            await _poll_once(service)
            for number in range(4, 300):
                response = await service.get(f"/api/v1/posts/{number}")
                assert response.json()["status"] == "missing"
            assert service.take_requests() == []


async def test_gaps_in_the_list_cost_one_request_a_minute(world: World) -> None:
    for number in range(4, 60):
        world.open_issue("ada/blog", title="Spam", body="Buy!")
        if number < 59:
            world.delete_issue("ada/blog", number)
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN) as service:
            await _poll_once(service)
            responses = [await service.get(f"/api/v1/posts/{number}") for number in range(4, 59)]
            assert {response.json()["status"] for response in responses} == {"gone", "missing"}
            assert len(service.take_requests()) == 1
            service.clock.advance(61)
            await service.get("/api/v1/posts/20?again")
            assert len(service.take_requests()) <= 1


async def test_readers_wait_while_the_list_of_issues_arrives(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN) as service:
            site = await service.application.repositories.site(BLOG, Priority.BACKFILL)
            snapshot, lock = service.application.mirror.snapshot, asyncio.Lock()

            async def snapshot_before_the_list(repo: Repository, number: int, **options: Any) -> Snapshot:
                before = await snapshot(repo, number, **options)
                async with lock:
                    record = await service.application.mirror.site(BLOG)
                    if record is None or record.issues_listed_at is None:
                        await service.application.backfill._list_issues(site)
                return before

            monkeypatch.setattr(service.application.mirror, "snapshot", snapshot_before_the_list)
            readers = (service.get(f"/api/v1/posts/1/comments?limit={limit}") for limit in (10, 20, 30))
            assert [response.status_code for response in await asyncio.gather(*readers)] == [200, 200, 200]


async def test_too_many_waiting_reads_are_told_to_come_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.serving.reader._MOST_WAITING", 30)
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN) as service:
            await _poll_once(service)
            ready = await service.get("/api/v1/posts/1/comments")
            snapshot, gate = service.application.mirror.snapshot, asyncio.Event()

            async def snapshot_behind_the_gate(repo: Repository, number: int, **options: Any) -> Snapshot:
                await gate.wait()
                return await snapshot(repo, number, **options)

            monkeypatch.setattr(service.application.mirror, "snapshot", snapshot_behind_the_gate)
            path = "/repos/ada/blog/issues/1/comments?page="
            reads = [asyncio.create_task(service.get(f"{path}{page}")) for page in range(1, 41)]
            done, waiting = await asyncio.wait(reads, return_when=asyncio.FIRST_COMPLETED)
            while len(done) < 8:
                done, waiting = await asyncio.wait(reads, timeout=0.05)
            assert {(r.result().status_code, r.result().headers["retry-after"]) for r in done} == {(503, "2")}
            assert (await service.get("/api/v1/posts/1/comments")).content == ready.content
            same = asyncio.create_task(service.get(f"{path}1"))
            gate.set()
            assert {response.status_code for response in await asyncio.gather(same, *waiting)} == {200}
            assert len(waiting) == 32
            assert (await service.get(f"{path}300")).status_code == 200


async def test_cursors_stay_valid_after_a_restart(world: World, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/afterword.db"
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN, store=store) as service:
            await _poll_once(service)
            paths = ["/api/v1/posts/3/comments?limit=2", "/api/v1/comments?limit=2"]
            cursors = [(await service.get(path)).json()["next"] for path in paths]
            pages = [(await service.get(f"{p}&cursor={c}")).json() for p, c in zip(paths, cursors, strict=True)]
        first, last = github_ids(simulator, 3)[1], max(github_ids(simulator, 3))
        world.delete_comment(world.comments[first])
        async with run_service(simulator, github_token=TOKEN, store=store) as service:
            await _poll_once(service)
            for path, cursor, page in zip(paths, cursors, pages, strict=True):
                again = (await service.get(f"{path}&cursor={cursor}")).json()
                assert [c["id"] for c in again["comments"]] == [c["id"] for c in page["comments"]]
            raw = urlsafe_b64decode(cursors[1])
            for comment_id, status in ((last, 200), (last + 1, 422)):
                cursor = urlsafe_b64encode(raw[:4] + bytes(12) + comment_id.to_bytes(8, "big")).decode()
                assert (await service.get(f"/api/v1/comments?cursor={cursor}")).status_code == status


async def test_invalid_cursor_costs_no_read_of_the_mirror(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN) as service:
            await _poll_once(service)
            page = (await service.get("/api/v1/posts/1/comments?limit=1")).json()

            async def no_snapshot(*_: object, **options: object) -> Snapshot:
                raise AssertionError(options)

            monkeypatch.setattr(service.application.mirror, "snapshot", no_snapshot)
            for path in (f"posts/2/comments?cursor={page['next']}", f"posts/1/comments?cursor={'A' * 32}"):
                assert (await service.get(f"/api/v1/{path}")).status_code == 422
            assert (await service.get("/repos/ada/blog/issues/1/comments?since=x")).status_code == 422


async def test_cursor_that_was_made_up_renders_nothing(world: World) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN) as service:
            await _poll_once(service)
            next_cursor = (await service.get("/api/v1/posts/1/comments?limit=1")).json()["next"]
            raw, cached = urlsafe_b64decode(next_cursor), len(service.application.cache)
            for comment_id in range(1, 50):
                made_up = urlsafe_b64encode(raw[:16] + comment_id.to_bytes(8, "big")).decode()
                assert (await service.get(f"/api/v1/posts/1/comments?cursor={made_up}")).status_code == 422
            assert len(service.application.cache) == cached


async def test_pull_request_is_never_a_post(world: World) -> None:
    number = world.open_pull_request("ada/blog", title="Fix a typo", body="").number
    world.comment("ada/blog", number, body="Thanks", author="ada")
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN) as service:
            cold = (await service.get(f"/api/v1/posts/{number}/comments")).json()
            await _poll_once(service)
            warm = (await service.get(f"/api/v1/posts/{number}/comments")).json()
            for thread in (cold, warm):
                assert thread["post"]["status"] == "missing"
                assert thread["comments"] == []
            assert (await service.get(f"/repos/ada/blog/issues/{number}")).status_code == 404
            assert str(number) not in (await service.get("/api/v1/counts")).json()["counts"]
            listed = (await service.get("/repos/ada/blog/issues?state=all")).json()
            assert [issue["number"] for issue in listed] == [3, 2, 1]


async def test_only_labelled_issues_are_posts_with_a_label(world: World) -> None:
    world.set_labels("ada/blog", 1, "Comments")
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN, serve="label:comments") as service:
            await _poll_once(service)
            statuses = [(await service.get(f"/api/v1/posts/{number}")).json()["status"] for number in (1, 2, 3)]
            assert statuses == ["open", "missing", "missing"]
            assert (await service.get("/api/v1/counts")).json()["counts"] == {"1": 3}
            newest = (await service.get("/api/v1/comments")).json()["comments"]
            assert {comment["ghissueid"] for comment in newest} == {1}
            other = github_ids(simulator, 3)[0]
            assert (await service.get(f"/repos/ada/blog/issues/comments/{other}")).status_code == 404


async def test_documents_are_swapped_when_their_thread_changes(world: World) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN) as service:
            await _poll_once(service)
            paths = [
                "/api/v1/posts/2/comments",
                "/api/v1/counts",
                "/api/v1/counts?ids=2",
                "/api/v1/comments",
                "/repos/ada/blog/issues/2/comments",
                "/repos/ada/blog/issues?sort=comments",
            ]
            before = [await service.get(path) for path in paths]
            untouched = await service.get("/api/v1/posts/1/comments")
            new = world.comment("ada/blog", 2, body="First!", author="eve")
            await service.application.poller.poll(BLOG)
            after = [await service.get(path) for path in paths]
            for old, fresh in zip(before, after, strict=True):
                assert old.headers["etag"] != fresh.headers["etag"]
            assert after[0].json()["comments"][0]["id"] == new.id
            assert after[1].json()["counts"]["2"] == 1
            assert after[3].json()["comments"][0]["id"] == new.id
            assert (await service.get("/api/v1/posts/1/comments")).headers["etag"] == untouched.headers["etag"]
            etag = {"If-None-Match": after[0].headers["etag"]}
            assert (await service.get(paths[0], **etag)).status_code == 304


async def test_failed_rendering_stops_no_poll(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN) as service:
            await _poll_once(service)
            await service.get("/api/v1/counts")

            def fail(*_: object, **__: object) -> None:
                raise ZeroDivisionError

            with monkeypatch.context() as patch:
                patch.setattr(api, "counts", fail)
                world.comment("ada/blog", 2, body="First!", author="eve")
                await service.application.poller.poll(BLOG)
            assert "could not be rendered" in caplog.text
            assert (await service.get("/api/v1/counts")).json()["counts"]["2"] == 1


async def test_thread_that_changes_during_reads_is_never_partial() -> None:
    with run_simulator(blog_world(250)) as simulator:
        world = simulator.world
        world.add_token(TOKEN, "ada")
        seconds = count(int(NOW))
        world.clock = lambda: float(next(seconds))

        def change_comments(request: IncomingRequest) -> None:
            if request.path.endswith("/1/comments"):
                world.delete_comment(world.comments[github_ids(simulator, 1)[0]])
                world.comment("ada/blog", 1, body="One more", author="eve")

        stop = simulator.on_request(change_comments)
        async with run_service(simulator, github_token=TOKEN) as service:
            assert (await service.get("/api/v1/posts/1/comments")).status_code == 503
            stop()
            service.clock.advance(10)
            assert await service.comment_ids(1) == github_ids(simulator, 1)


async def test_counts_are_refused_before_the_list_is_read(world: World) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN) as service:
            for path in ("/api/v1/counts", "/api/v1/comments", "/repos/ada/blog/issues"):
                response = await service.get(path)
                assert response.status_code == 503
                assert "retry-after" in response.headers


async def test_crawler_before_the_list_is_read_costs_little(world: World) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN) as service:
            await service.application.repositories.site(BLOG, Priority.BACKFILL)
            service.take_requests()
            responses = [await service.get(f"/api/v1/posts/{number}") for number in range(1000, 1200)]
            assert len(service.take_requests()) <= 2 * 30 + 1
            assert {response.status_code for response in responses} == {200, 503}
            assert len(await service.application.store.jobs.due(at=service.clock.now() + 10_000)) == 0
            service.clock.advance(61)
            assert (await service.get("/api/v1/posts/1/comments")).status_code == 200


async def test_number_outside_the_post_list_is_never_requested(world: World, tmp_path: Path) -> None:
    (tmp_path / "post.md").write_text("---\nghissueid: 1\n---\n")
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN, serve="posts", posts=str(tmp_path)) as service:
            assert (await service.get("/api/v1/posts/3/comments")).json()["post"]["status"] == "missing"
            assert service.take_requests() == []
            assert (await service.get("/api/v1/posts/1/comments")).json()["post"]["status"] == "open"


async def test_thread_is_checked_again_after_clock_set_back(world: World) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN) as service:
            await _poll_once(service)
            service.clock.advance(-3600)
            await service.get("/api/v1/posts/1/comments")
            await service.finish_refreshes()
            assert service.take_requests() == ["/repos/ada/blog/issues/1/comments?per_page=100"]

"""The backfill: how many requests it costs, in which order, and how it continues after a failure."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

from app.domain.errors import (
    Gone,
    InvalidResponse,
    NotVisible,
    PrivateRepository,
    RateLimited,
    TokenRejected,
    Unreachable,
)
from app.domain.priority import Priority
from app.domain.records import IssueSummary
from app.ports.mirror import Change
from app.simulator.http.faults import (
    EmptyList,
    Header,
    HtmlPage,
    PrimaryRateLimit,
    Status,
    TruncatedJson,
    WrongJsonType,
)
from app.simulator.http.request_log import IncomingRequest
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.sample import generate_world, sample_world
from app.sync.reconcile import Reconcile
from tests.integration.local_service import BLOG, LocalService, github_ids, mirrored_ids, run_backfill, run_service
from tests.integration.worlds import NOW, blog_world

pytestmark = pytest.mark.untraced  # what others cover, at length


async def _summaries(service: LocalService) -> Sequence[IssueSummary]:
    return (await service.application.mirror.site_snapshot(BLOG)).summaries


async def test_thousand_posts_cost_at_most_113_requests() -> None:
    with run_simulator(generate_world(1000, 10_000, seed=1)) as simulator:
        simulator.world.add_token("t0ken", "ada")
        async with run_service(simulator, github_token="t0ken") as service:
            await run_backfill(service)
            requests = service.take_requests()
            assert len(requests) <= 113
            assert service.progress[-1].is_complete
            assert service.progress[-1].comments_mirrored == 10_000
            for number in (1, 500, 1000):
                assert await mirrored_ids(service, number) == github_ids(simulator, number)


async def test_backfill_leaves_out_comments_on_pull_requests() -> None:
    with run_simulator(generate_world(50, 300, seed=2, pull_request_comments=5000)) as simulator:
        simulator.world.add_token("t0ken", "ada")
        async with run_service(simulator, github_token="t0ken") as service:
            await run_backfill(service)
            requests = service.take_requests()
            assert len(requests) <= 2 + 50 + 1
            assert not any("/issues/comments" in target for target in requests)
            assert service.progress[-1].is_complete


@pytest.mark.parametrize("count", [0, 1, 30, 31, 100, 101, 1234])
async def test_thread_of_any_length_is_mirrored(count: int) -> None:
    with run_simulator(blog_world(count, 2)) as simulator:
        simulator.world.add_token("t0ken", "ada")
        async with run_service(simulator, github_token="t0ken") as service:
            await run_backfill(service)
            assert await mirrored_ids(service, 1) == github_ids(simulator, 1)
            assert len(await mirrored_ids(service, 1)) == count


async def test_recent_posts_come_first_without_a_token() -> None:
    with run_simulator(blog_world(*[1] * 30, *[150] * 40)) as simulator:
        async with run_service(simulator) as service:
            with pytest.raises(RateLimited) as limit:
                await run_backfill(service)
            requests = service.take_requests()
            assert len(requests) == 40
            assert limit.value.kind == "budget"
            assert limit.value.until > service.clock.now()
            assert {70, 69, 68, 67} <= {summary.number for summary in await _summaries(service) if summary.complete}
            first = next(target for target in requests if "/comments?" in target)
            assert first.startswith("/repos/ada/blog/issues/70/comments")
            service.clock.advance(limit.value.until - service.clock.now())


@pytest.mark.parametrize("is_githubs", [True, False])
async def test_limit_is_reported_once_by_the_poll_it_stops(*, is_githubs: bool) -> None:
    with run_simulator(blog_world(*[1] * 30, *[150] * 40)) as simulator:
        async with run_service(simulator) as service:
            if is_githubs:
                simulator.faults.add(PrimaryRateLimit(reset_in=600))
            with pytest.raises(RateLimited) as limit:
                await service.application.poller.poll(BLOG)
            waits = [progress.waiting_until for progress in service.progress if progress.waiting_until is not None]
            assert waits == [limit.value.until]


async def test_limit_of_a_later_backfill_is_reported() -> None:
    with run_simulator(blog_world(1)) as simulator:
        async with run_service(simulator) as service:
            for _ in range(2):
                await service.application.poller.poll(BLOG)
            lost = Change(repo=BLOG, at=service.clock.now(), site_update={"issues_listed_at": None})
            await service.application.mirror.apply(lost)
            service.progress.clear()
            simulator.faults.add(PrimaryRateLimit(reset_in=600))
            with pytest.raises(RateLimited) as limit:
                await service.application.poller.poll(BLOG)
            assert [progress.waiting_until for progress in service.progress] == [limit.value.until]


async def test_reserve_serves_other_posts_without_a_token() -> None:
    with run_simulator(blog_world(*[1] * 30, *[150] * 40)) as simulator:
        async with run_service(simulator) as service:
            with pytest.raises(RateLimited):
                await run_backfill(service)
            incomplete = min(summary.number for summary in await _summaries(service) if not summary.complete)
            assert await service.comment_ids(incomplete) == github_ids(simulator, incomplete)


async def test_backfill_continues_in_the_next_hour() -> None:
    world = blog_world(*[60] * 100)
    now = [NOW]
    world.clock = lambda: now[0]
    with run_simulator(world) as simulator:
        async with run_service(simulator) as service:
            hours = 0
            while True:
                hours += 1
                try:
                    await run_backfill(service)
                    break
                except RateLimited as limit:
                    service.clock.advance(limit.until - service.clock.now())
                    now[0] = service.clock.now()
            requests = service.take_requests()
            assert hours == 3
            assert len(requests) == len(set(requests))
            assert len(requests) <= 2 + 60 + 20
            for number in (1, 50, 100):
                assert await mirrored_ids(service, number) == github_ids(simulator, number)


async def test_failed_backfill_continues_without_repeated_pages() -> None:
    with run_simulator(generate_world(250, 2500, seed=3)) as simulator:
        simulator.world.add_token("t0ken", "ada")
        simulator.faults.add(Status(500), match=r"/issues/comments\?.*page=7", times=3)
        async with run_service(simulator, github_token="t0ken") as service:
            with pytest.raises(Unreachable):
                await run_backfill(service)
            first = service.take_requests()
            await run_backfill(service)
            assert not set(first[:-3]) & set(service.take_requests())
            assert service.progress[-1].is_complete


@pytest.mark.parametrize("address", ["/repositories/1/issues?page=2", "http://127.0.0.1:9/issues?page=2"])
async def test_list_starts_again_if_its_next_page_expired(address: str) -> None:
    with run_simulator(blog_world(1, 2, 3)) as simulator:
        async with run_service(simulator) as service:
            site = await service.application.repositories.site(BLOG, Priority.BACKFILL)
            record = replace(site, issues_next_url=urljoin(simulator.url, address))
            await service.application.mirror.apply(Change(repo=BLOG, at=NOW, site=record))
            await run_backfill(service)
            assert service.progress[-1].is_complete


async def test_refused_second_page_is_requested_only_once() -> None:
    with run_simulator(generate_world(250, 0, seed=8)) as simulator:
        body = b'{"message": "Not Found", "status": "404"}'
        simulator.faults.add(Status(404, body, "application/json"), match="page=2", times=None)
        async with run_service(simulator) as service:
            with pytest.raises(NotVisible):
                await run_backfill(service)
            assert len(service.take_requests()) == 3


async def test_threads_replace_a_comment_list_that_expired() -> None:
    with run_simulator(blog_world(2, 3)) as simulator:
        async with run_service(simulator) as service:
            site = await service.application.repositories.site(BLOG, Priority.BACKFILL)
            record = replace(site, comments_next_url=f"{simulator.url}/repositories/1/issues/comments?page=3")
            await service.application.mirror.apply(Change(repo=BLOG, at=NOW, site=record))
            await run_backfill(service)
            assert service.progress[-1].is_complete
            assert await mirrored_ids(service, 2) == github_ids(simulator, 2)


async def _is_reconciled(service: LocalService) -> bool:
    site = await service.application.mirror.site(BLOG)
    return site is not None and site.reconciled_at is not None


async def test_deletion_between_pages_loses_no_other_comment() -> None:
    with run_simulator(blog_world(*[50] * 8)) as simulator:
        world = simulator.world
        world.add_token("t0ken", "ada")

        def delete_on_page_two(request: object) -> None:
            if "page=2" in str(request) and len(github_ids(simulator, 8)) == 50:
                world.delete_comment(world.comments[github_ids(simulator, 8)[10]])

        simulator.on_request(delete_on_page_two)
        async with run_service(simulator, github_token="t0ken") as service:
            await service.application.poller.poll(BLOG, reconcile=Reconcile.NOW)
            assert not await _is_reconciled(service)
            for number in range(1, 9):
                assert set(await mirrored_ids(service, number)) >= set(github_ids(simulator, number))
            await service.application.poller.poll(BLOG, reconcile=Reconcile.NOW)
            assert await _is_reconciled(service)
            for number in range(1, 9):
                assert await mirrored_ids(service, number) == github_ids(simulator, number)


async def test_comments_beyond_githubs_page_limit_are_mirrored() -> None:
    with run_simulator(generate_world(300, 10_450, seed=4)) as simulator:
        simulator.world.add_token("t0ken", "ada")
        async with run_service(simulator, github_token="t0ken") as service:
            await service.application.poller.poll(BLOG)
            assert service.progress[-1].is_complete
            assert service.progress[-1].comments_mirrored == 10_450
            assert len(service.take_requests()) <= 1 + 3 + 105 + 3 + 2


@pytest.mark.parametrize("fault", [TruncatedJson(), HtmlPage(), WrongJsonType()])
async def test_broken_page_changes_nothing(
    fault: TruncatedJson | HtmlPage | WrongJsonType,
) -> None:
    with run_simulator(blog_world(3, 3, 3)) as simulator:
        simulator.faults.add(fault, match="/issues/comments", times=3)
        async with run_service(simulator) as service:
            with pytest.raises(InvalidResponse):
                await run_backfill(service)
            assert [summary.mirrored_count for summary in await _summaries(service)] == [
                0,
                0,
                0,
            ]
            await run_backfill(service)
            assert service.progress[-1].is_complete


async def test_wrongly_empty_list_affects_only_its_thread() -> None:
    with run_simulator(blog_world(3, 150, 2)) as simulator:
        simulator.world.open_pull_request("ada/blog", title="Noise", body="")
        for order in range(400):
            simulator.world.comment("ada/blog", 4, body=f"Noise {order}", author="eve")
        simulator.faults.add(EmptyList(), match="/issues/2/comments", times=None)
        async with run_service(simulator) as service:
            await service.application.poller.poll(BLOG)
            assert await service.comment_ids(1) == github_ids(simulator, 1)
            assert await service.comment_ids(3) == github_ids(simulator, 3)
            assert (await service.get("/api/v1/posts/2/comments")).status_code == 503
            site = await service.application.mirror.site(BLOG)
            assert site is not None
            assert site.checked_at is not None, "the poll continued with the changes"
            simulator.faults.clear()
            service.clock.advance(4000)
            await service.application.poller.poll(BLOG)
            assert await service.comment_ids(2) == github_ids(simulator, 2)


async def test_unreadable_threads_do_not_stop_the_poll() -> None:
    with run_simulator(blog_world(2, 2, 2, 2, 2, 0)) as simulator:
        world = simulator.world
        world.add_token("t0ken", "ada")
        world.open_pull_request("ada/blog", title="Noise", body="")
        for order in range(700):
            world.comment("ada/blog", 7, body=f"Noise {order}", author="eve", created_at=NOW - 1e6 + order)
        simulator.faults.add(EmptyList(), match=r"/issues/[1-5]/comments", times=None)
        async with run_service(simulator, github_token="t0ken") as service:
            await service.application.poller.poll(BLOG)
            new = world.comment("ada/blog", 6, body="First!", author="eve")
            await service.application.poller.poll(BLOG)
            assert await service.comment_ids(6) == [new.id]
            assert (await service.get("/api/v1/posts/1/comments")).status_code == 503


@pytest.mark.parametrize("page", ["per_page=100$", "page=2"])
async def test_empty_page_of_issues_is_requested_again(page: str) -> None:
    with run_simulator(generate_world(150, 300, seed=9)) as simulator:
        simulator.faults.add(EmptyList(), match=rf"/issues\?.*{page}")
        async with run_service(simulator) as service:
            await service.application.poller.poll(BLOG)
            assert service.progress[-1].threads == 150


async def test_pages_in_a_cycle_are_refused() -> None:
    with run_simulator(generate_world(250, 0, seed=9)) as simulator:
        page = f"{simulator.url}/repositories/{simulator.world.repository('ada/blog').id}/issues?per_page=100&page=2"
        simulator.faults.add(Header("link", f'<{page}>; rel="next"'), match=r"page=[23]$", times=None)
        async with run_service(simulator) as service:
            with pytest.raises(InvalidResponse):
                await run_backfill(service)
            assert len(service.take_requests()) < 15


def _rename(simulator: RunningSimulator) -> None:
    simulator.world.rename_repository("ada/blog", "ada/other")
    simulator.world.former_names.clear()


def _make_private(simulator: RunningSimulator) -> None:
    simulator.world.make_private("ada/blog")


def _disable_issues(simulator: RunningSimulator) -> None:
    simulator.world.disable_issues("ada/blog")


@pytest.mark.parametrize(
    ("change", "failure"), [(_rename, NotVisible), (_make_private, NotVisible), (_disable_issues, Gone)]
)
async def test_unreadable_repository_is_reported_with_its_reason(
    change: Callable[[RunningSimulator], None], failure: type[Exception]
) -> None:
    with run_simulator(sample_world(lambda: NOW)) as simulator:
        change(simulator)
        async with run_service(simulator) as service:
            with pytest.raises(failure):
                await run_backfill(service)


async def test_wrong_token_is_reported() -> None:
    with run_simulator(sample_world(lambda: NOW)) as simulator:
        async with run_service(simulator, github_token="wrong") as service:
            with pytest.raises(TokenRejected):
                await run_backfill(service)


async def test_private_repository_is_published_only_if_allowed(tmp_path: Path) -> None:
    (tmp_path / "post.md").write_text("---\nghissueid: 41\n---\n")
    with run_simulator(sample_world(lambda: NOW)) as simulator:
        simulator.world.make_private("ada/blog")
        simulator.world.add_token("t0ken", "ada")
        async with run_service(simulator, github_token="t0ken") as service:
            with pytest.raises(PrivateRepository):
                await run_backfill(service)
            assert (await service.get("/api/v1/posts/41")).status_code == 503
        published: dict[str, Any] = {"allow_private": True, "serve": "posts", "posts": str(tmp_path)}
        async with run_service(simulator, github_token="t0ken", **published) as service:
            await run_backfill(service)
            assert await service.comment_ids(41) == github_ids(simulator, 41)


@pytest.mark.parametrize("removal", ["delete", "transfer"])
async def test_issue_removed_during_backfill_stops_no_other(removal: str) -> None:
    with run_simulator(blog_world(3, 2, 4)) as simulator:
        world = simulator.world
        world.add_token("t0ken", "ada")
        world.add_repository("ada/elsewhere")
        for _ in range(40):  # so that reading thread by thread is the cheaper way
            noise = world.open_pull_request("ada/blog", title="Noise", body="")
            for _ in range(10):
                world.comment("ada/blog", noise.number, body="Noise", author="eve")

        def remove(request: IncomingRequest) -> None:
            if request.path.endswith("/2/comments") and world.issue_ids[world.repository("ada/blog").id].get(2):
                if removal == "delete":
                    world.delete_issue("ada/blog", 2)
                else:
                    world.transfer_issue("ada/blog", 2, "ada/elsewhere")

        simulator.on_request(remove)
        async with run_service(simulator, github_token="t0ken") as service:
            await service.application.poller.poll(BLOG)
            assert service.progress[-1].is_complete
            assert await service.comment_ids(1) == github_ids(simulator, 1)
            assert await service.comment_ids(3) == github_ids(simulator, 3)
            assert (await service.get("/api/v1/posts/2")).json()["status"] == "gone"

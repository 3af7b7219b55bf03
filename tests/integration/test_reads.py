"""The way of a read: what costs an ask, what does not, and what readers are told when nobody answers."""

import asyncio
import threading
import time
from itertools import count
from pathlib import Path

import pytest

from app.domain.errors import Unreachable
from app.domain.sites import Repository
from app.ports.jobs import Priority
from app.ports.mirror import Tombstone
from app.render import api
from app.render.document import Document
from app.render.keys import Key
from app.simulator.http.faults import Latency, Status
from app.simulator.http.rate_limits import Limits
from app.simulator.http.request_log import IncomingRequest
from app.simulator.http.server import run_simulator
from app.simulator.world.world import World
from tests.integration.application import BLOG, Stage, comments_of, stage
from tests.integration.test_backfill import NOW, world_of

TOKEN = "t0ken"


@pytest.fixture
def world() -> World:
    made = world_of(3, 0, 120)
    made.clock = lambda: NOW + 3600
    made.add_token(TOKEN, "ada")
    return made


async def imported(on: Stage) -> None:
    await on.afterword.pulse.bring_up(BLOG)
    on.asked()


async def test_a_thousand_readers_of_one_cold_thread_cost_one_look_at_it(world: World) -> None:
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN) as on:
            simulator.hold.start("/issues/1$")
            readers = [asyncio.create_task(on.get("/api/v1/posts/1/comments")) for _ in range(1000)]
            await asyncio.to_thread(simulator.hold.wait_for, 1)
            simulator.hold.release()
            answers = await asyncio.gather(*readers)
            assert {answer.status_code for answer in answers} == {200}
            assert {len(answer.json()["comments"]) for answer in answers} == {3}
            assert on.asked() == [
                "/repos/ada/blog",
                "/repos/ada/blog/issues/1",
                "/repos/ada/blog/issues/1/comments?per_page=100",
            ]


async def test_a_warm_thread_costs_nothing(world: World) -> None:
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN) as on:
            await imported(on)
            for number in (1, 2, 3):
                assert await on.ids(number) == comments_of(simulator, number)
            await on.settle()
            assert on.asked() == []


async def test_a_cold_reader_waits_no_longer_than_told_while_the_ask_goes_on(world: World) -> None:
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN, cold_wait=0.1) as on:
            simulator.hold.start("/issues/1$")
            answer = await on.get("/api/v1/posts/1/comments")
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) > 0
            assert "comments" not in answer.json()
            simulator.hold.release()
            await on.settle()
            assert await on.ids(1) == comments_of(simulator, 1)


async def test_a_cold_reader_is_told_when_the_limit_ends(world: World) -> None:
    with run_simulator(world, limits=Limits(anonymous=0)) as simulator:
        async with stage(simulator) as on:
            answer = await on.get("/api/v1/posts/1")
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) == 300


async def test_when_github_is_down_the_mirror_is_served_with_its_age_and_marked_stale(world: World) -> None:
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN, fresh_for=60) as on:
            await imported(on)
            before = await on.get("/api/v1/posts/1/comments")
            simulator.faults.add(Status(502), times=None)
            on.clock.advance(3600)
            again = await on.get("/api/v1/posts/1/comments")
            assert again.content == before.content
            assert int(again.headers["age"]) == 3600
            await on.settle()
            told = (await on.get("/api/v1/posts/1/comments")).json()
            assert told["post"]["stale"] is True
            assert told["comments"] == before.json()["comments"]
            simulator.faults.clear()
            on.clock.advance(120)
            await on.get("/api/v1/posts/1/comments")
            await on.settle()
            healed = await on.get("/api/v1/posts/1/comments")
            assert healed.json()["post"]["stale"] is False
            assert int(healed.headers["age"]) == 0
            assert healed.headers["etag"] == before.headers["etag"]


async def test_an_old_thread_is_checked_with_one_conditional_ask_however_many_read_it(world: World) -> None:
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN, fresh_for=60) as on:
            await imported(on)
            for expected in (200, 304):
                on.clock.advance(100)
                await asyncio.gather(*(on.get("/api/v1/posts/1/comments") for _ in range(100)))
                await on.settle()
                assert [ask.status for ask in simulator.requests] == [expected]
                on.asked()


@pytest.mark.parametrize("number", [1, 3])
async def test_reactions_and_hiding_show_after_the_check(world: World, number: int) -> None:
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN, fresh_for=60) as on:
            await imported(on)
            first, second = (world.comments[key] for key in comments_of(simulator, number)[:2])
            await on.get(f"/api/v1/posts/{number}/comments")
            world.react(first, "heart", 2)
            world.hide_comment(second, "spam")
            world.edit_comment(first, body="Said better")
            on.clock.advance(100)
            await on.get(f"/api/v1/posts/{number}/comments")
            await on.settle()
            one, two, *_ = (await on.get(f"/api/v1/posts/{number}/comments")).json()["comments"]
            assert one["reactions"]["heart"] == 2
            assert one["text"] == "Said better"
            assert (two["hidden"], two["text"], two["html"]) == ("spam", None, None)


async def test_a_long_thread_that_was_read_whole_lately_is_checked_by_its_count_and_by_what_was_edited(
    world: World,
) -> None:
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN, fresh_for=60) as on:
            await imported(on)
            path = "/api/v1/posts/3/comments?limit=100"
            for expected in (4, 2):
                on.clock.advance(100)
                await on.get(path)
                await on.settle()
                assert len(on.asked()) == expected
            before = await on.ids(3)
            world.delete_comment(world.comments[before[7]])
            world.edit_comment(world.comments[before[8]], body="Said better")
            on.clock.advance(100)
            await on.get(path)
            await on.settle()
            assert await on.ids(3) == comments_of(simulator, 3)
            assert "Said better" in (await on.get(path)).text


@pytest.mark.parametrize("number", [1, 3])
async def test_a_comment_deleted_on_github_goes_with_the_check(world: World, number: int) -> None:
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN, fresh_for=60) as on:
            await imported(on)
            before = await on.ids(number)
            world.delete_comment(world.comments[before[0]])
            on.clock.advance(100)
            await on.get(f"/api/v1/posts/{number}/comments")
            await on.settle()
            assert await on.ids(number) == before[1:] == comments_of(simulator, number)


async def test_an_etag_from_before_a_change_by_another_way_confirms_nothing(world: World) -> None:
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN, fresh_for=60) as on:
            await imported(on)
            path = "/api/v1/posts/1/comments"
            await on.get(path)
            on.clock.advance(100)
            await on.get(path)
            await on.settle()
            spam = world.comment("ada/blog", 1, body="Buy!", author="eve")
            await on.afterword.pulse.bring_up(BLOG)
            assert spam.id in await on.ids(1)
            world.delete_comment(spam)
            on.clock.advance(100)
            await on.get(path)
            await on.settle()
            assert spam.id not in await on.ids(1)


async def test_a_reading_that_a_change_overtakes_undoes_nothing(world: World) -> None:
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN) as on:
            await imported(on)
            held: list[bytes] = []
            stop = simulator.on_request(lambda question: held.append(b"") if "/1/comments" in question.path else None)
            simulator.faults.add(Latency(1.0), match="/issues/1/comments")
            slow = asyncio.create_task(on.afterword.refresher.read(BLOG, 1, Priority.READ))
            await asyncio.to_thread(_until, held)
            stop()
            new = world.comment("ada/blog", 1, body="In between", author="eve")
            await on.afterword.pulse.bring_up(BLOG)
            await slow
            await on.afterword.pulse.bring_up(BLOG)
            assert new.id in await on.ids(1)
            assert await on.ids(1) == comments_of(simulator, 1)


def _until(held: list[bytes]) -> None:
    deadline = time.monotonic() + 20
    while not held and time.monotonic() < deadline:
        threading.Event().wait(0.01)


async def test_the_text_of_a_hidden_pinned_comment_is_not_served(world: World) -> None:
    pinned = world.comment("ada/blog", 2, body="Regrettable words", author="eve")
    world.pin_comment(pinned)
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN, fresh_for=60) as on:
            await imported(on)
            paths = ["/repos/ada/blog/issues/2", "/repos/ada/blog/issues", "/repos/ada/blog/issues/2/comments"]
            assert all(["Regrettable" in (await on.get(path)).text for path in paths])
            world.hide_comment(world.comments[pinned.id], "abuse")
            on.clock.advance(100)
            await on.get("/api/v1/posts/2/comments")
            await on.settle()
            assert not any(["Regrettable" in (await on.get(path)).text for path in paths])


async def test_switching_issues_off_takes_nothing_away(world: World) -> None:
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN, fresh_for=60) as on:
            await imported(on)
            before = await on.ids(1)
            world.disable_issues("ada/blog")
            on.clock.advance(100)
            await on.get("/api/v1/posts/1/comments")
            await on.settle()
            told = (await on.get("/api/v1/posts/1/comments")).json()
            assert [comment["id"] for comment in told["comments"]] == before
            assert (told["post"]["status"], told["post"]["stale"]) == ("open", True)


async def test_a_cold_post_of_a_repository_that_cannot_be_seen_is_not_called_missing(world: World) -> None:
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN) as on:
            await on.afterword.repositories.site(BLOG, Priority.READ)
            body = b'{"message": "Not Found", "status": "404"}'
            simulator.faults.add(Status(404, body, "application/json"), times=None)
            assert (await on.get("/api/v1/posts/1")).status_code == 503


async def test_while_comments_are_imported_nothing_is_called_none(world: World) -> None:
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN) as on:
            simulator.faults.add(Status(502), match="/comments", times=None)
            with pytest.raises(Unreachable):
                await on.afterword.pulse.bring_up(BLOG)
            some = comments_of(simulator, 1)[0]
            assert (await on.get(f"/repos/ada/blog/issues/comments/{some}")).status_code == 503
            assert (await on.get("/api/v1/comments")).status_code == 503


async def test_documents_of_the_whole_site_follow_what_another_process_writes(world: World) -> None:
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN, fresh_for=60) as on:
            await imported(on)
            assert (await on.get("/api/v1/counts")).json()["counts"]["2"] == 0
            world.comment("ada/blog", 2, body="First!", author="eve")
            with_another_announcer = on.afterword.refresher
            with_another_announcer._announce = _silent
            await on.afterword.pulse.bring_up(BLOG)
            on.clock.advance(100)
            await on.get("/api/v1/counts")
            await asyncio.sleep(0.05)
            fresh = await on.get("/api/v1/counts")
            assert fresh.json()["counts"]["2"] == 1
            assert int(fresh.headers["age"]) <= 100


async def _silent(*_: object) -> None:
    return None


async def test_a_flood_of_addresses_does_not_slow_a_change_down(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN) as on:
            await imported(on)
            for number in range(100):
                await on.get(f"/repos/ada/blog/issues?labels=x{number}")
            rendered: list[object] = []
            make = on.afterword.reader._publisher._make

            async def counted(key: Key) -> Document:
                rendered.append(key)
                return await make(key)

            monkeypatch.setattr(on.afterword.reader._publisher, "_make", counted)
            world.comment("ada/blog", 2, body="First!", author="eve")
            await on.afterword.pulse.bring_up(BLOG)
            assert len(rendered) <= 20
            assert (await on.get("/repos/ada/blog/issues?labels=x99")).json() == []


async def test_a_thread_that_grew_past_a_page_is_read_whole(world: World) -> None:
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN, fresh_for=60) as on:
            await imported(on)
            await on.get("/api/v1/posts/1/comments")
            for order in range(130):
                world.comment("ada/blog", 1, body=f"More {order}", author="eve")
            on.clock.advance(100)
            await on.get("/api/v1/posts/1/comments")
            await on.settle()
            assert await on.ids(1) == comments_of(simulator, 1)


async def test_a_post_deleted_on_github_is_told_after_the_check(world: World) -> None:
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN, fresh_for=60) as on:
            await imported(on)
            await on.get("/api/v1/posts/1/comments")
            world.delete_issue("ada/blog", 1)
            on.clock.advance(100)
            await on.get("/api/v1/posts/1/comments")
            await on.settle()
            assert (await on.get("/api/v1/posts/1")).json()["status"] == "gone"
            assert (await on.get("/repos/ada/blog/issues/1/comments")).status_code == 410


async def test_numbers_above_the_newest_known_cost_no_ask(world: World) -> None:
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN) as on:
            await imported(on)
            for number in range(4, 300):
                answer = await on.get(f"/api/v1/posts/{number}")
                assert answer.json()["status"] == "missing"
            assert on.asked() == []


async def test_gaps_in_the_list_cost_at_most_one_ask_a_minute(world: World) -> None:
    for number in range(4, 60):
        world.open_issue("ada/blog", title="Spam", body="Buy!")
        if number < 59:
            world.delete_issue("ada/blog", number)
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN) as on:
            await imported(on)
            answers = [await on.get(f"/api/v1/posts/{number}") for number in range(4, 59)]
            assert {answer.json()["status"] for answer in answers} == {"gone", "missing"}
            assert len(on.asked()) == 1
            on.clock.advance(61)
            await on.get("/api/v1/posts/20?again")
            assert len(on.asked()) <= 1


async def test_readers_between_whose_looks_the_list_of_issues_lands_wait_for_the_thread_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN) as on:
            site = await on.afterword.repositories.site(BLOG, Priority.BACKFILL)
            absence, listed = on.afterword.mirror.absence, asyncio.Lock()

            async def landing(repo: Repository, number: int) -> Tombstone | None:
                async with listed:
                    present = await on.afterword.mirror.site(BLOG)
                    if present is None or present.listed_at is None:
                        await on.afterword.importer._list_issues(site)
                return await absence(repo, number)

            monkeypatch.setattr(on.afterword.mirror, "absence", landing)
            readers = (on.get(f"/api/v1/posts/1/comments?limit={limit}") for limit in (10, 20, 30))
            assert [answer.status_code for answer in await asyncio.gather(*readers)] == [200, 200, 200]


async def test_a_pull_request_is_never_a_post(world: World) -> None:
    number = world.open_pull_request("ada/blog", title="Fix a typo", body="").number
    world.comment("ada/blog", number, body="Thanks", author="ada")
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN) as on:
            cold = (await on.get(f"/api/v1/posts/{number}/comments")).json()
            await imported(on)
            warm = (await on.get(f"/api/v1/posts/{number}/comments")).json()
            for told in (cold, warm):
                assert told["post"]["status"] == "missing"
                assert told["comments"] == []
            assert (await on.get(f"/repos/ada/blog/issues/{number}")).status_code == 404
            assert str(number) not in (await on.get("/api/v1/counts")).json()["counts"]
            listed = (await on.get("/repos/ada/blog/issues?state=all")).json()
            assert [issue["number"] for issue in listed] == [3, 2, 1]


async def test_only_issues_with_the_label_are_posts_where_a_label_is_set(world: World) -> None:
    world.set_labels("ada/blog", 1, "Comments")
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN, serve="label:comments") as on:
            await imported(on)
            statuses = [(await on.get(f"/api/v1/posts/{number}")).json()["status"] for number in (1, 2, 3)]
            assert statuses == ["open", "missing", "missing"]
            assert (await on.get("/api/v1/counts")).json()["counts"] == {"1": 3}
            newest = (await on.get("/api/v1/comments")).json()["comments"]
            assert {comment["ghissueid"] for comment in newest} == {1}
            other = comments_of(simulator, 3)[0]
            assert (await on.get(f"/repos/ada/blog/issues/comments/{other}")).status_code == 404


async def test_documents_are_swapped_when_their_thread_changes_and_not_when_it_is_read(world: World) -> None:
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN) as on:
            await imported(on)
            paths = [
                "/api/v1/posts/2/comments",
                "/api/v1/counts",
                "/api/v1/counts?ids=2",
                "/api/v1/comments",
                "/repos/ada/blog/issues/2/comments",
                "/repos/ada/blog/issues?sort=comments",
            ]
            before = [await on.get(path) for path in paths]
            untouched = await on.get("/api/v1/posts/1/comments")
            new = world.comment("ada/blog", 2, body="First!", author="eve")
            await on.afterword.pulse.bring_up(BLOG)
            after = [await on.get(path) for path in paths]
            for old, fresh in zip(before, after, strict=True):
                assert old.headers["etag"] != fresh.headers["etag"]
            assert after[0].json()["comments"][0]["id"] == new.id
            assert after[1].json()["counts"]["2"] == 1
            assert after[3].json()["comments"][0]["id"] == new.id
            assert (await on.get("/api/v1/posts/1/comments")).headers["etag"] == untouched.headers["etag"]
            etag = {"If-None-Match": after[0].headers["etag"]}
            assert (await on.get(paths[0], **etag)).status_code == 304


async def test_a_document_that_cannot_be_rendered_anew_stops_no_import_and_is_made_for_the_next_reader(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN) as on:
            await imported(on)
            await on.get("/api/v1/counts")

            def broken(*_: object, **__: object) -> None:
                raise ZeroDivisionError

            with monkeypatch.context() as patch:
                patch.setattr(api, "counts", broken)
                world.comment("ada/blog", 2, body="First!", author="eve")
                await on.afterword.pulse.bring_up(BLOG)
            assert "could not be rendered anew" in caplog.text
            assert (await on.get("/api/v1/counts")).json()["counts"]["2"] == 1


async def test_a_cold_thread_that_changes_under_every_reading_is_shown_whole_or_not_at_all() -> None:
    with run_simulator(world_of(250)) as simulator:
        world = simulator.world
        world.add_token(TOKEN, "ada")
        seconds = count(int(NOW))
        world.clock = lambda: float(next(seconds))

        def meddle(question: IncomingRequest) -> None:
            if question.path.endswith("/1/comments"):
                world.delete_comment(world.comments[comments_of(simulator, 1)[0]])
                world.comment("ada/blog", 1, body="One more", author="eve")

        stop = simulator.on_request(meddle)
        async with stage(simulator, github_token=TOKEN) as on:
            assert (await on.get("/api/v1/posts/1/comments")).status_code == 503
            stop()
            on.clock.advance(10)
            assert await on.ids(1) == comments_of(simulator, 1)


async def test_before_the_list_is_read_counts_are_not_guessed(world: World) -> None:
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN) as on:
            for path in ("/api/v1/counts", "/api/v1/comments", "/repos/ada/blog/issues"):
                answer = await on.get(path)
                assert answer.status_code == 503
                assert "retry-after" in answer.headers


async def test_a_crawler_costs_little_while_the_list_of_issues_is_not_yet_read(world: World) -> None:
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN) as on:
            await on.afterword.repositories.site(BLOG, Priority.BACKFILL)
            on.asked()
            answers = [await on.get(f"/api/v1/posts/{number}") for number in range(1000, 1200)]
            assert len(on.asked()) <= 2 * 30 + 1
            assert {answer.status_code for answer in answers} == {200, 503}
            assert len(await on.afterword.shared.due(at=on.clock.now() + 10_000)) == 0
            on.clock.advance(61)
            assert (await on.get("/api/v1/posts/1/comments")).status_code == 200


async def test_a_number_that_no_post_names_is_never_asked_for_where_only_posts_are_served(
    world: World, tmp_path: Path
) -> None:
    (tmp_path / "post.md").write_text("---\nghissueid: 1\n---\n")
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN, serve="posts", posts=str(tmp_path)) as on:
            assert (await on.get("/api/v1/posts/3/comments")).json()["post"]["status"] == "missing"
            assert on.asked() == []
            assert (await on.get("/api/v1/posts/1/comments")).json()["post"]["status"] == "open"


async def test_what_was_checked_by_a_clock_that_has_been_set_back_is_checked_again(world: World) -> None:
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN) as on:
            await imported(on)
            on.clock.advance(-3600)
            await on.get("/api/v1/posts/1/comments")
            await on.settle()
            assert on.asked() == ["/repos/ada/blog/issues/1/comments?per_page=100"]

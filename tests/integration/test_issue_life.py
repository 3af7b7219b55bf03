"""The life of an issue and of its repository: followed where it can be, and never a wrong thread."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.domain.errors import GitHubError, NotVisible, PrivateRepository
from app.ports.jobs import Priority
from app.simulator.http.faults import Status
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.world import World
from tests.fakes import FakeClock
from tests.integration.actions import NOTES, TOKEN, Webhook, act, clock_of_tests, imported, swept, world_at
from tests.integration.application import BLOG, Stage, comments_of

BOTH = "ada/blog,ada/notes"
HIDDEN = Status(404, b'{"message": "Not Found", "status": "404"}', "application/json")
"""What GitHub says of everything that it does not show."""


@pytest.fixture
def clock() -> FakeClock:
    return clock_of_tests()


@pytest.fixture
def world(clock: FakeClock) -> World:
    return world_at(clock)


def with_notes(world: World) -> World:
    world.add_repository("ada/notes")
    world.open_issue("ada/notes", title="A note", body="")
    world.comment("ada/notes", 1, body="On the note", author="bob")
    return world


async def status(on: Stage, number: int) -> str:
    return str((await on.get(f"/api/v1/posts/{number}")).json()["status"])


async def texts(on: Stage, number: int) -> list[str]:
    answer = await on.get(f"/api/v1/posts/{number}/comments?limit=100")
    assert answer.status_code == 200, answer.text
    return [comment["text"] for comment in answer.json()["comments"]]


async def round_over(on: Stage) -> Exception | None:
    """One round by the schedule, and why it failed."""
    await on.afterword.schedule.round(BLOG)
    return on.afterword.schedule.failures.get(BLOG)


# Transfers ---------------------------------------------------------------------------------------------


async def test_a_transferred_issue_is_served_under_its_old_number_with_its_new_comments(
    world: World, clock: FakeClock
) -> None:
    with run_simulator(with_notes(world)) as simulator:
        async with act(simulator, clock, repo=BOTH) as on:
            await imported(on, BLOG, NOTES)
            webhook = Webhook(world)
            before = await texts(on, 1)
            paths = ("/api/v1/posts/1/comments", "/api/v1/counts?ids=1", "/repos/ada/blog/issues/1/comments")
            for path in paths:
                await on.get(path)
            moved = world.transfer_issue("ada/blog", 1, "ada/notes")
            await webhook.deliver(on)
            assert await status(on, 1) == "open"
            assert await texts(on, 1) == before
            world.comment("ada/notes", moved.number, body="At the new place", author="eve")
            await webhook.deliver(on)
            assert await texts(on, 1) == [*before, "At the new place"]
            assert (await on.get("/api/v1/counts?ids=1")).json()["counts"] == {"1": 4}
            compatible = (await on.get("/repos/ada/blog/issues/1/comments")).json()
            assert [comment["body"] for comment in compatible] == [*before, "At the new place"]
            assert (await on.get("/repos/ada/blog/issues/1")).json()["comments"] == 4
            new = f"/api/v1/posts/{moved.number}/comments?repo=ada/notes"
            assert len((await on.get(new)).json()["comments"]) == 4


async def test_without_a_webhook_a_transferred_issue_is_followed_once_it_is_checked(
    world: World, clock: FakeClock
) -> None:
    with run_simulator(with_notes(world)) as simulator:
        async with act(simulator, clock, repo=BOTH) as on:
            await imported(on, BLOG, NOTES)
            before = await texts(on, 1)
            moved = world.transfer_issue("ada/blog", 1, "ada/notes")
            world.comment("ada/notes", moved.number, body="At the new place", author="eve")
            clock.advance(400)
            await texts(on, 1)
            await on.settle()
            await swept(on)
            assert await texts(on, 1) == [*before, "At the new place"]


async def test_reactions_at_the_new_place_show_where_the_old_number_is_read(world: World, clock: FakeClock) -> None:
    with run_simulator(with_notes(world)) as simulator:
        async with act(simulator, clock, repo=BOTH) as on:
            await imported(on, BLOG, NOTES)
            webhook = Webhook(world)
            world.transfer_issue("ada/blog", 1, "ada/notes")
            await webhook.deliver(on)
            first = world.comments[(await on.ids(1))[0]]
            world.react(first, "heart", 2)
            clock.advance(700)
            await texts(on, 1)
            await on.settle()
            assert len(await swept(on)) == 1
            answer = (await on.get("/api/v1/posts/1/comments")).json()
            assert answer["comments"][0]["reactions"]["heart"] == 2


async def test_an_issue_transferred_twice_within_the_sites_is_followed_twice(world: World, clock: FakeClock) -> None:
    with_notes(world).add_repository("ada/third")
    with run_simulator(world) as simulator:
        async with act(simulator, clock, repo=f"{BOTH},ada/third") as on:
            third = on.afterword.settings.repo[2]
            await imported(on, BLOG, NOTES, third)
            webhook = Webhook(world)
            moved = world.transfer_issue("ada/blog", 1, "ada/notes")
            await webhook.deliver(on)
            again = world.transfer_issue("ada/notes", moved.number, "ada/third")
            await webhook.deliver(on)
            for path in ("/api/v1/posts/1/comments", "/api/v1/counts?ids=1"):
                await on.get(path)
            world.comment("ada/third", again.number, body="At the last place", author="eve")
            await webhook.deliver(on)
            assert (await texts(on, 1))[-1] == "At the last place"
            assert (await on.get("/api/v1/counts?ids=1")).json()["counts"] == {"1": 4}


async def test_an_issue_transferred_away_is_gone(world: World, clock: FakeClock) -> None:
    world.add_repository("ada/else")
    with run_simulator(world) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            webhook = Webhook(world)
            assert len(await texts(on, 1)) == 3
            world.transfer_issue("ada/blog", 1, "ada/else")
            events = webhook._events
            webhook._events = [event for event in events if event.repository_id != events[-1].repository_id]
            await webhook.deliver(on)
            assert await status(on, 1) == "gone"
            assert await texts(on, 1) == []
            assert (await on.get("/repos/ada/blog/issues/1")).status_code in {301, 410}
            assert "1" not in (await on.get("/api/v1/counts")).json()["counts"]


async def test_where_only_some_issues_are_posts_a_moved_one_that_is_none_is_not_served(
    world: World, clock: FakeClock, tmp_path: Path
) -> None:
    (tmp_path / "post.md").write_text("---\nghissueid: 1\n---\n")
    with run_simulator(with_notes(world)) as simulator:
        async with act(simulator, clock, repo=BOTH, serve="posts", posts=str(tmp_path)) as on:
            await imported(on, BLOG, NOTES)
            webhook = Webhook(world)
            for number in (1, 3):
                world.transfer_issue("ada/blog", number, "ada/notes")
            await webhook.deliver(on)
            assert len(await texts(on, 1)) == 3
            assert await texts(on, 3) == []
            assert (await on.get("/api/v1/counts?ids=1,3")).json()["counts"] == {"1": 3, "3": None}


async def test_a_moved_thread_is_served_no_longer_once_its_new_place_is_private(world: World, clock: FakeClock) -> None:
    with run_simulator(with_notes(world)) as simulator:
        async with act(simulator, clock, repo=BOTH) as on:
            await imported(on, BLOG, NOTES)
            webhook = Webhook(world)
            world.transfer_issue("ada/blog", 1, "ada/notes")
            await webhook.deliver(on)
            assert len(await texts(on, 1)) == 3
            world.make_private("ada/notes")
            await webhook.deliver(on)
            assert (await on.get("/api/v1/posts/1/comments?limit=100")).status_code == 404
            assert len(await texts(on, 3)) == 2


async def test_a_process_that_only_read_of_a_moved_thread_hears_that_its_new_place_is_private(
    world: World, clock: FakeClock, tmp_path: Path
) -> None:
    store = f"sqlite:///{tmp_path}/afterword.db"
    with run_simulator(with_notes(world)) as simulator:
        async with act(simulator, clock, repo=BOTH, store=store) as one:
            await imported(one, BLOG, NOTES)
            webhook = Webhook(world)
            world.transfer_issue("ada/blog", 1, "ada/notes")
            await webhook.deliver(one)
            async with act(simulator, clock, repo=BOTH, store=store, holder="two") as two:
                await two.afterword.follower.catch_up()
                assert len(await texts(two, 1)) == 3
                world.make_private("ada/notes")
                await webhook.deliver(one)
                await two.afterword.follower.catch_up()
                assert (await two.get("/api/v1/posts/1/comments?limit=100")).status_code == 404


# One issue ---------------------------------------------------------------------------------------------


def _delete(world: World) -> None:
    world.delete_issue("ada/blog", 1)


def _lock(world: World) -> None:
    world.lock_issue("ada/blog", 1)


def _close(world: World) -> None:
    world.close_issue("ada/blog", 1)


def _reopen(world: World) -> None:
    world.close_issue("ada/blog", 1)
    world.reopen_issue("ada/blog", 1)


def _unlock(world: World) -> None:
    world.lock_issue("ada/blog", 1)
    world.unlock_issue("ada/blog", 1)


@pytest.mark.parametrize(
    ("deed", "expected", "comments"),
    [(_delete, "gone", 0), (_lock, "locked", 3), (_close, "closed", 3), (_reopen, "open", 3), (_unlock, "open", 3)],
)
async def test_what_becomes_of_an_issue_shows_after_its_webhook(
    world: World, clock: FakeClock, deed: Callable[[World], None], expected: str, comments: int
) -> None:
    with run_simulator(world) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            await texts(on, 1)
            webhook = Webhook(world)
            deed(world)
            assert len(await webhook.deliver(on)) <= 3
            assert await status(on, 1) == expected
            assert len(await texts(on, 1)) == comments


async def test_a_label_makes_a_post_of_an_issue_and_taking_it_off_ends_that(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with act(simulator, clock, serve="label:comments") as on:
            await imported(on)
            webhook = Webhook(world)
            assert await status(on, 1) == "missing"
            assert (await on.get("/api/v1/counts")).json()["counts"] == {}
            world.set_labels("ada/blog", 1, "Comments")
            await webhook.deliver(on)
            assert await status(on, 1) == "open"
            assert len(await texts(on, 1)) == 3
            assert (await on.get("/api/v1/counts")).json()["counts"] == {"1": 3}
            world.set_labels("ada/blog", 1)
            await webhook.deliver(on)
            assert await status(on, 1) == "missing"
            assert await texts(on, 1) == []
            assert (await on.get("/api/v1/counts")).json()["counts"] == {}


# The repository's name ---------------------------------------------------------------------------------


async def test_a_renamed_repository_is_followed_after_its_webhook(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            webhook = Webhook(world)
            world.rename_repository("ada/blog", "ada/journal")
            world.comment("ada/journal", 2, body="Under the new name", author="eve")
            await webhook.deliver(on)
            assert await texts(on, 2) == ["Under the new name"]
            await on.afterword.pulse.bring_up(BLOG)
            assert all("/repos/ada/journal/" in target for target in on.asked())


def _name_taken(world: World, *, issues: int) -> None:
    """The old name is another repository's, whose issues have the same numbers as ours."""
    world.rename_repository("ada/blog", "ada/journal")
    world.add_repository("ada/blog")
    for number in range(1, issues + 1):
        world.open_issue("ada/blog", title="Foreign", body="")
        world.comment("ada/blog", number, body="Foreign", author="mallory")


async def nothing_foreign(on: Stage) -> None:
    counts = []
    for number in (1, 2, 3):
        answer = await on.get(f"/api/v1/posts/{number}/comments?limit=100")
        assert "Foreign" not in answer.text
        counts.append(len(answer.json()["comments"]))
    assert counts == [3, 0, 2]
    assert await status(on, 4) == "missing"
    assert "Foreign" not in (await on.get("/api/v1/comments")).text


@pytest.mark.parametrize("issues", [0, 1, 4])
async def test_a_round_never_takes_the_issues_of_another_repository_that_has_the_old_name(
    world: World, clock: FakeClock, issues: int
) -> None:
    with run_simulator(world) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            clock.advance(600)
            _name_taken(world, issues=issues)
            for _ in range(3):
                await round_over(on)
                await nothing_foreign(on)
            world.comment("ada/journal", 2, body="Ours", author="eve")
            await on.afterword.pulse.bring_up(BLOG)
            assert await texts(on, 2) == ["Ours"]


async def test_a_name_that_an_empty_repository_has_taken_is_noticed_by_the_next_round(
    world: World, clock: FakeClock
) -> None:
    with run_simulator(world) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            clock.advance(600)
            world.comment("ada/blog", 1, body="The latest", author="eve")
            await on.afterword.pulse.bring_up(BLOG)
            _name_taken(world, issues=0)
            clock.advance(600)
            world.comment("ada/journal", 2, body="Ours", author="eve")
            await on.afterword.pulse.bring_up(BLOG)
            await on.afterword.pulse.bring_up(BLOG)
            assert await texts(on, 2) == ["Ours"]


async def test_a_round_over_a_taken_name_with_only_higher_numbers_takes_none_of_them(
    world: World, clock: FakeClock
) -> None:
    with run_simulator(world) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            world.rename_repository("ada/blog", "ada/journal")
            world.add_repository("ada/blog")
            world.open_issue("ada/blog", title="Foreign", body="", number=4)
            clock.advance(600)
            for _ in range(2):
                await round_over(on)
                await nothing_foreign(on)


@pytest.mark.parametrize("issues", [0, 1, 4])
async def test_a_check_never_takes_the_thread_of_another_repository_that_has_the_old_name(
    world: World, clock: FakeClock, issues: int
) -> None:
    with run_simulator(world) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            for number in (1, 2, 3):
                await on.get(f"/api/v1/posts/{number}/comments?limit=100")
            _name_taken(world, issues=issues)
            for _ in range(3):
                clock.advance(400)
                await nothing_foreign(on)
                await on.settle()
                await swept(on)
            await nothing_foreign(on)


@pytest.mark.parametrize("issues", [0, 1, 4])
async def test_a_webhook_of_the_renaming_and_all_others_bring_nothing_foreign(
    world: World, clock: FakeClock, issues: int
) -> None:
    with run_simulator(world) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            webhook = Webhook(world)
            world.comment("ada/blog", 2, body="Ours", author="eve")
            world.delete_comment(world.comments[comments_of(simulator, 2)[0]])
            _name_taken(world, issues=issues)
            ours = {event.repository_id for event in webhook._events[:1]}
            webhook._events = [event for event in webhook._events if event.repository_id in ours]
            for _ in range(4):
                await webhook.deliver(on)
                await nothing_foreign(on)
                clock.advance(60)
            assert not await on.afterword.shared.due(at=clock.now() + 1000)


async def test_an_issue_of_a_taken_name_that_was_transferred_takes_nothing_of_ours_away(
    world: World, clock: FakeClock
) -> None:
    world.add_repository("mallory/else")
    with run_simulator(world) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            _name_taken(world, issues=1)
            world.transfer_issue("ada/blog", 1, "mallory/else")
            with pytest.raises(GitHubError):
                await on.afterword.refresher.read(BLOG, 1, Priority.CHECK)
            await nothing_foreign(on)
            await on.afterword.refresher.read(BLOG, 1, Priority.CHECK)
            await nothing_foreign(on)


# Who may see it ----------------------------------------------------------------------------------------


async def served(on: Stage) -> int:
    return (await on.get("/api/v1/posts/1/comments")).status_code


async def test_a_repository_made_private_is_not_served_from_its_webhook_on(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            webhook = Webhook(world)
            assert await served(on) == 200
            world.make_private("ada/blog")
            await webhook.deliver(on)
            assert await served(on) == 404
            assert (await on.get("/api/v1/counts")).status_code == 404
            world.make_private("ada/blog", private=False)
            await webhook.deliver(on)
            assert await served(on) == 200


async def test_without_a_webhook_a_repository_made_private_is_served_for_a_day_at_most(
    world: World, clock: FakeClock
) -> None:
    with run_simulator(world) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            await on.afterword.schedule.round(BLOG)
            world.make_private("ada/blog")
            clock.advance(86_401)
            assert isinstance(await round_over(on), PrivateRepository)
            assert await served(on) == 404
            world.make_private("ada/blog", private=False)
            assert await round_over(on) is None
            assert await served(on) == 200


def _hide(simulator: RunningSimulator) -> Callable[[], object]:
    return simulator.faults.add(HIDDEN, times=None)


@pytest.mark.parametrize("token", [None, TOKEN])
@pytest.mark.parametrize("deed", ["private", "deleted"])
async def test_a_repository_that_github_does_not_show_any_more_is_not_served_from_its_webhook_on(
    world: World, clock: FakeClock, deed: str, token: str | None
) -> None:
    with run_simulator(world) as simulator:
        async with act(simulator, clock, github_token=token) as on:
            await imported(on)
            assert await served(on) == 200
            webhook = Webhook(world)
            if deed == "private":
                world.make_private("ada/blog")
            else:
                world.delete_repository("ada/blog")
            await webhook.deliver(on)
            assert await served(on) == 404


@pytest.mark.parametrize("deed", ["private", "deleted"])
async def test_without_a_webhook_one_that_is_not_shown_is_served_no_longer_after_three_looks_over_an_hour(
    world: World, clock: FakeClock, deed: str
) -> None:
    with run_simulator(world) as simulator:
        async with act(simulator, clock, github_token=None) as on:
            await imported(on)
            if deed == "private":
                world.make_private("ada/blog")
            else:
                world.delete_repository("ada/blog")
            for _ in range(2):
                assert isinstance(await round_over(on), NotVisible)
                assert await served(on) == 200
                clock.advance(1900)
            assert isinstance(await round_over(on), NotVisible)
            assert await served(on) == 404
            if deed == "private":
                world.make_private("ada/blog", private=False)
                assert await round_over(on) is None
                assert await served(on) == 200


async def test_a_github_that_shows_nothing_for_some_minutes_changes_nothing(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with act(simulator, clock, github_token=None) as on:
            await imported(on)
            before = [await texts(on, number) for number in (1, 2, 3)]
            for _ in range(3):
                end = _hide(simulator)
                for _ in range(2):
                    assert isinstance(await round_over(on), NotVisible)
                    clock.advance(400)
                    assert [await texts(on, number) for number in (1, 2, 3)] == before
                    await on.settle()
                end()
                assert await round_over(on) is None
                clock.advance(3600)
            assert [await texts(on, number) for number in (1, 2, 3)] == before


async def test_one_that_was_not_to_be_seen_for_long_is_not_private_after_all_once_it_has_been_seen(
    world: World, clock: FakeClock
) -> None:
    with run_simulator(world) as simulator:
        async with act(simulator, clock, github_token=None) as on:
            await imported(on)
            for _ in range(5):
                end = _hide(simulator)
                assert isinstance(await round_over(on), NotVisible)
                end()
                assert await round_over(on) is None
                clock.advance(3600)
                assert await served(on) == 200

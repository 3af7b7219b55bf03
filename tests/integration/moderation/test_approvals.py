"""Comments that the owner approves by a reaction on GitHub."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.simulator.http.faults import Status
from app.simulator.http.server import run_simulator
from tests.fakes import FakeClock
from tests.integration.local_service import BLOG, complete_backfill, run_service, run_service_with_webhook
from tests.integration.moderation.approvals import (
    APPROVED,
    PATH,
    approval_world,
    approve,
    check,
    comment_on,
    reasons,
)
from tests.integration.webhooks import WebhookQueue
from tests.integration.worlds import NOW


async def test_comment_shows_after_the_owners_reaction(clock: FakeClock) -> None:
    world = approval_world(clock)
    comment_on(world, "By the owner", author="ada")
    comment = comment_on(world, "By a reader")
    with run_simulator(world) as simulator:
        async with run_service(simulator, clock, **APPROVED) as service:
            await complete_backfill(service)
            assert (await service.texts(1), await reasons(service)) == (["By the owner"], ["approval"])
            world.react(comment, "rocket", by="eve")
            world.react(comment, "heart", by="ada")
            assert await check(service) == ["By the owner"]
            assert (await approve(service), await reasons(service)) == ([], ["approval"])
            version = (await service.get(PATH)).json()["post"]["version"]
            world.react(comment, "rocket", by="Ada")
            assert await check(service) == ["By the owner", "By a reader"]
            assert (await service.get(PATH)).json()["post"]["version"] > version
            assert await approve(service) == []
            world.unreact(comment, "rocket", by="ada")
            assert await check(service) == ["By the owner"]


async def test_withdrawal_of_the_only_reaction_needs_no_question(clock: FakeClock) -> None:
    world = approval_world(clock)
    comment = comment_on(world, "By a reader")
    world.react(comment, "rocket", by="ada")
    with run_simulator(world) as simulator:
        async with run_service(simulator, clock, **APPROVED) as service:
            await complete_backfill(service)
            assert await reasons(service) == ["pending"]
            asked = await approve(service)
            assert [target.partition("?")[0].rpartition("/comments/")[2] for target in asked] == [
                f"{comment.id}/reactions",
                str(comment.id),
            ]
            assert await service.texts(1) == ["By a reader"]
            world.unreact(comment, "rocket", by="ada")
            clock.advance(301)
            await service.get(PATH)
            await service.finish_refreshes()
            assert await service.texts(1) == []
            assert await approve(service) == []


async def test_edit_after_approval_waits_for_a_new_reaction(clock: FakeClock) -> None:
    world = approval_world(clock)
    comment = comment_on(world, "Nice")
    world.react(comment, "rocket", by="ada", at=NOW)
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock, **APPROVED) as service:
            await complete_backfill(service)
            await approve(service)
            webhook = WebhookQueue(world)
            assert await service.texts(1) == ["Nice"]
            clock.advance(10)
            world.edit_comment(comment, body="Buy chips")
            await webhook.deliver(service)
            assert (await service.texts(1), await reasons(service)) == ([], ["edit"])
            await approve(service)
            assert (await service.texts(1), await reasons(service)) == ([], ["edit"])
            clock.advance(10)
            world.unreact(comment, "rocket", by="ada")
            world.react(comment, "rocket", by="ada")
            assert await approve(service) == []
            clock.advance(600)
            await approve(service)
            assert await service.texts(1) == ["Buy chips"]
            world.edit_comment(comment, body="Nice")
            await webhook.deliver(service)
            assert await service.texts(1) == []


async def test_text_that_no_approver_saw_is_never_shown(clock: FakeClock) -> None:
    """The mirror has the first text, and the owner approved the second: the comment is read after the reaction."""
    world = approval_world(clock)
    comment = comment_on(world, "Buy chips")
    world.react(comment, "rocket", by="eve")
    with run_simulator(world) as simulator:
        async with run_service(simulator, clock, **APPROVED) as service:
            await complete_backfill(service)
            world.edit_comment(comment, body="Nice")
            clock.advance(5)
            world.react(comment, "rocket", by="ada")
            await approve(service)
            assert await service.texts(1) == ["Nice"]


async def test_approvals_survive_a_restart_and_other_rules(clock: FakeClock, tmp_path: Path) -> None:
    world = approval_world(clock)
    comment = comment_on(world, "By a reader")
    world.react(comment, "rocket", by="ada")
    settings = {**APPROVED, "store": f"sqlite:///{tmp_path}/afterword.db"}
    with run_simulator(world) as simulator:
        async with run_service(simulator, clock, **settings) as service:
            await complete_backfill(service)
            await approve(service)
        async with run_service(simulator, clock, **settings) as service:
            assert await service.texts(1) == ["By a reader"]
            assert await approve(service) == []
        async with run_service(simulator, clock, **{**settings, "approval": "+1"}) as service:
            assert await service.texts(1) == []
        async with run_service(simulator, clock, **settings, approvers="carol") as service:
            assert await service.texts(1) == []
            assert len(await approve(service)) == 1
        async with run_service(simulator, clock, store=settings["store"]) as service:
            assert await service.texts(1) == ["By a reader"]


async def test_owner_approves_what_words_hold_back(clock: FakeClock) -> None:
    world = approval_world(clock)
    comment_on(world, "Chips, by the owner", author="ada")
    comment = comment_on(world, "Chips with salt")
    harmless = comment_on(world, "Potatoes")
    for item in (comment, harmless):
        world.react(item, "+1", by="ada")
    with run_simulator(world) as simulator:
        async with run_service(simulator, clock, hold_words="chips", approval="+1") as service:
            await complete_backfill(service)
            assert await service.texts(1) == ["Chips, by the owner", "Potatoes"]
            assert len(await approve(service)) == 2
            assert await service.texts(1) == ["Chips, by the owner", "Chips with salt", "Potatoes"]


@pytest.mark.parametrize(("token", "most"), [({"github_token": None}, 12), ({}, 41)])
async def test_requests_are_bounded_and_the_newest_come_first(
    clock: FakeClock, token: dict[str, None], most: int
) -> None:
    world = approval_world(clock)
    comments = [comment_on(world, f"Comment {n}", at=NOW - 2000 + n) for n in range(40)]
    for comment in comments:
        world.react(comment, "rocket", by="eve")
    world.react(comments[-1], "rocket", by="ada")
    with run_simulator(world) as simulator:
        async with run_service(simulator, clock, **APPROVED | token) as service:
            await complete_backfill(service)
            targets = await approve(service)
            assert len(targets) == most
            assert f"/{comments[-1].id}/reactions" in targets[0]
            assert await service.texts(1) == ["Comment 39"]
            assert await approve(service) == []


async def test_failing_question_leaves_the_comment_held_back(clock: FakeClock) -> None:
    world = approval_world(clock)
    first, second = comment_on(world, "First"), comment_on(world, "Second")
    for comment in (first, second):
        world.react(comment, "rocket", by="ada")
    with run_simulator(world) as simulator:
        async with run_service(simulator, clock, **APPROVED) as service:
            await complete_backfill(service)
            fault = Status(404, b'{"message": "Not Found"}', "application/json")
            simulator.faults.add(fault, match=f"/{second.id}/reactions", times=1)
            await approve(service)
            assert (await service.texts(1), await reasons(service)) == (["First"], ["pending"])
            clock.advance(16)
            await approve(service)
            assert await service.texts(1) == ["First", "Second"]


async def test_question_again_is_free_with_a_token(clock: FakeClock) -> None:
    world = approval_world(clock)
    comment = comment_on(world, "Nice")
    world.react(comment, "rocket", by="ada", at=NOW - 500)
    with run_simulator(world) as simulator:
        async with run_service(simulator, clock, **APPROVED) as service:
            world.edit_comment(comment, body="Buy chips")
            await complete_backfill(service)
            await approve(service)
            assert await reasons(service) == ["edit"]
            clock.advance(601)
            simulator.requests.clear()
            assert service.application.approvals is not None
            await service.application.approvals.request_all(BLOG)
            assert [request.status for request in simulator.requests] == [304]


async def test_reactions_that_were_swapped_are_noticed_within_a_day(clock: FakeClock) -> None:
    world = approval_world(clock)
    first, second = comment_on(world, "First"), comment_on(world, "Second")
    world.react(first, "rocket", by="ada")
    world.react(second, "rocket", by="eve")
    with run_simulator(world) as simulator:
        async with run_service(simulator, clock, **APPROVED) as service:
            await complete_backfill(service)
            await approve(service)
            world.unreact(first, "rocket", by="ada")
            world.react(first, "rocket", by="eve")
            world.react(second, "rocket", by="ada")
            world.unreact(second, "rocket", by="eve")
            assert await check(service) == ["First"]
            assert await check(service, 86_400) == ["Second"]
            assert await approve(service) == []


async def test_review_of_the_unchanged_is_free_with_a_token(clock: FakeClock) -> None:
    world = approval_world(clock)
    for n in range(6):
        world.react(comment_on(world, f"Comment {n}"), "rocket", by="ada")
    with run_simulator(world) as simulator:
        async with run_service(simulator, clock, **APPROVED) as service:
            await complete_backfill(service)
            await approve(service)
            version = (await service.get(PATH)).json()["post"]["version"]
            clock.advance(86_401)
            counts = []
            for _ in range(3):
                simulator.requests.clear()
                await service.application.approvals.request_all(BLOG)  # type: ignore[union-attr]
                assert {request.status for request in simulator.requests} <= {304}
                counts.append(len(simulator.requests))
                clock.advance(2)
            assert counts == [4, 2, 0]
            response = (await service.get(PATH)).json()
            assert (response["post"]["version"], len(response["comments"])) == (version, 6)


async def test_reviews_leave_requests_to_new_comments(clock: FakeClock) -> None:
    world = approval_world(clock)
    for n in range(4):
        world.react(comment_on(world, f"Comment {n}"), "rocket", by="ada")
    with run_simulator(world) as simulator:
        async with run_service(simulator, clock, **APPROVED | {"github_token": None}) as service:
            await complete_backfill(service)
            await approve(service)
            clock.advance(86_401)
            counts = [len(await approve(service))]
            for _ in range(4):
                clock.advance(900)
                counts.append(len(await approve(service)))
            assert counts == [2, 0, 0, 2, 0]


async def test_owner_may_react_after_a_thousand_others(clock: FakeClock) -> None:
    world = approval_world(clock)
    comment = comment_on(world, "Popular")
    world.react(comment, "rocket", times=1001)
    world.react(comment, "rocket", by="ada")
    with run_simulator(world) as simulator:
        async with run_service(simulator, clock, **APPROVED) as service:
            await complete_backfill(service)
            assert len(await approve(service)) == 12
            assert await service.texts(1) == ["Popular"]


@pytest.mark.parametrize(("approvers", "warnings"), [("", 1), ("carol", 0)])
async def test_organisation_cannot_approve_and_is_named(
    clock: FakeClock, caplog: pytest.LogCaptureFixture, approvers: str, warnings: int
) -> None:
    world = approval_world(clock)
    comment = comment_on(world, "By a reader")
    world.react(comment, "rocket", by="carol")
    owner = world.user("ada")
    world.users[owner.id] = replace(owner, kind="Organization")
    with run_simulator(world) as simulator:
        async with run_service(simulator, clock, **APPROVED, approvers=approvers) as service:
            await complete_backfill(service)
            for _ in range(2):
                await approve(service)
            texts = [record.getMessage() for record in caplog.records]
            assert sum("AFTERWORD_APPROVERS" in text for text in texts) == warnings
            assert len(await service.texts(1)) == 1 - warnings

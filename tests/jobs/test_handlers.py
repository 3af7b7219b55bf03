"""Job handlers: what each priority requests, and which transfers they follow."""

import pytest

from app.domain.errors import NotVisible, PrivateRepository, Unreachable
from app.domain.priority import Priority
from app.domain.records import REPOSITORY_NUMBER, ThreadRef
from tests.jobs.handlers_setup import BLOG, FRESH_FOR, NOTES, HandlersSetup

READ, DELIVERY, CHECK = Priority.READ, Priority.DELIVERY, Priority.CHECK
COMPLETE, OLD, INCOMPLETE, PULL_REQUEST, DELETED, DELETED_LONG_AGO, UNKNOWN = range(1, 8)
"""The numbers of the blog's threads, by what the mirror has of them."""


@pytest.fixture
async def setup() -> HandlersSetup:
    setup = HandlersSetup()
    await setup.mirror_issue(COMPLETE, age=FRESH_FOR)
    await setup.mirror_issue(OLD, age=FRESH_FOR + 1)
    await setup.mirror_issue(INCOMPLETE, complete=False)
    await setup.mirror_issue(PULL_REQUEST, complete=False, pull=True)
    await setup.delete(DELETED, age=600)
    await setup.delete(DELETED_LONG_AGO, age=601)
    return setup


# requests


@pytest.mark.parametrize("number", [COMPLETE, INCOMPLETE, PULL_REQUEST, DELETED, UNKNOWN])
async def test_delivery_refreshes_any_thread(setup: HandlersSetup, number: int) -> None:
    assert await setup.run(number, DELIVERY) is False
    assert setup.refresher.requests == [("refresh", number, DELIVERY)]


@pytest.mark.parametrize("number", [INCOMPLETE, DELETED, UNKNOWN])
async def test_read_refreshes_a_thread_that_is_not_mirrored(setup: HandlersSetup, number: int) -> None:
    assert await setup.run(number, READ) is False
    assert setup.refresher.requests == [("refresh", number, READ)]


@pytest.mark.parametrize("number", [COMPLETE, OLD, PULL_REQUEST])
async def test_read_of_a_mirrored_thread_requests_nothing(setup: HandlersSetup, number: int) -> None:
    assert await setup.run(number, READ) is False
    assert setup.refresher.requests == []


async def test_full_read_refreshes_a_mirrored_thread(setup: HandlersSetup) -> None:
    await setup.run(COMPLETE, READ, full=True)
    assert setup.refresher.requests == [("refresh", COMPLETE, READ)]


async def test_check_requests_an_old_complete_thread(setup: HandlersSetup) -> None:
    assert await setup.run(OLD, CHECK) is False
    assert setup.refresher.requests == [("check", OLD, CHECK)]


async def test_check_before_clock_set_back_counts_as_old(setup: HandlersSetup) -> None:
    setup.clock.advance(-FRESH_FOR - 1)
    await setup.run(COMPLETE, CHECK)
    assert setup.refresher.requests == [("check", COMPLETE, CHECK)]


@pytest.mark.parametrize("number", [UNKNOWN, DELETED_LONG_AGO])
async def test_check_reads_a_number_without_an_issue(setup: HandlersSetup, number: int) -> None:
    assert await setup.run(number, CHECK) is False
    assert setup.refresher.requests == [("read", number, CHECK)]


@pytest.mark.parametrize("number", [COMPLETE, INCOMPLETE, PULL_REQUEST, DELETED])
async def test_check_of_other_threads_requests_nothing(setup: HandlersSetup, number: int) -> None:
    assert await setup.run(number, CHECK) is False
    assert setup.refresher.requests == []


@pytest.mark.parametrize("priority", [READ, DELIVERY])
async def test_failure_of_a_refresh_is_raised(setup: HandlersSetup, priority: Priority) -> None:
    setup.refresher.failure = Unreachable("/repos/ada/blog/issues/7", "no answer")
    with pytest.raises(Unreachable):
        await setup.run(UNKNOWN, priority)


# the repository


@pytest.mark.parametrize("full", [True, False])
async def test_repository_job_refreshes_the_repository(setup: HandlersSetup, *, full: bool) -> None:
    assert await setup.run(REPOSITORY_NUMBER, DELIVERY, full=full) is False
    assert setup.repositories.refreshes == [(DELIVERY, full)]
    assert setup.refresher.requests == []


@pytest.mark.parametrize("failure", [PrivateRepository("/repos/ada/blog"), NotVisible("/repos/ada/blog")])
async def test_hidden_repository_completes_its_job(setup: HandlersSetup, failure: Exception) -> None:
    setup.repositories.failure = failure
    assert await setup.run(REPOSITORY_NUMBER, DELIVERY) is False


async def test_unreachable_repository_fails_its_job(setup: HandlersSetup) -> None:
    setup.repositories.failure = Unreachable("/repos/ada/blog", "no answer")
    with pytest.raises(Unreachable):
        await setup.run(REPOSITORY_NUMBER, DELIVERY)


# transfers


async def _mirror_target(setup: HandlersSetup, target: str) -> None:
    """Store what the mirror has of thread 7 of the notes."""
    if target == "deleted":
        await setup.delete(7, repo=NOTES)
    elif target != "unknown":
        await setup.mirror_issue(7, repo=NOTES, complete=target == "complete")


@pytest.mark.parametrize(
    ("target", "priority"), [("unknown", READ), ("incomplete", READ), ("complete", CHECK), ("deleted", CHECK)]
)
async def test_transfer_to_a_site_enqueues_a_job(setup: HandlersSetup, target: str, priority: Priority) -> None:
    async def transfer() -> None:
        await setup.transfer(COMPLETE, "ada/notes/issues/7")

    await _mirror_target(setup, target)
    setup.refresher.effect, setup.refresher.has_issue = transfer, False
    assert await setup.run(COMPLETE, DELIVERY) is True
    assert await setup.due_threads() == [(ThreadRef(NOTES, 7), priority)]


async def test_transfer_to_a_foreign_repository_enqueues_nothing(setup: HandlersSetup) -> None:
    async def transfer() -> None:
        await setup.transfer(COMPLETE, "eve/elsewhere/issues/7")

    setup.refresher.effect, setup.refresher.has_issue = transfer, False
    assert await setup.run(COMPLETE, DELIVERY) is False
    assert await setup.due_threads() == []


async def test_check_of_a_transferred_thread_only_follows(setup: HandlersSetup) -> None:
    await setup.transfer(COMPLETE, "ada/notes/issues/7")
    await setup.mirror_issue(7, repo=NOTES)
    assert await setup.run(COMPLETE, CHECK) is True
    assert setup.refresher.requests == []
    assert await setup.due_threads() == [(ThreadRef(NOTES, 7), CHECK)]


@pytest.mark.parametrize("priority", [READ, DELIVERY])
async def test_refresh_of_a_transferred_thread_follows_too(setup: HandlersSetup, priority: Priority) -> None:
    await setup.transfer(COMPLETE, "ada/notes/issues/7")
    setup.refresher.has_issue = False
    assert await setup.run(COMPLETE, priority) is True
    assert setup.refresher.requests == [("refresh", COMPLETE, priority)]
    assert await setup.due_threads() == [(ThreadRef(NOTES, 7), READ)]


async def test_several_transfers_lead_to_the_last_number(setup: HandlersSetup) -> None:
    await setup.transfer(COMPLETE, "ada/notes/issues/7")
    await setup.transfer(7, "ada/blog/issues/9", repo=NOTES)
    await setup.mirror_issue(9)
    assert await setup.run(COMPLETE, CHECK) is True
    assert await setup.due_threads() == [(ThreadRef(BLOG, 9), CHECK)]

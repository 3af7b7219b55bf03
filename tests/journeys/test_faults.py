"""What GitHub and the network can do to a service; each trial ends with the mirror equal to GitHub.

All trials run at the same time; each test checks the result of one.
"""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from app.simulator.http.faults import SecondaryRateLimit
from app.simulator.http.server import run_simulator
from app.simulator.world.sample import SAMPLE_REPO, sample_world
from tests.fakes import FakeClock
from tests.integration.local_service import BLOG, github_ids, run_service
from tests.journeys.github_faults import OWNER
from tests.journeys.limit_trials import OTHER_TOKEN, start_limit_trials, start_token_trial
from tests.journeys.response_trials import BROKEN_RESPONSES, start_response_trials
from tests.journeys.trials import Trials
from tests.journeys.webhook_trials import start_flood_trial, start_webhook_trials

pytestmark = pytest.mark.untraced  # what others cover, at length


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trials]:
    with ExitStack() as stack:
        trials = Trials(stack, tmp_path_factory)
        start_response_trials(trials)
        start_webhook_trials(trials)
        start_flood_trial(trials)
        start_limit_trials(trials)
        start_token_trial(trials)
        yield trials


@pytest.mark.parametrize("fault", BROKEN_RESPONSES)
def test_mirror_is_served_during_broken_responses(trials: Trials, fault: str) -> None:
    trials.check(fault)


def test_backfill_completes_through_broken_responses(trials: Trials) -> None:
    trials.check("coming")


def test_readers_do_not_wait_for_slow_responses(trials: Trials) -> None:
    trials.check("slow")


def test_unexpected_empty_list_deletes_nothing(trials: Trials) -> None:
    trials.check("empty")


def test_failing_second_page_of_changes_loses_nothing(trials: Trials) -> None:
    trials.check("later")


def test_changes_between_two_pages_are_not_lost(trials: Trials) -> None:
    trials.check("moving")


def test_repeated_deliveries_cost_no_requests(trials: Trials) -> None:
    trials.check("doubled")


def test_deliveries_may_come_in_any_order(trials: Trials) -> None:
    trials.check("shuffled")


def test_poll_finds_what_late_deliveries_report(trials: Trials) -> None:
    trials.check("late")


def test_failing_second_page_leaves_the_thread_complete(trials: Trials) -> None:
    trials.check("long")


def test_poll_finds_and_logs_what_lost_deliveries_missed(trials: Trials) -> None:
    trials.check("lost")


def test_ten_thousand_deliveries_a_minute_cost_few_requests(trials: Trials) -> None:
    trials.check("flood")


@pytest.mark.parametrize("clock", ["ahead", "behind"])
def test_rate_limits_hold_despite_githubs_wrong_clock(trials: Trials, clock: str) -> None:
    trials.check(clock)


async def test_limit_without_an_end_pauses_for_a_minute() -> None:
    clock = FakeClock()
    with run_simulator(sample_world(clock.now)) as simulator:
        async with run_service(simulator, clock, github_token=OTHER_TOKEN) as service:
            simulator.world.add_token(OTHER_TOKEN, OWNER)
            await service.application.schedule.poll_once(BLOG)
            mirrored = await service.comment_ids(41)
            simulator.faults.add(SecondaryRateLimit(429, retry_after=None))
            simulator.world.comment(SAMPLE_REPO, 41, body="Written later", author="eve")
            pause = await service.application.schedule.poll_once(BLOG)
            assert pause >= 60
            service.take_requests()
            clock.advance(pause - 1)
            await service.application.schedule.poll_once(BLOG)
            assert service.take_requests() == []
            assert await service.comment_ids(41) == mirrored
            clock.advance(1)
            await service.application.schedule.poll_once(BLOG)
            assert await service.comment_ids(41) == github_ids(simulator, 41) != mirrored


def test_revoked_token_leaves_the_mirror_served(trials: Trials) -> None:
    trials.check("revoked")


def test_no_reader_misses_a_comment_during_faults(trials: Trials) -> None:
    trials.wait_for_all()
    assert [error for reader in trials.readers for error in reader.errors] == []
    assert all(reader.response_count > 100 for reader in trials.readers)

"""Periodic work goes on whatever fails, and heartbeats last as long as their block."""

import logging

import pytest

from app.domain.errors import StoreUnusable
from app.jobs.periodic import heartbeat
from tests.fakes import run_ready_tasks
from tests.jobs.repeated_calls import ERROR_MESSAGE, RecordedCalls, run_with_outcomes

FULL, BUSY = StoreUnusable("here", "the disk is full"), StoreUnusable("here", "it is busy")


@pytest.mark.parametrize(
    ("outcomes", "log_count"),
    [
        ((FULL,) * 50, 1),
        ((FULL, FULL, BUSY, BUSY, FULL), 3),
        ((FULL, None, FULL), 2),
        ((ZeroDivisionError("x"), ZeroDivisionError("x"), ZeroDivisionError("y")), 2),
        ((None, None), 0),
    ],
)
async def test_repeated_error_is_logged_once(
    outcomes: tuple[Exception | None, ...], log_count: int, caplog: pytest.LogCaptureFixture
) -> None:
    await run_with_outcomes(*outcomes)
    assert len(caplog.records) == log_count
    assert all(record.getMessage().startswith(ERROR_MESSAGE) for record in caplog.records)


async def test_internal_error_is_logged_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    await run_with_outcomes(ZeroDivisionError("x"))
    assert caplog.records[0].exc_info is not None
    assert "internal error" in caplog.text


@pytest.mark.parametrize(("every", "after_failure"), [(0.1, 1.0), (60.0, 60.0)])
async def test_pause_after_a_failure_is_a_second_at_least(every: float, after_failure: float) -> None:
    clock = await run_with_outcomes(None, FULL, ZeroDivisionError(), None, every=every)
    assert clock.slept == [every, after_failure, after_failure, every]


@pytest.mark.parametrize("failure", [FULL, TypeError("an internal error")])
async def test_failed_heartbeat_is_logged_and_repeated(
    failure: Exception, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.jobs.periodic._AFTER_FAILURE", 0.0)
    extend = RecordedCalls(failure)
    async with heartbeat(extend, every=0.0):
        await extend.has_succeeded.wait()
    assert extend.count >= 2
    assert [record.levelno for record in caplog.records] == [
        logging.WARNING if isinstance(failure, StoreUnusable) else logging.ERROR
    ]


async def test_heartbeat_ends_with_its_block() -> None:
    extend = RecordedCalls()

    async def fail_after_a_heartbeat() -> None:
        async with heartbeat(extend, every=0.0):
            await extend.has_succeeded.wait()
            raise KeyError

    with pytest.raises(KeyError):
        await fail_after_a_heartbeat()
    count = extend.count
    await run_ready_tasks()
    assert extend.count == count

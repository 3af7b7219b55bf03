"""Renewing: as long as the block lasts, whatever befalls a single renewal."""

import asyncio
import logging

import pytest

from app.domain.errors import StoreUnusable
from app.jobs.heartbeat import heartbeat


class Renewals:
    """Fails as often as it is told to, and tells when it has gone on after that."""

    def __init__(self, *failures: Exception) -> None:
        self._failures = list(failures)
        self.went_well = asyncio.Event()
        self.count = 0

    async def __call__(self) -> None:
        self.count += 1
        if self._failures:
            raise self._failures.pop(0)
        self.went_well.set()


@pytest.mark.parametrize("failure", [StoreUnusable("here", "it is full"), TypeError("a fault of ours")])
async def test_a_renewal_that_fails_is_logged_and_tried_again(
    failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    renewals = Renewals(failure)
    async with heartbeat(renewals, every=0.0):
        await renewals.went_well.wait()
    assert renewals.count >= 2
    assert [record.levelno for record in caplog.records] == [
        logging.WARNING if isinstance(failure, StoreUnusable) else logging.ERROR
    ]


async def test_nothing_is_renewed_after_the_block_has_ended_however_it_ended() -> None:
    renewals = Renewals()

    async def breaks_off() -> None:
        async with heartbeat(renewals, every=0.0):
            await renewals.went_well.wait()
            raise KeyError

    with pytest.raises(KeyError):
        await breaks_off()
    count = renewals.count
    for _ in range(10):
        await asyncio.sleep(0)
    assert renewals.count == count

"""Deeds that are done again and again; what they fail with is said once, not each time."""

import logging
from collections.abc import Awaitable, Callable

from app.domain.errors import AfterwordError
from app.ports.mirror import Clock

_log = logging.getLogger(__name__)
_AFTER_FAILURE = 1.0


async def run_periodically(deed: Callable[[], Awaitable[None]], clock: Clock, *, every: float, failing: str) -> None:
    """Does a deed, pauses for `every` seconds, or a second after a failure if that is longer, and so on.

    `failing` begins the line that is logged where the deed fails otherwise than the last time.
    """
    before: str | None = None
    while True:
        failed: str | None = None
        try:
            await deed()
        except AfterwordError as failure:
            failed = str(failure)
            if failed != before:
                _log.warning("%s: %s", failing, failure)
        except Exception as failure:  # noqa: BLE001 - logged; it goes on for ever
            failed = repr(failure)
            if failed != before:
                _log.exception("%s, by a fault of ours", failing)
        before = failed
        await clock.sleep(every if failed is None else max(every, _AFTER_FAILURE))

"""The clock, so that time is an argument."""

from typing import Protocol


class Clock(Protocol):
    """The time in epoch seconds, and a wait."""

    def now(self) -> float:
        """Return epoch seconds."""

    async def sleep(self, seconds: float) -> None:
        """Wait until this clock has advanced by `seconds`."""

"""Decisions about requests, for tests of the rate state."""

from app.ports.rate_state import Denial, Usage


class FixedDecision:
    """Decides always the same, and records the usage that it was called with."""

    def __init__(self, denial: Denial | None = None) -> None:
        self.denial = denial
        self.usage = Usage()

    def __call__(self, usage: Usage) -> Denial | None:
        self.usage = usage
        return self.denial

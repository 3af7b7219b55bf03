"""The budget: the one place that decides whether an ask may leave now.

GitHub tells with every answer what is left of the hour. Importing leaves a reserve for readers of threads that are not
mirrored yet, and those leave one for people who use the same address or token elsewhere.
"""

from enum import Enum
from typing import NoReturn

from app.domain.errors import Limited
from app.engine.ports import Clock, GitHub
from app.github.answers import Allowance, Answer
from app.github.asks import Ask


class Purpose(Enum):
    """What an ask is for: (the share of the hour that is left to others, and at least so many asks)."""

    IMPORT = (1 / 10, 20)
    PULSE = (1 / 20, 12)
    CHECK = (1 / 10, 24)
    READ = (1 / 50, 10)

    def reserve(self, limit: int) -> int:
        """How many asks of an hour's `limit` stay untouched by this purpose."""
        share, least = self.value
        return max(int(limit * share), least)


class Budget:
    """Sends an ask if the hour still allows it for this purpose, or raises `Limited` with when it will."""

    def __init__(self, github: GitHub, clock: Clock) -> None:
        self._github = github
        self._clock = clock

    @property
    def asked(self) -> int:
        """Asks that have left since the start, as GitHub counts them."""
        return self._github.asked

    def validator_key(self, ask: Ask) -> str:
        """Under which key the ETag of an ask is kept."""
        return self._github.validator_key(ask)

    @property
    def allowance(self) -> Allowance | None:
        """What is left of the hour, `reset` by our clock; None before the first answer, or where there is no limit."""
        known = self._github.allowance
        if known is not None and known.reset <= self._clock.now():
            return Allowance(known.limit, known.limit, known.reset + 3600)
        return known

    def affordable(self, purpose: Purpose) -> int | None:
        """How many asks may still leave for a purpose; None where no bound is known."""
        allowance = self.allowance
        if allowance is None:
            return None
        return max(0, allowance.remaining - purpose.reserve(allowance.limit))

    async def ask(self, ask: Ask, purpose: Purpose, *, etag: str | None = None) -> Answer:
        """The answer; `Limited` of kind budget where this purpose has to wait, and what `GitHub.ask` raises."""
        if self.affordable(purpose) == 0:
            self._refuse(ask)
        return await self._github.ask(ask, etag=etag)

    def _refuse(self, ask: Ask) -> NoReturn:
        allowance = self.allowance
        until = allowance.reset if allowance else self._clock.now()
        raise Limited(ask.path, until=until, kind="budget")

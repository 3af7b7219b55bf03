"""The rate limits and the requests of the last hour in memory."""

from app.domain.priority import Priority
from app.ports.rate_state import Decide, Denial, RateLimitState, RateState, RecordedRequest, Usage
from app.store import rules


class MemoryRateState(RateState):
    """The rate limits and requests by token id."""

    def __init__(self) -> None:
        self._states: dict[str, RateLimitState] = {}
        self._requests: dict[str, tuple[RecordedRequest, ...]] = {}

    async def reserve(
        self, token_id: str, priority: Priority, *, at: float, decide: Decide, keep: bool
    ) -> Denial | None:
        if not keep:
            return decide(Usage(self._state(token_id)))
        requests = self._requests[token_id] = self._last_hour(token_id, at=at)
        denial = decide(Usage(self._state(token_id), requests))
        if denial is None:
            self._requests[token_id] = (*requests, RecordedRequest(priority, at))
        return denial

    async def usage(self, token_id: str, *, at: float) -> Usage:
        return Usage(self._state(token_id), self._last_hour(token_id, at=at))

    async def record(self, token_id: str, state: RateLimitState, *, at: float) -> None:
        self._states[token_id] = rules.with_longer_block(state, self._state(token_id), at=at)

    def _state(self, token_id: str) -> RateLimitState:
        return self._states.get(token_id, RateLimitState())

    def _last_hour(self, token_id: str, *, at: float) -> tuple[RecordedRequest, ...]:
        return rules.last_hour(self._requests.get(token_id, ()), at=at)

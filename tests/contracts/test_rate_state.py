"""What every store promises about the rate limit and the requests of the last hour."""

import pytest

from app.domain.priority import Priority
from app.ports.rate_state import Denial, RateLimitState, RateState, RecordedRequest, Usage
from tests.contracts.decisions import FixedDecision

HOUR = 3600.0
DENIAL = Denial(77.0, "budget")


async def _reserve(rate_state: RateState, at: float, token_id: str = "token") -> None:
    denial = await rate_state.reserve(token_id, Priority.READ, at=at, decide=lambda _: None, keep=True)
    assert denial is None


async def _requests(rate_state: RateState, at: float, token_id: str = "token") -> tuple[RecordedRequest, ...]:
    return (await rate_state.usage(token_id, at=at)).requests


async def _state(rate_state: RateState, token_id: str = "token") -> RateLimitState:
    return (await rate_state.usage(token_id, at=0.0)).state


# --- the requests of the last hour


async def test_admitted_request_is_recorded(rate_state: RateState) -> None:
    decision = FixedDecision()
    assert await rate_state.reserve("token", Priority.POLL, at=5.0, decide=decision, keep=True) is None
    assert decision.usage.requests == ()
    assert await _requests(rate_state, 6.0) == (RecordedRequest(Priority.POLL, 5.0),)


async def test_denied_request_is_not_recorded(rate_state: RateState) -> None:
    denial = await rate_state.reserve("token", Priority.POLL, at=5.0, decide=FixedDecision(DENIAL), keep=True)
    assert denial == DENIAL
    assert await _requests(rate_state, 6.0) == ()


async def test_failing_decision_records_nothing(rate_state: RateState) -> None:
    def fail(usage: Usage) -> Denial | None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await rate_state.reserve("token", Priority.POLL, at=5.0, decide=fail, keep=True)
    assert await _requests(rate_state, 6.0) == ()
    await _reserve(rate_state, 7.0)


async def test_requests_come_oldest_first_by_token(rate_state: RateState) -> None:
    for at in (10.0, 20.0, 30.0):
        await _reserve(rate_state, at)
    await _reserve(rate_state, 35.0, token_id="address")
    decision = FixedDecision(DENIAL)
    await rate_state.reserve("token", Priority.READ, at=40.0, decide=decision, keep=True)
    assert decision.usage.requests == tuple(RecordedRequest(Priority.READ, at) for at in (10.0, 20.0, 30.0))
    assert await _requests(rate_state, 40.0) == decision.usage.requests
    assert await _requests(rate_state, 40.0, "address") == (RecordedRequest(Priority.READ, 35.0),)


async def test_requests_count_for_one_hour(rate_state: RateState) -> None:
    for at in (0.0, 1.0, 2.0):
        await _reserve(rate_state, at)
    assert [request.at for request in await _requests(rate_state, HOUR)] == [1.0, 2.0]
    decision = FixedDecision()
    await rate_state.reserve("token", Priority.READ, at=HOUR + 1, decide=decision, keep=True)
    assert [request.at for request in decision.usage.requests] == [2.0]
    assert [request.at for request in await _requests(rate_state, HOUR + 1)] == [2.0, HOUR + 1]


async def test_request_of_a_later_clock_counts_now(rate_state: RateState) -> None:
    await _reserve(rate_state, 90_000.0)
    assert await _requests(rate_state, 10.0) == (RecordedRequest(Priority.READ, 10.0),)
    decision = FixedDecision(Denial(99.0, "budget"))
    await rate_state.reserve("token", Priority.READ, at=20.0, decide=decision, keep=True)
    assert decision.usage.requests == (RecordedRequest(Priority.READ, 20.0),)
    assert await _requests(rate_state, 20.0 + HOUR) == ()


@pytest.mark.parametrize("denial", [None, DENIAL])
async def test_request_without_a_budget_is_not_recorded(rate_state: RateState, denial: Denial | None) -> None:
    await _reserve(rate_state, 5.0)
    await rate_state.record("token", RateLimitState(60, 59, 100.0), at=5.0)
    decision = FixedDecision(denial)
    assert await rate_state.reserve("token", Priority.READ, at=6.0, decide=decision, keep=False) == denial
    assert decision.usage == Usage(RateLimitState(60, 59, 100.0))
    assert await _requests(rate_state, 7.0) == (RecordedRequest(Priority.READ, 5.0),)


async def test_decision_sees_the_rate_limit(rate_state: RateState) -> None:
    limit = RateLimitState(5000, 4999, 1000.5, blocked_until=900.0, blocked_by="secondary")
    await rate_state.record("token", limit, at=800.0)
    decision = FixedDecision()
    await rate_state.reserve("token", Priority.READ, at=801.0, decide=decision, keep=True)
    assert decision.usage == Usage(limit)
    assert await rate_state.usage("token", at=802.0) == Usage(limit, (RecordedRequest(Priority.READ, 801.0),))


# --- the rate limit


async def test_rate_limit_is_unknown_until_recorded(rate_state: RateState) -> None:
    assert await _state(rate_state) == RateLimitState()
    first = RateLimitState(5000, 4999, 1000.5, blocked_until=900.0, blocked_by="secondary")
    await rate_state.record("token", first, at=800.0)
    await rate_state.record("address", RateLimitState(60), at=800.0)
    states = [await _state(rate_state, token_id) for token_id in ("token", "address")]
    assert states == [first, RateLimitState(60)]
    await rate_state.record("token", RateLimitState(), at=900.0)
    assert await _state(rate_state) == RateLimitState()


async def test_late_response_does_not_shorten_a_block(rate_state: RateState) -> None:
    await rate_state.record("token", RateLimitState(blocked_until=900.0, blocked_by="secondary"), at=800.0)
    await rate_state.record("token", RateLimitState(5000, 4999, 1000.0), at=801.0)
    assert await _state(rate_state) == RateLimitState(5000, 4999, 1000.0, 900.0, "secondary")
    await rate_state.record("token", RateLimitState(blocked_until=850.0, blocked_by="primary"), at=802.0)
    assert (await _state(rate_state)).blocked_until == 900.0
    await rate_state.record("token", RateLimitState(blocked_until=950.0, blocked_by="primary"), at=803.0)
    assert await _state(rate_state) == RateLimitState(blocked_until=950.0, blocked_by="primary")


async def test_block_ends_if_the_clock_is_set_back(rate_state: RateState) -> None:
    await rate_state.record("token", RateLimitState(blocked_until=90_000.0, blocked_by="primary"), at=89_000.0)
    await rate_state.record("token", RateLimitState(blocked_until=900.0, blocked_by="secondary"), at=800.0)
    assert (await _state(rate_state)).blocked_until == 900.0

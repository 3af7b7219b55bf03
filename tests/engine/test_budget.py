"""The budget: who may ask when the hour runs out."""

import pytest

from app.domain.errors import Limited
from app.engine.budget import Budget, Purpose
from app.github.answers import Allowance, Answer
from app.github.asks import Ask
from tests.fakes import FakeClock

ASK = Ask("https://api.github.com/repos/ada/blog", many=False)


class FakeGitHub:
    """Answers everything, and says what is left as it is told to."""

    def __init__(self, allowance: Allowance | None) -> None:
        self.allowance = allowance
        self.asked = 0

    def validator_key(self, ask: Ask) -> str:
        return f"key of {ask.url}"

    async def ask(self, ask: Ask, *, etag: str | None = None) -> Answer:
        self.asked += 1
        return Answer(ask.url, {}, etag=etag)


@pytest.mark.parametrize(
    ("limit", "purpose", "reserve"),
    [
        (60, Purpose.IMPORT, 20),
        (60, Purpose.CHECK, 24),
        (60, Purpose.PULSE, 12),
        (60, Purpose.READ, 10),
        (5000, Purpose.IMPORT, 500),
        (5000, Purpose.READ, 100),
    ],
)
async def test_each_purpose_leaves_a_reserve_untouched(limit: int, purpose: Purpose, reserve: int) -> None:
    clock = FakeClock()
    github = FakeGitHub(Allowance(limit, reserve + 1, clock.now() + 600))
    budget = Budget(github, clock)
    assert (await budget.ask(ASK, purpose)).url == ASK.url
    github.allowance = Allowance(limit, reserve, clock.now() + 600)
    with pytest.raises(Limited) as refused:
        await budget.ask(ASK, purpose)
    assert refused.value.until == clock.now() + 600
    assert budget.asked == 1


async def test_the_hour_begins_anew_at_its_reset() -> None:
    clock = FakeClock()
    budget = Budget(FakeGitHub(Allowance(60, 0, clock.now() + 600)), clock)
    assert budget.affordable(Purpose.IMPORT) == 0
    clock.advance(600)
    assert budget.affordable(Purpose.IMPORT) == 40
    await budget.ask(ASK, Purpose.IMPORT)


async def test_where_no_limit_is_known_every_ask_may_leave() -> None:
    budget = Budget(FakeGitHub(None), FakeClock())
    assert budget.affordable(Purpose.IMPORT) is None
    assert (await budget.ask(ASK, Purpose.IMPORT, etag='"1"')).etag == '"1"'
    assert budget.validator_key(ASK) == f"key of {ASK.url}"

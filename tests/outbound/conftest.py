from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.github.requests import Request
from app.outbound.github import HttpGitHub, Outcome
from tests.fakes import FakeClock
from tests.github.objects import API
from tests.outbound.github_client import NOW, TOKEN, Make, Told


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def told() -> Told:
    return []


@pytest.fixture
async def make(clock: FakeClock, told: Told) -> AsyncIterator[Make]:
    made: list[HttpGitHub] = []

    def build(api: str = API, token: str | None = TOKEN, chance: float = 0.5, **options: Any) -> HttpGitHub:
        def observe(ask: Request, outcome: Outcome) -> None:
            told.append((ask.path, outcome))

        github = HttpGitHub(api, token, clock, lambda: chance, observe=observe, **options)
        made.append(github)
        return github

    yield build
    for github in made:
        await github.aclose()

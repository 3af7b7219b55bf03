from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.github.requests import Request
from app.outbound.github import ExchangeOutcome, HttpGitHub
from app.outbound.images import HttpImageSource
from tests.fakes import FakeClock
from tests.github.objects import API
from tests.outbound.github_client import NOW, TOKEN, Exchanges, MakeGitHub
from tests.outbound.image_source import FakeResolver, MakeSource


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def exchanges() -> Exchanges:
    return []


@pytest.fixture
async def make_github(clock: FakeClock, exchanges: Exchanges) -> AsyncIterator[MakeGitHub]:
    clients: list[HttpGitHub] = []

    def make(api: str = API, token: str | None = TOKEN, random: float = 0.5, **options: Any) -> HttpGitHub:
        def on_exchange(request: Request, outcome: ExchangeOutcome) -> None:
            exchanges.append((request.path, outcome))

        clients.append(HttpGitHub(api, token, clock, lambda: random, on_exchange=on_exchange, **options))
        return clients[-1]

    yield make
    for github in clients:
        await github.aclose()


@pytest.fixture
async def make_source() -> AsyncIterator[MakeSource]:
    sources: list[HttpImageSource] = []

    def make(*origins: str, resolver: FakeResolver | None = None) -> HttpImageSource:
        sources.append(HttpImageSource(origins, resolve=resolver or FakeResolver()))
        return sources[-1]

    yield make
    for source in sources:
        await source.aclose()

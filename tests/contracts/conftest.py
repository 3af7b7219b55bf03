"""Every store, and its ports."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.ports.deliveries import Deliveries
from app.ports.jobs import Jobs
from app.ports.key_values import KeyValues
from app.ports.leases import Leases
from app.ports.mirror import Mirror
from app.ports.rate_state import RateState
from app.ports.store import Store
from tests.contracts.stores import STORES


@pytest.fixture(params=STORES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    opened = await STORES[request.param](tmp_path)
    yield opened
    await opened.close()


@pytest.fixture
def mirror(store: Store) -> Mirror:
    return store.mirror


@pytest.fixture
def jobs(store: Store) -> Jobs:
    return store.jobs


@pytest.fixture
def deliveries(store: Store) -> Deliveries:
    return store.deliveries


@pytest.fixture
def leases(store: Store) -> Leases:
    return store.leases


@pytest.fixture
def rate_state(store: Store) -> RateState:
    return store.rate_state


@pytest.fixture
def key_values(store: Store) -> KeyValues:
    return store.key_values

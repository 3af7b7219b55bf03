"""Fixtures of the tests with feed readers."""

import pytest

from app.simulator.world.world import World
from tests.fakes import FakeClock
from tests.integration.local_service import new_clock
from tests.integration.worlds import blog_world_at


@pytest.fixture
def clock() -> FakeClock:
    return new_clock()


@pytest.fixture
def world(clock: FakeClock) -> World:
    return blog_world_at(clock)

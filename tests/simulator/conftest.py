import pytest

from app.simulator.http.app import Simulator
from app.simulator.world.world import World
from tests.simulator.client import REPO, FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def world(clock: FakeClock) -> World:
    world = World(clock)
    world.add_repository(REPO)
    return world


@pytest.fixture
def simulator(world: World) -> Simulator:
    return Simulator(world)

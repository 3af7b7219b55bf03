import pytest

from app.simulator.state import World
from app.simulator.wire import Simulator
from tests.simulator.asking import REPO, FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def world(clock: FakeClock) -> World:
    made = World(clock)
    made.add_repository(REPO)
    return made


@pytest.fixture
def simulator(world: World) -> Simulator:
    return Simulator(world)

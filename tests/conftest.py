"""What holds for every test."""

from collections.abc import Iterator

import coverage
import pytest
from hypothesis import HealthCheck, settings

# A shared machine lies about time: no property fails, and none is given up, for being slow.
settings.register_profile("afterword", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("afterword")


@pytest.fixture(scope="module", autouse=True)
def untraced(request: pytest.FixtureRequest) -> Iterator[None]:
    """A module that is marked so is not traced for coverage, nor are the processes that it starts."""
    measure = coverage.Coverage.current()
    if measure is None or not request.node.get_closest_marker("untraced"):
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
        measure.stop()
        yield
        measure.start()

"""What holds for every test."""

import gc
import os
import ssl
import sys
import threading
from collections.abc import Generator, Iterator
from functools import cache

import pytest
from hypothesis import HealthCheck, settings

from tests.tracing import Tracing

# A shared machine lies about time: no property fails for being slow. Each run tries others of the examples.
settings.register_profile("afterword", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("afterword")

# Over a hundred processes are started: only the first compiles what it imports, whatever the environment says.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


_TRACING = Tracing()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect no garbage among the tests themselves, neither now nor when they run: there are ten thousand.

    All processes collect the same tests: only the first traces that for coverage.
    """
    gc.disable()
    first = os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0"
    if not first:
        _TRACING.pause()
    try:
        return (yield)
    finally:
        if first:
            _TRACING.pause()
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(request: pytest.FixtureRequest) -> Generator[None, object, object]:
    """Trace a fixture for coverage."""
    with _TRACING.on(request.node):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Trace a test for coverage."""
    with _TRACING.of_test(pyfuncitem):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    """Trace the ends of fixtures for coverage."""
    with _TRACING.on(item):
        return (yield)


def pytest_sessionfinish() -> None:
    """Give coverage the trace function that it started with."""
    _TRACING.resume()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the longest modules first, so that no process ends long after the other."""
    items.sort(key=lambda item: item.path.parent.name not in {"journeys", "proxies", "widget"})


@pytest.fixture(scope="session", autouse=True)
def _shared_certificates() -> Iterator[None]:
    """Read the certificates of all authorities once: each HTTP client would, and that takes longer than most tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", cache(ssl.create_default_context))
        yield


@pytest.fixture(scope="module", autouse=True)
def untraced(request: pytest.FixtureRequest) -> Iterator[None]:
    """Stop tracing for coverage in a module marked so, and in the processes that it starts.

    The measurement itself goes on: pytest-cov starts several in a test process, and the end of one resumes another.
    """
    if not request.node.get_closest_marker("untraced"):
        yield
        return
    thread_trace = threading.gettrace()
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
        threading.settrace(None)
        yield
        threading.settrace(thread_trace)

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

# A shared machine lies about time: no property fails for being slow. Each run tries others of the examples.
settings.register_profile("afterword", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("afterword")

# Over a hundred processes are started: only the first compiles what it imports, whatever the environment says.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect no garbage among the tests themselves, neither now nor when they run: there are ten thousand."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


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
    trace, thread_trace = sys.gettrace(), threading.gettrace()
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
        sys.settrace(None)
        threading.settrace(None)
        yield
        threading.settrace(thread_trace)
        sys.settrace(trace)

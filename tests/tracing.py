"""Tracing for coverage where the service's code runs: in fixtures and tests, but not in pytest and Hypothesis.

Python 3.11 runs all code several times as slowly while it traces, whatever file the code is in.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from _typeshed import TraceFunction


class Tracing:
    """What coverage set as the trace function of this thread; `pause` comes before all other methods."""

    def __init__(self) -> None:
        self._trace: TraceFunction | None = None

    def pause(self) -> None:
        """Trace nothing from now on, except in `on`."""
        self._trace = sys.gettrace()
        sys.settrace(None)

    def resume(self) -> None:
        """Trace everything again."""
        sys.settrace(self._trace)

    @contextmanager
    def on(self, node: pytest.Item | pytest.Collector) -> Iterator[None]:
        """Trace what runs for a test, a module or the session, unless it is marked `untraced`."""
        if self._trace is None or sys.gettrace() is not None or node.get_closest_marker("untraced"):
            yield
            return
        sys.settrace(self._trace)
        try:
            yield
        finally:
            sys.settrace(None)

    @contextmanager
    def of_test(self, item: pytest.Function) -> Iterator[None]:
        """Trace a test; of a property, trace each example."""
        handle = getattr(item.obj, "hypothesis", None)
        if handle is None:
            with self.on(item):
                yield
            return
        inner_test = handle.inner_test

        @wraps(inner_test)
        def traced_test(*arguments: Any, **names: Any) -> Any:
            with self.on(item):
                return inner_test(*arguments, **names)

        handle.inner_test = traced_test
        try:
            yield
        finally:
            handle.inner_test = inner_test

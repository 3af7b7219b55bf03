"""Random changes applied to every store: all their reads are equal."""

import pytest
from hypothesis import HealthCheck, settings

from tests.contracts.random_changes import EqualStores, EqualStoresOnServer

pytestmark = pytest.mark.untraced  # what others cover, at length

EqualStores.TestCase.settings = settings(
    max_examples=30, stateful_step_count=10, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestEqualStores = EqualStores.TestCase

EqualStoresOnServer.TestCase.settings = settings(EqualStores.TestCase.settings, max_examples=3)
TestEqualStoresOnServer = EqualStoresOnServer.TestCase

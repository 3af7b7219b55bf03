"""What Debian’s Hugo builds of each case is what our reader says."""

from collections.abc import Sequence

import pytest

from tests.generators.agreement import Comparison, compare
from tests.generators.blogs import hugo
from tests.generators.hugo_site import REFUSED_BY_OLDER, older_hugo
from tests.generators.proofs import (
    test_all_cases_are_built,
    test_generator_is_detected,
    test_most_addresses_are_told,
    test_numbers_are_those_in_the_pages,
    test_pages_are_at_their_addresses,
    test_plain_pages_are_not_warned_of,
)

pytestmark = pytest.mark.untraced  # what others cover, at length

__all__ = [
    "test_all_cases_are_built",
    "test_generator_is_detected",
    "test_most_addresses_are_told",
    "test_numbers_are_those_in_the_pages",
    "test_pages_are_at_their_addresses",
    "test_plain_pages_are_not_warned_of",
]


@pytest.fixture(scope="module")
def comparisons(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Comparison]:
    folder = tmp_path_factory.mktemp("hugo")
    return [compare(site) for site in hugo(folder, older_hugo(), REFUSED_BY_OLDER, {})]

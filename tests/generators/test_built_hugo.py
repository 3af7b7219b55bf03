"""What the current Hugo builds of each case is what our reader says."""

import pytest

from tests.generators.agreement import Comparison, compare
from tests.generators.hugo_site import REFUSED_BY_CURRENT, case_site, current_hugo


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return compare(case_site(tmp_path_factory.mktemp("hugo"), current_hugo(), REFUSED_BY_CURRENT))


def test_numbers_are_those_in_the_pages(comparison: Comparison) -> None:
    assert not comparison.differences()


def test_pages_are_at_their_addresses(comparison: Comparison) -> None:
    assert not comparison.wrong_addresses()

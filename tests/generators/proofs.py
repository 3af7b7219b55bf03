"""What is shown of the blogs of every generator; a test module names how they are built."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.generators.agreement import Comparison, compare, read_catalog
from tests.generators.blogs import Blogs

PLAIN = frozenset({"plain", "absent", "million", "crlf"})
"""Cases in which every generator agrees: none may be warned of."""


class Proofs(ABC):
    """The tests of the blogs that one generator builds."""

    @staticmethod
    @abstractmethod
    def build(folder: Path) -> Blogs:
        """Return the blogs that the generator built in a folder, that of all cases first."""

    @pytest.fixture(scope="class")
    @classmethod
    def comparisons(cls, tmp_path_factory: pytest.TempPathFactory) -> Sequence[Comparison]:
        """Return the blogs with what our reader says of them."""
        return [compare(site) for site in cls.build(tmp_path_factory.mktemp("blogs"))]

    def test_numbers_are_those_in_the_pages(self, comparisons: Sequence[Comparison]) -> None:
        assert not [difference for each in comparisons for difference in each.differences()]

    def test_pages_are_at_their_addresses(self, comparisons: Sequence[Comparison]) -> None:
        assert not [difference for each in comparisons for difference in each.wrong_addresses()]

    def test_most_addresses_are_told(self, comparisons: Sequence[Comparison]) -> None:
        for each in comparisons:
            addresses = each.addresses()
            assert sum(url is None for url in addresses.values()) < max(8, len(addresses) // 10), addresses

    def test_all_cases_are_built(self, comparisons: Sequence[Comparison]) -> None:
        main = comparisons[0]
        assert main.site.pages["plain"].value == "41"
        assert len(main.site.pages) > 130
        assert len(main.site.pages) + len(main.site.refused) > 200

    def test_plain_pages_are_not_warned_of(self, comparisons: Sequence[Comparison]) -> None:
        warned = comparisons[0].warned()
        assert not PLAIN & warned - comparisons[0].site.refused

    def test_generator_is_detected(self, comparisons: Sequence[Comparison]) -> None:
        for each in comparisons:
            assert read_catalog(each.site.files, each.site.content).generator == each.site.generator

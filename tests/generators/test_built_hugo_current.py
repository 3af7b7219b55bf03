"""What the current Hugo builds of each case is what our reader says."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from typing_extensions import override

from tests.generators.agreement import Comparison
from tests.generators.blogs import Blogs, hugo
from tests.generators.given_elsewhere import adapter
from tests.generators.hugo_site import REFUSED_BY_CURRENT, current_hugo
from tests.generators.proofs import Proofs

pytestmark = pytest.mark.untraced  # what others cover, at length


class TestBlogs(Proofs):
    @staticmethod
    @override
    def build(folder: Path) -> Blogs:
        return hugo(folder, current_hugo(), REFUSED_BY_CURRENT, adapter())

    def test_pages_made_by_a_template_are_named(self, comparisons: Sequence[Comparison]) -> None:
        assert "adapted/_content.gotmpl" in {problem.source for problem in comparisons[0].catalog.problems}

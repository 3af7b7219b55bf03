"""What Debian’s Hugo builds of each case is what our reader says."""

from pathlib import Path

import pytest
from typing_extensions import override

from tests.generators.blogs import Blogs, hugo
from tests.generators.hugo_site import REFUSED_BY_OLDER, older_hugo
from tests.generators.proofs import Proofs

pytestmark = pytest.mark.untraced  # what others cover, at length


class TestBlogs(Proofs):
    @staticmethod
    @override
    def build(folder: Path) -> Blogs:
        return hugo(folder, older_hugo(), REFUSED_BY_OLDER, {})

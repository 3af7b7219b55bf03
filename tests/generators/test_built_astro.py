"""What Astro builds of each case is what our reader says."""

import pytest

from tests.generators.blogs import astro
from tests.generators.proofs import Proofs

pytestmark = pytest.mark.untraced  # what others cover, at length


class TestBlogs(Proofs):
    build = staticmethod(astro)

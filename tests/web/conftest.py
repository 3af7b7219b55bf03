import pytest

from tests.web.harness.blog import Blog


@pytest.fixture
def blog() -> Blog:
    return Blog()

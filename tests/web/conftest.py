import pytest

from tests.web.blog import Blog


@pytest.fixture
def blog() -> Blog:
    return Blog()

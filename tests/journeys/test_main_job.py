"""The main job as the owner has it: import, read through every API, compare with GitHub."""

import pytest

from app.simulator.http.server import run_simulator
from tests.journeys.api_comparison import (
    LENGTHS,
    TOKEN,
    assert_api_equals,
    assert_github_api_equals,
    assert_newest_equal,
    github_comments,
    varied_blog,
)
from tests.journeys.conftest import Start

pytestmark = pytest.mark.untraced  # what others cover, at length


@pytest.mark.timeout(240)
def test_every_comment_is_served_as_on_github(start: Start) -> None:
    with run_simulator(varied_blog()) as simulator:
        service = start(REPO="ada/blog", GITHUB_API_URL=simulator.url, GITHUB_TOKEN=TOKEN)
        service.wait_until_complete()
        counts = service.get("/api/v1/counts").json()["counts"]
        assert counts == {str(number): length for number, length in LENGTHS.items()}
        for number, length in LENGTHS.items():
            comments = github_comments(simulator, number)
            assert len(comments) == length
            assert_api_equals(service.url, number, comments)
            assert_github_api_equals(service.url, number, comments)
        assert_newest_equal(
            service.url, [comment for number in LENGTHS for comment in github_comments(simulator, number)]
        )
        assert service.stop() == 0

"""What a start prints about GitHub's rate limits."""

import pytest

from app.cli.service.welcome import describe_mode
from app.settings import load


@pytest.mark.parametrize(
    ("options", "mode", "seconds"),
    [
        ({}, "no token (60 requests an hour)", 400),
        ({"github_token": "t"}, "token (5,000 requests an hour)", 60),
        ({"webhook_secret": "s"}, "webhook without a token (60 requests an hour)", 400),
        ({"github_token": "t", "webhook_secret": "s"}, "token and webhook (5,000 requests an hour)", 60),
    ],
)
def test_mode_names_the_limit_and_the_poll_interval(options: dict[str, str], mode: str, seconds: int) -> None:
    line = describe_mode(load({"repo": "ada/blog", **options}, env_file=None))
    assert line.startswith(f"Mode: {mode}. Afterword asks GitHub what changed every {seconds} s")

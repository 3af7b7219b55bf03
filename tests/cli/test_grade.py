"""What a start says of GitHub's allowances."""

import pytest

from app.cli.serve import grade
from app.settings import load


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Grade: no token (60 asks an hour)."),
        ({"github_token": "t"}, "Grade: token (5,000 asks an hour)."),
        ({"webhook_secret": "s"}, "Grade: webhook without a token (60 asks an hour)."),
        ({"github_token": "t", "webhook_secret": "s"}, "Grade: token and webhook (5,000 asks an hour)."),
    ],
)
def test_the_grade_names_what_is_there_and_how_often_is_asked(given: dict[str, str], said: str) -> None:
    line = grade(load({"repo": "ada/blog", **given}, env_file=None))
    assert line.startswith(said)
    assert ("every 60 s" in line) or not given.get("github_token")

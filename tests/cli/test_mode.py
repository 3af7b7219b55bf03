"""What a start says of GitHub's allowances."""

import pytest

from app.cli.serve import grade
from app.settings import load


@pytest.mark.parametrize(
    ("given", "grade_of", "seconds"),
    [
        ({}, "no token (60 asks an hour)", 400),
        ({"github_token": "t"}, "token (5,000 asks an hour)", 60),
        ({"webhook_secret": "s"}, "webhook without a token (60 asks an hour)", 400),
        ({"github_token": "t", "webhook_secret": "s"}, "token and webhook (5,000 asks an hour)", 60),
    ],
)
def test_the_grade_names_what_is_there_and_how_often_is_asked(
    given: dict[str, str], grade_of: str, seconds: int
) -> None:
    line = grade(load({"repo": "ada/blog", **given}, env_file=None))
    assert line.startswith(f"Grade: {grade_of}. What changed is asked every {seconds} s")

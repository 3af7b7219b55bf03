import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.render.keys import Media
from app.render.media_types import media_of, media_type


@pytest.mark.parametrize("form", ["raw", "text", "html", "full"])
@pytest.mark.parametrize(
    "spelling",
    [
        "application/vnd.github.{}+json",
        "application/vnd.github.v3.{}+json",
        "application/vnd.github.beta.{}+json",
        "application/vnd.github.VERSION.{}+json",
        "application/vnd.github.v3.{}",
        "application/vnd.github.{}",
        "Application/Vnd.GitHub.V3.{}+JSON",
        "application/vnd.github.v3.{}+json; charset=utf-8",
        "application/vnd.github.v3.{}+json, */*; q=0.01",
        "*/*; q=0.01, application/vnd.github.v3.{}+json",
        "application/json, text/javascript, */*; q=0.01, application/vnd.github.v3.{}+json",
        "application/vnd.github.v3.{}+json,application/vnd.github.squirrel-girl-preview",
        "application/vnd.github.squirrel-girl-preview+json, application/vnd.github.v3.{}+json",
        "application/json;q=0.9, application/vnd.github.{}+json",
        "application/vnd.github.{}+json; q=heavy, application/json;q=0.9",
        " , application/vnd.github.{}+json ,, ",
    ],
)
def test_a_form_is_found_in_every_spelling(form: str, spelling: str) -> None:
    assert media_of(spelling.format(form)) is Media(form)


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "",
        "*/*",
        "application/json",
        "application/vnd.github+json",
        "application/vnd.github.v3+json",
        "application/vnd.github.v3",
        "application/vnd.github.html5+json",
        "application/vnd.gitlab.html+json",
        "application/vnd.githubs.html+json",
        "text/html",
        "html",
        "application/vnd.github.html+json;q=0",
        "application/vnd.github.html+json;q=0.000, application/json",
        "application/vnd.github.html+json;q=0.5, application/json",
        "\u0000, ;;;q=,=",
    ],
)
def test_anything_else_is_plain_json(accept: str | None) -> None:
    assert media_of(accept) is Media.DEFAULT


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("application/vnd.github.html+json, application/vnd.github.text+json", Media.HTML),
        ("application/vnd.github.text+json, application/vnd.github.html+json", Media.TEXT),
        ("application/vnd.github.html+json;q=0.3, application/vnd.github.text+json;q=0.4", Media.TEXT),
        ("application/vnd.github.html+json;Q=0.3, application/vnd.github.text+json;q=1.0", Media.TEXT),
    ],
)
def test_the_heaviest_form_wins_and_among_equals_the_first(accept: str, media: Media) -> None:
    assert media_of(accept) is media


@given(st.text() | st.text("aplicton/vd.githubraw+js;q=01,. *"))
def test_any_header_has_an_answer(accept: str) -> None:
    assert media_of(accept) in Media


@pytest.mark.parametrize(
    "accept",
    [
        "," * 500_000,
        ";" * 500_000,
        "application/vnd.github." + "." * 500_000,
        "a;q=" + "0" * 500_000,
        ".html" * 100_000,
    ],
)
@pytest.mark.timeout(5)
def test_a_long_header_takes_linear_time(accept: str) -> None:
    assert media_of(accept) is Media.DEFAULT


@pytest.mark.parametrize(
    ("media", "name"),
    [
        (Media.DEFAULT, "github.v3; format=json"),
        (Media.RAW, "github.v3; param=raw; format=json"),
        (Media.TEXT, "github.v3; param=text; format=json"),
        (Media.HTML, "github.v3; param=html; format=json"),
        (Media.FULL, "github.v3; param=full; format=json"),
    ],
)
def test_the_media_type_is_named_as_github_names_it(media: Media, name: str) -> None:
    assert media_type(media) == name

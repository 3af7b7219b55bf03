import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.render.keys import MediaType
from app.render.media_types import media_type_header, negotiate_media_type


@pytest.mark.parametrize("parameter", ["raw", "text", "html", "full"])
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
def test_every_spelling_of_a_parameter_is_accepted(parameter: str, spelling: str) -> None:
    assert negotiate_media_type(spelling.format(parameter)) is MediaType(parameter)


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
def test_other_headers_mean_plain_json(accept: str | None) -> None:
    assert negotiate_media_type(accept) is MediaType.DEFAULT


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("application/vnd.github.html+json, application/vnd.github.text+json", MediaType.HTML),
        ("application/vnd.github.text+json, application/vnd.github.html+json", MediaType.TEXT),
        ("application/vnd.github.html+json;q=0.3, application/vnd.github.text+json;q=0.4", MediaType.TEXT),
        ("application/vnd.github.html+json;Q=0.3, application/vnd.github.text+json;q=1.0", MediaType.TEXT),
    ],
)
def test_highest_weight_wins_then_the_first(accept: str, media_type: MediaType) -> None:
    assert negotiate_media_type(accept) is media_type


@given(st.text() | st.text("aplicton/vd.githubraw+js;q=01,. *"))
def test_any_header_yields_a_media_type(accept: str) -> None:
    assert negotiate_media_type(accept) in MediaType


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
def test_long_header_takes_linear_time(accept: str) -> None:
    assert negotiate_media_type(accept) is MediaType.DEFAULT


@pytest.mark.parametrize(
    ("media_type", "name"),
    [
        (MediaType.DEFAULT, "github.v3; format=json"),
        (MediaType.RAW, "github.v3; param=raw; format=json"),
        (MediaType.TEXT, "github.v3; param=text; format=json"),
        (MediaType.HTML, "github.v3; param=html; format=json"),
        (MediaType.FULL, "github.v3; param=full; format=json"),
    ],
)
def test_response_header_names_the_media_type(media_type: MediaType, name: str) -> None:
    assert media_type_header(media_type) == name

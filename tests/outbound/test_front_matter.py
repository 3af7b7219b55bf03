"""Front matter as static site generators accept it, and as any file may contain it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.outbound.front_matter import front_matter

WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), max_size=20)
HOSTILE = st.text(st.sampled_from("-+{}[]\"':,&*!|>%@#?. \n\t\r\x00\ufeffa1\u2028é"), max_size=60)


@pytest.mark.parametrize(
    "text",
    [
        "---\nghissueid: 41\n---\nText",
        "---\nghissueid: 41\n---",
        "---\nghissueid: 41\n...\nText\n---\nnot: this\n---\n",
        "\ufeff---\r\nghissueid: 41\r\n---\r\nText",
        "\n\n--- \nghissueid: 41 # of the blog\n---\t\nText",
        "---\nghissueid: '41'\n---\nText\n---\nghissueid: 42\n---\n",
        '+++\nghissueid = "41"\n+++\nText',
        '{"ghissueid": "41"}\nText',
        '{\n  "ghissueid": "41",\n  "a": {\n  }\n}\n\nText',
    ],
)
def test_yaml_toml_and_json_are_distinguished(text: str) -> None:
    assert front_matter(text)["ghissueid"] == "41"


def test_toml_tables_and_json_numbers_are_preserved() -> None:
    assert front_matter("+++\n[extra]\nghissueid = 41\n+++\n") == {"extra": {"ghissueid": 41}}
    assert front_matter('{"ghissueid": [41, 42]}') == {"ghissueid": [41, 42]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Just text",
        "# Title\n\n---\n\nghissueid: 41\n\n---\n",
        "...\nghissueid: 41\n...\n",
        "<!doctype html><p>Hello",
        "{{ template }}",
        "{% include x %}",
        "{/* mdx */}",
        "---\n---\nText",
        "---\nonly words\n---\nText",
        "---\n- a\n- list\n---\n",
    ],
)
def test_page_without_front_matter_has_no_fields(text: str) -> None:
    assert front_matter(text) == {}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("---\nghissueid: 41\nText", "no end"),
        ("+++\nghissueid = 41\nText", "no end"),
        ('{"ghissueid": 41,\nText', "cannot be read"),
        ("---\ntitle: a: b\nghissueid: 41\n---\n", "cannot be read"),
        ("---\ntitle: {{ x }}: y\n---\n", "cannot be read"),
        ("---\na: *nowhere\n---\n", "cannot be read"),
        ("---\na: \x07\n---\n", "cannot be read"),
        ("+++\nghissueid = \n+++\n", "cannot be read"),
        (f"---\na: {'[' * 1000}\n---\n", "cannot be read"),
        (f"+++\na = {'[' * 5000}\n+++\n", "cannot be read"),
        (f'{{"a": {"[" * 100_000}', "no end"),
        (f'{{"a": {"9" * 5000}}}', "cannot be read"),
    ],
)
def test_malformed_front_matter_is_rejected_in_one_line(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as caught:
        front_matter(text)
    assert len(str(caught.value).splitlines()) == 1


def test_invalid_yaml_value_elsewhere_does_no_harm() -> None:
    text = "---\ndate: 2020-13-45\nauthor: !person ada\nmore: !!python/object:os.system x\nghissueid: 41\n---\n"
    assert front_matter(text)["ghissueid"] == "41"


@given(
    st.text()
    | HOSTILE
    | HOSTILE.map(lambda text: f"---\n{text}\n---\n")
    | HOSTILE.map(lambda text: f"+++\n{text}\n+++")
)
def test_any_text_has_fields_or_is_rejected(text: str) -> None:
    try:
        fields = front_matter(text)
    except ValueError as error:
        assert str(error).startswith("its front matter ")  # noqa: PT017 - either outcome is right
    else:
        assert isinstance(fields, dict)


@settings(max_examples=50)
@given(st.integers(1, 10**9), st.dictionaries(WORDS, WORDS, max_size=3), WORDS, st.sampled_from(["\n", "\r\n"]))
def test_number_is_found_among_other_fields(number: int, others: dict[str, str], body: str, end: str) -> None:
    fields = {key: value for key, value in others.items() if key != "ghissueid"}
    # strings of JSON are strings of YAML and TOML, keys among them
    texts = [(json.dumps(key, ensure_ascii=False), json.dumps(fields[key], ensure_ascii=False)) for key in fields]
    yaml = end.join([*(f"{key}: {value}" for key, value in texts), f"ghissueid: {number}"])
    toml = end.join([*(f"{key} = {value}" for key, value in texts), f"ghissueid = {number}"])
    assert front_matter(f"---{end}{yaml}{end}---{end}{body}") == {**fields, "ghissueid": str(number)}
    assert front_matter(f"+++{end}{toml}{end}+++{end}{body}") == {**fields, "ghissueid": number}
    assert front_matter(f"{json.dumps({'ghissueid': number, **fields})}{end}{body}") == {**fields, "ghissueid": number}

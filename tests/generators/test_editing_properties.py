"""Whatever front matter has, an edit adds the number and changes no other byte; judged by other readers."""

import json
import tomllib
from pathlib import PurePosixPath
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped] # its stubs are no dependency
from hypothesis import given, settings
from hypothesis import strategies as st

from app.generators.editing import set_number
from tests.generators.front_matter_texts import Sample, pages

NUMBERS = st.integers(1, 10**6 - 1)


@settings(max_examples=150)
@given(pages(), NUMBERS)
def test_number_is_added_and_nothing_else(sample: Sample, number: int) -> None:
    content = sample.text.encode()
    result = set_number(content, PurePosixPath(sample.name), sample.generator, number).decode()
    assert result.startswith(sample.before)
    assert result.endswith(sample.after)
    block = result[len(sample.before) : len(result) - len(sample.after)]
    fields, expected = _fields(block, sample.form), _fields(sample.block, sample.form)
    assert str(fields.pop("ghissueid")) == str(number)
    expected.pop("ghissueid", None)
    assert fields == expected
    assert _is_one_change(sample.block, block, number)


@settings(max_examples=40)
@given(pages(), NUMBERS)
def test_a_second_edit_is_refused(sample: Sample, number: int) -> None:
    path = PurePosixPath(sample.name)
    result = set_number(sample.text.encode(), path, sample.generator, number)
    with pytest.raises(ValueError, match="it has ghissueid already"):
        set_number(result, path, sample.generator, number)


@settings(max_examples=200)
@given(
    st.text(st.sampled_from("-+;{}[]\"':,#= \t\r\nag\ufeff~|>&*!?.<ghissueid"), max_size=60),
    st.sampled_from(
        [
            "hugo",
            "jekyll",
            "eleventy",
            "astro",
            "hexo",
            "nikola",
            "pelican",
            "zola",
            "gatsby",
            "vfile-matter",
            "material",
            None,
        ]
    ),
)
def test_any_text_is_edited_or_refused(text: str, generator: str | None) -> None:
    content = ("---\n" + text).encode()
    try:
        result = set_number(content, PurePosixPath("a.md"), generator, 41)
    except ValueError as error:
        assert str(error)  # noqa: PT017 - the message is what the owner reads
    else:
        assert _is_one_change(content.decode(), result.decode(), 41)


def _fields(block: str, form: str) -> dict[str, Any]:
    text = block.replace("\r\n", "\n")
    if form == "yaml":
        return dict(yaml.load(text, yaml.BaseLoader))  # noqa: S506 - it makes strings only
    if form == "toml":
        return tomllib.loads(text)
    if form in {"json", "members"}:
        return dict(json.loads(block if form == "json" else f"{{{block}}}"))
    start, _, rest = form.partition("{}")
    separator = rest.partition("{}")[0].strip()
    lines = [line.removeprefix(start).partition(separator) for line in text.splitlines()]
    return {key: value.strip() for key, _, value in lines}


def _is_one_change(before: str, after: str, number: int) -> bool:
    """Return True if one insertion of at most some lines, or one of a word for null, makes `after`."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    removed, added = before[start : len(before) - end], after[start : len(after) - end]
    return removed in {"", "~", "null"} and len(added) < 80 and (str(number)[-1] in added or str(number) in after)

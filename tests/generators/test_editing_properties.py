"""Whatever front matter has, an edit adds the number and changes no other byte; judged by other readers."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.generators.editing import set_number
from tests.generators.edit_judge import is_one_change, read_fields
from tests.generators.front_matter_texts import Sample, pages

pytestmark = pytest.mark.untraced  # what others cover, at length

NUMBERS = st.integers(1, 10**6 - 1)


@settings(max_examples=150)
@given(pages(), NUMBERS)
def test_number_is_added_and_nothing_else(sample: Sample, number: int) -> None:
    content = sample.text.encode()
    result = set_number(content, PurePosixPath(sample.name), sample.generator, number).decode()
    assert result.startswith(sample.before)
    assert result.endswith(sample.after)
    block = result[len(sample.before) : len(result) - len(sample.after)]
    fields, expected = read_fields(block, sample.form), read_fields(sample.block, sample.form)
    assert str(fields.pop("ghissueid")) == str(number)
    expected.pop("ghissueid", None)
    assert fields == expected
    assert is_one_change(sample.block, block, number)


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
        assert is_one_change(content.decode(), result.decode(), 41)

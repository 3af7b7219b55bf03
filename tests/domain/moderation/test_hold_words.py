"""Words that hold a comment back match whole words, in any case and any form of Unicode."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.domain.moderation.hold_words import first_hold_word, normalize, parse_hold_words
from tests.domain.moderation.held_words import forms, normalize_form, plain_words


@given(word=plain_words, form=forms, text_form=forms, upper=st.booleans())
@example(word="casino", form="NFC", text_form="NFC", upper=True)
@example(word="Żółw", form="NFD", text_form="NFC", upper=True)
def test_word_matches_in_any_case_and_form(word: str, form: str, text_form: str, *, upper: bool) -> None:
    words = parse_hold_words(normalize_form(form, word))
    text = normalize_form(text_form, f"Ask: ({word.upper() if upper else word}), or not.")
    found = first_hold_word(words, text)
    assert (found is not None) == (normalize(word) in normalize(text))


@given(word=plain_words, before=plain_words, after=plain_words)
def test_part_of_a_word_matches_only_with_stars(word: str, before: str, after: str) -> None:
    whole, left, right, both = (parse_hold_words(form.format(word)) for form in ("{}", "*{}", "{}*", "*{}*"))
    apart, inside = f"{before} {word} {after}", f"{before}{word}{after}"
    for words in (whole, left, right, both):
        assert first_hold_word(words, apart) == words[0].spelling
    assert first_hold_word(both, inside) == both[0].spelling
    text, pattern = normalize(inside), normalize(word)
    assert first_hold_word(whole, inside) is None
    assert (first_hold_word(left, inside) is not None) == text.endswith(pattern)
    assert (first_hold_word(right, inside) is not None) == text.startswith(pattern)


@pytest.mark.parametrize(
    ("words", "text", "expected"),
    [
        ("casino", "ｃａｓｉｎｏ", "casino"),
        ("casino", "ca\u00adsi\u200bno", "casino"),
        ("casino", "casinos are_casino casino_", None),
        ("casino*, Viagra", "Casinos!", "casino*"),
        ("buy  now", "You can BUY\n now.", "buy now"),
        ("buy now", "buy nowhere", None),
        ("赌博", "网上赌博网站", "赌博"),
        ("हिन्द", "हिन्दी", None),
        ("straße", "STRASSE", "straße"),
        ("$$$", "It costs $$$$", "$$$"),
        ("c++", "I know C++.", "c++"),
        ("aa", "a aaa b_aa aa", "aa"),
    ],
)
def test_examples_of_words(words: str, text: str, expected: str | None) -> None:
    assert first_hold_word(parse_hold_words(words), text) == expected


def test_list_of_words_is_read_once_each() -> None:
    assert [word.spelling for word in parse_hold_words(" one,two  words,\nthree*,, one ")] == [
        "one",
        "two words",
        "three*",
    ]


@pytest.mark.parametrize("value", ["*", "a, **", "ca*no", "\u200b", "x" * 201, ",".join(map(str, range(1001)))])
def test_word_that_cannot_be_meant_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"\. (Write|It may|Name)"):
        parse_hold_words(value)


@given(text=st.text(max_size=60))
def test_any_text_has_one_normal_form(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)

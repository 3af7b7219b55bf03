import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.render.i18n import ENGLISH, direction, languages, translation


@pytest.mark.parametrize(
    ("tag", "lang"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("DE_at", "de"),
        ("de-DE-1996", "de"),
        ("pt-br", "pt-BR"),
        ("pt-AO", "pt"),
        ("zh-Hant-HK", "zh-TW"),
        ("zh-Hans", "zh"),
        ("no", "nb"),
        ("nn-NO", "nb"),
        ("iw", "he"),
        ("tlh", "en"),
        ("", "en"),
        ("../../etc/passwd", "en"),
    ],
)
def test_tag_finds_the_best_language(tag: str, lang: str) -> None:
    assert translation(tag).lang == lang


@given(st.text(max_size=40))
def test_any_tag_yields_a_language(tag: str) -> None:
    assert translation(tag).lang in languages()


@pytest.mark.parametrize(
    ("lang", "number", "text"),
    [("en", 1, "1 comment"), ("en", 1234, "1,234 comments"), ("pl", 2, "2 komentarze"), ("pl", 5, "5 komentarzy")],
)
def test_plural_form_and_digits_follow_the_language(lang: str, number: int, text: str) -> None:
    assert translation(lang).plural("comments", number) == text


def test_dates_follow_the_language() -> None:
    assert translation("en").date("2020-07-01T09:30:00Z") == "July 1, 2020"
    assert translation("de").date("2020-07-01T09:30:00Z") == "1. Juli 2020"


def test_values_are_not_interpolated_themselves() -> None:
    assert translation(ENGLISH).text("on", name="{title}", title="{name}") == "{title} on “{name}”"
    assert translation(ENGLISH).text("on", name="ada") == "ada on “{title}”"


def test_untranslated_reason_is_githubs_word() -> None:
    assert translation(ENGLISH).hidden_reason("spam") == "spam"
    assert translation(ENGLISH).hidden_reason("low-quality") == "low-quality"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("1, 2: 👍 —", None),
        ("3 × Straße", "ltr"),
        ("«مرحبا» hello", "rtl"),
        ("@ada שלום", "ltr"),
        ("… שלום @ada", "rtl"),
        ("漢字", "ltr"),
        ("1\n" * 50_000, None),
    ],
)
def test_first_letter_decides_the_direction(text: str, expected: str | None) -> None:
    assert direction(text) == expected

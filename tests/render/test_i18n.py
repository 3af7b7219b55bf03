import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.render.i18n import ENGLISH, languages, translation


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
def test_a_tag_is_answered_by_the_language_that_goes_best_with_it(tag: str, lang: str) -> None:
    assert translation(tag).lang == lang


@given(st.text(max_size=40))
def test_any_text_for_a_tag_has_words(tag: str) -> None:
    assert translation(tag).lang in languages()


@pytest.mark.parametrize(
    ("lang", "number", "said"),
    [("en", 1, "1 comment"), ("en", 1234, "1,234 comments"), ("pl", 2, "2 komentarze"), ("pl", 5, "5 komentarzy")],
)
def test_a_number_has_its_plural_and_its_digits(lang: str, number: int, said: str) -> None:
    assert translation(lang).plural("comments", number) == said


def test_times_are_written_as_the_language_writes_them() -> None:
    assert translation("en").date("2020-07-01T09:30:00Z") == "July 1, 2020"
    assert translation("de").date("2020-07-01T09:30:00Z") == "1. Juli 2020"


def test_what_is_put_in_is_not_read_as_a_place_itself() -> None:
    assert translation(ENGLISH).text("on", name="{title}", title="{name}") == "{title} on “{name}”"
    assert translation(ENGLISH).text("on", name="ada") == "ada on “{title}”"


def test_a_reason_without_a_name_is_githubs_own_word() -> None:
    assert translation(ENGLISH).hidden_reason("spam") == "spam"
    assert translation(ENGLISH).hidden_reason("low-quality") == "low-quality"

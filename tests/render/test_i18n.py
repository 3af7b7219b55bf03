import re
from collections.abc import Mapping

import orjson
import pytest
from babel import Locale, localedata
from hypothesis import given
from hypothesis import strategies as st

from app.render import feeds, fragment
from app.render.i18n import (
    ENGLISH,
    UNKNOWN_TO_CHROMIUM,
    elapsed_times,
    intl_locale,
    languages,
    translation,
)
from app.render.keys import FeedFormat, FragmentKey, Order, ThreadFeedKey
from app.web.assets import assets
from tests.render.sample_threads import SECRET, a_thread, fake_sanitize

BASE_URL = "https://comments.example.com"


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
        ("zh_CN", "zh"),
        ("zh-cmn-Hans", "zh"),
        ("zh-Hans-TW", "zh"),
        ("zh-yue", "zh-TW"),
        ("yue-Hans", "zh"),
        ("cmn_TW", "zh-TW"),
        ("pt-Latn-BR", "pt-BR"),
        ("de_", "de"),
        ("de-u-nu-arab", "de"),
        ("de-x-zh-TW", "de"),
        ("sr", "sr"),
        ("sr_Latn", "sr-Latn"),
        ("sr-ME", "sr-Latn"),
        ("sr-Cyrl-ME", "sr"),
        ("sh", "sr-Latn"),
        ("az-Cyrl", "az"),
        ("x-klingon", "en"),
        ("\u212ao", "en"),
    ],
)
def test_tag_finds_the_best_language(tag: str, lang: str) -> None:
    assert translation(tag).lang == lang


_SUBTAGS = (
    "de",
    "en",
    "no",
    "sr",
    "zh",
    "pt",
    "be",
    "cmn",
    "yue",
    "Latn",
    "Cyrl",
    "Hant",
    "hans",
    "BR",
    "TW",
    "ME",
    "1996",
    "u",
    "x",
)
_TAGS = st.text(max_size=35) | st.builds(
    str.join, st.sampled_from("-_"), st.lists(st.sampled_from(_SUBTAGS), max_size=5)
)


@given(_TAGS)
def test_any_tag_is_read_alike_everywhere(tag: str) -> None:
    lang = translation(tag).lang
    assert lang in languages()
    file = assets().find(f"languages/{re.sub('[^A-Za-z0-9_]', '-', tag)}.json")  # as the script spells it
    assert file is not None
    assert orjson.loads(file.bodies["identity"]).get("lang", "en") == lang
    thread = a_thread()
    key = FragmentKey(thread.repo, thread.number, Order.OLDEST, 1, None, tag, False, BASE_URL, True)  # noqa: FBT003
    assert (
        f'<section class="pc not-prose" lang="{lang}"'.encode()
        in fragment.document(thread, key, fake_sanitize, SECRET).bodies["identity"]
    )
    feed = ThreadFeedKey(thread.repo, thread.number, FeedFormat.JSON, tag, BASE_URL, True)  # noqa: FBT003
    assert orjson.loads(feeds.thread_feed(thread, feed, fake_sanitize).bodies["identity"])["language"] == lang


@given(_TAGS)
def test_formats_are_those_of_the_texts_script(tag: str) -> None:
    lang = translation(tag).lang
    locale, texts = Locale.parse(intl_locale(tag).partition("-u-")[0], sep="-"), translation(tag).locale
    if lang in UNKNOWN_TO_CHROMIUM:
        assert set(elapsed_times(lang)) == {"year", "month", "week", "day", "hour", "minute", "second"}
    else:
        assert (locale.language, locale.script, locale.text_direction) == (
            texts.language,
            texts.script,
            texts.text_direction,
        )
        assert elapsed_times(lang) == {}


@pytest.mark.parametrize(
    ("tag", "locale"),
    [
        ("DE_at", "de-AT"),
        ("de-XX", "de"),
        ("de-u-nu-arab", "de"),
        ("ar-EG-u-nu-latn", "ar-EG-u-nu-latn"),
        ("fa_IR-u-ca-gregory", "fa-IR-u-ca-gregory"),
        ("sr-ME", "sr-Latn-ME"),
        ("sr-Cyrl-ME", "sr"),
        ("zh-HK", "zh-Hant-HK"),
        ("nn-NO", "nb-NO"),
        ("uz-UZ", "en"),
        ("ka-GE", "cs"),
    ],
)
def test_region_and_formats_of_a_tag_count(tag: str, locale: str) -> None:
    assert intl_locale(tag) == locale


def test_time_texts_have_words_for_single_numbers() -> None:
    times = elapsed_times("be")
    assert times["day"] == {
        "one": "{n} дзень таму",
        "few": "{n} дні таму",
        "many": "{n} дзён таму",
        "other": "{n} дня таму",
        "1": "учора",
        "2": "пазаўчора",
    }
    assert times["second"]["0"] == "цяпер"


@pytest.mark.parametrize(
    ("lang", "number", "text"),
    [
        ("en", 1, "1 comment"),
        ("en", 1234, "1,234 comments"),
        ("pl", 2, "2 komentarze"),
        ("pl", 5, "5 komentarzy"),
        ("fa", 1234, "۱٬۲۳۴ دیدگاه"),
    ],
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


def _elapsed_times_of_cldr(lang: str) -> Mapping[str, Mapping[str, str]]:
    fields = localedata.load(lang)["date_fields"]
    words = {unit: fields[unit]["relative"] for unit in ("second", "day")}
    units = ("year", "month", "week", "day", "hour", "minute", "second")
    forms = {unit: {name: form.replace("{0}", "{n}") for name, form in fields[unit]["past"].items()} for unit in units}
    for unit, numbers in (("second", (0,)), ("day", (1, 2))):
        forms[unit] |= {str(number): words[unit][-number] for number in numbers if -number in words[unit]}
    return forms


def test_elapsed_times_are_those_of_cldr() -> None:
    for lang in UNKNOWN_TO_CHROMIUM:
        assert elapsed_times(lang) == _elapsed_times_of_cldr(lang), lang

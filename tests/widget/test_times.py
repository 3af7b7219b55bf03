"""Times and languages as a reader's browser shows them, for any clock, time zone and language tag."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import expect

from app.render.i18n import UNKNOWN_TO_CHROMIUM
from tests.journeys.browser import OpenPage, chromium, open_page
from tests.widget.language_files import TAGS
from tests.widget.pages import fetch_fragment
from tests.widget.reading import (
    false_times,
    languages_of_chromium,
    load_languages,
    loaded_languages,
    show_times,
    times_in_other_scripts,
)
from tests.widget.stage import CLOSED, EMPTY, Stage, stage

pytestmark = pytest.mark.untraced  # other tests cover the same code; tracing these would take long

__all__ = ["chromium", "open_page", "stage"]

WEDNESDAY = datetime(2026, 1, 14, 10, tzinfo=UTC)
LANG_OF_TAG = {
    tag: lang
    for lang, tags in {
        "en": (
            "en-US",
            "en_US",
            "EN",
            "",
            "x-klingon",
            "i-klingon",
            "uz",
            "ku",
            "__proto__",
            "constructor",
            "日本語",
            "--",
        ),
        "zh": ("zh_CN", "zh-cmn-Hans", "zh-Hans-TW", "zh-SG", "yue-Hans", "cmn"),
        "zh-TW": ("zh_TW", "zh-Hant", "zh-HK", "zh-hant-cn", "zh-yue", "cmn-TW", "zh-TW"),
        "pt-BR": ("pt_BR", "PT-br", "pt-Latn-BR"),
        "pt": ("pt-AO", "pt"),
        "de": ("de_", "de-CH-1996", "de-u-nu-arab", "de/fr", "de.UTF-8"),
        "sr-Latn": ("sr-Latn", "sr_Latn_RS", "sr-ME", "sh", "sr-latn-u-co-search"),
        "sr": ("sr-Cyrl-ME", "sr", "sr-RS"),
        "nb": ("nb-NO", "no", "nn"),
        "az": ("az-Cyrl", "az_AZ"),
        "ar": ("ar-u-nu-latn", "ar-MA", "ar-EG"),
        "kk": ("kk-CN",),
        "he": ("iw",),
        "id": ("in",),
        "ro": ("mo",),
        "fa": ("fa-IR-u-ca-gregory",),
        "be": ("be-BY",),
    }.items()
    for tag in tags
}
"""The language of the texts by the page's language tag, which page authors write in many ways."""


@pytest.mark.parametrize(("zone", "yesterday"), [("UTC", "yesterday"), ("Pacific/Kiritimati", "2 days ago")])
def test_relative_times_are_true(stage: Stage, open_page: OpenPage, zone: str, yesterday: str) -> None:
    page = open_page("about:blank", timezone_id=zone).page
    page.clock.set_fixed_time(WEDNESDAY)
    days = ["2026-01-12T11:00Z", "2024-02-10T12:00Z", "2026-01-11T13:00Z", "2026-01-13T08:00Z", "2026-01-13T23:30Z"]
    english, german = show_times(stage, page, [*days, "2026-01-06T23:00Z", "2025-12-10T10:00Z"], "en", "de")
    assert english == ["2 days ago", "1 year ago", "3 days ago", yesterday, "10 hours ago", "1 week ago", "1 month ago"]
    assert german[:3] == ["vorgestern", "vor 1 Jahr", "vor 3 Tagen"]
    assert german[4:] == ["vor 10 Stunden", "vor 1 Woche", "vor 1 Monat"]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/St_Johns", "Pacific/Kiritimati"])
def test_times_are_true_in_every_language(stage: Stage, open_page: OpenPage, zone: str) -> None:
    page = load_languages(stage, open_page, TAGS, timezone_id=zone)
    assert false_times(page) == []


def test_languages_unknown_to_chromium_have_texts(stage: Stage, open_page: OpenPage) -> None:
    page = load_languages(stage, open_page, ["be", "ka", "kk"], locale="fa-IR")
    assert sorted(set(TAGS) - set(languages_of_chromium(page, TAGS))) == sorted(UNKNOWN_TO_CHROMIUM)
    shown = page.evaluate(
        "[...languages.values()].map(i => [i.age(Date.now() - 36e5).textContent, i.plural('comments', 21)])"
    )
    assert shown == [
        ["1 гадзіну таму", "21 каментарый"],
        ["1 საათის წინ", "21 კომენტარი"],
        ["1 сағат бұрын", "21 пікір"],
    ]


def test_clock_that_is_behind_shows_no_future(stage: Stage, open_page: OpenPage) -> None:
    page = open_page("about:blank").page
    now = datetime(2026, 1, 14, 12, tzinfo=UTC)
    page.clock.set_fixed_time(WEDNESDAY)
    times = [(now - timedelta(minutes=minutes)).isoformat() for minutes in (0, 2, 90, 150)]
    assert show_times(stage, page, times, "en") == [["now", "now", "now", "30 minutes ago"]]
    assert show_times(stage, page, times, "en", checked_at=now) == [
        ["now", "2 minutes ago", "1 hour ago", "2 hours ago"]
    ]


def test_clock_that_is_ahead_or_frozen_is_kept(stage: Stage, open_page: OpenPage) -> None:
    page = open_page("about:blank").page
    page.clock.set_fixed_time(WEDNESDAY)
    times = [(WEDNESDAY - timedelta(hours=3)).isoformat()]
    for checked_at in (WEDNESDAY - timedelta(hours=2), WEDNESDAY + timedelta(days=90)):
        assert show_times(stage, page, times, "en", checked_at=checked_at) == [["3 hours ago"]]


def test_every_tag_means_the_same_everywhere(stage: Stage, open_page: OpenPage) -> None:
    page = load_languages(stage, open_page, [*LANG_OF_TAG, "\ud800"])
    assert loaded_languages(page) == LANG_OF_TAG | {"\ud800": "en"}
    assert times_in_other_scripts(page) == []
    in_fragment, in_feed = {}, {}
    with httpx.Client(base_url=stage.service.url, trust_env=False) as client:
        for tag in LANG_OF_TAG:
            fragment = client.get(f"/posts/{EMPTY}.html", params={"lang": tag}).text
            in_fragment[tag] = fragment.partition('<section class="pc not-prose" lang="')[2].partition('"')[0]
            in_feed[tag] = client.get(f"/posts/{EMPTY}.json", params={"lang": tag}).json()["language"]
    assert in_fragment == in_feed == LANG_OF_TAG


def test_title_and_dates_are_of_one_language(stage: Stage, open_page: OpenPage) -> None:
    page = open_page("about:blank").page
    expected = {
        "sr-Latn": ("16 komentara", "14. januar 2026."),
        "az-Cyrl": ("16 şərh", "2026-01-14 10:00"),
        "en-GB": ("16 comments", "14 January 2026"),
        "en_US": ("16 comments", "January 14, 2026"),
        "ar-MA": ("16 تعليقًا", "14 يناير 2026"),
        "fa-u-ca-gregory-nu-latn": ("16 دیدگاه", "14 ژانویهٔ 2026"),
        "uz": ("16 comments", "January 14, 2026"),
        "ka": ("16 კომენტარი", "2026-01-14 10:00"),
    }
    show_times(stage, page, [WEDNESDAY.isoformat()], *expected)
    titles = page.locator(".pc-title").all_inner_texts()
    dates = [time.get_attribute("title") or "" for time in page.locator(".pc-when time").all()]
    for (title, date), shown_title, shown_date in zip(expected.values(), titles, dates, strict=True):
        assert (shown_title, shown_date[: len(date)]) == (title, date)


def test_updated_fragment_keeps_its_title(stage: Stage, open_page: OpenPage) -> None:
    tags = ("zh_TW", "sr-Latn", "gl", "fa", "bn", "ar")
    fragments = [fetch_fragment(stage, number, lang=tag) for tag in tags for number in (EMPTY, CLOSED)]
    titles = [fragment.partition('class="pc-title">')[2].partition("<")[0] for fragment in fragments]
    page = open_page(
        stage.publish("".join(fragments).replace("<post-comments", '<post-comments live="off" loading="eager"'))
    ).page
    expect(page.locator(".pc-news")).to_have_count(len(fragments))
    assert page.locator(".pc-title").all_inner_texts() == titles

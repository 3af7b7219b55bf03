"""Loads the widget's languages in a browser, and judges there what they say about times, by CLDR and the calendar."""

from datetime import datetime
from typing import Any

import httpx
from playwright.sync_api import Page, Route, expect

from tests.journeys.browser import OpenPage
from tests.widget.stage import TALK, Stage

_DAY = 86_400_000
_NOWS = (
    "2026-01-14T10:00Z",
    "2026-01-01T00:30Z",
    "2026-03-30T00:30+02:00",
    "2026-10-26T00:30+01:00",
    "2028-02-29T23:59Z",
)
"""Moments in this time zone and that: after a night that was shorter or longer, on a leap day, at New Year."""
_DAYS = (*(hours / 24 for hours in (24, 25, 30, 35, 46, 47, 48, 49, 60, 71, 72)), 4, 5, 6, 6.9, 7, 8, 10, 13.9, 14, 15)
_MORE_DAYS = (
    21,
    27,
    28,
    29,
    30,
    31,
    35,
    45,
    59,
    60,
    61,
    62,
    90,
    180,
    333,
    364,
    365,
    366,
    400,
    704,
    730,
    731,
    1461,
    3000,
)
_AGES = (
    *(
        -5 * _DAY,
        -7_200_000,
        -60_000,
        0,
        999,
        1_000,
        59_000,
        60_000,
        119_000,
        3_599_000,
        3_600_000,
        40_000_000,
        _DAY - 1,
    ),
    *(days * _DAY for days in (*_DAYS, *_MORE_DAYS)),
)
"""In milliseconds; below zero for a clock that is behind."""
_LOAD = """async ([url, tags]) => {
  const { i18nOf } = await import(url);
  globalThis.languages = new Map(tags.map(lang => [lang, i18nOf(Object.assign(document.createElement("p"), { lang }))]));
  for (const i18n of languages.values()) await i18n.ready;
}"""
_FALSE_TIMES = """([nows, ages]) => {
  const length = { year: 365.25, month: 30.4375, week: 7, day: 1, hour: 1 / 24, minute: 1 / 1440, second: 1 / 86400 };
  const numbers = [...Array(60).keys()];
  const dates = new Intl.DateTimeFormat("sv");
  const calendar = time => {
    const [year, month, day] = dates.format(time).split("-").map(Number);
    return { day: Date.UTC(year, month - 1, day) / 864e5, month: 12 * year + month, year };
  };
  // what a text may mean: numbers of units, in a word of the calendar or in digits
  const meanings = i18n => {
    const { texts } = i18n, found = {};
    const [auto, always] = ["auto", "always"].map(numeric => new Intl.RelativeTimeFormat(texts.locale, { numeric }));
    for (const unit in length) for (const n of numbers) {
      const digits = texts[unit] ? i18n.plural(unit, n) : always.format(-n, unit);
      const word = texts[unit] ? (n in texts[unit] ? digits : null) : auto.format(-n, unit);
      if (word !== null && (texts[unit] || word !== digits)) (found[word] ??= []).push({ unit, n, isWord: true });
      else (found[digits] ??= []).push({ unit, n });
      if (!texts[unit] && word !== digits) (found[digits] ??= []).push({ unit, n });
    }
    return found;
  };
  const isTrue = ({ unit, n, isWord }, now, then) => {
    const count = (now - then) / 864e5 / length[unit];
    if (isWord && unit === "week") return false; // begins on another day in every country
    const isAgreed = unit in calendar(now) && calendar(now)[unit] - calendar(then)[unit] === n;
    return isAgreed || (!(isWord && unit in calendar(now)) && Math.abs(n - count) < 1);
  };
  const wrong = [], realNow = Date.now;
  for (const [tag, i18n] of languages) {
    const known = meanings(i18n);
    for (const now of nows) for (const age of ages) {
      Date.now = () => now;
      const text = i18n.age(new Date(now - age).toISOString()).textContent;
      const then = now - Math.max(0, age);
      if (!known[text]?.some(meaning => isTrue(meaning, now, then))) wrong.push([tag, new Date(now), age / 864e5, text]);
    }
  }
  Date.now = realNow;
  return wrong;
}"""
_OTHER_SCRIPTS = r"""() => {
  const scripts = "Latin Cyrillic Greek Arabic Hebrew Devanagari Bengali Tamil Thai Georgian Hangul Han Hiragana Katakana";
  const used = text => scripts.split(" ").filter(script => new RegExp(`\\p{Script=${script}}`, "u").test(text));
  const ages = [0, 12e4, 72e5, 1728e5, 8e8, 52e8, 7e10];
  return [...languages].map(([tag, i18n]) => {
    const own = used([i18n.plural("comments", 12), i18n.text("none"), i18n.text("failed")].join());
    const times = ages.map(age => i18n.age(new Date(Date.now() - age)).textContent);
    return [tag, times.filter(text => used(text).some(script => !own.includes(script)))];
  }).filter(([, times]) => times.length);
}"""

_KNOWN_LANGUAGES = """tags => tags.filter(tag => {
  const formats = [Intl.RelativeTimeFormat, Intl.DateTimeFormat, Intl.NumberFormat];
  const date = new Intl.DateTimeFormat(tag, { dateStyle: "long" }).format(0);
  return formats.every(format => format.supportedLocalesOf(tag).length) && !date.includes("M01");
})"""


def load_languages(stage: Stage, open_page: OpenPage, tags: list[str], **options: Any) -> Page:
    """Return a page of the blog in which the widget's script has loaded the texts for these tags."""
    page = open_page(stage.publish("", script=False), **options).page
    page.evaluate(_LOAD, [f"{stage.service.url}/widget.js", tags])
    return page


def false_times(page: Page) -> list[Any]:
    """Return what the loaded languages say about times that is not true: tag, clock, age in days, text."""
    nows = [datetime.fromisoformat(now).timestamp() * 1000 for now in _NOWS]
    wrong: list[Any] = page.evaluate(_FALSE_TIMES, [nows, _AGES])
    return wrong


def times_in_other_scripts(page: Page) -> list[Any]:
    """Return tags with those of their times that are in letters which the texts of the language do not use."""
    times: list[Any] = page.evaluate(_OTHER_SCRIPTS)
    return times


def loaded_languages(page: Page) -> dict[str, str]:
    """Return the language of the texts by the tag that was asked for."""
    return dict(page.evaluate("[...languages].map(([tag, i18n]) => [tag, i18n.texts.lang])"))


def languages_of_chromium(page: Page, tags: list[str]) -> list[str]:
    """Return those of the languages in which this browser has words for times and dates."""
    known: list[str] = page.evaluate(_KNOWN_LANGUAGES, tags)
    return known


def show_times(
    stage: Stage, page: Page, times: list[str], *langs: str, checked_at: datetime | None = None
) -> list[list[str]]:
    """Show comments of these times in each language, and return what stands there for the times.

    `checked_at` is when the service last asked GitHub.
    """

    def answer(route: Route) -> None:
        document = httpx.get(route.request.url, trust_env=False).json()
        comments = zip(document["comments"], times, strict=False)
        document["comments"] = [comment | {"created_at": time} for comment, time in comments]
        document["post"]["checked_at"] = None if checked_at is None else checked_at.isoformat()
        route.fulfill(json=document, headers={"access-control-allow-origin": "*"})

    page.route(f"{stage.api}posts/{TALK}/comments*", answer)
    page.goto(stage.publish("".join(stage.element(live="off", loading="eager", lang=lang) for lang in langs)))
    expect(page.locator(".pc-news")).to_have_count(len(langs))
    return [shown.locator(".pc-when time").all_inner_texts() for shown in page.locator("post-comments").all()]

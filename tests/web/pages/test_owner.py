"""The owner's page stays small, whatever stands in the blog's files; no address of theirs becomes a script."""

import re
from dataclasses import replace

import pytest

from app.serving.owner.listing import Listing
from app.web.pages.owner import wording
from app.web.pages.owner.charts import bar_chart, week_chart
from app.web.pages.owner.page import _render
from tests.web.pages.owner_overview import make_overview

LONG = "<b>&'\"" * 20_000


@pytest.mark.parametrize(
    "text",
    ["A title of a usual length, as posts have them", "The page names issue 41, as another does, too. " * 3, LONG],
)
def test_page_has_150_kilobytes_at_most(text: str) -> None:
    html = _render(make_overview(text), Listing(), "x" * 64, "")
    limit = 150_000 if text != LONG else 400_000  # each character is an entity of five or six
    assert len(html) <= limit
    assert b"<b>&'" not in html


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "/posts/a/",
        "https://[",
        "https://a.example/" + "x" * 9999,
        "",
    ],
)
def test_only_addresses_of_the_web_become_links(url: str) -> None:
    html = _render(make_overview("A title", url), Listing(), "", "").decode()
    addresses = set(re.findall(r'href="([^"]*)"', html))
    assert url not in addresses
    assert all(
        address.startswith(("https://", "owner", "docs", "feed", "status", ".", "start", "data:,", "#below"))
        for address in addresses
    )


def test_no_title_turns_the_direction_of_the_page() -> None:
    assert wording.short("A \u202etitle\x00") == "A title"


def test_unread_list_of_posts_is_no_empty_blog() -> None:
    overview = replace(make_overview("A title"), posts=[], is_post_list_missing=True)
    assert b"could not be read yet" in _render(overview, Listing(), "", "")
    assert b"could not be read yet" not in _render(replace(overview, is_post_list_missing=False), Listing(), "", "")


def test_half_a_surrogate_pair_breaks_nothing() -> None:
    assert b"A ? title" in _render(make_overview("A \ud800 title"), Listing(), "", "")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "just now"), (59, "just now"), (60, "1 minute ago"), (7200, "2 hours ago"), (86_400 * 400, "1 year ago")],
)
def test_ages_are_told_in_words(seconds: float, text: str) -> None:
    assert wording.age(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"), [(None, "in memory"), (0, "0 bytes"), (1000, "1.0 kB"), (3_450_000, "3.5 MB"), (10**13, "10.0 TB")]
)  # fmt: skip
def test_sizes_are_told_in_words(count: int | None, text: str) -> None:
    assert wording.size(count) == text


def test_small_values_stay_visible_in_a_chart() -> None:
    chart = bar_chart([("a", 0, ""), ("b", 1, ""), ("c", 100_000, "")], "")
    assert [bar.height for bar in chart.bars] == [0.0, 2, 120.0]
    assert all(bar.y + bar.height == 120 for bar in chart.bars)
    assert bar_chart([], "").bars == []


def test_chart_says_what_it_shows() -> None:
    weeks = week_chart([(1_593_388_800.0, 2), (1_593_993_600.0, 5)])
    assert weeks.summary == "7 comments in the last 2 weeks. The busiest week was 6 to 12 Jul 2020, with 5."
    assert weeks.bars[0].label == "29 Jun to 5 Jul 2020"
    assert week_chart([(0.0, 0)]).summary == "0 comments in the last 1 weeks."

"""No input yields HTML that runs, loads, covers or clobbers anything."""

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.render.sanitizer.sanitize import sanitize
from app.render.sanitizer.structure import MAX_DEPTH, MAX_ELEMENTS, MAX_LEAVES
from tests.render.hostile.corpus import read_lines, vectors
from tests.render.hostile.judge import depth, faults

pytestmark = pytest.mark.untraced  # other tests cover the same code; tracing these would take long

SOURCE_URL = "https://github.com/owner/name/issues/41"


def _sanitize(html: str) -> str:
    return sanitize(html, source_url=SOURCE_URL)


SOUP = st.lists(
    st.one_of(
        st.sampled_from(read_lines("soup.txt")),
        st.sampled_from(["\n", "\n\n", " ", "x", "\r", "\0", "\ud800", "é", "\N{NO-BREAK SPACE}", "'", '"', "="]),
        st.text(max_size=5),
    ),
    max_size=40,
).map("".join)


def test_corpus_is_large() -> None:
    assert len(set(vectors())) >= 250


@pytest.mark.parametrize("vector", vectors())
def test_hostile_comment_becomes_harmless(vector: str) -> None:
    assert faults(_sanitize(vector)) == []
    assert faults(sanitize(vector, source_url=SOURCE_URL, for_page=True)) == []


@pytest.mark.parametrize("vector", vectors())
def test_sanitizing_a_hostile_comment_twice_changes_nothing(vector: str) -> None:
    once = _sanitize(vector)
    assert _sanitize(once) == once


@pytest.mark.parametrize("vector", vectors())
def test_hostile_comment_does_not_affect_the_next(vector: str) -> None:
    page = f"<article>{_sanitize(vector)}</article><article><p>next</p></article>"
    assert nh3.clean(page, tags=nh3.ALLOWED_TAGS | {"article", "section", "video", "picture", "source"}).endswith(
        "</article><article><p>next</p></article>"
    )


@given(SOUP)
def test_tag_soup_becomes_harmless(soup: str) -> None:
    assert faults(_sanitize(soup)) == []
    assert faults(sanitize(soup, source_url=SOURCE_URL, for_page=True)) == []


@given(SOUP)
def test_sanitizing_tag_soup_twice_changes_nothing(soup: str) -> None:
    once = _sanitize(soup)
    assert _sanitize(once) == once


@given(st.text())
def test_escaped_text_stays_unchanged(text: str) -> None:
    html = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    result = _sanitize(html).replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", "\xa0").replace("&amp;", "&")
    expected = text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
    assert result == expected.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize(
    "nested",
    [
        *("<div>", "<b>", "<b><p>", "<a href=x>", "<span>", "<table><tr><td>", "<table>", "<blockquote>", "<ul><li>"),
        *("<svg>", "<template>", "<select>", "<math>", "<font>", "<details><summary>", "<dl><dd>", "<ruby><rt>"),
        *('<span class="pl-k">', "<table><caption>", "<div class=email-fragment>", "<h1><b>", "<a><table><tr><td>"),
    ],
)
@pytest.mark.parametrize("times", [7_000, 50_000])
def test_nesting_depth_is_limited(nested: str, times: int) -> None:
    out = _sanitize(nested * times + "x")
    assert depth(out) <= MAX_DEPTH
    assert _sanitize(out) == out


@pytest.mark.parametrize(
    ("hostile", "out"),
    [
        ("<p " + " ".join(f"a{n}=1" for n in range(100_000)) + ">x", "<p>x</p>"),
        ("<p " + "dir=ltr " * 100_000 + ">x", '<p dir="ltr">x</p>'),
        ("<p>" + "x" * 1_000_000, "<p>" + "x" * 1_000_000 + "</p>"),
        ("x<a \"='" * 100_000, "<p>x</p>"),
        ("x<!--" * 200_000, "<p>x</p>"),
        ("<script></script" * 60_000 + ">x", "<p>x</p>"),
        ("<p>x</p>" * 120_000, "<p>" + "x" * 120_000 + "</p>"),
        ("<div>" * 20_000 + "</b>" * 9_000 + "x", None),
        ("<p>" + "<b>" * 20_000, None),
        ("<br>" * 25_000, "<br>" * MAX_ELEMENTS),
        ('<span class="pl-k">x</span>' * 40_000, '<span class="pl-k">x</span>' * 40_000),
        ('<div class="email-fragment">' + "a\n\n" * 300_000, None),
        ('<div class="email-fragment">' + "a\n" * 300_000, None),
        ("<table>" + "<tr><td>x</td></tr>" * 7_400 + "</table>y", None),
    ],
    ids=lambda value: (value or "")[:20],
)
def test_huge_comment_is_cut_to_the_limits(hostile: str, out: str | None) -> None:
    result = _sanitize(hostile)
    assert out is None or result == out
    assert result.count("<") <= 2 * (MAX_ELEMENTS + MAX_LEAVES)
    assert _sanitize(result) == result

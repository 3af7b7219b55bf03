"""Nothing that runs, loads, covers or clobbers comes out, whatever goes in."""

from pathlib import Path

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.render.sanitizer.sanitize import sanitize
from app.render.sanitizer.structure import MAX_DEPTH, MAX_ELEMENTS, MAX_LEAVES
from tests.render.hostile.judge import depth, faults

pytestmark = pytest.mark.untraced  # what others cover, at length

BASE = "https://github.com/owner/name/issues/41"
ESCAPES = {r"\n": "\n", r"\t": "\t", r"\r": "\r", r"\0": "\0", r"\x01": "\x01"}


def lines_of(file: str) -> list[str]:
    lines = (Path(__file__).parent / "hostile" / file).read_text(encoding="utf-8").split("\n")
    return [line for line in lines if line and not line.startswith("# ")]


def vectors() -> list[str]:
    found = lines_of("vectors.txt")
    for written, meant in ESCAPES.items():
        found = [vector.replace(written, meant) for vector in found]
    return found


def safe(html: str) -> str:
    return sanitize(html, source_url=BASE)


SOUP = st.lists(
    st.one_of(
        st.sampled_from(lines_of("soup.txt")),
        st.sampled_from(["\n", "\n\n", " ", "x", "\r", "\0", "\ud800", "é", "\N{NO-BREAK SPACE}", "'", '"', "="]),
        st.text(max_size=5),
    ),
    max_size=40,
).map("".join)


def test_the_corpus_is_large() -> None:
    assert len(set(vectors())) >= 250


@pytest.mark.parametrize("vector", vectors())
def test_a_hostile_comment_comes_out_harmless(vector: str) -> None:
    assert faults(safe(vector)) == []


@pytest.mark.parametrize("vector", vectors())
def test_a_hostile_comment_does_not_change_when_it_is_read_again(vector: str) -> None:
    once = safe(vector)
    assert safe(once) == once


@pytest.mark.parametrize("vector", vectors())
def test_a_hostile_comment_before_another_does_not_reach_it(vector: str) -> None:
    page = f"<article>{safe(vector)}</article><article><p>next</p></article>"
    assert nh3.clean(page, tags=nh3.ALLOWED_TAGS | {"article", "section", "video", "picture", "source"}).endswith(
        "</article><article><p>next</p></article>"
    )


@given(SOUP)
def test_any_soup_comes_out_harmless(soup: str) -> None:
    assert faults(safe(soup)) == []


@given(SOUP)
def test_any_soup_does_not_change_when_it_is_read_again(soup: str) -> None:
    once = safe(soup)
    assert safe(once) == once


@given(st.text())
def test_text_with_its_markup_escaped_comes_out_as_it_was(text: str) -> None:
    written = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    shown = safe(written).replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", "\xa0").replace("&amp;", "&")
    meant = text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
    assert shown == meant.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize(
    "nested",
    [
        *("<div>", "<b>", "<b><p>", "<a href=x>", "<span>", "<table><tr><td>", "<table>", "<blockquote>", "<ul><li>"),
        *("<svg>", "<template>", "<select>", "<math>", "<font>", "<details><summary>", "<dl><dd>", "<ruby><rt>"),
        *('<span class="pl-k">', "<table><caption>", "<div class=email-fragment>", "<h1><b>", "<a><table><tr><td>"),
    ],
)
@pytest.mark.parametrize("times", [7_000, 50_000])
def test_nesting_is_bounded(nested: str, times: int) -> None:
    out = safe(nested * times + "x")
    assert depth(out) <= MAX_DEPTH
    assert safe(out) == out


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
def test_a_comment_of_hostile_size_is_cut_to_a_bounded_one(hostile: str, out: str | None) -> None:
    result = safe(hostile)
    assert out is None or result == out
    assert result.count("<") <= 2 * (MAX_ELEMENTS + MAX_LEAVES)
    assert safe(result) == result

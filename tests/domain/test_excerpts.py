"""Excerpts are cut between words or grapheme clusters, as an independent implementation sees them."""

from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.domain.texts.excerpts import excerpt, first_grapheme
from tests.domain.segmenter import Segmenter, run_segmenter

FAMILY = "👨\u200d👩\u200d👧\u200d👦"
_PIECES = [
    *(
        "a",
        "word",
        "  ",
        "\n",
        " ",
        ".",
        "…",
        "e\u0301",
        "\u0301",
        "\ufe0f",
        "\u20e3",
        "\u200d",
        "\u200c",
        FAMILY,
        "👍🏽",
    ),
    *(
        "🏴\U000e0067\U000e0062\U000e007f",
        "🇩",
        "🇩🇪",
        "日本",
        "각",
        "ᄀ",
        "ᅡ",
        "ᆨ",
        "한국",
        "क्ष",
        "त्रि",
        "\u094d",
        "\u093c",
    ),
    *(
        "นำ้",
        "ກຳ",
        "\u0600",
        "\u06dd",
        "\U000110bd",
        "\u0d4e",
        "ﾊﾞ",
        "\U000113d1",
        "\U00016d63",
        "😀",
        "𝔘",
        "\u202e",
        "\0",
        "\x1b",
    ),
]
_texts = st.one_of(
    st.lists(st.one_of(st.sampled_from(_PIECES), st.characters(exclude_categories=["Cs"])), max_size=60).map("".join),
    st.text(st.sampled_from("\u0915\u094d\u093c\u200d\U0001f1e9🏽👩\u0301a \u1100\u1161\u11a8가"), max_size=60),
)


@pytest.fixture(scope="module")
def segmenter() -> Iterator[Segmenter]:
    with run_segmenter() as running:
        yield running


@given(text=_texts, limit=st.integers(1, 50))
@example(text=FAMILY * 3, limit=12)
@example(text="🇩🇪🇫🇷🇬🇧" * 5, limit=4)
@example(text="\u0600 " * 9, limit=5)
@example(text="a\u0301" + "\u0301" * 99, limit=20)
def test_excerpts_end_at_grapheme_clusters(segmenter: Segmenter, text: str, limit: int) -> None:
    line, result = " ".join(text.split()), excerpt(text, limit)
    assert len(result) <= limit
    if len(line) <= limit:
        assert result == line
        return
    assert result.endswith("…")
    kept, rest = result[:-1], segmenter.clusters(line)
    assert line.startswith(kept)
    while kept:
        assert kept.startswith(rest[0]), "a cluster was split"
        kept = kept.removeprefix(rest.pop(0))


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("A long walk in the park", 14, "A long walk…"),
        ("A long walk, in the park", 14, "A long walk…"),
        ("A long walk", 11, "A long walk"),
        ("A\n\tlong   walk ", 11, "A long walk"),
        ("supercalifragilistic", 9, "supercal…"),
        ("To supercalifragilistic", 12, "To supercal…"),
        ("日本語の長い文章", 5, "日本語の…"),
        (f"Hi {FAMILY}{FAMILY}", 14, f"Hi {FAMILY}…"),
        ("क्षत्रिय", 5, "क्ष…"),
        ("", 5, ""),
        ("xyz", 1, "…"),
    ],
)
def test_excerpts_prefer_whole_words(text: str, limit: int, expected: str) -> None:
    assert excerpt(text, limit) == expected


def test_excerpts_separate_no_surrogates() -> None:
    assert excerpt("a\ud83d\ude00 bc", 3) == "a…"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *(("", ""), ("ada", "a"), ("Øyvind", "Ø"), ("e\u0301x", "e\u0301"), ("👍🏽x", "👍🏽"), ("❤️x", "❤️")),
        *(("👩‍👩‍👧x", "👩‍👩‍👧"), ("🇩🇪🇫🇷", "🇩🇪"), ("🏴\U000e0067\U000e007fx", "🏴\U000e0067\U000e007f"), ("a👍", "a")),
    ],
)
def test_first_grapheme_is_a_whole_character(text: str, expected: str) -> None:
    assert first_grapheme(text) == expected

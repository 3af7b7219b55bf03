"""Header fields of a response; Link with any text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.github.headers import Link, is_json, next_target, parse_count, parse_date, parse_etag, parse_links

GITHUB = (
    '<https://api.github.com/repositories/1296269/issues?per_page=100&page=2>; rel="next", '
    '<https://api.github.com/repositories/1296269/issues?per_page=100&page=9>; rel="last"'
)


def test_github_link_header_is_parsed() -> None:
    assert parse_links(GITHUB) == (
        Link("https://api.github.com/repositories/1296269/issues?per_page=100&page=2", frozenset({"next"})),
        Link("https://api.github.com/repositories/1296269/issues?per_page=100&page=9", frozenset({"last"})),
    )
    assert next_target(GITHUB) == "https://api.github.com/repositories/1296269/issues?per_page=100&page=2"


@pytest.mark.parametrize(
    ("header", "target"),
    [
        (None, None),
        ("", None),
        (" , ,", None),
        ('<a>; rel="last"', None),
        ("<a>", None),
        ("<a>; rel=next", "a"),
        ("<a>;rel=NEXT", "a"),
        ('<a>; REL="Next"', "a"),
        ('<a>; rel="prev next last"', "a"),
        ('<a>; rel="nextish"', None),
        ('<a,b;c>; rel="next"', "a,b;c"),
        ('< a >; rel="next"', "a"),
        ('<a>; title="one, <b>; rel=\\"next\\""; rel="last", <c>; rel=next', "c"),
        ('<a>; rel="last"; rel="next"', None),
        ('<a> ; rel = "next" ; title', "a"),
        ('<a>;; rel="next";', "a"),
        ('<a>; title=; rel="next"', "a"),
        ('<a>; rel="next"; anchor="#foo", <b>; rel="next"', "b"),
        ('<a>; rel="next", <b>; rel="next"', "a"),
        ("<a>; title*=UTF-8''n%c3%a4chste; rel=next", "a"),
        ('<a>; rel="ne\\xt"', "a"),
        ('<>; rel="next"', ""),
    ],
)
def test_next_target_follows_rfc_8288(header: str | None, target: str | None) -> None:
    assert next_target(header) == target


@pytest.mark.parametrize(
    "header",
    [
        "a",
        "<a",
        "a>; rel=next",
        "<a<b>; rel=next",
        '<a>; rel="next',
        '<a>; rel="next" nonsense',
        "<a> <b>; rel=next",
        '<a>; rel="last" <b>; rel="next"',
        '<a>; rel="next\\',
        '<a>; rel=ne"xt',
    ],
)
def test_malformed_header_is_not_the_last_page(header: str) -> None:
    with pytest.raises(ValueError, match="malformed"):
        next_target(header)


@given(st.text() | st.text(alphabet='<>;,="\\ \trelnxt', max_size=60))
def test_any_text_is_parsed_or_rejected(header: str) -> None:
    try:
        links = parse_links(header)
    except ValueError:
        return
    assert all(f"<{link.target}" in re.sub(r"<\s+", "<", header) for link in links)


TARGETS = st.text(alphabet=st.characters(codec="ascii", exclude_characters="<> \t\r\n\x0b\x0c\x1c\x1d\x1e\x1f"))
NAMES = st.text(alphabet="abcdefghijklmnopqrstuvwxyz*", min_size=1, max_size=8).filter(
    lambda name: name not in ("rel", "anchor")
)


@given(
    st.lists(
        st.tuples(
            TARGETS,
            st.sets(st.sampled_from(["next", "prev", "first", "last"])),
            st.dictionaries(NAMES, st.text(st.characters(codec="latin-1", exclude_characters="\n")), max_size=3),
        )
    )
)
def test_written_links_are_parsed_back(links: list[tuple[str, set[str], dict[str, str]]]) -> None:
    def quoted(text: str) -> str:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'

    header = ", ".join(
        "; ".join(
            [f"<{target}>", *(f"{name}={quoted(text)}" for name, text in others.items()), f'rel="{" ".join(rels)}"']
        )
        for target, rels, others in links
    )

    assert [(link.target, set(link.relations)) for link in parse_links(header)] == [
        (target, rels) for target, rels, _ in links
    ]


@pytest.mark.parametrize(
    "piece",
    ["<", "<a>", ";", " ", ",", "<a>;", '<a>; rel="', '<a>; a="\\', '<a>; rel="next", ', "<a>; a=", "<a>; a ", "\\"],
)
def test_hostile_headers_cost_linear_time(piece: str) -> None:
    header = "<a>" + piece * (2_000_000 // len(piece))  # quadratic time would be hours, and the time limit ends it

    try:
        links = parse_links(header)
    except ValueError:
        return
    assert links


def test_well_formed_fields_are_parsed() -> None:
    assert parse_date("Sun, 06 Nov 1994 08:49:37 GMT") == 784111777.0
    assert parse_count(" 42 ") == 42
    assert parse_etag('W/"a1"') == 'W/"a1"'
    assert all(is_json(name) for name in (None, "application/json; charset=utf-8", "application/problem+json"))


@pytest.mark.parametrize("text", [None, "", "never", "Sunday, 06-Nov-94 08:49:37 GMT", "-1", "1e3", '"a', "text/html"])
def test_malformed_fields_count_as_absent(text: str | None) -> None:
    assert (parse_date(text), parse_count(text), parse_etag(text)) == (None, None, None)
    assert text is None or not is_json(text)

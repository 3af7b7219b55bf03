"""Markdown parsers and template languages find nothing to read in protected HTML; browsers read the same."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from app.render.sanitizer.markdown import protect
from app.render.sanitizer.sanitize import sanitize
from tests.render.hostile.corpus import vectors

SOURCE_URL = "https://github.com/owner/name/issues/41"
READ = re.compile(r"[\t\n\f\r`{|}]|>[^<]*[\[\\\]]")


def _tree(html: str) -> str | None:
    return LexborHTMLParser(f"<!doctype html><body>{html}").html


@pytest.mark.parametrize("vector", vectors())
def test_protected_comment_has_the_same_tree(vector: str) -> None:
    html = sanitize(vector, source_url=SOURCE_URL)
    assert _tree(protect(html)) == _tree(html)
    assert not READ.search(protect(html))


@given(st.text(st.sampled_from("\n\t\r\f\v\x1c\u2028 -+#=:*_~[]{}()`|\\\"'<>&;$@^1.a"), max_size=30))
def test_protected_text_is_the_same_text(text: str) -> None:
    html = sanitize(
        text.replace("&", "&amp;").replace("<", "&lt;") + f'<i></i><a title="{text.replace(chr(34), "")}">x</a>',
        source_url=SOURCE_URL,
    )
    assert _tree(protect(html)) == _tree(html)
    assert not READ.search(protect(html))


@pytest.mark.parametrize("start", ["- x", "+ x", "# x", "=", ": x", "1. x", "12) x", "  * x", "  - x"])
def test_start_of_an_element_is_protected(start: str) -> None:
    text = protect(f"<li>{start}</li>").removeprefix("<li>")
    assert not re.match(r" *([-+#=:*]|[0-9]+[.)])", text), text


def test_empty_elements_are_closed_as_in_xml() -> None:
    assert protect('<br><img alt=">"><wbr><hr><b></b><header></header>') == (
        '<br /><img alt=">" /><wbr /><hr /><b></b><header></header>'
    )

"""A fragment in a Markdown text: what was sanitised stays so, and code stays whole, in the parsers of site generators."""

from collections.abc import Iterator, Mapping

import pytest

from app.web.pages.start_page import render_snippet
from tests.embedding.fragments import fragments, hostile_fragment
from tests.embedding.reading import read
from tests.embedding.tools import NODE_PARSERS, Texts, python_parsers, run_hugo, run_kramdown, run_node

pytestmark = pytest.mark.untraced  # what the other tests of the fragment cover

CONTEXTS = {
    "alone": "{}",
    "between paragraphs": "Text.\n\n{}\n\nText.",
    "in a paragraph": "Text {} text",
    "in a list": "- {}\n- b",
    "in a numbered list": "1. a\n\n   {}\n\nb",
    "in a quotation": "> {}",
    "indented": "Text:\n\n    {}",
    "in Markdown in HTML": '<div markdown="1">\n\n{}\n\n</div>',
}
MOVED = {
    *(("kramdown, Markdown in HTML", context) for context in [*CONTEXTS][2:]),
    ("Python-Markdown, extra", "in Markdown in HTML"),
}
"""Where a parser that is told to read Markdown in HTML shows tags as text, or moves comments out of their section."""


def _in_contexts(text: str) -> Texts:
    return [context.replace("{}", text) for context in CONTEXTS.values()]


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Texts]:
    texts = _in_contexts(hostile_fragment())
    python = {name: [parse(text) for text in texts] for name, parse in python_parsers().items()}
    goldmark = {"goldmark": run_hugo(tmp_path_factory.mktemp("hugo"), texts)}
    return {**run_node(NODE_PARSERS, texts), **run_kramdown(texts), **python, **goldmark}


def _pages(parsed: Mapping[str, Texts]) -> Iterator[tuple[str, str, str]]:
    for parser, pages in parsed.items():
        for context, page in zip(CONTEXTS, pages, strict=True):
            yield parser, context, page


def test_no_comment_gains_a_link_or_picture(parsed: Mapping[str, Texts]) -> None:
    expected = read(hostile_fragment())
    assert len(parsed) >= 11
    for parser, context, page in _pages(parsed):
        reading = read(page)
        assert (reading.links, reading.images) == (expected.links, expected.images), f"{parser}, {context}"


def test_code_and_words_stay_whole(parsed: Mapping[str, Texts]) -> None:
    expected = read(hostile_fragment())
    for parser, context, page in _pages(parsed):
        reading = read(page)
        is_whole = (reading.code, reading.words) == (expected.code, expected.words)
        assert is_whole or (parser, context) in MOVED, f"{parser}, {context}"


def test_mdx_reads_fragments_and_snippets() -> None:
    texts = [hostile_fragment(), *fragments().values()]
    snippets = [render_snippet(name, "https://c.example", "a/b") for name in ("plain/post", "plain/list", "pinned")]
    for text, page in zip([*texts, *snippets], run_node(["mdx"], [*texts, *snippets])["mdx"], strict=True):
        reading, expected = read(page, "body"), read(text, "body")
        assert (reading.links, reading.images) == (expected.links, expected.images)
        assert reading.words == expected.words

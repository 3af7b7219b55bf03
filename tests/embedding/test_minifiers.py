"""Minifiers join no words of our list snippets and fragments, and keep code whole."""

import re
from collections.abc import Mapping

import pytest

from app.web.pages.start_page import render_snippet
from tests.embedding.fragments import fragments
from tests.embedding.reading import Reading, read
from tests.embedding.tools import NODE_MINIFIERS, Texts, python_minifiers, run_hugo, run_node

pytestmark = pytest.mark.untraced  # what the other tests of the fragment cover

PAGE = '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>t</title>\n</head>\n<body>\n{}\n</body>\n</html>'
TITLES = ("First post", "Second post")


def _post_list() -> str:
    snippet = render_snippet("plain/list", "https://comments.example.com", "ada/blog")
    script, item = snippet.split("\n", 1)
    return "\n".join([script, *(item.replace("The Best Interview", title) for title in TITLES)])


@pytest.fixture(scope="module")
def sources() -> Texts:
    return [PAGE.replace("{}", text) for text in (_post_list(), *fragments().values())]


@pytest.fixture(scope="module")
def minified(sources: Texts, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Texts]:
    python = {name: [minify(text) for text in sources] for name, minify in python_minifiers().items()}
    contents = [re.sub(r"(?s).*<body>\n(.*)</body>.*", r"\1", text) for text in sources]
    hugo = {"Hugo": run_hugo(tmp_path_factory.mktemp("hugo"), contents, "--minify")}
    return {**run_node(NODE_MINIFIERS, sources), **python, **hugo}


def _counted(page: str) -> Reading:
    """Read a list of posts after the script has shown the counts."""
    return read(re.sub(r"(<comment-count[^>]*>)\w*", r"\g<1>9 comments", page), "body")


def test_list_snippet_keeps_title_and_count_apart(minified: Mapping[str, Texts]) -> None:
    for minifier, (post_list, *_) in minified.items():
        words = " ".join(_counted(post_list).words)
        assert words == "First post (9 comments) Second post (9 comments)", minifier


def test_fragments_keep_words_and_code(sources: Texts, minified: Mapping[str, Texts]) -> None:
    assert len(minified) >= 8
    for minifier, pages in minified.items():
        for source, page in zip(sources, pages, strict=True):
            assert read(page) == read(source), minifier


@pytest.mark.parametrize("attribute", ["data-post", "data-stamp", "data-cursor", "ghissueid", "datetime"])
def test_script_finds_what_it_needs(sources: Texts, minified: Mapping[str, Texts], attribute: str) -> None:
    for minifier, pages in minified.items():
        for source, page in zip(sources, pages, strict=True):
            assert page.count(f"{attribute}=") == source.count(f"{attribute}="), minifier

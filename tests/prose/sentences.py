"""Sentences of the sources: phrases to avoid, and the verbs that docstrings begin with."""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from tests.prose.sources import DATA, Finding, Source, read_rows

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_PROPERTIES = ("property", "cached_property", ".setter", "overload")


@dataclass(frozen=True)
class Passage:
    """A text with the path and the line where it begins."""

    path: str
    line: int
    text: str


@dataclass(frozen=True)
class Docstring:
    """A function's docstring, and whether it begins with a verb in the imperative."""

    path: str
    line: int
    function: str
    first_word: str
    is_imperative: bool


def find_docstrings(source: Source) -> list[Passage]:
    """Return the standalone strings of a source: docstrings, and the notes below constants and fields."""
    nodes = (node.value for node in ast.walk(source.tree) if isinstance(node, ast.Expr))
    return [
        Passage(source.path, node.lineno, node.value)
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def find_strings(source: Source) -> list[Passage]:
    """Return all string literals of a source, docstrings and the texts within f-strings included."""
    return [
        Passage(source.path, node.lineno, node.value)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def find_comments(source: Source) -> list[Passage]:
    """Return the comments of a source; comments on consecutive lines are one passage."""
    tokens = tokenize.generate_tokens(io.StringIO(source.text).readline)
    comments = [(token.start[0], token.string.lstrip("#")) for token in tokens if token.type == tokenize.COMMENT]
    blocks = groupby(enumerate(comments), key=lambda pair: pair[1][0] - pair[0])
    return [_join(source.path, [comment for _, comment in block]) for _, block in blocks]


def _join(path: str, comments: list[tuple[int, str]]) -> Passage:
    return Passage(path, comments[0][0], "\n".join(text for _, text in comments))


@cache
def _phrases() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return a pattern and the advice for each phrase; a phrase may run over a line break."""
    return tuple((_compile(phrase), advice) for phrase, advice in read_rows("phrases.txt"))


def _compile(phrase: str) -> re.Pattern[str]:
    words = r"\s+".join(re.escape(word) for word in phrase.split())
    return re.compile(rf"\b{words}\b", re.IGNORECASE)


PUBLISHED = {
    ("app/store/sqlite/schema.py", "nobody"): "a value of older stores, which a migration replaces",
    ("app/web/routes/events.py", "by itself"): "a published text of the OpenAPI document",
}
"""Phrases that stay, by file, because a reader or a store has them; each with its reason."""


def check_phrases(passages: Iterable[Passage]) -> list[Finding]:
    """Return a finding for each phrase to avoid that is not published, in the order of the phrases."""
    findings = (finding for passage in passages for finding in _check_passage(passage))
    return [finding for finding in findings if (finding.path, finding.word) not in PUBLISHED]


def _check_passage(passage: Passage) -> Iterator[Finding]:
    for pattern, advice in _phrases():
        for match in pattern.finditer(passage.text):
            line = passage.line + passage.text.count("\n", 0, match.start())
            yield Finding(passage.path, line, " ".join(match.group().split()), advice)


@cache
def verbs() -> frozenset[str]:
    """Return the verbs that a docstring may begin with."""
    return frozenset((DATA / "verbs.txt").read_text().split())


def describe_functions(source: Source) -> list[Docstring]:
    """Return the docstrings of functions; properties and overloads are left out, as D401 does."""
    functions = (node for node in ast.walk(source.tree) if isinstance(node, _Function))
    return [
        _describe(source.path, function, text)
        for function in functions
        if (text := ast.get_docstring(function)) and not _is_property(function)
    ]


def _describe(path: str, function: _Function, text: str) -> Docstring:
    first = text.split(maxsplit=1)[0]
    return Docstring(path, function.lineno, function.name, first, first.rstrip(".,;:").lower() in verbs())


def _is_property(function: _Function) -> bool:
    return any(ast.unparse(decorator).endswith(_PROPERTIES) for decorator in function.decorator_list)


def check_docstrings(docstrings: Iterable[Docstring]) -> list[Finding]:
    """Return a finding for each function whose docstring does not begin with a verb in the imperative."""
    return [
        Finding(docstring.path, docstring.line, docstring.function, f"begin with a verb, not {docstring.first_word!r}")
        for docstring in docstrings
        if not docstring.is_imperative
    ]

"""The rules about names and sentences, each with its check and the budget that CI allows."""

import io
import keyword
import tokenize
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from tests.prose import structure
from tests.prose.identifiers import Identifier, collect_identifiers
from tests.prose.participles import ISSUE_WORDS, check_participles
from tests.prose.sentences import (
    Docstring,
    Passage,
    check_docstrings,
    check_phrases,
    describe_functions,
    find_comments,
    find_docstrings,
    find_strings,
)
from tests.prose.sources import ROOT, Finding, Source, is_inside, python_sources
from tests.prose.vocabulary import check_old_names

MOST_PARTICIPLES_PER_THOUSAND = 1.5
LEAST_IMPERATIVE_SHARE = 0.6


@dataclass(frozen=True)
class Rule:
    """A rule by its title, the function that checks it and the number of findings that is allowed."""

    title: str
    check: Callable[[], list[Finding]]
    budget: int = 0

    def __str__(self) -> str:
        return self.title


@cache
def app_sources() -> tuple[Source, ...]:
    """Return the sources of the application, the simulator included."""
    return python_sources("app")


@cache
def test_sources() -> tuple[Source, ...]:
    """Return the sources of the tests, without this folder: its data are the words to avoid."""
    return tuple(source for source in python_sources("tests") if not is_inside(source.path, ["tests/prose"]))


@cache
def app_identifiers() -> list[Identifier]:
    """Return the identifiers that the application defines."""
    return collect_identifiers(app_sources())


@cache
def app_docstrings() -> list[Docstring]:
    """Return the docstrings of the application's functions."""
    return [docstring for source in app_sources() for docstring in describe_functions(source)]


def _app_passages() -> list[Passage]:
    return [
        passage for source in app_sources() for passage in sorted_by_line(find_strings(source) + find_comments(source))
    ]


def _readme() -> list[Passage]:
    return [Passage("README.md", 1, (ROOT / "README.md").read_text())]


def _test_docstrings() -> list[Passage]:
    return [passage for source in test_sources() for passage in find_docstrings(source)]


def sorted_by_line(passages: list[Passage]) -> list[Passage]:
    """Return passages in the order in which they stand."""
    return sorted(passages, key=lambda passage: passage.line)


NAME_RULES = (
    Rule("old names", lambda: check_old_names(app_identifiers())),
    Rule("vague module names", lambda: structure.check_module_names((*app_sources(), *test_sources()))),
    Rule("large folders", lambda: structure.check_folders(app_sources())),
    Rule("wide constructors", lambda: structure.check_constructors(app_sources())),
    Rule("long test names", lambda: structure.check_test_names(test_sources())),
    Rule("helpers in test modules", lambda: structure.check_test_helpers(test_sources())),
)
PHRASE_RULES = (
    Rule("phrases in app", lambda: check_phrases(_app_passages())),
    Rule("phrases in README.md", lambda: check_phrases(_readme())),
    Rule("phrases in test docstrings", lambda: check_phrases(_test_docstrings())),
)
PARTICIPLE_RULE = Rule("bare participles", lambda: check_participles(app_identifiers()))
DOCSTRING_RULE = Rule("docstrings without a verb", lambda: check_docstrings(app_docstrings()))
RULES = (PARTICIPLE_RULE, *NAME_RULES, *PHRASE_RULES, DOCSTRING_RULE)


def participles_per_thousand() -> float:
    """Return the bare participles per 1,000 identifiers defined in the application."""
    return 1000 * len(PARTICIPLE_RULE.check()) / len(app_identifiers())


def imperative_share() -> float:
    """Return the share of function docstrings that begin with a verb, between 0 and 1."""
    docstrings = app_docstrings()
    return sum(docstring.is_imperative for docstring in docstrings) / len(docstrings)


def issue_words_per_thousand() -> float:
    """Return how many of 1,000 identifier tokens are words that the issue counts, without their underscores."""
    names = [
        token.string
        for source in app_sources()
        for token in tokenize.generate_tokens(io.StringIO(source.text).readline)
        if token.type == tokenize.NAME and not keyword.iskeyword(token.string)
    ]
    return 1000 * sum(name.strip("_").lower() in ISSUE_WORDS for name in names) / len(names)


def format_findings(findings: list[Finding]) -> str:
    """Return one line for each finding."""
    return "\n".join(map(str, [f"{len(findings)} findings", *findings]))

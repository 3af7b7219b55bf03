"""Sentences are plain technical English: no phrase of `phrases.txt`, and docstrings that begin with a verb."""

import pytest

from tests.prose import rules

pytestmark = pytest.mark.untraced  # what others cover, at length


@pytest.mark.parametrize("rule", rules.PHRASE_RULES, ids=str)
def test_sentences_avoid_the_phrases(rule: rules.Rule) -> None:
    findings = rule.check()
    assert len(findings) <= rule.budget, rules.format_findings(findings)


def test_docstrings_begin_with_a_verb() -> None:
    findings = rules.DOCSTRING_RULE.check()
    assert rules.imperative_share() > rules.LEAST_IMPERATIVE_SHARE, rules.format_findings(findings)

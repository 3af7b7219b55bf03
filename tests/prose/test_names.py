"""Names say what they hold: the vocabulary's nouns, and no more of each kind than the budget allows."""

import pytest

from tests.prose import rules

pytestmark = pytest.mark.untraced  # what others cover, at length


@pytest.mark.parametrize("rule", rules.NAME_RULES, ids=str)
def test_names_and_shapes_stay_within_budget(rule: rules.Rule) -> None:
    findings = rule.check()
    assert len(findings) <= rule.budget, rules.format_findings(findings)


def test_hardly_any_name_is_a_bare_participle() -> None:
    findings = rules.PARTICIPLE_RULE.check()
    assert rules.participles_per_thousand() < rules.MOST_PARTICIPLES_PER_THOUSAND, rules.format_findings(findings)


def test_the_words_of_the_issue_are_rare() -> None:
    assert rules.issue_words_per_thousand() < rules.MOST_PARTICIPLES_PER_THOUSAND

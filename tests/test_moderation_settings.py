"""The settings of moderation: what they accept, and which contradictions they refuse by name."""

import re
from typing import Any

import pytest

from app.domain.errors import InvalidSetting
from app.domain.moderation.rules import ModerationRules, Show
from app.settings import load


def _rules(**options: Any) -> ModerationRules:
    return load({"repo": "ada/blog,ada/notes", **options}, env_file=None).moderation


def test_nothing_is_held_back_by_default() -> None:
    assert _rules() == ModerationRules()
    assert not _rules().is_active


def test_every_setting_is_part_of_the_rules() -> None:
    rules = _rules(
        show="Approved",
        show_associations="member, first-time-contributor,MEMBER",
        approval="👍",
        approvers="@Bob, eve",
        hold_words="Casino*, buy now",
        hold_links="3",
        deny_authors="Spammer,\nad-bot[bot]",
    )
    assert rules.is_active
    assert rules.show is Show.APPROVED
    assert rules.associations == {"MEMBER", "FIRST_TIME_CONTRIBUTOR"}
    assert (rules.approval, rules.hold_links) == ("+1", 3)
    assert rules.approvers == {"bob", "eve"}
    assert [word.text for word in rules.hold_words] == ["casino", "buy now"]
    assert rules.denied_authors == {"spammer", "ad-bot[bot]"}


@pytest.mark.parametrize(
    ("value", "reaction"), [("+1", "+1"), (":heart:", "heart"), ("❤️", "heart"), ("Rocket", "rocket")]
)
def test_reaction_is_written_by_name_or_as_emoji(value: str, reaction: str) -> None:
    assert _rules(show="approved", approval=value).approval == reaction


@pytest.mark.parametrize(
    ("options", "name", "advice"),
    [
        ({"show": "some"}, "SHOW", "all, associations or approved"),
        ({"show": "associations"}, "SHOW_ASSOCIATIONS", "needs to know which"),
        ({"show_associations": "OWNER"}, "SHOW_ASSOCIATIONS", "Set AFTERWORD_SHOW=associations"),
        ({"show": "associations", "show_associations": "FRIEND"}, "SHOW_ASSOCIATIONS", "no association"),
        ({"show": "associations", "show_associations": "OWNER,NONE"}, "SHOW_ASSOCIATIONS", "everyone"),
        ({"show": "approved"}, "APPROVAL", "which reaction"),
        ({"show": "approved", "approval": "-1"}, "APPROVAL", "approves nothing"),
        ({"approval": "+1"}, "APPROVAL", "nothing is held back"),
        ({"show": "associations", "show_associations": "OWNER", "approval": "+1"}, "APPROVAL", "Set AFTERWORD_SHOW"),
        ({"approvers": "bob"}, "APPROVERS", "Name one with AFTERWORD_APPROVAL"),
        ({"show": "approved", "approval": "+1", "approvers": "bob smith"}, "APPROVERS", "no account"),
        ({"show": "approved", "approval": "+1", "deny_authors": "Ada"}, "DENY_AUTHORS", "Ada approves comments"),
        ({"hold_links": "2", "approval": "+1", "approvers": "b", "deny_authors": "B"}, "DENY_AUTHORS", "approves"),
        ({"deny_authors": "https://github.com/eve"}, "DENY_AUTHORS", "no account"),
        ({"hold_words": "*"}, "HOLD_WORDS", "every comment"),
        ({"hold_links": "0"}, "HOLD_LINKS", "1 or more"),
    ],
)
def test_contradiction_is_refused_by_name(options: dict[str, str], name: str, advice: str) -> None:
    with pytest.raises(InvalidSetting, match=rf"^AFTERWORD_{name}: .*{re.escape(advice)}"):
        _rules(**options)


def test_owner_may_be_denied_if_no_reaction_approves() -> None:
    assert _rules(deny_authors="Ada").denied_authors == {"ada"}


def test_rules_have_different_digests() -> None:
    digests = {
        _rules(**options).digest
        for options in (
            {},
            {"hold_words": "a"},
            {"hold_words": "b"},
            {"hold_links": "1"},
            {"deny_authors": "a"},
            {"show": "approved", "approval": "+1"},
            {"show": "approved", "approval": "heart"},
            {"show": "approved", "approval": "heart", "approvers": "a"},
            {"show": "approved", "approval": "heart", "show_associations": "MEMBER"},
        )
    }
    assert len(digests) == 9

"""Which comments are held back, and for which reason."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.moderation.rules import (
    HoldKind,
    ModerationRules,
    Show,
    hold_reason,
    needs_request,
)
from app.domain.threads import Approval, Comment
from tests.domain.moderation.judged_comments import (
    BY_APPROVAL,
    CREATED,
    EDITED,
    LATER,
    LINKS,
    SPAM,
    WORDS,
    after_request,
    comment_by_bob,
)


def _kind(rules: ModerationRules, item: Comment) -> HoldKind | None:
    reason = hold_reason(item, rules)
    return None if reason is None else reason.kind


@pytest.mark.parametrize(
    ("rules", "fields", "kind"),
    [
        (ModerationRules(), {"text": SPAM, "body_html": LINKS}, None),
        (ModerationRules(denied_authors=frozenset({"bob"})), {}, HoldKind.AUTHOR),
        (ModerationRules(denied_authors=frozenset({"bob"})), {"author_association": "OWNER"}, HoldKind.AUTHOR),
        (ModerationRules(show=Show.ASSOCIATIONS, associations=frozenset({"MEMBER"})), {}, HoldKind.ASSOCIATION),
        (
            ModerationRules(show=Show.ASSOCIATIONS, associations=frozenset({"MEMBER"})),
            {"author_association": "MEMBER"},
            None,
        ),
        (ModerationRules(hold_words=WORDS), {"text": SPAM}, HoldKind.WORD),
        (ModerationRules(hold_words=WORDS), {"text": SPAM, "author_association": "OWNER"}, None),
        (ModerationRules(hold_words=WORDS), {"body_html": '<a href="https://casino.example">x</a>'}, HoldKind.WORD),
        (ModerationRules(hold_words=WORDS, denied_authors=frozenset({"bob"})), {"text": SPAM}, HoldKind.AUTHOR),
        (ModerationRules(hold_links=2), {"body_html": LINKS}, HoldKind.LINKS),
        (ModerationRules(hold_links=3), {"body_html": LINKS}, None),
        (ModerationRules(hold_links=2, approval="+1", approvers=frozenset({"bob"})), {"body_html": LINKS}, None),
        (BY_APPROVAL, {}, HoldKind.APPROVAL),
        (BY_APPROVAL, {"author_association": "MEMBER"}, None),
        (BY_APPROVAL, {"author_association": "OWNER"}, None),
        (BY_APPROVAL, {"reactions": {"heart": 1}}, HoldKind.APPROVAL),
        (BY_APPROVAL, {"reactions": {"+1": 1}}, HoldKind.PENDING),
    ],
)
def test_rule_holds_a_comment_back(rules: ModerationRules, fields: dict[str, Any], kind: HoldKind | None) -> None:
    assert _kind(rules, comment_by_bob(**fields)) == kind


@pytest.mark.parametrize(
    ("updated_at", "reacted_at", "kind"),
    [
        (CREATED, LATER, None),
        (CREATED, CREATED, None),
        (CREATED, None, HoldKind.APPROVAL),
        (EDITED, LATER, None),
        (EDITED, EDITED, HoldKind.EDIT),
        (EDITED, CREATED, HoldKind.EDIT),
    ],
)
def test_approval_is_for_the_text_at_its_time(updated_at: str, reacted_at: str | None, kind: HoldKind | None) -> None:
    item = after_request(comment_by_bob(reactions={"+1": 1}, updated_at=updated_at), reacted_at)
    assert _kind(BY_APPROVAL, item) == kind


def test_edit_after_approval_is_held_back_until_the_next() -> None:
    approved = after_request(comment_by_bob(reactions={"+1": 1}), LATER)
    edited = replace(comment_by_bob(SPAM, reactions={"+1": 1}, updated_at=LATER), approval=approved.approval)
    assert (_kind(BY_APPROVAL, edited), needs_request(edited, BY_APPROVAL, now=1.0)) == (HoldKind.EDIT, True)
    asked = after_request(edited, EDITED)
    assert (_kind(BY_APPROVAL, asked), needs_request(asked, BY_APPROVAL, now=1.0)) == (HoldKind.EDIT, False)
    assert needs_request(asked, BY_APPROVAL, now=601.0)
    assert _kind(BY_APPROVAL, after_request(asked, "2026-01-04T00:00:00Z")) is None


def test_change_of_the_time_alone_keeps_the_approval() -> None:
    approved = after_request(comment_by_bob(reactions={"+1": 1}), EDITED)
    pinned = replace(comment_by_bob(reactions={"+1": 2}, updated_at=LATER), approval=approved.approval)
    assert _kind(BY_APPROVAL, pinned) is None
    assert _kind(BY_APPROVAL, after_request(pinned, EDITED)) is None


def test_reaction_that_is_itself_the_last_change_approves() -> None:
    before, after = comment_by_bob(), comment_by_bob(reactions={"+1": 1}, updated_at=EDITED)
    assert _kind(BY_APPROVAL, after_request(after, EDITED, before)) is None
    assert _kind(BY_APPROVAL, after_request(after, EDITED, comment_by_bob("Other"))) is HoldKind.EDIT
    later = comment_by_bob(reactions={"+1": 1}, updated_at=LATER)
    assert _kind(BY_APPROVAL, after_request(later, EDITED, before)) is HoldKind.EDIT


def test_withdrawn_reaction_holds_back_at_once() -> None:
    approved = after_request(comment_by_bob(reactions={"+1": 1}), LATER)
    assert _kind(BY_APPROVAL, replace(comment_by_bob(), approval=approved.approval)) is HoldKind.APPROVAL


def test_approval_by_other_rules_counts_nothing() -> None:
    approved = after_request(comment_by_bob(reactions={"+1": 1}), LATER)
    others = replace(BY_APPROVAL, approvers=frozenset({"eve"}))
    assert _kind(others, approved) is HoldKind.PENDING
    assert needs_request(approved, others, now=0.0)


@pytest.mark.parametrize(
    ("rules", "fields", "expected"),
    [
        (BY_APPROVAL, {}, False),
        (BY_APPROVAL, {"reactions": {"+1": 1}}, True),
        (BY_APPROVAL, {"reactions": {"+1": 1}, "author_association": "MEMBER"}, False),
        (replace(BY_APPROVAL, denied_authors=frozenset({"bob"})), {"reactions": {"+1": 1}}, False),
        (ModerationRules(approval="+1", hold_words=WORDS), {"reactions": {"+1": 1}}, False),
        (ModerationRules(approval="+1", hold_words=WORDS), {"reactions": {"+1": 1}, "text": SPAM}, True),
    ],
)
def test_question_is_only_for_what_is_held_back(
    rules: ModerationRules, fields: dict[str, Any], *, expected: bool
) -> None:
    assert needs_request(comment_by_bob(**fields), rules, now=0.0) == expected


@given(
    events=st.lists(st.sampled_from(["react", "Well said", SPAM]), max_size=5),
    seen=st.integers(0, 5),
    moves_time=st.booleans(),
)
def test_only_the_text_that_was_approved_is_shown(events: list[str], seen: int, *, moves_time: bool) -> None:
    """People edit and react, one after the other; the mirror has seen some of it when GitHub is asked."""
    states, reacted_at, approved_text, edited_since = [comment_by_bob()], None, None, False
    for day, event in enumerate(events, start=2):
        at, before = f"2026-01-0{day}T00:00:00Z", states[-1]
        if event == "react":
            reacted_at, approved_text, edited_since = at, before.body, False
            updated_at = at if moves_time else before.updated_at
            states.append(comment_by_bob(before.body, reactions={"+1": 1}, updated_at=updated_at))
        else:
            edited_since = True
            states.append(comment_by_bob(event, reactions={"+1": int(bool(reacted_at))}, updated_at=at))
    current, mirrored = states[-1], states[min(seen, len(states) - 1)]
    is_shown = hold_reason(after_request(current, reacted_at, mirrored), BY_APPROVAL) is None
    assert not is_shown or current.body == approved_text
    if reacted_at is not None and not edited_since and not moves_time:
        assert is_shown


def test_approvers_are_the_owner_by_default() -> None:
    assert BY_APPROVAL.approving_logins("Ada/blog") == {"ada"}
    assert replace(BY_APPROVAL, approvers=frozenset({"eve"})).approving_logins("Ada/blog") == {"eve"}


def test_reason_is_a_sentence_for_the_owner() -> None:
    reason = hold_reason(comment_by_bob(SPAM), ModerationRules(hold_words=WORDS))
    assert str(reason) == "It has the word “casino”."
    assert isinstance(after_request(comment_by_bob(), None).approval, Approval)

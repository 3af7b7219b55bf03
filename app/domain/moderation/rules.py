"""Decide which comments readers are shown. Pure.

| rule, in this order       | a comment is held back if                                                    |
|---------------------------|------------------------------------------------------------------------------|
| authors                   | its author is one of `denied_authors`                                        |
| associations              | only some are shown, and its author has none of them                         |
| words, links              | it has one of the words, or as many links                                    |
| approval                  | only what is approved is shown, and its author's association needs it        |

The last two rules pass what the repository's owner and the approvers write, and what an approver has approved.

An approval is a reaction, and GitHub's comments have only the number of each. Who reacted is asked for comments that
would be held back without it (`needs_request`); until that is known they are held back. An approval is for a text: a
comment that is edited later is held back until an approver reacts again. A text is known to be the approved one if the
comment was never edited, if the reaction came in a later second than the last edit, or if it is the text that was
approved before. So is a text that the mirror had before a reaction which is itself the last change: GitHub does not say
whether a reaction counts as one. A withdrawn reaction holds the comment back when the number of reactions falls to 0,
or when GitHub was asked again: once the number is another one, and otherwise each day, because one account may react
while another takes its reaction back (`review_due`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from hashlib import blake2b

from app.domain.moderation.hold_words import HoldWord, first_hold_word
from app.domain.moderation.links import attribute_texts, has_links
from app.domain.threads import Approval, Comment
from app.domain.times import is_within

OWNER = "OWNER"
_REQUEST_AGAIN_AFTER = 600.0
"""Seconds after which GitHub is asked again about a comment that was edited after its approval: who reacts again takes
the old reaction away first, and the number may be the same when it is next seen."""

REVIEW_AFTER = 86_400.0
"""Seconds after which GitHub is asked again although the number of reactions is the same."""


class Show(StrEnum):
    """What is shown besides what other rules hold back."""

    ALL = "all"
    ASSOCIATIONS = "associations"
    APPROVED = "approved"


class HoldKind(StrEnum):
    """Why a comment is held back."""

    AUTHOR = "author"
    ASSOCIATION = "association"
    WORD = "word"
    LINKS = "links"
    APPROVAL = "approval"
    EDIT = "edit"
    """It was edited after its approval."""
    PENDING = "pending"
    """It has the reaction, and GitHub was not asked yet who gave it."""


_SENTENCES: Mapping[HoldKind, str] = {
    HoldKind.AUTHOR: "Its author is denied.",
    HoldKind.ASSOCIATION: "Its author has the association {detail}, which is not shown.",
    HoldKind.WORD: "It has the word “{detail}”.",
    HoldKind.LINKS: "It has {detail} links or more.",
    HoldKind.APPROVAL: "It waits for the reaction {detail} of an approver.",
    HoldKind.EDIT: "It was edited after its approval. To approve the new text, undo your reaction and react again.",
    HoldKind.PENDING: "It has the reaction {detail}. GitHub is about to be asked who gave it.",
}


@dataclass(frozen=True, slots=True)
class HoldReason:
    """Why a comment is held back; `detail` is the word, the number, the association or the reaction."""

    kind: HoldKind
    detail: str = ""

    def __str__(self) -> str:
        return _SENTENCES[self.kind].format(detail=self.detail)


@dataclass(frozen=True)
class ModerationRules:
    """The owner's rules; without arguments nothing is held back."""

    show: Show = Show.ALL
    associations: frozenset[str] = frozenset()
    """Those that are shown (`Show.ASSOCIATIONS`), or need no approval (`Show.APPROVED`)."""
    approval: str | None = None
    """The reaction that approves a comment, in GitHub's spelling; None if none does."""
    approvers: frozenset[str] = frozenset()
    """Logins, with folded case; empty for the owner of each repository."""
    hold_words: tuple[HoldWord, ...] = ()
    hold_links: int | None = None
    """The number of links from which on a comment is held back."""
    denied_authors: frozenset[str] = frozenset()
    """Logins, with folded case."""

    @cached_property
    def is_active(self) -> bool:
        """Return True if the rules may hold a comment back."""
        return bool(self.show is not Show.ALL or self.hold_words or self.hold_links or self.denied_authors)

    @cached_property
    def digest(self) -> str:
        """Return what tells these rules from others."""
        words = sorted(word.spelling for word in self.hold_words)
        sets = map(sorted, (self.associations, self.denied_authors))
        return _digest(self.show, self.approval_digest, words, self.hold_links, *sets)

    @cached_property
    def approval_digest(self) -> str:
        """Return what tells approvals by these rules from others."""
        return _digest(self.approval, sorted(self.approvers))

    def approving_logins(self, full_name: str) -> frozenset[str]:
        """Return the approvers of a repository with this current name, with folded case."""
        return self.approvers or frozenset({full_name.partition("/")[0].casefold()})


def hold_reason(comment: Comment, rules: ModerationRules) -> HoldReason | None:
    """Return why a comment is held back; None if readers may see it."""
    if comment.author.login.casefold() in rules.denied_authors:
        return HoldReason(HoldKind.AUTHOR)
    if rules.show is Show.ASSOCIATIONS and comment.association not in rules.associations:
        return HoldReason(HoldKind.ASSOCIATION, comment.association)
    if _is_trusted(comment, rules) or _is_approved(comment, rules):
        return None
    return _text_reason(comment, rules) or _approval_reason(comment, rules)


def needs_request(comment: Comment, rules: ModerationRules, *, now: float) -> bool:
    """Return True if GitHub has to be asked who reacted to a comment, which would be held back without approval."""
    if _is_known(comment, rules) and not _waits_for_new_reaction(comment, rules, now=now):
        return False
    return _depends_on_reaction(comment, rules)


def review_due(comment: Comment, rules: ModerationRules) -> float | None:
    """Return when GitHub is asked again who reacted to a comment, in epoch seconds; None if it was never asked."""
    approval = comment.approval
    if approval is None or not _is_known(comment, rules) or not _depends_on_reaction(comment, rules):
        return None
    return approval.requested_at + REVIEW_AFTER


def approval_of(
    comment: Comment, rules: ModerationRules, reacted_at: str | None, *, mirror_copy: Comment, at: float
) -> Approval:
    """Return what is stored of a comment after GitHub was asked about it.

    `reacted_at` is when an approver reacted, None if none has: the comment was read after the reactions. `mirror_copy`
    is what the mirror had of it before.
    """
    approved_text = None
    if reacted_at is not None and _is_text_approved(comment, rules, reacted_at, mirror_copy):
        approved_text = text_digest(comment)
    return Approval(
        rule=rules.approval_digest,
        total=_reaction_total(comment, rules),
        updated_at=comment.updated_at,
        requested_at=at,
        reacted_at=reacted_at,
        text=approved_text,
    )


def text_digest(comment: Comment) -> str:
    """Return what tells one text of a comment from another."""
    return blake2b((comment.body or comment.body_html).encode("utf-8", "replace"), digest_size=16).hexdigest()


def _is_text_approved(comment: Comment, rules: ModerationRules, reacted_at: str, mirror_copy: Comment) -> bool:
    """Return True if a text that was read after the reaction is the one that the approver saw."""
    if comment.edited_at is None or reacted_at > comment.updated_at:
        return True
    text, previous = text_digest(comment), mirror_copy.approval
    if previous is not None and previous.rule == rules.approval_digest and previous.text == text:
        return True
    # the reaction itself may be the last change: then the mirror has the same text from before
    return mirror_copy.updated_at < reacted_at == comment.updated_at and text_digest(mirror_copy) == text


def _is_trusted(comment: Comment, rules: ModerationRules) -> bool:
    return comment.association == OWNER or comment.author.login.casefold() in rules.approvers


def _reaction_total(comment: Comment, rules: ModerationRules) -> int:
    return (comment.reactions.counts or {}).get(rules.approval, 0) if rules.approval is not None else 0


def _is_approved(comment: Comment, rules: ModerationRules) -> bool:
    approval = comment.approval
    if approval is None or approval.rule != rules.approval_digest or not _reaction_total(comment, rules):
        return False
    return approval.text == text_digest(comment)


def _depends_on_reaction(comment: Comment, rules: ModerationRules) -> bool:
    """Return True if a comment has the reaction, and would be held back without an approver's."""
    if not _reaction_total(comment, rules) or _is_trusted(comment, rules):
        return False
    if comment.author.login.casefold() in rules.denied_authors:
        return False
    needs_approval = rules.show is Show.APPROVED and comment.association not in rules.associations
    return needs_approval or _text_reason(comment, rules) is not None


def _is_known(comment: Comment, rules: ModerationRules) -> bool:
    """Return True if nothing says that GitHub's answer about a comment is another one by now."""
    state = (rules.approval_digest, _reaction_total(comment, rules), comment.updated_at)
    approval = comment.approval
    return approval is not None and (approval.rule, approval.total, approval.updated_at) == state


def _waits_for_new_reaction(comment: Comment, rules: ModerationRules, *, now: float) -> bool:
    approval = comment.approval
    if approval is None or approval.reacted_at is None or _is_approved(comment, rules):
        return False
    return not is_within(_REQUEST_AGAIN_AFTER, approval.requested_at, now=now)


def _text_reason(comment: Comment, rules: ModerationRules) -> HoldReason | None:
    if rules.hold_words:
        text = "\n".join((comment.body_text or comment.body, *attribute_texts(comment.body_html)))
        word = first_hold_word(rules.hold_words, text)
        if word is not None:
            return HoldReason(HoldKind.WORD, word)
    if rules.hold_links and has_links(comment.body_html, comment.url, at_least=rules.hold_links):
        return HoldReason(HoldKind.LINKS, str(rules.hold_links))
    return None


def _approval_reason(comment: Comment, rules: ModerationRules) -> HoldReason | None:
    if rules.show is not Show.APPROVED or comment.association in rules.associations:
        return None
    reaction, approval = rules.approval or "", comment.approval
    if not _reaction_total(comment, rules):
        return HoldReason(HoldKind.APPROVAL, reaction)
    if approval is not None and approval.rule == rules.approval_digest and approval.reacted_at is not None:
        return HoldReason(HoldKind.EDIT)
    return HoldReason(HoldKind.APPROVAL if _is_known(comment, rules) else HoldKind.PENDING, reaction)


def _digest(*values: object) -> str:
    return blake2b(repr(values).encode("utf-8", "replace"), digest_size=16).hexdigest()

"""Comments that the rules decide about, and what is stored after GitHub was asked who reacted."""

from dataclasses import replace
from typing import Any

from app.domain.moderation.hold_words import parse_hold_words
from app.domain.moderation.rules import ModerationRules, Show, approval_of
from app.domain.threads import Comment
from tests.domain.builders import comment
from tests.github.objects import user_object

CREATED, EDITED, LATER = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"
WORDS = parse_hold_words("casino")
BY_APPROVAL = ModerationRules(show=Show.APPROVED, approval="+1", associations=frozenset({"MEMBER"}))
SPAM = "Play in the casino"
LINKS = '<a href="https://a.example">a</a> <a href="https://b.example">b</a>'


def comment_by_bob(text: str = "Well said", **fields: Any) -> Comment:
    defaults: dict[str, Any] = {
        "user": user_object(login="Bob"),
        "author_association": "NONE",
        "body": text,
        "body_text": text,
        "body_html": f"<p>{text}</p>",
        "created_at": CREATED,
        "updated_at": CREATED,
    }
    return comment(7, **{**defaults, **fields})


def after_request(item: Comment, reacted_at: str | None, mirror_copy: Comment | None = None) -> Comment:
    """Return the comment after GitHub was asked about it."""
    approval = approval_of(item, BY_APPROVAL, reacted_at, mirror_copy=mirror_copy or item, at=0.0)
    return replace(item, approval=approval)

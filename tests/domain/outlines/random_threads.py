"""Random changes of a thread, whose texts quote and mention each other often."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from app.domain.outlines.outline_source import CommentChanges, OutlineSource
from app.domain.threads import GHOST, Comment, outline
from tests.domain.builders import comment
from tests.github.objects import user_object

ThreadChanges = Sequence[tuple[Sequence[Comment], frozenset[int]]]
"""What is put and what is removed, one after the other."""
LOGINS = ("ann", "Ben", "cal[bot]", GHOST)
HELD_WORD = "tides"
"""Comments with this word are held back."""

_lines = st.sampled_from(
    [
        *("boats need tides", "old boats need new tides again", "hm", "yes", "漢字", "rain"),
        *("> boats need tides", "> need", "> hm", "> rain\n> boats", "> 漢字", "@ann", "@ben and @cal", "@nobody-here"),
    ]
)
_texts = st.lists(_lines, min_size=1, max_size=3).map("\n\n".join)
_comments = st.builds(
    lambda key, login, body, day, hearts, reason, pin: _comment(
        key,
        user=None if login == GHOST else user_object(login=login),
        body=body,
        updated_at=f"2026-01-0{day}T00:00:00Z",
        reactions={"heart": hearts},
        minimized=reason and {"reason": reason},
        pin={} if pin else None,
    ),
    st.integers(1, 14),
    st.sampled_from(LOGINS),
    _texts,
    st.integers(1, 3),
    st.integers(0, 2),
    st.none() | st.just("SPAM"),
    st.booleans(),
)
changes = st.lists(
    st.tuples(st.lists(_comments, max_size=3), st.frozensets(st.integers(1, 14), max_size=2)), min_size=1, max_size=8
)
"""What is put and what is removed, one after the other."""


def _comment(key: int, **fields: Any) -> Comment:
    fields["pin"] = fields["pin"] if fields["pin"] is None else {"pinned_by": "ada"}
    text = fields["body"]
    return comment(key, author_association="NONE", body_text=text, body_html=f"<p>{text}</p>", **fields)


def is_held_back(item: Comment) -> bool:
    """Return True if the rules of these tests hold a comment back."""
    return HELD_WORD in item.body


def apply(thread: dict[int, Comment], put: Sequence[Comment], removed_ids: frozenset[int]) -> CommentChanges:
    """Change a thread; return what happened."""
    for item in put:
        thread[item.id] = item
    for key in removed_ids:
        thread.pop(key, None)
    put_ids = {item.id for item in put} - removed_ids
    return CommentChanges([thread[key] for key in put_ids], removed_ids, len(thread))


def in_order(thread: dict[int, Comment]) -> list[Comment]:
    """Return the comments by ascending id."""
    return [thread[key] for key in sorted(thread)]


def assert_equal_after_each(several: ThreadChanges) -> None:
    """Compare outlines that follow changes with those that are made of all comments."""
    thread: dict[int, Comment] = {}
    source, moderated_source = OutlineSource(()), OutlineSource((), is_held_back)
    for put, removed_ids in several:
        change = apply(thread, put, removed_ids)
        assert source.change(change)
        assert source.outline() == outline(in_order(thread))
        moderated_source.change(change, is_held_back)
        assert moderated_source.outline() == outline(in_order(thread), is_held_back)
    assert OutlineSource(in_order(thread)).outline() == source.outline()

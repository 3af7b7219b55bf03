"""The outline of a thread: what its pages need of all its comments."""

from app.domain.threads import GHOST, NO_COMMENTS, outline
from tests.domain.builders import comment
from tests.github.objects import user_object

ADA = comment(1, user=user_object(login="ada"), body="Databases need backups.", updated_at="2020-07-01T10:00:00Z")
BEN = comment(3, user=user_object(login="ben"), body="> Databases need backups.\n\nYes.", pin={"pinned_by": "ada"})
EVE = comment(7, user=user_object(login="eve"), body="@ben No.", minimized={"reason": "SPAM"}, reactions={"heart": 2})


def test_no_comments_have_an_empty_outline() -> None:
    assert len(outline(())) == len(NO_COMMENTS) == 0
    assert NO_COMMENTS.position(1) is None
    assert NO_COMMENTS.reply_target(1) is None


def test_outline_has_each_comment_in_its_position() -> None:
    thread = outline([ADA, BEN, EVE])
    assert list(thread.ids) == [1, 3, 7]
    assert [thread.position(comment_id) for comment_id in (0, 1, 2, 3, 7, 8)] == [None, 0, None, 1, 2, None]
    assert list(thread.hidden) == [0, 0, 1]
    assert list(thread.pinned) == [1]
    assert list(thread.reaction_totals) == [0, 0, 2]
    assert list(thread.by_reactions) == [2, 0, 1]
    assert thread.update_times[0] == 1_593_597_600.0


def test_outline_says_who_replies_to_whom() -> None:
    thread = outline([ADA, BEN, EVE])
    assert [thread.reply_target(comment_id) for comment_id in (1, 3, 7, 99)] == [None, 1, 3, None]


def test_reply_to_a_hidden_comment_has_no_visible_target() -> None:
    reply = comment(9, user=user_object(login="ada"), body="@eve Why?")
    thread = outline([ADA, BEN, EVE, reply])
    assert thread.reply_target(9) == 7
    assert thread.visible_reply_target(9) is None
    assert thread.visible_reply_target(7) == 3


def test_deleted_account_is_never_mentioned() -> None:
    ghost = comment(2, user=None, body="Hello.")
    reply = comment(3, user=user_object(login="ben"), body=f"@{GHOST} Hello.")
    assert outline([ghost, reply]).reply_target(3) is None

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidCursor
from app.domain.threads import Comment, Issue, Status, Thread
from app.render import api, cursors
from app.render.document import JSON, Document
from app.render.keys import CommentsKey, Order
from tests.render.rendered_json import read_json
from tests.render.sample_threads import REPO, SECRET, WEB, a_comment, a_thread, an_issue, fake_sanitize, no_thread

NONE = {"+1": 0, "-1": 0, "laugh": 0, "hooray": 0, "confused": 0, "heart": 0, "rocket": 0, "eyes": 0}
NO_REACTIONS = {"total_count": 0} | NONE
MISSING = {
    "ghissueid": 41,
    "repo": "ada/blog",
    "status": "missing",
    "title": None,
    "issue_url": None,
    "comment_url": None,
    "comment_count": 0,
    "reactions": NO_REACTIONS,
    "updated_at": None,
    "checked_at": "2020-09-13T12:26:40Z",
    "stale": False,
    "version": 0,
}


def _key(order: Order = Order.OLDEST, limit: int = 100, cursor: str | None = None, number: int = 41) -> CommentsKey:
    return CommentsKey(REPO, number, order, limit, cursor)


def _ids(document: Document) -> list[int]:
    return [comment["id"] for comment in read_json(document)["comments"]]


def test_post_has_all_fields_without_comments() -> None:
    issue = an_issue(title="The Best Interview is No Interview", reactions={"+1": 2, "heart": 1}, comments=2)
    thread = a_thread(a_comment(1001), a_comment(1002, updated_at="2021-03-04T05:06:07Z"), issue=issue, stale=True)
    document = api.post(thread)
    assert read_json(document) == {
        "ghissueid": 41,
        "repo": "ada/blog",
        "status": "open",
        "title": "The Best Interview is No Interview",
        "issue_url": f"{WEB}/issues/41",
        "comment_url": f"{WEB}/issues/41#issuecomment-new",
        "comment_count": 2,
        "reactions": {"total_count": 3} | NONE | {"+1": 2, "heart": 1},
        "updated_at": "2020-07-01T09:30:00Z",
        "checked_at": "2020-09-13T12:26:40Z",
        "stale": True,
        "version": 0,
    }
    assert (document.status, document.content_type, document.checked_at, document.stale, document.pages) == (
        200,
        JSON,
        1_600_000_000.9,
        True,
        None,
    )


def test_post_fields_have_the_documented_order() -> None:
    assert list(read_json(api.post(a_thread()))) == list(MISSING)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, "open"),
        ({"state": "closed"}, "closed"),
        ({"locked": True}, "locked"),
        ({"state": "closed", "locked": True}, "locked"),
    ],
)
def test_post_status_follows_the_issue(fields: dict[str, Any], status: str) -> None:
    assert read_json(api.post(a_thread(issue=an_issue(**fields))))["status"] == status


def test_post_update_time_is_the_issues() -> None:
    assert read_json(api.post(a_thread()))["updated_at"] == "2020-07-01T09:30:00Z"


@pytest.mark.parametrize("status", [Status.MISSING, Status.GONE])
def test_post_without_issue_is_rendered(status: Status) -> None:
    assert read_json(api.post(no_thread(status))) == MISSING | {"status": status}


def test_unchecked_post_has_null_checked_at() -> None:
    assert read_json(api.post(replace(no_thread(), checked_at=None)))["checked_at"] is None


@pytest.mark.parametrize("status", [Status.MISSING, Status.GONE])
@pytest.mark.parametrize("order", Order)
def test_post_without_issue_has_no_comments(status: Status, order: Order) -> None:
    assert read_json(api.comments(no_thread(status), _key(order), fake_sanitize, SECRET)) == {
        "post": MISSING | {"status": status},
        "comments": [],
        "next": None,
    }


def test_comment_has_all_documented_fields() -> None:
    comment = a_comment(
        1001,
        login="ada",
        author_association="OWNER",
        reactions={"rocket": 4},
        updated_at="2020-07-03T00:00:00Z",
        pin={"pinned_at": "2020-07-03T00:00:00Z", "pinned_by": None},
    )
    document = api.comments(a_thread(comment), _key(), fake_sanitize, SECRET)
    assert read_json(document)["comments"] == [
        {
            "id": 1001,
            "author": {
                "login": "ada",
                "url": "https://github.com/ada",
                "avatar_url": "https://avatars.githubusercontent.com/ada",
                "association": "OWNER",
                "is_owner": True,
                "is_bot": False,
            },
            "created_at": "2020-07-02T10:00:00Z",
            "edited_at": "2020-07-03T00:00:00Z",
            "html": "<p>safe 1001</p>",
            "text": "text 1001",
            "dir": "ltr",
            "url": f"{WEB}/issues/41#issuecomment-1001",
            "reply_to": None,
            "reactions": {"total_count": 4} | NONE | {"rocket": 4},
            "pinned": True,
            "hidden": None,
        }
    ]
    assert read_json(document)["next"] is None
    assert read_json(document)["post"] == read_json(api.post(a_thread(comment)))


@pytest.mark.parametrize("association", ["MEMBER", "COLLABORATOR", "CONTRIBUTOR", "NONE"])
def test_other_associations_are_not_the_owner(association: str) -> None:
    author = read_json(
        api.comments(a_thread(a_comment(author_association=association)), _key(), fake_sanitize, SECRET)
    )["comments"][0]["author"]
    assert (author["association"], author["is_owner"]) == (association, False)


@pytest.mark.parametrize(("login", "author_fields"), [(None, ("ghost", False)), ("ci[bot]", ("ci[bot]", True))])
def test_deleted_accounts_and_bots_are_authors(login: str | None, author_fields: tuple[str, bool]) -> None:
    author = read_json(api.comments(a_thread(a_comment(login=login)), _key(), fake_sanitize, SECRET))["comments"][0][
        "author"
    ]
    assert (author["login"], author["is_bot"]) == author_fields


def test_hidden_comment_has_no_text() -> None:
    def refuse(value: Comment | Issue) -> str:
        raise AssertionError(f"{value.id} is hidden")

    comment = a_comment(minimized={"reason": "SPAM"}, body="buy!", body_text="buy!", body_html="<p>buy!</p>")
    document = api.comments(a_thread(comment), _key(), refuse, SECRET)
    fields = read_json(document)["comments"][0]
    assert (fields["hidden"], fields["html"], fields["text"]) == ("spam", None, None)
    assert b"buy!" not in document.bodies["identity"]


def test_reply_to_may_name_a_comment_on_another_page() -> None:
    thread = a_thread(
        a_comment(1, login="bob", body="Which one?"),
        a_comment(2, login="cleo", body="Nice."),
        a_comment(3, login="ada", body="@bob this one"),
    )
    first = read_json(api.comments(thread, _key(Order.NEWEST, limit=1), fake_sanitize, SECRET))
    assert [(c["id"], c["reply_to"]) for c in first["comments"]] == [(3, 1)]


@pytest.mark.parametrize(
    ("order", "ids"),
    [(Order.OLDEST, [1, 2, 3, 4, 5]), (Order.NEWEST, [5, 4, 3, 2, 1]), (Order.REACTIONS, [4, 2, 5, 1, 3])],
)
@pytest.mark.parametrize("limit", [1, 2, 4, 5, 6])
def test_pages_cover_the_list_in_order(order: Order, ids: list[int], limit: int) -> None:
    totals = {1: 0, 2: 2, 3: 0, 4: 7, 5: 2}
    thread = a_thread(*(a_comment(n, reactions={"+1": total}) for n, total in totals.items()))
    listing: list[int] = []
    cursor: str | None = None
    sizes: list[int] = []
    while cursor is not None or not sizes:
        document = api.comments(thread, _key(order, limit, cursor), fake_sanitize, SECRET)
        cursor = read_json(document)["next"]
        sizes.append(len(_ids(document)))
        listing += _ids(document)
        assert len(listing) <= len(ids)
    assert listing == ids
    assert sizes == [min(limit, 5 - start) for start in range(0, 5, limit)]


@st.composite
def _changes_between_pages(draw: st.DrawFn) -> tuple[dict[int, int], list[tuple[frozenset[int], list[int]]]]:
    """Draw comments (id to total of reactions), and per page the ids deleted and the totals of new comments."""
    initial = draw(st.dictionaries(st.integers(1, 60), st.integers(0, 4), max_size=20))
    steps = st.tuples(st.frozensets(st.integers(1, 80), max_size=6), st.lists(st.integers(0, 4), max_size=3))
    return initial, draw(st.lists(steps, max_size=12))


@given(_changes_between_pages(), st.sampled_from(Order), st.integers(1, 5))
def test_changes_between_pages_cause_no_duplicates_or_gaps(
    changes: tuple[dict[int, int], list[tuple[frozenset[int], list[int]]]], order: Order, limit: int
) -> None:
    initial, steps = changes
    totals, deleted, new_ids = dict(initial), set[int](), iter(range(100, 1000))
    listing: list[int] = []
    cursor: str | None = None
    pending = list(steps)
    while True:
        thread = a_thread(*(a_comment(n, reactions={"+1": totals[n]}) for n in sorted(totals)))
        document = api.comments(thread, _key(order, limit, cursor), fake_sanitize, SECRET)
        listing += _ids(document)
        assert len(listing) == len(set(listing))
        cursor = read_json(document)["next"]
        if cursor is None:
            break
        removed, added = pending.pop() if pending else (frozenset[int](), list[int]())
        deleted |= removed & totals.keys()
        totals = {n: total for n, total in totals.items() if n not in removed} | {next(new_ids): t for t in added}
    assert set(initial) - deleted <= set(listing)


@given(st.sampled_from(Order), st.text() | st.text("AZaz09-_", min_size=32, max_size=32))
@pytest.mark.parametrize("thread", [a_thread(a_comment()), no_thread()], ids=["open", "missing"])
def test_invalid_cursor_is_refused(thread: Thread, order: Order, text: str) -> None:
    with pytest.raises(InvalidCursor):
        api.comments(thread, _key(order, cursor=text), fake_sanitize, SECRET)


def _after(comment_id: int, total: int = 0, *, order: Order = Order.OLDEST, secret: bytes = b"other") -> CommentsKey:
    digest = cursors.thread_list(REPO, 41, order)
    return _key(order, cursor=cursors.encode(digest, comment_id=comment_id, total=total, secret=secret))


@pytest.mark.parametrize("order", Order)
def test_unsigned_cursor_needs_its_comment(order: Order) -> None:
    thread = a_thread(*(a_comment(n, reactions={"+1": 2}) for n in (1, 3, 5)))
    expected = {Order.OLDEST: [5], Order.NEWEST: [1], Order.REACTIONS: [5]}[order]
    assert _ids(api.comments(thread, _after(3, 2, order=order), fake_sanitize, SECRET)) == expected
    for comment_id in (2, 4, 9):
        with pytest.raises(InvalidCursor):
            api.comments(thread, _after(comment_id, 2, order=order), fake_sanitize, SECRET)
        api.comments(thread, _after(comment_id, 2, order=order, secret=SECRET), fake_sanitize, SECRET)


def test_unsigned_cursor_needs_the_present_reactions() -> None:
    thread = a_thread(*(a_comment(n, reactions={"+1": 2}) for n in (1, 3, 5)))
    with pytest.raises(InvalidCursor):
        api.comments(thread, _after(3, 7, order=Order.REACTIONS), fake_sanitize, SECRET)
    assert _ids(api.comments(thread, _after(3, 7), fake_sanitize, SECRET)) == [5]


def test_cursor_works_after_thread_is_deleted() -> None:
    next_cursor = read_json(api.comments(a_thread(a_comment(1), a_comment(2)), _key(limit=1), fake_sanitize, SECRET))[
        "next"
    ]
    assert _ids(api.comments(no_thread(Status.GONE), _key(limit=1, cursor=next_cursor), fake_sanitize, SECRET)) == []


@pytest.mark.parametrize("other", [_key(Order.NEWEST), _key(Order.REACTIONS), _key(number=42)])
def test_cursor_of_another_list_is_refused(other: CommentsKey) -> None:
    thread = a_thread(a_comment(1), a_comment(2))
    next_cursor = read_json(api.comments(thread, _key(limit=1), fake_sanitize, SECRET))["next"]
    with pytest.raises(InvalidCursor):
        api.comments(thread, replace(other, cursor=next_cursor), fake_sanitize, SECRET)


RENDERINGS: list[Callable[[Thread], Document]] = [
    api.post,
    lambda thread: api.comments(thread, _key(), fake_sanitize, SECRET),
]


@pytest.mark.parametrize("rendering", RENDERINGS, ids=["post", "comments"])
def test_new_check_keeps_the_etag(rendering: Callable[[Thread], Document]) -> None:
    thread = a_thread(a_comment())
    before, after = rendering(thread), rendering(replace(thread, checked_at=1_700_000_000.0, stale=True))
    assert before.etag == after.etag
    assert before.bodies != after.bodies


@pytest.mark.parametrize("rendering", RENDERINGS, ids=["post", "comments"])
@pytest.mark.parametrize(
    "other",
    [
        a_thread(a_comment(), issue=an_issue(title="Another")),
        a_thread(a_comment(), issue=an_issue(locked=True)),
        a_thread(a_comment(), issue=an_issue(updated_at="2020-08-01T00:00:00Z")),
        a_thread(a_comment(), a_comment(1002)),
    ],
)
def test_etag_changes_with_the_content(rendering: Callable[[Thread], Document], other: Thread) -> None:
    assert rendering(a_thread(a_comment())).etag != rendering(other).etag


def test_etag_changes_with_the_base_url() -> None:
    thread = a_thread(a_comment(1001))
    etags = {
        api.comments(thread, replace(_key(), base_url=base_url), fake_sanitize, SECRET).etag
        for base_url in (None, "http://a", "http://b:1")
    }
    assert len(etags) == 3

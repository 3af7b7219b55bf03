from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidCursor
from app.domain.threads import Comment, Issue, Status, Thread
from app.render import api
from app.render.document import JSON, Document
from app.render.keys import CommentsKey, NewestKey, Order
from tests.render.documents import REPO, WEB, a_comment, a_thread, an_issue, no_thread, safe

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
}


def said(document: Document) -> Any:
    return orjson.loads(document.bodies["identity"])


def asked(order: Order = Order.OLDEST, limit: int = 100, cursor: str | None = None, number: int = 41) -> CommentsKey:
    return CommentsKey(REPO, number, order, limit, cursor)


def newest_key(limit: int = 10, cursor: str | None = None) -> NewestKey:
    return NewestKey(REPO, limit, cursor)


def listed(document: Document) -> list[int]:
    return [comment["id"] for comment in said(document)["comments"]]


def test_a_post_tells_all_of_its_thread_but_the_comments() -> None:
    issue = an_issue(title="The Best Interview is No Interview", reactions={"+1": 2, "heart": 1}, comments=2)
    thread = a_thread(a_comment(1001), a_comment(1002, updated_at="2021-03-04T05:06:07Z"), issue=issue, stale=True)
    document = api.post(thread)
    assert said(document) == {
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
    }
    assert (document.status, document.content_type, document.checked_at, document.stale, document.pages) == (
        200,
        JSON,
        1_600_000_000.9,
        True,
        None,
    )


def test_a_post_says_its_fields_in_the_order_of_the_design() -> None:
    assert list(said(api.post(a_thread()))) == list(MISSING)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, "open"),
        ({"state": "closed"}, "closed"),
        ({"locked": True}, "locked"),
        ({"state": "closed", "locked": True}, "locked"),
    ],
)
def test_a_post_has_the_status_of_its_issue(fields: dict[str, Any], status: str) -> None:
    assert said(api.post(a_thread(issue=an_issue(**fields))))["status"] == status


def test_a_post_was_updated_when_its_issue_was() -> None:
    assert said(api.post(a_thread()))["updated_at"] == "2020-07-01T09:30:00Z"


@pytest.mark.parametrize("status", [Status.MISSING, Status.GONE])
def test_a_post_without_an_issue_is_an_answer_too(status: Status) -> None:
    assert said(api.post(no_thread(status))) == MISSING | {"status": status}


def test_a_post_that_was_never_checked_says_so() -> None:
    assert said(api.post(replace(no_thread(), checked_at=None)))["checked_at"] is None


@pytest.mark.parametrize("status", [Status.MISSING, Status.GONE])
@pytest.mark.parametrize("order", Order)
def test_without_an_issue_there_are_no_comments_and_no_next_page(status: Status, order: Order) -> None:
    assert said(api.comments(no_thread(status), asked(order), safe)) == {
        "post": MISSING | {"status": status},
        "comments": [],
        "next": None,
    }


def test_a_comment_tells_everything_of_the_design() -> None:
    comment = a_comment(
        1001,
        login="ada",
        author_association="OWNER",
        reactions={"rocket": 4},
        updated_at="2020-07-03T00:00:00Z",
        pin={"pinned_at": "2020-07-03T00:00:00Z", "pinned_by": None},
    )
    document = api.comments(a_thread(comment), asked(), safe)
    assert said(document)["comments"] == [
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
            "url": f"{WEB}/issues/41#issuecomment-1001",
            "reply_to": None,
            "reactions": {"total_count": 4} | NONE | {"rocket": 4},
            "pinned": True,
            "hidden": None,
        }
    ]
    assert said(document)["next"] is None
    assert said(document)["post"] == said(api.post(a_thread(comment)))


@pytest.mark.parametrize("association", ["MEMBER", "COLLABORATOR", "CONTRIBUTOR", "NONE"])
def test_only_the_owner_is_the_owner(association: str) -> None:
    author = said(api.comments(a_thread(a_comment(author_association=association)), asked(), safe))["comments"][0][
        "author"
    ]
    assert (author["association"], author["is_owner"]) == (association, False)


@pytest.mark.parametrize(("login", "told"), [(None, ("ghost", False)), ("ci[bot]", ("ci[bot]", True))])
def test_ghosts_and_bots_are_authors_too(login: str | None, told: tuple[str, bool]) -> None:
    author = said(api.comments(a_thread(a_comment(login=login)), asked(), safe))["comments"][0]["author"]
    assert (author["login"], author["is_bot"]) == told


def test_the_text_of_a_hidden_comment_is_not_sent() -> None:
    def refuse(value: Comment | Issue) -> str:
        raise AssertionError(f"{value.id} is hidden")

    comment = a_comment(minimized={"reason": "SPAM"}, body="buy!", body_text="buy!", body_html="<p>buy!</p>")
    document = api.comments(a_thread(comment), asked(), refuse)
    shown = said(document)["comments"][0]
    assert (shown["hidden"], shown["html"], shown["text"]) == ("spam", None, None)
    assert b"buy!" not in document.bodies["identity"]


def test_a_comment_names_the_one_it_answers_even_on_another_page() -> None:
    thread = a_thread(
        a_comment(1, login="bob", body="Which one?"),
        a_comment(2, login="cleo", body="Nice."),
        a_comment(3, login="ada", body="@bob this one"),
    )
    first = said(api.comments(thread, asked(Order.NEWEST, limit=1), safe))
    assert [(c["id"], c["reply_to"]) for c in first["comments"]] == [(3, 1)]


@pytest.mark.parametrize(
    ("order", "ids"),
    [(Order.OLDEST, [1, 2, 3, 4, 5]), (Order.NEWEST, [5, 4, 3, 2, 1]), (Order.REACTIONS, [4, 2, 5, 1, 3])],
)
@pytest.mark.parametrize("limit", [1, 2, 4, 5, 6])
def test_pages_make_up_the_whole_list_in_its_order(order: Order, ids: list[int], limit: int) -> None:
    totals = {1: 0, 2: 2, 3: 0, 4: 7, 5: 2}
    thread = a_thread(*(a_comment(n, reactions={"+1": total}) for n, total in totals.items()))
    seen: list[int] = []
    cursor: str | None = None
    sizes: list[int] = []
    while cursor is not None or not sizes:
        document = api.comments(thread, asked(order, limit, cursor), safe)
        cursor = said(document)["next"]
        sizes.append(len(listed(document)))
        seen += listed(document)
        assert len(seen) <= len(ids)
    assert seen == ids
    assert sizes == [min(limit, 5 - start) for start in range(0, 5, limit)]


@st.composite
def _eventful(draw: st.DrawFn) -> tuple[dict[int, int], list[tuple[frozenset[int], list[int]]]]:
    """A thread's comments as id -> reactions, and per page what is deleted and what arrives (as reactions)."""
    known = draw(st.dictionaries(st.integers(1, 60), st.integers(0, 4), max_size=20))
    steps = st.tuples(st.frozensets(st.integers(1, 80), max_size=6), st.lists(st.integers(0, 4), max_size=3))
    return known, draw(st.lists(steps, max_size=12))


@given(_eventful(), st.sampled_from(Order), st.integers(1, 5))
def test_comments_that_come_and_go_between_pages_double_none_and_lose_none(
    eventful: tuple[dict[int, int], list[tuple[frozenset[int], list[int]]]], order: Order, limit: int
) -> None:
    known, steps = eventful
    there, deleted, fresh = dict(known), set[int](), iter(range(100, 1000))
    seen: list[int] = []
    cursor: str | None = None
    pending = list(steps)
    while True:
        thread = a_thread(*(a_comment(n, reactions={"+1": there[n]}) for n in sorted(there)))
        document = api.comments(thread, asked(order, limit, cursor), safe)
        seen += listed(document)
        assert len(seen) == len(set(seen))
        cursor = said(document)["next"]
        if cursor is None:
            break
        gone, arrived = pending.pop() if pending else (frozenset[int](), list[int]())
        deleted |= gone & there.keys()
        there = {n: total for n, total in there.items() if n not in gone} | {next(fresh): t for t in arrived}
    assert set(known) - deleted <= set(seen)


@given(st.sampled_from(Order), st.text() | st.text("AZaz09-_", min_size=32, max_size=32))
@pytest.mark.parametrize("thread", [a_thread(a_comment()), no_thread()], ids=["open", "missing"])
def test_any_text_that_is_no_cursor_is_refused(thread: Thread, order: Order, text: str) -> None:
    with pytest.raises(InvalidCursor):
        api.comments(thread, asked(order, cursor=text), safe)


def test_a_cursor_works_after_its_thread_is_gone() -> None:
    onward = said(api.comments(a_thread(a_comment(1), a_comment(2)), asked(limit=1), safe))["next"]
    assert listed(api.comments(no_thread(Status.GONE), asked(limit=1, cursor=onward), safe)) == []


@pytest.mark.parametrize("other", [asked(Order.NEWEST), asked(Order.REACTIONS), asked(number=42)])
def test_a_cursor_of_another_list_is_refused(other: CommentsKey) -> None:
    thread = a_thread(a_comment(1), a_comment(2))
    onward = said(api.comments(thread, asked(limit=1), safe))["next"]
    with pytest.raises(InvalidCursor):
        api.comments(thread, replace(other, cursor=onward), safe)


RENDERINGS: list[Callable[[Thread], Document]] = [
    api.post,
    lambda thread: api.comments(thread, asked(), safe),
]


@pytest.mark.parametrize("rendering", RENDERINGS, ids=["post", "comments"])
def test_an_etag_stays_with_a_new_check(rendering: Callable[[Thread], Document]) -> None:
    thread = a_thread(a_comment())
    before, after = rendering(thread), rendering(replace(thread, checked_at=1_700_000_000.0, stale=True))
    assert before.etag == after.etag
    assert before.bodies != after.bodies


@pytest.mark.parametrize("rendering", RENDERINGS, ids=["post", "comments"])
@pytest.mark.parametrize(
    "changed",
    [
        a_thread(a_comment(), issue=an_issue(title="Another")),
        a_thread(a_comment(), issue=an_issue(locked=True)),
        a_thread(a_comment(), issue=an_issue(updated_at="2020-08-01T00:00:00Z")),
        a_thread(a_comment(), a_comment(1002)),
    ],
)
def test_an_etag_goes_with_the_content(rendering: Callable[[Thread], Document], changed: Thread) -> None:
    assert rendering(a_thread(a_comment())).etag != rendering(changed).etag


def test_counts_are_by_post_and_null_where_there_is_none() -> None:
    document = api.counts({42: None, 7: 0, 41: 12}, 1_600_000_000.0, stale=True)
    assert document.bodies["identity"] == b'{"counts":{"7":0,"41":12,"42":null}}'
    assert (document.checked_at, document.stale) == (1_600_000_000.0, True)


def test_the_etag_of_counts_follows_the_counts_only() -> None:
    assert api.counts({1: 2, 3: 4}, None, stale=False).etag == api.counts({3: 4, 1: 2}, 5.0, stale=True).etag
    assert api.counts({1: 2}, None, stale=False).etag != api.counts({1: 3}, None, stale=False).etag


def test_the_newest_comments_name_their_posts() -> None:
    here = a_thread(a_comment(1, login="bob"), a_comment(3, body="@bob yes"), issue=an_issue(41))
    there = a_thread(a_comment(2, number=42), issue=an_issue(42))
    shown = [here.comments[1], there.comments[0], here.comments[0]]
    document = api.newest(shown, {41: here, 42: there}, newest_key(3), safe, 1_600_000_000.0, stale=False)
    alone = {
        comment["id"]: comment
        for thread in (here, there)
        for comment in said(api.comments(thread, asked(number=thread.number), safe))["comments"]
    }
    assert said(document) == {
        "comments": [
            alone[3] | {"ghissueid": 41, "post_title": "Post 41"},
            alone[2] | {"ghissueid": 42, "post_title": "Post 42"},
            alone[1] | {"ghissueid": 41, "post_title": "Post 41"},
        ],
        "next": None,
    }
    assert [comment["reply_to"] for comment in said(document)["comments"]] == [1, None, None]
    assert document.checked_at == 1_600_000_000.0


def test_a_newest_comment_stands_even_where_its_thread_is_not_at_hand() -> None:
    shown = said(api.newest([a_comment(9)], {}, newest_key(), safe, None, stale=True))["comments"][0]
    assert (shown["id"], shown["ghissueid"], shown["post_title"], shown["reply_to"]) == (9, 41, None, None)


def test_a_blog_without_comments_has_no_newest() -> None:
    assert said(api.newest([], {}, newest_key(), safe, None, stale=False)) == {"comments": [], "next": None}


def test_the_next_page_of_the_newest_begins_below_the_last_shown() -> None:
    shown = [a_comment(n) for n in (9, 8, 5)]
    onward = said(api.newest(shown, {}, newest_key(2), safe, None, stale=False))["next"]
    assert api.newest_before(onward) == 8


def test_the_first_page_of_the_newest_begins_at_the_top() -> None:
    assert api.newest_before(None) is None


@given(st.text())
def test_any_text_is_no_cursor_of_the_newest(text: str) -> None:
    with pytest.raises(InvalidCursor):
        api.newest_before(text)


def test_a_threads_cursor_is_no_cursor_of_the_newest() -> None:
    onward = said(api.comments(a_thread(a_comment(1), a_comment(2)), asked(limit=1), safe))["next"]
    with pytest.raises(InvalidCursor):
        api.newest_before(onward)


def test_the_services_own_address_does_not_count_in_an_etag() -> None:
    thread = a_thread(a_comment(1001))
    here, there = (
        api.comments(thread, replace(asked(), base_url=base_url), safe) for base_url in ("http://a", "http://b:1")
    )
    assert here.bodies["identity"] != there.bodies["identity"]
    assert here.etag == there.etag != api.comments(thread, asked(), safe).etag

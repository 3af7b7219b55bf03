"""The HTML that is made without a browser: what the widget would make, safe, in order, in a language."""

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser, LexborNode

from app.domain.errors import InvalidCursor
from app.domain.threads import Comment, Issue, Status
from app.render import fragment
from app.render.document import Document
from app.render.keys import FragmentKey, Order
from tests.render.documents import REPO, WEB, a_comment, a_thread, an_issue, no_thread, safe

BASE_URL = "https://comments.example.com"


def key(**fields: Any) -> FragmentKey:
    plain = FragmentKey(REPO, 41, Order.OLDEST, 50, None, "en", full_page=False, base_url=BASE_URL, proxy_images=True)
    return replace(plain, **fields)


def html(document: Document) -> str:
    return document.bodies["identity"].decode()


def tree(document: Document) -> LexborHTMLParser:
    return LexborHTMLParser(html(document))


def texts(document: Document, selector: str) -> list[str]:
    return [node.text(deep=True).strip() for node in tree(document).css(selector)]


def one(document: Document, selector: str) -> LexborNode:
    found = tree(document).css(selector)
    assert len(found) == 1, found
    return found[0]


def test_it_is_the_element_with_its_comments() -> None:
    thread = a_thread(a_comment(1001), a_comment(1002, login="ada", author_association="OWNER"))
    document = fragment.document(thread, key(), safe)
    assert document.content_type == "text/html; charset=utf-8"
    element = one(document, "post-comments")
    assert element.attributes == {"ghissueid": "41", "repo": "ada/blog", "lang": "en"}
    assert one(document, "section.pc").attributes["data-post"] == "41"
    assert [node.id for node in tree(document).css("article")] == ["comment-1001", "comment-1002"]
    assert texts(document, ".pc-author") == ["bob", "ada"]
    assert texts(document, ".pc-owner") == ["Author"]
    assert texts(document, ".pc-title") == ["2 comments"]
    assert one(document, ".pc-write a").attributes["href"] == f"{WEB}/issues/41#issuecomment-new"


def test_each_comment_is_one_of_schema_org() -> None:
    document = fragment.document(a_thread(a_comment(1001)), key(), safe)
    article = one(document, "article")
    assert article.attributes["itemtype"] == "https://schema.org/Comment"
    assert article.attributes["itemprop"] == "comment"
    said = {node.attributes["itemprop"] for node in article.css("[itemprop]")}
    assert said >= {"author", "name", "dateCreated", "text", "url"}
    assert one(document, "article time").attributes["datetime"] == "2020-07-02T10:00:00Z"


def test_a_reply_stands_below_what_it_answers_and_no_deeper_than_three_levels() -> None:
    comments = [a_comment(1000, login="u0", body="first")]
    comments += [a_comment(1000 + n, login=f"u{n}", body=f"@u{n - 1} and so on") for n in range(1, 6)]
    document = fragment.document(a_thread(*comments), key(), safe)

    def depth(node: LexborNode) -> int:
        above, count = node.parent, 0
        while above is not None:
            count += above.tag == "article"
            above = above.parent
        return count

    assert [depth(node) for node in tree(document).css("article")] == [0, 1, 2, 2, 2, 2]
    assert texts(document, ".pc-reply") == [f"in reply to u{n}" for n in (2, 3, 4)]


def test_in_other_orders_replies_stand_by_themselves_and_say_whom_they_answer() -> None:
    thread = a_thread(a_comment(1001, login="bob"), a_comment(1002, login="eve", body="@bob yes", reactions={"+1": 1}))
    newest = fragment.document(thread, key(order=Order.NEWEST), safe)
    assert [node.id for node in tree(newest).css(".pc > .pc-list > article")] == ["comment-1002", "comment-1001"]
    assert texts(newest, ".pc-reply") == [], "what it answers comes later"
    assert one(newest, "post-comments").attributes["order"] == "newest"


def test_a_hidden_comments_text_is_not_there() -> None:
    hidden = a_comment(1001, minimized={"reason": "off-topic"}, body_html="<p>secret</p>", reactions={"heart": 2})
    document = fragment.document(
        a_thread(hidden), key(), lambda item: item.body_html if isinstance(item, Comment) else ""
    )
    assert texts(document, ".pc-hidden .pc-body") == ["Hidden comment: off-topic"]
    assert "secret" not in html(document)
    assert not tree(document).css(".pc-reactions")


@pytest.mark.parametrize(("status", "says"), [(Status.MISSING, "not open"), (Status.GONE, "was deleted")])
def test_where_there_is_no_issue_it_says_so_and_never_that_there_are_no_comments(status: Status, says: str) -> None:
    document = fragment.document(no_thread(status), key(), safe)
    assert says in texts(document, ".pc-note")[0]
    assert not tree(document).css(".pc-title, .pc-write, article")


def test_closed_and_locked_are_said() -> None:
    closed = fragment.document(a_thread(issue=an_issue(state="closed")), key(), safe)
    assert texts(closed, ".pc-note") == ["The conversation is closed. You can still comment."]
    assert texts(closed, ".pc-title") == ["No comments yet."]
    locked = fragment.document(a_thread(issue=an_issue(locked=True)), key(), safe)
    assert not tree(locked).css(".pc-write")


def test_old_comments_say_how_old_they_are() -> None:
    document = fragment.document(a_thread(stale=True), key(), safe)
    assert "GitHub cannot be reached" in one(document, ".pc-stale").text()


def test_pages_follow_one_another_by_links_until_the_last() -> None:
    thread = a_thread(*(a_comment(1000 + n) for n in range(7)))
    seen: list[str | None] = []
    cursor: str | None = None
    for shown in (3, 3, 1):
        document = fragment.document(thread, key(limit=3, cursor=cursor, full_page=cursor is not None), safe)
        seen += [node.id for node in tree(document).css("article")]
        onward = tree(document).css(".pc-more a[rel=next]")
        assert len(tree(document).css("article")) == shown
        if onward:
            address = onward[0].attributes["href"] or ""
            assert address.startswith(f"{BASE_URL}/posts/41.html?repo=ada%2Fblog&cursor=")
            assert "limit=3" in address
            cursor = (re.search(r"cursor=([^&]+)", address) or [""])[1]
    assert seen == [f"comment-{1000 + n}" for n in range(7)]
    assert not onward


def test_a_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(InvalidCursor):
        fragment.document(a_thread(a_comment(1001)), key(cursor="A" * 32), safe)


def test_a_page_of_its_own_has_all_that_a_document_needs_and_no_script() -> None:
    thread = a_thread(a_comment(1001), issue=an_issue(title="<b>Tea</b> & more"))
    document = fragment.document(thread, key(full_page=True, lang="he"), safe)
    assert one(document, "html").attributes == {"lang": "he", "dir": "rtl"}
    assert "<b>Tea</b> & more" in one(document, "title").text()
    assert not tree(document).css("script, style, [style]")
    assert {node.attributes["href"] for node in tree(document).css("link[rel=stylesheet]")} == {
        f"{BASE_URL}/widget.css",
        f"{BASE_URL}/page.css",
    }


def test_a_browser_that_opens_it_by_itself_may_show_it_and_nothing_else() -> None:
    document = fragment.document(a_thread(), key(), safe)
    assert document.content_security_policy is not None
    assert "default-src 'none'" in document.content_security_policy
    assert "script-src" not in document.content_security_policy
    assert " https:;" not in document.content_security_policy
    assert " https:;" in (fragment.document(a_thread(), key(proxy_images=False), safe).content_security_policy or "")


def test_pictures_lie_where_the_key_says() -> None:
    thread = a_thread(a_comment(1001))
    assert one(fragment.document(thread, key(), safe), ".pc-avatar img").attributes["src"] == f"{BASE_URL}/avatars/7"
    there = one(fragment.document(thread, key(proxy_images=False), safe), ".pc-avatar img").attributes["src"] or ""
    assert there.startswith("https://avatars.githubusercontent.com/")


def test_its_etag_changes_with_what_is_shown_only() -> None:
    thread = a_thread(a_comment(1001))
    first = fragment.document(thread, key(), safe)
    assert fragment.document(replace(thread, checked_at=1_700_000_000.0), key(), safe).etag == first.etag
    assert fragment.document(thread, key(lang="de"), safe).etag != first.etag


@given(st.text(min_size=1, max_size=30), st.text(max_size=30))
def test_no_name_or_title_becomes_markup(login: str, title: str) -> None:
    def nothing(item: Comment | Issue) -> str:
        return ""

    thread = a_thread(a_comment(1001), issue=an_issue(title=title))
    comment = replace(thread.comments[0], author=replace(thread.comments[0].author, login=login))
    document = fragment.document(replace(thread, comments=(comment,)), key(full_page=True), nothing)
    names = {node.tag for node in tree(document).css("article *")}
    assert names <= {"div", "span", "img", "a", "time"}


def test_the_stamp_counts_characters_as_javascript_does() -> None:
    comment = a_comment(1001, reactions={"+1": 2, "rocket": 1})
    assert fragment.revision(comment, "a😀") == ",3,,0,3,2,0,0,0,0,0,1,0"
    assert fragment.revision(comment, None) == ",,,0,3,2,0,0,0,0,0,1,0"

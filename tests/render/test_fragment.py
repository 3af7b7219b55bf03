"""The HTML that is rendered on the server: the widget's markup, safe, in each order and language."""

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
from tests.render.sample_threads import REPO, SECRET, WEB, a_comment, a_thread, an_issue, fake_sanitize, no_thread

BASE_URL = "https://comments.example.com"


def _key(**fields: Any) -> FragmentKey:
    default = FragmentKey(REPO, 41, Order.OLDEST, 50, None, "en", full_page=False, base_url=BASE_URL, proxy_images=True)
    return replace(default, **fields)


def _html(document: Document) -> str:
    return document.bodies["identity"].decode()


def _tree(document: Document) -> LexborHTMLParser:
    return LexborHTMLParser(_html(document))


def _texts(document: Document, selector: str) -> list[str]:
    return [node.text(deep=True).strip() for node in _tree(document).css(selector)]


def _node(document: Document, selector: str) -> LexborNode:
    nodes = _tree(document).css(selector)
    assert len(nodes) == 1, nodes
    return nodes[0]


def _renamed(comment: Comment, login: str) -> Comment:
    return replace(comment, author=replace(comment.author, login=login))


def test_fragment_is_the_element_with_its_comments() -> None:
    thread = a_thread(a_comment(1001), a_comment(1002, login="ada", author_association="OWNER"))
    document = fragment.document(thread, _key(), fake_sanitize, SECRET)
    assert document.content_type == "text/html; charset=utf-8"
    element = _node(document, "post-comments")
    assert element.attributes == {"ghissueid": "41", "repo": "ada/blog", "lang": "en"}
    assert _node(document, "section.pc").attributes["data-post"] == "41"
    assert [node.id for node in _tree(document).css(".pc-comment")] == ["comment-1001", "comment-1002"]
    assert _texts(document, ".pc-author") == ["bob", "ada"]
    assert _texts(document, ".pc-owner") == ["Author"]
    assert _texts(document, ".pc-title") == ["2 comments"]
    assert _node(document, ".pc-write a").attributes["href"] == f"{WEB}/issues/41#issuecomment-new"


def test_comments_carry_schema_org_microdata() -> None:
    document = fragment.document(a_thread(a_comment(1001)), _key(), fake_sanitize, SECRET)
    article = _node(document, ".pc-comment")
    assert article.attributes["itemtype"] == "https://schema.org/Comment"
    assert article.attributes["itemprop"] == "comment"
    properties = {node.attributes["itemprop"] for node in article.css("[itemprop]")}
    assert properties >= {"author", "name", "dateCreated", "text", "url"}
    assert _node(document, ".pc-when time").attributes["datetime"] == "2020-07-02T10:00:00Z"
    person = _node(document, "[itemprop=author]")
    assert person.text().strip() == "", "a reader mode takes the text for the author of the page"
    assert [node.attributes["content"] for node in person.css("[itemprop=name]")] == ["bob"]
    assert [node.attributes["href"] for node in person.css("[itemprop=url]")] == ["https://github.com/bob"]


def test_names_are_not_translated() -> None:
    document = fragment.document(a_thread(a_comment(1001)), _key(), fake_sanitize, SECRET)
    assert _node(document, ".pc-author a").attributes["translate"] == "no"


@pytest.mark.parametrize(("text", "direction"), [("1. abc", "ltr"), ("(שלום) abc", "rtl"), ("42 👍", None)])
def test_text_of_a_comment_has_its_direction(text: str, direction: str | None) -> None:
    thread = a_thread(a_comment(1001, body_text=text), a_comment(1002, minimized={"reason": "spam"}, body_text=text))
    bodies = _tree(fragment.document(thread, _key(lang="ar"), fake_sanitize, SECRET)).css(".pc-body")
    assert [body.attributes.get("dir") for body in bodies] == [direction, None], "the notice is in the page's language"


def test_avatar_shows_a_whole_character() -> None:
    thread = a_thread(a_comment(1001))
    thread = replace(thread, comments=(_renamed(thread.comments[0], "👩‍💻 Ada"),))
    assert _node(fragment.document(thread, _key(), fake_sanitize, SECRET), ".pc-avatar").attributes["data-initial"] == (
        "👩‍💻"
    )


def test_fragment_holds_nothing_that_markdown_reads() -> None:
    html = "<pre>a\n\n\t[b](c) `d`\n</pre><p>- e<br>f {{ g }}</p>"
    thread = a_thread(a_comment(1001), issue=an_issue(title="*h*\n\n[i](j)"))
    lines = _html(fragment.document(thread, _key(), lambda _: html, SECRET)).splitlines()
    starts = ["<post-comments ghiss", '<section class="pc n', '<div class="pc-by"> ', "</post-comments>"]
    assert [line[:20] for line in lines] == starts
    assert not set("\t{}`") & set("".join(lines))
    tree = LexborHTMLParser("".join(lines))
    assert [node.text() for node in tree.css("pre")] == ["a\n\n\t[b](c) `d`\n"]
    assert [node.text() for node in tree.css(".pc-body p")] == ["- ef {{ g }}"]


def test_replies_nest_at_most_three_levels_deep() -> None:
    comments = [a_comment(1000, login="u0", body="first")]
    comments += [a_comment(1000 + n, login=f"u{n}", body=f"@u{n - 1} and so on") for n in range(1, 6)]
    document = fragment.document(a_thread(*comments), _key(), fake_sanitize, SECRET)

    def depth(node: LexborNode) -> int:
        ancestor, count = node.parent, 0
        while ancestor is not None:
            count += "pc-comment" in (ancestor.attributes.get("class") or "").split()
            ancestor = ancestor.parent
        return count

    assert [depth(node) for node in _tree(document).css(".pc-comment")] == [0, 1, 2, 2, 2, 2]
    assert _texts(document, ".pc-reply") == [f"in reply to u{n}" for n in (2, 3, 4)]


def test_other_orders_do_not_nest_replies() -> None:
    thread = a_thread(a_comment(1001, login="bob"), a_comment(1002, login="eve", body="@bob yes", reactions={"+1": 1}))
    newest = fragment.document(thread, _key(order=Order.NEWEST), fake_sanitize, SECRET)
    assert [node.id for node in _tree(newest).css(".pc > .pc-list > .pc-comment")] == ["comment-1002", "comment-1001"]
    assert _texts(newest, ".pc-reply") == [], "its target comes later"
    assert _node(newest, "post-comments").attributes["order"] == "newest"


def test_hidden_comment_has_no_text() -> None:
    hidden = a_comment(1001, minimized={"reason": "off-topic"}, body_html="<p>secret</p>", reactions={"heart": 2})
    document = fragment.document(
        a_thread(hidden), _key(), lambda item: item.body_html if isinstance(item, Comment) else "", SECRET
    )
    assert _texts(document, ".pc-hidden .pc-body") == ["Hidden comment: off-topic"]
    assert "secret" not in _html(document)
    assert not _tree(document).css(".pc-reactions")


@pytest.mark.parametrize(("status", "message"), [(Status.MISSING, "not open"), (Status.GONE, "was deleted")])
def test_missing_issue_has_a_note_and_no_title(status: Status, message: str) -> None:
    document = fragment.document(no_thread(status), _key(), fake_sanitize, SECRET)
    assert message in _texts(document, ".pc-note")[0]
    assert not _tree(document).css(".pc-title, .pc-write, .pc-comment, .pc-byline")


def test_closed_and_locked_posts_have_a_note() -> None:
    closed = fragment.document(a_thread(issue=an_issue(state="closed")), _key(), fake_sanitize, SECRET)
    assert _texts(closed, ".pc-note") == ["The conversation is closed. You can still comment."]
    assert _texts(closed, ".pc-title") == ["No comments yet."]
    locked = fragment.document(a_thread(issue=an_issue(locked=True)), _key(), fake_sanitize, SECRET)
    assert not _tree(locked).css(".pc-write")


def test_stale_comments_show_their_age() -> None:
    document = fragment.document(a_thread(stale=True), _key(), fake_sanitize, SECRET)
    assert "GitHub cannot be reached" in _node(document, ".pc-stale").text()


def test_links_lead_through_all_pages() -> None:
    thread = a_thread(*(a_comment(1000 + n) for n in range(7)))
    ids: list[str | None] = []
    cursor: str | None = None
    for count in (3, 3, 1):
        document = fragment.document(
            thread, _key(limit=3, cursor=cursor, full_page=cursor is not None), fake_sanitize, SECRET
        )
        cursors = [node.attributes["data-cursor"] for node in _tree(document).css(".pc-more[data-cursor]")]
        ids += [node.id for node in _tree(document).css(".pc-comment")]
        next_links = _tree(document).css(".pc-more a[rel=next]")
        assert len(_tree(document).css(".pc-comment")) == count
        if next_links:
            address = next_links[0].attributes["href"] or ""
            assert address.startswith(f"{BASE_URL}/posts/41.html?repo=ada%2Fblog&cursor=")
            assert "limit=3" in address
            cursor = (re.search(r"cursor=([^&]+)", address) or [""])[1]
        assert cursors == [cursor] * len(next_links)
    assert ids == [f"comment-{1000 + n}" for n in range(7)]
    assert not next_links


def test_cursor_of_another_list_is_refused() -> None:
    with pytest.raises(InvalidCursor):
        fragment.document(a_thread(a_comment(1001)), _key(cursor="A" * 32), fake_sanitize, SECRET)


def test_full_page_is_a_document_without_scripts() -> None:
    thread = a_thread(a_comment(1001), issue=an_issue(title="<b>Tea</b> & more"))
    document = fragment.document(thread, _key(full_page=True, lang="he"), fake_sanitize, SECRET)
    assert _node(document, "html").attributes == {"lang": "he", "dir": "rtl"}
    assert "<b>Tea</b> & more" in _node(document, "title").text()
    assert not _tree(document).css("script, style, [style]")
    assert {node.attributes["href"] for node in _tree(document).css("link[rel=stylesheet]")} == {
        f"{BASE_URL}/widget.css",
        f"{BASE_URL}/content.css",
        f"{BASE_URL}/page.css",
    }


def test_readers_without_scripts_get_the_whole_style() -> None:
    document = fragment.document(a_thread(), _key(), fake_sanitize, SECRET)
    style = f'<noscript><link rel="stylesheet" href="{BASE_URL}/content.css" /></noscript>'
    assert _html(document).count(style) == 1


def test_comments_are_neutral_elements_named_by_their_author() -> None:
    document = fragment.document(a_thread(a_comment(1001, login="bob")), _key(), fake_sanitize, SECRET)
    comment = _node(document, ".pc-comment")
    assert (comment.tag, comment.attributes["role"], comment.attributes["aria-label"]) == ("div", "article", "bob")


def test_security_policy_allows_only_displaying() -> None:
    document = fragment.document(a_thread(), _key(), fake_sanitize, SECRET)
    assert document.content_security_policy is not None
    assert "default-src 'none'" in document.content_security_policy
    assert "script-src" not in document.content_security_policy
    assert " https:;" not in document.content_security_policy
    assert " https:;" in (
        fragment.document(a_thread(), _key(proxy_images=False), fake_sanitize, SECRET).content_security_policy or ""
    )


def test_avatars_are_proxied_if_the_key_says() -> None:
    thread = a_thread(a_comment(1001))
    assert (
        _node(fragment.document(thread, _key(), fake_sanitize, SECRET), ".pc-avatar img").attributes["src"]
        == f"{BASE_URL}/avatars/7"
    )
    avatar_url = (
        _node(fragment.document(thread, _key(proxy_images=False), fake_sanitize, SECRET), ".pc-avatar img").attributes[
            "src"
        ]
        or ""
    )
    assert avatar_url.startswith("https://avatars.githubusercontent.com/")


def test_etag_changes_with_the_content_only() -> None:
    thread = a_thread(a_comment(1001))
    first = fragment.document(thread, _key(), fake_sanitize, SECRET)
    assert (
        fragment.document(replace(thread, checked_at=1_700_000_000.0), _key(), fake_sanitize, SECRET).etag == first.etag
    )
    assert fragment.document(thread, _key(lang="de"), fake_sanitize, SECRET).etag != first.etag


@given(st.text(min_size=1, max_size=30), st.text(max_size=30))
def test_names_and_titles_are_escaped(login: str, title: str) -> None:
    def sanitize_to_nothing(item: Comment | Issue) -> str:
        return ""

    thread = a_thread(a_comment(1001), issue=an_issue(title=title))
    comment = _renamed(thread.comments[0], login)
    document = fragment.document(
        replace(thread, comments=(comment,)), _key(full_page=True), sanitize_to_nothing, SECRET
    )
    names = {node.tag for node in _tree(document).css(".pc-comment *")}
    assert names <= {"div", "span", "img", "a", "time", "meta", "link"}


def test_revision_counts_characters_as_javascript_does() -> None:
    comment = a_comment(1001, reactions={"+1": 2, "rocket": 1})
    assert fragment.revision(comment, "a😀") == ",3,,0,3,2,0,0,0,0,0,1,0"
    assert fragment.revision(comment, None) == ",,,0,3,2,0,0,0,0,0,1,0"

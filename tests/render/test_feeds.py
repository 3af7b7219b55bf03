"""Feeds are valid whatever readers write, keep their ids when the service moves, and contain no hidden comments."""

from dataclasses import replace

import feedparser
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.domain.threads import Comment, Issue, Status
from app.render import feeds
from app.render.document import Document
from app.render.keys import FeedFormat, SiteFeedKey, ThreadFeedKey
from app.render.sanitizer.sanitize import sanitize
from tests.render.feed_judge import ATOM, THREADING, XML
from tests.render.hostile.corpus import vectors
from tests.render.hostile.judge import faults
from tests.render.rendered_feeds import (
    BASE_URL,
    IDENTITY,
    THREAD,
    body,
    parse_atom,
    parse_json,
    read_feed,
    site_feed,
    texts,
    thread_feed,
)
from tests.render.sample_threads import REPO, WEB, a_comment, a_thread, an_issue, fake_sanitize, no_thread

_NOT_XML = "\0\x01\x08\x0b\x1f\ud800\udfff\ufffe\uffff"
"""Characters that XML cannot contain."""
_any_text = st.lists(st.one_of(st.characters(), st.sampled_from(_NOT_XML + "<>&\"']\r\n")), max_size=20).map("".join)
_in_both_formats = pytest.mark.parametrize("feed_format", FeedFormat)


@_in_both_formats
def test_thread_feed_lists_comments_newest_first(feed_format: FeedFormat) -> None:
    title, entries = read_feed(thread_feed(feed_format=feed_format))
    assert title == "Comments on “Tea & <b>more</b>”"
    assert entries == [
        (f"{WEB}/issues/41#issuecomment-1002", "ada: safe 1002", "<p>safe 1002</p>"),
        (f"{WEB}/issues/41#issuecomment-1001", "bob: safe 1001", "<p>safe 1001</p>"),
    ]


@_in_both_formats
def test_site_feed_names_the_post_of_each_comment(feed_format: FeedFormat) -> None:
    title, entries = read_feed(site_feed(feed_format=feed_format))
    assert title == "Recent comments: ada/blog"
    assert [(name[-4:], title) for name, title, _ in entries] == [
        ("1003", "bob on “Post 42”: safe 1003"),
        ("1002", "ada on “Tea & <b>more</b>”: safe 1002"),
        ("1001", "bob on “Tea & <b>more</b>”: safe 1001"),
    ]


def test_atom_feed_has_all_expected_elements() -> None:
    feed = parse_atom(thread_feed())
    assert feed.get(f"{XML}lang") == "en"
    assert texts(thread_feed(), "id") == [f"{WEB}/issues/41"]
    assert texts(thread_feed(), "generator") == ["Afterword"]
    assert {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")} == {
        "alternate": f"{WEB}/issues/41",
        "self": f"{BASE_URL}/posts/41.atom",
    }
    assert [link.get("href")[-4:] for link in feed.findall(f"{ATOM}entry/{ATOM}link")] == ["1002", "1001"]
    assert texts(thread_feed(), "entry/author/name") == ["ada", "bob"]
    assert texts(thread_feed(), "entry/author/uri") == ["https://github.com/ada", "https://github.com/bob"]
    assert texts(thread_feed(), "entry/published") == ["2020-07-03T10:00:00+00:00", "2020-07-02T10:00:00+00:00"]
    assert texts(thread_feed(), "entry/updated") == ["2020-07-03T10:00:00+00:00", "2020-07-05T08:00:00+00:00"]
    assert {content.get("type") for content in feed.iter(f"{ATOM}content")} == {"html"}


def test_json_feed_has_all_specified_fields() -> None:
    feed = parse_json(thread_feed(feed_format=FeedFormat.JSON))
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["home_page_url"] == f"{WEB}/issues/41"
    assert feed["feed_url"] == f"{BASE_URL}/posts/41.json"
    assert feed["language"] == "en"
    assert feed["author"] == {"name": "ada/blog", "url": WEB}
    assert feed["authors"] == [feed["author"]]
    bob = {"name": "bob", "url": "https://github.com/bob", "avatar": f"{BASE_URL}/avatars/7"}
    assert feed["items"][1] == {
        "id": f"{WEB}/issues/41#issuecomment-1001",
        "url": f"{WEB}/issues/41#issuecomment-1001",
        "title": "bob: safe 1001",
        "content_html": "<p>safe 1001</p>",
        "content_text": "text 1001",
        "date_published": "2020-07-02T10:00:00Z",
        "date_modified": "2020-07-05T08:00:00Z",
        "authors": [bob],
        "author": bob,
    }


@pytest.mark.parametrize(
    "document", [thread_feed(), site_feed(), thread_feed(no_thread())], ids=["thread", "site", "empty"]
)
def test_feedparser_reads_the_feed_without_errors(document: Document) -> None:
    result = feedparser.parse(body(document), response_headers={"content-type": document.content_type})
    assert not result.bozo
    assert result.version == "atom10"
    assert result.feed.title


def test_reply_names_its_target() -> None:
    for document in (thread_feed(), site_feed()):
        replies = parse_atom(document).findall(f"{ATOM}entry/{THREADING}in-reply-to")
        assert [reply.get("ref") for reply in replies] == [f"{WEB}/issues/41#issuecomment-1001"]


@_in_both_formats
def test_hidden_comments_are_left_out_and_not_counted(feed_format: FeedFormat) -> None:
    hidden = [a_comment(1 + n, login="eve", body_text="secret", minimized={"reason": "spam"}) for n in range(60)]
    many = [a_comment(1001 + n, body="@eve no") for n in range(60)]
    expected = [f"{WEB}/issues/41#issuecomment-{1060 - n}" for n in range(feeds.MAX_ENTRIES)]
    later = [replace(comment, id=comment.id + 5000) for comment in hidden]
    document = thread_feed(a_thread(*hidden, *many, *later), feed_format)
    assert [name for name, _, _ in read_feed(document)[1]] == expected
    assert b"eve" not in body(document)
    assert b"secret" not in body(document)
    assert read_feed(site_feed({41: a_thread(*hidden)}, feed_format))[1] == []
    assert b"in-reply-to" not in body(thread_feed(a_thread(hidden[0], many[0]), feed_format)), (
        "not as the target of a reply either"
    )


def test_update_time_is_the_newest_entrys() -> None:
    assert texts(thread_feed(), "updated") == ["2020-07-05T08:00:00+00:00"]
    assert texts(site_feed(), "updated") == ["2020-07-05T08:00:00+00:00"]
    assert texts(thread_feed(a_thread(issue=THREAD.issue)), "updated") == ["2020-07-09T09:09:09+00:00"]


def test_empty_feed_is_as_old_as_the_repository() -> None:
    created_at = ["2019-05-05T05:05:05+00:00"]
    assert texts(site_feed({}, source=feeds.SiteFeedSource(IDENTITY)), "updated") == created_at
    assert texts(thread_feed(replace(no_thread(), feeds=IDENTITY)), "updated") == created_at
    assert texts(site_feed({}), "updated") == ["1970-01-01T00:00:00+00:00"], "its age is not known yet"


@_in_both_formats
@pytest.mark.parametrize(
    ("status", "status_code", "message"), [(Status.MISSING, 200, "not open"), (Status.GONE, 410, "was deleted")]
)
def test_title_reports_a_missing_issue(feed_format: FeedFormat, status: Status, status_code: int, message: str) -> None:
    document = thread_feed(no_thread(status), feed_format)
    title, entries = read_feed(document)
    assert (document.status, entries) == (status_code, [])
    assert message in title


@_in_both_formats
def test_etag_changes_with_the_content_only(feed_format: FeedFormat) -> None:
    first = thread_feed(feed_format=feed_format)
    again = thread_feed(replace(THREAD, checked_at=1_700_000_000.0, refreshed_at=5.0, stale=True), feed_format)
    assert again.etag == first.etag
    assert (again.checked_at, again.stale) == (1_700_000_000.0, True)
    later = feeds.SiteFeedSource(checked_at=2.0)
    assert site_feed(feed_format=feed_format, source=later).etag == site_feed(feed_format=feed_format).etag
    assert thread_feed(feed_format=feed_format, lang="de").etag != first.etag
    edited = replace(THREAD.comments[0], updated_at="2020-07-06T00:00:00Z")
    assert thread_feed(replace(THREAD, comments=(edited, THREAD.comments[1])), feed_format).etag != first.etag


@_in_both_formats
def test_ids_stay_when_the_service_moves(feed_format: FeedFormat) -> None:
    moved = thread_feed(feed_format=feed_format, base_url="https://elsewhere.example", proxy_images=False)
    assert [name for name, _, _ in read_feed(moved)[1]] == [
        name for name, _, _ in read_feed(thread_feed(feed_format=feed_format))[1]
    ]
    for document in (moved, thread_feed(no_thread(), feed_format)):
        assert b"elsewhere" not in body(document).replace(b"https://elsewhere.example/posts/41", b"")
    names = {
        *texts(thread_feed(base_url=""), "id"),
        *texts(thread_feed(no_thread()), "id"),
        *texts(thread_feed(), "id"),
    }
    assert names == {f"{WEB}/issues/41"}


def test_feed_of_transferred_issue_keeps_the_requested_id() -> None:
    issue = an_issue(7, html_url="https://github.com/ada/talk/issues/7", title="Moved")
    comment = a_comment(1001, number=7, html_url="https://github.com/ada/talk/issues/7#issuecomment-1001")
    document = thread_feed(replace(a_thread(comment, issue=issue), number=41))
    assert texts(document, "id") == [f"{WEB}/issues/41"]
    assert texts(document, "title") == ["Comments on “Moved”"]
    assert parse_atom(document).find(f"{ATOM}link").get("href") == "https://github.com/ada/talk/issues/7"


@_in_both_formats
def test_without_base_url_no_address_is_invented(feed_format: FeedFormat) -> None:
    document = thread_feed(feed_format=feed_format, base_url="")
    read_feed(document)
    for word in (b"self", b"feed_url", b"avatar"):
        assert word not in body(document)


def test_without_image_proxy_the_avatar_is_githubs() -> None:
    author = parse_json(thread_feed(feed_format=FeedFormat.JSON, proxy_images=False))["items"][0]["authors"][0]
    assert author["avatar"] == "https://avatars.githubusercontent.com/ada"


@_in_both_formats
def test_feed_url_has_the_query_that_was_sent(feed_format: FeedFormat) -> None:
    for document, path in ((site_feed, "comments"), (thread_feed, "posts/41")):
        text = body(document(feed_format=feed_format, query="lang=zh-TW&repo=ada%2Fnotes")).decode()
        assert f'"{BASE_URL}/{path}.{feed_format}?lang=zh-TW&repo=ada%2Fnotes"' in text.replace("&amp;", "&")


def test_enterprise_feed_links_to_the_enterprise_host() -> None:
    issue = an_issue(html_url="https://git.example.com/ada/blog/issues/41")
    document = site_feed({41: a_thread(a_comment(1001), issue=issue)})
    assert parse_atom(document).find(f"{ATOM}link").get("href") == "https://git.example.com/ada/blog/issues"
    assert parse_atom(site_feed({})).find(f"{ATOM}link").get("href") == f"{WEB}/issues"


@_in_both_formats
def test_titles_are_in_the_keys_language(feed_format: FeedFormat) -> None:
    assert read_feed(thread_feed(feed_format=feed_format, lang="de"))[0] == "Kommentare zu „Tea & <b>more</b>“"
    assert read_feed(site_feed(feed_format=feed_format, lang="de"))[1][0][1] == "bob zu „Post 42“: safe 1003"


def test_comment_without_thread_is_named_by_number() -> None:
    key = SiteFeedKey(REPO, FeedFormat.JSON, "en", BASE_URL, proxy_images=True)
    document = feeds.site_feed([a_comment(1001)], {}, key, fake_sanitize, feeds.SiteFeedSource())
    assert read_feed(document)[1][0][1] == "bob on “#41”: safe 1001"


def _is_xml_character(character: str) -> bool:
    """Return whether it is one of https://www.w3.org/TR/xml/#charsets."""
    code = ord(character)
    return code in {9, 10, 13} or 32 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or code > 0xFFFF


@_in_both_formats
@given(login=_any_text, title=_any_text, text=_any_text)
@example(login=_NOT_XML, title=_NOT_XML, text=_NOT_XML)
@example(login="", title="", text="")
@example(login="]]>", title="&#0;", text="<![CDATA[ ]]> &nbsp;\r\n\t\x7f\x85\u2028")
def test_any_text_yields_a_well_formed_feed(feed_format: FeedFormat, login: str, title: str, text: str) -> None:
    def sanitize_nothing(_: Comment | Issue) -> str:
        return text

    comment = a_comment(1001, body=text, body_text=text)
    comment = replace(comment, author=replace(comment.author, login=login))
    thread = a_thread(comment, issue=an_issue(title=title))
    for document in (
        feeds.thread_feed(
            thread, ThreadFeedKey(REPO, 41, feed_format, "en", BASE_URL, proxy_images=True), sanitize_nothing
        ),
        feeds.site_feed(
            thread.comments,
            {41: thread},
            SiteFeedKey(REPO, feed_format, "en", BASE_URL, proxy_images=True),
            sanitize_nothing,
            feeds.SiteFeedSource(),
        ),
    ):
        (_, entry_title, html), *_ = read_feed(document)[1]
        assert html == "".join(c if _is_xml_character(c) else "\ufffd" for c in text)
        name = "".join(c if _is_xml_character(c) else "\ufffd" for c in login or "?")
        assert entry_title.startswith(name)
        assert len(entry_title) <= len(name) + 120
        if feed_format is FeedFormat.JSON:
            assert parse_json(document)["items"][0]["content_text"] == html
        else:
            assert not feedparser.parse(body(document)).bozo
            assert texts(document, "entry/author/name")[0]


def _sanitize(item: Comment | Issue) -> str:
    return sanitize(item.source["body_html"], source_url=item.url)


@_in_both_formats
def test_feed_contains_no_hostile_markup(feed_format: FeedFormat) -> None:
    key = ThreadFeedKey(REPO, 41, feed_format, "en", BASE_URL, proxy_images=True)
    html_by_id = dict(enumerate(vectors(), start=1))
    checked_ids = set()
    for first in range(1, len(html_by_id) + 1, feeds.MAX_ENTRIES):
        comments = [
            a_comment(n, body_html=html_by_id[n]) for n in range(first, first + feeds.MAX_ENTRIES) if n in html_by_id
        ]
        for name, _, html in read_feed(feeds.thread_feed(a_thread(*comments), key, _sanitize))[1]:
            number = int(name.rpartition("-")[2])
            assert faults(html) == [], html_by_id[number]
            checked_ids.add(number)
    assert checked_ids == set(html_by_id)

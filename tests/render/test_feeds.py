"""Feeds: valid whatever readers write, stable when the service moves, without what is hidden."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import feedparser
import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree  # type: ignore[import-untyped] # its stubs are no dependency

from app.domain.sites import repository
from app.domain.threads import Comment, Issue, Status, Thread
from app.render import feeds
from app.render.document import Document
from app.render.keys import FeedFormat, SiteFeedKey, ThreadFeedKey
from app.render.sanitizer.sanitize import sanitize
from tests.render.documents import REPO, WEB, a_comment, a_thread, an_issue, no_thread, safe
from tests.render.feed_judge import ATOM, THREADING, XML, atom_faults, json_faults
from tests.render.hostile.judge import faults
from tests.render.test_sanitizer_hostile import vectors

BASE_URL = "https://comments.example.com"
BAD = "\0\x01\x08\x0b\x1f\ud800\udfff\ufffe\uffff"
"""What XML cannot hold."""
anything = st.lists(st.one_of(st.characters(), st.sampled_from(BAD + "<>&\"']\r\n")), max_size=20).map("".join)
in_both_forms = pytest.mark.parametrize("form", FeedFormat)

THREAD = a_thread(
    a_comment(1001, created_at="2020-07-02T10:00:00Z", updated_at="2020-07-05T08:00:00Z"),
    a_comment(1002, login="ada", body="@bob yes", created_at="2020-07-03T10:00:00Z", updated_at="2020-07-03T10:00:00Z"),
    issue=an_issue(title="Tea & <b>more</b>", updated_at="2020-07-09T09:09:09Z"),
)
OTHER = a_thread(a_comment(1003, number=42), issue=an_issue(42))
THREADS = {41: THREAD, 42: OTHER}


def shown_only(item: Comment | Issue) -> str:
    """Stands for the sanitiser, which a hidden comment does not even reach."""
    assert isinstance(item, Issue) or item.hidden is None
    return safe(item)


def of_thread(thread: Thread = THREAD, form: FeedFormat = FeedFormat.ATOM, **fields: Any) -> Document:
    key = replace(ThreadFeedKey(REPO, 41, form, "en", BASE_URL, proxy_images=True), **fields)
    return feeds.thread_feed(thread, key, shown_only)


def of_site(
    threads: Mapping[int, Thread] = THREADS,
    form: FeedFormat = FeedFormat.ATOM,
    checked_at: float | None = 1.0,
    **fields: Any,
) -> Document:
    key = replace(SiteFeedKey(REPO, form, "en", BASE_URL, proxy_images=True), **fields)
    found = sorted((c for thread in threads.values() for c in thread.comments), key=lambda comment: -comment.id)
    return feeds.site_feed(found, threads, key, shown_only, checked_at)


def body(document: Document) -> bytes:
    return document.bodies["identity"]


def tree(document: Document) -> Any:
    assert atom_faults(body(document)) == []
    return etree.fromstring(body(document))


def parsed(document: Document) -> Any:
    feed = orjson.loads(body(document))
    assert json_faults(feed) == []
    return feed


def texts(document: Document, path: str) -> list[str]:
    return [node.text for node in tree(document).findall("/".join(ATOM + name for name in path.split("/")))]


def said(document: Document) -> tuple[str, list[tuple[str, str, str]]]:
    """Title, and (id, title, html) of the entries, whatever the form."""
    if document.content_type.startswith("application/feed+json"):
        feed = parsed(document)
        return feed["title"], [(item["id"], item["title"], item["content_html"]) for item in feed["items"]]
    entries = zip(*(texts(document, f"entry/{name}") for name in ("id", "title", "content")), strict=True)
    return texts(document, "title")[0], [(name, title, html or "") for name, title, html in entries]


@in_both_forms
def test_a_threads_feed_says_who_wrote_what_newest_first(form: FeedFormat) -> None:
    title, entries = said(of_thread(form=form))
    assert title == "Comments on “Tea & <b>more</b>”"
    assert entries == [
        (f"{WEB}/issues/41#issuecomment-1002", "ada on “Tea & <b>more</b>”", "<p>safe 1002</p>"),
        (f"{WEB}/issues/41#issuecomment-1001", "bob on “Tea & <b>more</b>”", "<p>safe 1001</p>"),
    ]


@in_both_forms
def test_a_sites_feed_says_under_which_post_each_comment_stands(form: FeedFormat) -> None:
    title, entries = said(of_site(form=form))
    assert title == "Recent comments: ada/blog"
    assert [(name[-4:], title) for name, title, _ in entries] == [
        ("1003", "bob on “Post 42”"),
        ("1002", "ada on “Tea & <b>more</b>”"),
        ("1001", "bob on “Tea & <b>more</b>”"),
    ]


def test_an_atom_feed_has_all_that_a_reader_of_feeds_looks_for() -> None:
    feed = tree(of_thread())
    assert feed.get(f"{XML}lang") == "en"
    assert texts(of_thread(), "id") == [f"{WEB}/issues/41"]
    assert texts(of_thread(), "generator") == ["Afterword"]
    assert {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")} == {
        "alternate": f"{WEB}/issues/41",
        "self": f"{BASE_URL}/posts/41.atom?repo=ada/blog",
    }
    assert [link.get("href")[-4:] for link in feed.findall(f"{ATOM}entry/{ATOM}link")] == ["1002", "1001"]
    assert texts(of_thread(), "entry/author/name") == ["ada", "bob"]
    assert texts(of_thread(), "entry/author/uri") == ["https://github.com/ada", "https://github.com/bob"]
    assert texts(of_thread(), "entry/published") == ["2020-07-03T10:00:00+00:00", "2020-07-02T10:00:00+00:00"]
    assert texts(of_thread(), "entry/updated") == ["2020-07-03T10:00:00+00:00", "2020-07-05T08:00:00+00:00"]
    assert {content.get("type") for content in feed.iter(f"{ATOM}content")} == {"html"}


def test_a_json_feed_has_all_that_its_specification_names() -> None:
    feed = parsed(of_thread(format=FeedFormat.JSON))
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["home_page_url"] == f"{WEB}/issues/41"
    assert feed["feed_url"] == f"{BASE_URL}/posts/41.json?repo=ada/blog"
    assert feed["language"] == "en"
    assert feed["items"][1] == {
        "id": f"{WEB}/issues/41#issuecomment-1001",
        "url": f"{WEB}/issues/41#issuecomment-1001",
        "title": "bob on “Tea & <b>more</b>”",
        "content_html": "<p>safe 1001</p>",
        "content_text": "text 1001",
        "date_published": "2020-07-02T10:00:00Z",
        "date_modified": "2020-07-05T08:00:00Z",
        "authors": [{"name": "bob", "url": "https://github.com/bob", "avatar": f"{BASE_URL}/avatars/7"}],
    }


@pytest.mark.parametrize("document", [of_thread(), of_site(), of_thread(no_thread())], ids=["thread", "site", "empty"])
def test_a_program_that_reads_feeds_has_no_complaint(document: Document) -> None:
    found = feedparser.parse(body(document), response_headers={"content-type": document.content_type})
    assert not found.bozo
    assert found.version == "atom10"
    assert found.feed.title


def test_a_reply_names_what_it_answers() -> None:
    for document in (of_thread(), of_site()):
        replies = tree(document).findall(f"{ATOM}entry/{THREADING}in-reply-to")
        assert [reply.get("ref") for reply in replies] == [f"{WEB}/issues/41#issuecomment-1001"]


@in_both_forms
def test_hidden_comments_are_not_there_and_take_no_place(form: FeedFormat) -> None:
    hidden = [a_comment(1 + n, login="eve", body_text="secret", minimized={"reason": "spam"}) for n in range(60)]
    many = [a_comment(1001 + n, body="@eve no") for n in range(60)]
    shown = [f"{WEB}/issues/41#issuecomment-{1060 - n}" for n in range(feeds.MAX_ENTRIES)]
    later = [replace(comment, id=comment.id + 5000) for comment in hidden]
    document = of_thread(a_thread(*hidden, *many, *later), form)
    assert [name for name, _, _ in said(document)[1]] == shown
    assert b"eve" not in body(document)
    assert b"secret" not in body(document)
    assert said(of_site({41: a_thread(*hidden)}, form))[1] == []
    assert b"in-reply-to" not in body(of_thread(a_thread(hidden[0], many[0]), form)), "not even what a reply answers"


def test_a_feed_is_as_new_as_its_newest_entry_and_never_as_the_clock() -> None:
    assert texts(of_thread(), "updated") == ["2020-07-05T08:00:00+00:00"]
    assert texts(of_site(), "updated") == ["2020-07-05T08:00:00+00:00"]
    assert texts(of_thread(a_thread(issue=THREAD.issue)), "updated") == ["2020-07-09T09:09:09+00:00"]
    assert texts(of_site({}), "updated") == ["1970-01-01T00:00:00+00:00"]
    assert texts(of_thread(no_thread()), "updated") == ["1970-01-01T00:00:00+00:00"]


@in_both_forms
@pytest.mark.parametrize(
    ("status", "answer", "says"), [(Status.MISSING, 200, "not open"), (Status.GONE, 410, "was deleted")]
)
def test_where_there_is_no_issue_the_title_says_so(form: FeedFormat, status: Status, answer: int, says: str) -> None:
    document = of_thread(no_thread(status), form)
    title, entries = said(document)
    assert (document.status, entries) == (answer, [])
    assert says in title


@in_both_forms
def test_an_etag_changes_with_what_is_said_only(form: FeedFormat) -> None:
    first = of_thread(form=form)
    again = of_thread(replace(THREAD, checked_at=1_700_000_000.0, looked_at=5.0, stale=True), form)
    assert again.etag == first.etag
    assert (again.checked_at, again.stale) == (1_700_000_000.0, True)
    assert of_site(form=form, checked_at=2.0).etag == of_site(form=form).etag
    assert of_thread(form=form, lang="de").etag != first.etag
    edited = replace(THREAD.comments[0], updated_at="2020-07-06T00:00:00Z")
    assert of_thread(replace(THREAD, comments=(edited, THREAD.comments[1])), form).etag != first.etag


@in_both_forms
def test_names_stay_when_the_service_moves_and_when_the_issue_is_opened(form: FeedFormat) -> None:
    moved = of_thread(form=form, base_url="https://elsewhere.example", proxy_images=False)
    assert [name for name, _, _ in said(moved)[1]] == [name for name, _, _ in said(of_thread(form=form))[1]]
    for document in (moved, of_thread(no_thread(), form)):
        assert b"elsewhere" not in body(document).replace(b"https://elsewhere.example/posts/41", b"")
    names = {*texts(of_thread(base_url=""), "id"), *texts(of_thread(no_thread()), "id"), *texts(of_thread(), "id")}
    assert names == {f"{WEB}/issues/41"}


def test_a_feed_of_a_moved_issue_is_that_of_the_post_which_was_asked_for() -> None:
    there = an_issue(7, html_url="https://github.com/ada/talk/issues/7", title="Moved")
    comment = a_comment(1001, number=7, html_url="https://github.com/ada/talk/issues/7#issuecomment-1001")
    document = of_thread(replace(a_thread(comment, issue=there), number=41))
    assert texts(document, "id") == [f"{WEB}/issues/41"]
    assert texts(document, "entry/title") == ["bob on “Moved”"]
    assert tree(document).find(f"{ATOM}link").get("href") == "https://github.com/ada/talk/issues/7"


@in_both_forms
def test_without_an_address_of_the_service_none_is_made_up(form: FeedFormat) -> None:
    document = of_thread(form=form, base_url="")
    said(document)
    for word in (b"self", b"feed_url", b"avatar"):
        assert word not in body(document)


def test_where_pictures_stay_at_github_the_avatar_is_githubs() -> None:
    author = parsed(of_thread(format=FeedFormat.JSON, proxy_images=False))["items"][0]["authors"][0]
    assert author["avatar"] == "https://avatars.githubusercontent.com/ada"


def test_the_address_of_a_feed_leads_to_the_same_feed_again() -> None:
    feed = parsed(of_site(format=FeedFormat.JSON, lang="zh-TW", repo=repository("ada/notes")))
    assert feed["feed_url"] == f"{BASE_URL}/comments.json?repo=ada/notes&lang=zh-TW"


def test_with_enterprise_the_list_of_issues_is_where_the_issues_are() -> None:
    issue = an_issue(html_url="https://git.example.com/ada/blog/issues/41")
    document = of_site({41: a_thread(a_comment(1001), issue=issue)})
    assert tree(document).find(f"{ATOM}link").get("href") == "https://git.example.com/ada/blog/issues"
    assert tree(of_site({})).find(f"{ATOM}link").get("href") == f"{WEB}/issues"


@in_both_forms
def test_words_are_in_the_language_of_the_key(form: FeedFormat) -> None:
    assert said(of_thread(form=form, lang="de"))[0] == "Kommentare zu „Tea & <b>more</b>“"
    assert said(of_site(form=form, lang="de"))[1][0][1] == "bob zu „Post 42“"


def test_a_comment_whose_post_is_not_known_is_under_its_number() -> None:
    key = SiteFeedKey(REPO, FeedFormat.JSON, "en", BASE_URL, proxy_images=True)
    document = feeds.site_feed([a_comment(1001)], {}, key, safe, None)
    assert said(document)[1][0][1] == "bob on “#41”"


def held(character: str) -> bool:
    """Return whether it is one of https://www.w3.org/TR/xml/#charsets."""
    code = ord(character)
    return code in {9, 10, 13} or 32 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or code > 0xFFFF


@in_both_forms
@given(login=anything, title=anything, text=anything)
@example(login=BAD, title=BAD, text=BAD)
@example(login="", title="", text="")
@example(login="]]>", title="&#0;", text="<![CDATA[ ]]> &nbsp;\r\n\t\x7f\x85\u2028")
def test_whatever_people_write_a_feed_is_well_formed_and_says_it(
    form: FeedFormat, login: str, title: str, text: str
) -> None:
    def unsafe(_: Comment | Issue) -> str:
        return text

    wrote = a_comment(1001, body=text, body_text=text)
    wrote = replace(wrote, author=replace(wrote.author, login=login))
    thread = a_thread(wrote, issue=an_issue(title=title))
    for document in (
        feeds.thread_feed(thread, ThreadFeedKey(REPO, 41, form, "en", BASE_URL, proxy_images=True), unsafe),
        feeds.site_feed(
            thread.comments, {41: thread}, SiteFeedKey(REPO, form, "en", BASE_URL, proxy_images=True), unsafe, None
        ),
    ):
        (_, said_title, html), *_ = said(document)[1]
        assert html == "".join(each if held(each) else "\ufffd" for each in text)
        assert said_title == "".join(each if held(each) else "\ufffd" for each in f"{login} on “{title}”")
        if form is FeedFormat.JSON:
            assert parsed(document)["items"][0]["content_text"] == html
        else:
            assert not feedparser.parse(body(document)).bozo
            assert texts(document, "entry/author/name")[0]


def sanitised(item: Comment | Issue) -> str:
    return sanitize(item.source["body_html"], source_url=item.url)


@in_both_forms
def test_nothing_hostile_is_in_a_feed(form: FeedFormat) -> None:
    key = ThreadFeedKey(REPO, 41, form, "en", BASE_URL, proxy_images=True)
    given = dict(enumerate(vectors(), start=1))
    seen = set()
    for first in range(1, len(given) + 1, feeds.MAX_ENTRIES):
        some = [a_comment(n, body_html=given[n]) for n in range(first, first + feeds.MAX_ENTRIES) if n in given]
        for name, _, html in said(feeds.thread_feed(a_thread(*some), key, sanitised))[1]:
            number = int(name.rpartition("-")[2])
            assert faults(html) == [], given[number]
            seen.add(number)
    assert seen == set(given)

"""Ids of feeds and entries outlive renames and transfers; links work as long as GitHub redirects them."""

from dataclasses import replace

import pytest

from app.domain.threads import Comment, Thread
from app.render import feeds
from app.render.keys import FeedFormat
from tests.render.feed_judge import ATOM, THREADING
from tests.render.rendered_feeds import IDENTITY, THREAD, THREADS, parse_atom, parse_json, site_feed, texts, thread_feed
from tests.render.sample_threads import WEB, a_comment, a_thread, an_issue

RENAMED = replace(THREAD, feeds=IDENTITY)
SOURCE = feeds.SiteFeedSource(IDENTITY)


def _renamed(*comments: Comment) -> Thread:
    return replace(a_thread(*comments), feeds=IDENTITY)


def test_ids_keep_the_names_that_were_served_first() -> None:
    assert texts(thread_feed(RENAMED), "id") == [f"{WEB}/issues/41"]
    assert texts(site_feed(source=SOURCE), "id") == [f"{WEB}/issues"]
    entry_ids = [f"https://github.com/Ada/blog/issues/41#issuecomment-{number}" for number in (1002, 1001)]
    assert texts(thread_feed(RENAMED), "entry/id") == entry_ids
    assert texts(site_feed(source=SOURCE), "entry/id")[1:] == entry_ids
    assert [item["id"] for item in parse_json(thread_feed(RENAMED, FeedFormat.JSON))["items"]] == entry_ids


def test_ids_are_the_same_whatever_name_github_sends() -> None:
    comments = [
        a_comment(number, html_url=f"https://github.com/{name}/issues/41#issuecomment-{number}")
        for number, name in ((1001, "ada/blog"), (1002, "ada/journal"), (1003, "eve/diary"))
    ]
    names = {entry_id.partition("/issues")[0] for entry_id in texts(thread_feed(_renamed(*comments)), "entry/id")}
    assert names == {"https://github.com/Ada/blog"}


def test_links_keep_a_name_that_github_redirects() -> None:
    feed = parse_atom(thread_feed(RENAMED))
    links = [link.get("href") for link in feed.findall(f"{ATOM}entry/{ATOM}link")]
    assert links == [f"{WEB}/issues/41#issuecomment-{number}" for number in (1002, 1001)]
    taken = replace(RENAMED, feeds=replace(IDENTITY, link_name="ada/journal"))
    items = parse_json(thread_feed(taken, FeedFormat.JSON))["items"]
    assert [item["url"] for item in items] == [
        f"https://github.com/ada/journal/issues/41#issuecomment-{number}" for number in (1002, 1001)
    ]
    assert {item["id"].partition("/issues")[0] for item in items} == {"https://github.com/Ada/blog"}


def test_page_and_author_have_the_current_name() -> None:
    feed = parse_atom(thread_feed(RENAMED))
    assert feed.find(f"{ATOM}link").get("href") == "https://github.com/ada/journal/issues/41"
    assert texts(thread_feed(RENAMED), "author/name") == ["ada/journal"]
    assert texts(site_feed(source=SOURCE), "title") == ["Recent comments: ada/journal"]
    feed = parse_json(site_feed({}, FeedFormat.JSON, SOURCE))
    assert feed["home_page_url"] == "https://github.com/ada/journal/issues"
    assert feed["author"] == {"name": "ada/journal", "url": "https://github.com/ada/journal"}


def test_reply_refers_to_the_id_of_its_target() -> None:
    for document in (thread_feed(RENAMED), site_feed(THREADS, source=SOURCE)):
        (reply,) = parse_atom(document).findall(f"{ATOM}entry/{THREADING}in-reply-to")
        assert reply.get("ref") == texts(document, "entry/id")[-1]
        assert reply.get("href") == f"{WEB}/issues/41#issuecomment-1001"


def test_transferred_issue_keeps_the_ids_of_its_entries() -> None:
    issue = an_issue(7, html_url="https://github.com/ada/talk/issues/7", title="Moved")
    comment = a_comment(1001, number=7, html_url="https://github.com/ada/talk/issues/7#issuecomment-1001")
    document = thread_feed(replace(a_thread(comment, issue=issue), number=41, feeds=IDENTITY))
    assert texts(document, "entry/id") == ["https://github.com/Ada/blog/issues/41#issuecomment-1001"]
    assert parse_atom(document).find(f"{ATOM}link").get("href") == "https://github.com/ada/talk/issues/7"


@pytest.mark.parametrize("url", ["https://git.example.com/ada/blog/pull/4#issuecomment-1001", "https://x.example/1"])
def test_another_kind_of_address_stays_as_it_is(url: str) -> None:
    assert texts(thread_feed(_renamed(a_comment(1001, html_url=url))), "entry/id") == [url]


def test_enterprise_host_stays_in_ids() -> None:
    comment = a_comment(1001, html_url="https://git.example.com/ada/journal/issues/41#issuecomment-1001")
    expected = "https://git.example.com/Ada/blog/issues/41#issuecomment-1001"
    assert texts(thread_feed(_renamed(comment)), "entry/id") == [expected]

"""The feed judge reports each fault, made by one change to a valid feed."""

import copy
from typing import Any

import pytest

from tests.render.feed_judge import atom_faults, json_faults

ENTRY = """<entry><id>urn:c:1</id><title>One</title><updated>2020-07-02T10:00:00Z</updated>\
<published>2020-07-01T10:00:00Z</published><content type="html">&lt;p&gt;</content>\
<link href="https://a.example/1"/><thr:in-reply-to ref="urn:c:0"/></entry>"""
FEED = f"""<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0" xml:lang="en">\
<id>urn:f</id><title>Feed</title><updated>2020-07-02T10:00:00+00:00</updated>\
<author><name>Ada</name><uri>https://a.example/</uri></author><generator>g</generator>\
<link href="https://a.example/" rel="alternate" type="text/html"/>{ENTRY}</feed>"""


def test_valid_atom_feed_has_no_faults() -> None:
    assert atom_faults(FEED.encode()) == []


@pytest.mark.parametrize(
    ("right", "wrong", "fault"),
    [
        ("</feed>", "", "2: "),
        ('"http://www.w3.org/2005/Atom"', '"http://purl.org/atom/ns#"', "2: "),
        ('xml:lang="en"', 'xml:lang="e n"', "2: xml:lang"),
        ("<id>urn:f</id>", "", "0 of id"),
        ("<id>urn:f</id>", "<id>f</id>", "id 'f'"),
        ("<id>urn:f</id>", "<id> urn:f</id>", "id ' urn:f'"),
        ("<title>Feed</title>", "", "0 of title"),
        ("<title>Feed</title>", "<title>Feed</title><title/>", "2 of title"),
        ("<title>Feed</title>", '<title type="text/html">Feed</title>', "type 'text/html'"),
        ("<title>Feed</title>", "<title>a <b>feed</b></title>", "elements in text"),
        ("<updated>2020-07-02T10:00:00+00:00</updated>", "", "0 of updated"),
        ("<updated>2020-07-02T10:00:00Z", "<updated>2020-07-02T10:00:00", "3.3: updated"),
        ("<updated>2020-07-02T10:00:00Z", "<updated>2020-13-02T10:00:00Z", "3.3: updated"),
        ("<published>2020-07-01T10:00:00Z", "<published>Wed, 01 Jul 2020", "3.3: published"),
        ("<generator>", "<generator>a</generator><generator>", "more than one generator"),
        ("<name>Ada</name>", "", "without a name"),
        ("<name>Ada</name>", "<name/>", "without a name"),
        ("<uri>https://a.example/</uri>", "<uri>a b</uri>", "uri 'a b'"),
        ("<uri>", "<uri>urn:a</uri><uri>", "more than one uri"),
        ("<author><name>Ada</name><uri>https://a.example/</uri></author>", "", "4.1.2: no author"),
        (' rel="alternate" type="text/html"/>', '/><link href="https://a.example/2"/>', "alternate links of one"),
        (' rel="alternate"', ' rel=""', "rel ''"),
        ('type="text/html"/>', 'type="html"/>', "type 'html'"),
        ('<link href="https://a.example/1"/>', "<link/>", "href None"),
        (ENTRY, ENTRY + ENTRY, "urn:c:1 twice"),
        (ENTRY, "text", "text between"),
        ("</content>", '</content><content type="html"/>', "more than one content"),
        ('<content type="html">&lt;p&gt;</content>', '<content type="html"><p/></content>', "elements in text"),
        ('<content type="html">', '<content type="markup">', "type 'markup'"),
        ('<content type="html">', '<content type="html" src="urn:x">', "content here and elsewhere"),
        ('<content type="html">', '<content type="html" src="urn:x">', "no summary"),
        (
            '<content type="html">&lt;p&gt;</content><link href="https://a.example/1"/>',
            '<link href="urn:x" rel="self"/>',
            "neither content nor",
        ),
        ('ref="urn:c:0"', 'href="urn:c:0"', "without ref"),
    ],
)
def test_each_fault_of_an_atom_feed_is_reported(right: str, wrong: str, fault: str) -> None:
    assert right in FEED
    assert any(fault in message for message in atom_faults(FEED.replace(right, wrong).encode()))


def test_empty_feed_needs_an_author() -> None:
    empty = FEED.replace(ENTRY, "")
    assert atom_faults(empty.encode()) == []
    start, end = empty.index("<author>"), empty.index("<generator>")
    assert atom_faults((empty[:start] + empty[end:]).encode()) == ["4.1.1: no author"]


ITEM = {"id": "1", "content_html": "<p>", "date_published": "2020-07-01T10:00:00Z", "authors": [{"name": "Ada"}]}
JSON_FEED: dict[str, Any] = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Feed",
    "home_page_url": "https://a.example/",
    "language": "en",
    "items": [ITEM],
}


def test_valid_json_feed_has_no_faults() -> None:
    assert json_faults(JSON_FEED) == []
    assert json_faults(JSON_FEED | {"items": [], "_afterword": {}}) == []


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (["version"], "1.1"),
        (["version"], None),
        (["title"], None),
        (["title"], ""),
        (["items"], None),
        (["home_page_url"], "/"),
        (["feed_url"], ""),
        (["language"], "e n"),
        (["author"], {}),
        (["items", 0, "id"], None),
        (["items", 0, "id"], 1),
        (["items", 0, "content_html"], None),
        (["items", 0, "date_published"], "2020-07-01"),
        (["items", 0, "date_modified"], "yesterday"),
        (["items", 0, "authors"], [{}]),
        (["items", 0, "authors"], {"name": "Ada"}),
        (["items", 0, "authors", 0, "avatar"], "/avatars/1"),
        (["items", 0, "tags"], "a"),
        (["items"], [ITEM, ITEM]),
    ],
)
def test_each_fault_of_a_json_feed_is_reported(path: list[str | int], wrong: Any) -> None:
    feed: Any = copy.deepcopy(JSON_FEED)
    parent = feed
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = wrong
    if wrong is None:
        del parent[path[-1]]
    assert json_faults(feed)

"""/feed: the newest comments, and the addresses to subscribe to."""

import re

import pytest

from app.domain.errors import NotReady, StoreUnusable
from tests.web.harness.blog import Blog


async def test_newest_comments_are_shown_without_hidden_ones(blog: Blog) -> None:
    text = (await blog.request("/feed")).text
    shown = re.findall(r'<p class="said" dir="auto">(Comment \d+)</p>', text)
    assert shown == [f"Comment {number}" for number in range(1070, 1050, -1)]
    assert '<time datetime="2020-07-01T09:47:50Z">1 July 2020</time>' in text
    assert "Comment 2<" not in text


@pytest.mark.parametrize(
    ("public_url", "base"),
    [(None, "http://blog.test/"), ("https://blog.example.com/comments", "https://blog.example.com/comments/")],
)
async def test_addresses_to_subscribe_to_are_whole(public_url: str | None, base: str) -> None:
    text = (await Blog(public_url=public_url).request("/feed")).text
    for path in ("comments.atom", "comments.json"):
        assert f'<a href="{path}"><code>{base}{path}</code></a>' in text
        assert re.search(f'<link rel="alternate" type="application/[a-z+]+" title="[^"]+" href="{path}">', text)


async def test_other_repositories_have_their_own_feeds(blog: Blog) -> None:
    assert '<a href="feed?repo=owner/notes">owner/notes</a>' in (await blog.request("/feed")).text
    text = (await blog.request("/feed?repo=owner/notes")).text
    assert "<code>http://blog.test/comments.atom?repo=owner/notes</code>" in text
    assert '<a href="feed">Owner/Blog</a>' in text
    assert re.search(r'href="posts/\d+\.html\?view=page&amp;repo=owner/notes"', text)


async def test_invalid_host_is_not_printed(blog: Blog) -> None:
    text = (await blog.request("/feed", {"host": 'a.example"><script>'})).text
    assert '<a href="comments.atom"><code>comments.atom</code></a>' in text


async def test_failure_says_what_to_do(blog: Blog) -> None:
    blog.reader.failure = NotReady("Owner/Blog", 5)
    response = await blog.request("/feed")
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert "<h1>Not available</h1>" in response.text


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ("repo=owner/absent", 404, "The repository owner/absent is not served here."),
        ("repo=%3Cb%3E", 422, "The parameter repo must be a repository, written owner/name."),
    ],
)
async def test_wrong_address_is_answered_by_a_page(blog: Blog, query: str, status: int, sentence: str) -> None:
    response = await blog.request(f"/feed?{query}")
    assert (response.status_code, response.headers["cache-control"]) == (status, "no-store")
    assert f"<p>{sentence}</p>" in response.text
    assert '<a href="feed" aria-current="page">' in response.text


async def test_log_says_why_a_page_fails(blog: Blog, caplog: pytest.LogCaptureFixture) -> None:
    blog.reader.failure = StoreUnusable("afterword.db", "gone")
    response = await blog.request("/feed")
    assert "its log says why" in response.text
    assert "Request for '/feed' failed with status 503" in caplog.text


async def test_titles_turn_no_other_words_around(blog: Blog) -> None:
    item = (await blog.request("/feed")).text.partition('<p class="by">')[2].partition("</p>")[0]
    assert re.match(r'<b translate="no">[^<]+</b> on <a href="[^"]+"><bdi>[^<]+</bdi></a>, <a', item)

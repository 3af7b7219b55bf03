"""The routes of the feeds: which feed a URL selects, its headers, and that it is valid."""

import re
from dataclasses import replace

import feedparser
import pytest

from app.domain.errors import NotReady
from app.render.keys import FeedFormat, Key, SiteFeedKey, ThreadFeedKey
from tests.render.feed_judge import atom_faults, json_faults
from tests.web.harness.blog import BIG, GONE, OTHER, POST, SITE, Blog, OldName
from tests.web.harness.images import UnusedImages

BASE_URL = "http://blog.test"
PATHS = ["/posts/41.atom", "/posts/41.json", "/comments.atom", "/comments.json"]
all_feeds = pytest.mark.parametrize("path", PATHS)


def _thread_key(feed_format: FeedFormat = FeedFormat.ATOM, lang: str = "en", query: str = "") -> ThreadFeedKey:
    return ThreadFeedKey(SITE, POST, feed_format, lang, BASE_URL, proxy_images=False, query=query)


def _site_key(feed_format: FeedFormat = FeedFormat.ATOM, lang: str = "en", query: str = "") -> SiteFeedKey:
    return SiteFeedKey(SITE, feed_format, lang, BASE_URL, proxy_images=False, query=query)


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ("/posts/41.atom", _thread_key()),
        ("/posts/41.json", _thread_key(FeedFormat.JSON)),
        ("/comments.atom", _site_key()),
        ("/comments.json", _site_key(FeedFormat.JSON)),
        ("/posts/41.atom?repo=OWNER/notes", replace(_thread_key(query=f"repo={OTHER}"), repo=OTHER)),
        (
            "/comments.json?repo=owner/notes&utm=x&utm=y",
            replace(_site_key(FeedFormat.JSON, query="repo=owner/notes"), repo=OTHER),
        ),
        ("/posts/41.atom?lang=de", _thread_key(lang="de", query="lang=de")),
        ("/posts/41.atom?lang=de-AT", _thread_key(lang="de", query="lang=de-AT")),
        ("/posts/41.atom?lang=DE-at", _thread_key(lang="de", query="lang=de")),
        ("/comments.json?lang=zh-hant-tw", _site_key(FeedFormat.JSON, lang="zh-TW", query="lang=zh-TW")),
        ("/comments.atom?lang=", _site_key(query="lang=en")),
        ("/comments.atom?lang=tlh", _site_key(query="lang=en")),
        ("/posts/41.json?lang=%00%F0%9F%8D%B5", _thread_key(FeedFormat.JSON, query="lang=en")),
    ],
)
async def test_url_selects_a_feed(blog: Blog, target: str, key: Key) -> None:
    response = await blog.request(target)
    assert response.status_code == 200
    assert blog.reader.requested_keys == [key]


@pytest.mark.parametrize("path", ["/posts/41.atom", "/comments.atom", f"/posts/{BIG}.atom", "/posts/42.atom?lang=he"])
async def test_atom_feed_is_valid(blog: Blog, path: str) -> None:
    response = await blog.request(path)
    assert response.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert atom_faults(response.content) == []
    feed = feedparser.parse(response.content, response_headers=dict(response.headers))
    assert not feed.bozo
    assert {link.rel: link.href for link in feed.feed.links}["self"] == f"{BASE_URL}{path}"


@pytest.mark.parametrize("path", ["/posts/41.json", "/comments.json", f"/posts/{BIG}.json", "/posts/42.json?lang=he"])
async def test_json_feed_is_valid(blog: Blog, path: str) -> None:
    response = await blog.request(path)
    assert response.headers["content-type"] == "application/feed+json; charset=utf-8"
    assert json_faults(response.json()) == []
    assert response.json()["feed_url"] == f"{BASE_URL}{path}"


@all_feeds
@pytest.mark.parametrize(
    "query",
    [
        "repo=owner/notes&lang=fr",
        "lang=fr-CA&repo=Owner/Blog",
        "repo=owner%2Fblog",
        "lang=zh-Hant-TW",
        "lang=en&repo=old/name",
        "repo=Old/Name",
    ],
)
async def test_feed_names_the_requested_address(blog: Blog, path: str, query: str) -> None:
    blog.serve(names=OldName())
    response = await blog.request(f"{path}?{query}")
    assert f'"{BASE_URL}{path}?{query}"'.replace("&", "&amp;" if path.endswith("atom") else "&") in response.text


async def test_any_spelling_leads_to_few_documents(blog: Blog) -> None:
    blog.serve(names=OldName())
    names = ("owner/blog", "Owner/Blog", "OWNER/blog", "oWner/bLog", "old/name", "Old/Name", "OLD/NAME", "oLd/nAme")
    tags = ("de", "DE", "dE", "de-XX", "de-x-y", "de_DE", "de-DE", "x" * 35, "%22", "<")
    for name in names:
        for tag in tags:
            response = await blog.request(f"/posts/41.atom?repo={name}&lang={tag}&x={'%22%3E%3Cscript' * 9}")
            assert response.status_code == 200
            assert "script" not in response.text
    queries = {key.query for key in blog.reader.requested_keys if isinstance(key, ThreadFeedKey)}
    assert queries == {
        f"repo={name}&lang={tag}"
        for name in ("owner/blog", "Owner/Blog", "old/name", "Old/Name")
        for tag in ("de", "de-DE", "en")
    }


@all_feeds
async def test_feed_has_the_caching_headers_of_reads(blog: Blog, path: str) -> None:
    first = await blog.request(path)
    assert first.headers["cache-control"] == "private, max-age=17, stale-while-revalidate=10, stale-if-error=86400"
    assert (first.headers["age"], first.headers["vary"]) == ("7", "Accept-Encoding")
    assert first.headers["access-control-allow-origin"] == "*"
    assert first.headers["content-security-policy"] == "default-src 'none'; sandbox"
    again = await blog.request(path, {"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = await blog.request(path, method="HEAD")
    assert (head.status_code, head.content) == (200, b"")
    compressed = await blog.request(path, {"accept-encoding": "gzip"})
    assert (compressed.headers["content-encoding"], compressed.content) == ("gzip", first.content)


@all_feeds
async def test_second_read_is_served_from_the_cache(blog: Blog, path: str) -> None:
    first, second = await blog.request(path), await blog.request(path)
    assert len(blog.reader.requested_keys) == 1
    assert second.content == first.content


@pytest.mark.parametrize("feed_format", FeedFormat)
async def test_deleted_issue_ends_the_feed_and_missing_empties_it(blog: Blog, feed_format: FeedFormat) -> None:
    missing, gone = await blog.request(f"/posts/42.{feed_format}"), await blog.request(f"/posts/{GONE}.{feed_format}")
    assert (missing.status_code, gone.status_code) == (200, 410)
    assert gone.headers["content-type"] == missing.headers["content-type"]
    assert "octocat" not in missing.text + gone.text
    again = await blog.request(f"/posts/{GONE}.{feed_format}", {"if-none-match": gone.headers["etag"]})
    assert again.status_code == 410, "a client that has the feed must learn of its end"


@pytest.mark.parametrize("feed_format", FeedFormat)
async def test_hidden_comments_are_left_out(blog: Blog, feed_format: FeedFormat) -> None:
    response = await blog.request(f"/posts/{POST}.{feed_format}")
    assert "issuecomment-3" in response.text
    assert "issuecomment-2" not in response.text


@all_feeds
async def test_feeds_use_the_image_proxy_if_enabled(blog: Blog, path: str) -> None:
    blog.serve(images=UnusedImages())
    response = await blog.request(path)
    assert all(getattr(key, "proxy_images", False) for key in blog.reader.requested_keys)
    assert path.endswith("atom") or f'"{BASE_URL}/avatars/' in response.text


@all_feeds
async def test_feeds_use_the_configured_url(path: str) -> None:
    response = await Blog(public_url="https://c.example.org/c").request(path)
    assert f'"https://c.example.org/c{path}"' in response.text
    assert "blog.test" not in response.text


@all_feeds
async def test_invalid_host_is_not_repeated(blog: Blog, path: str) -> None:
    assert "script" not in (await blog.request(path, {"host": 'x"><script>'})).text
    response = await blog.request(path, {"host": "script" * 50})
    assert "script" not in response.text
    assert not re.search(r'rel="self"|"feed_url"', response.text), "no URL of its own"
    assert not (atom_faults(response.content) if path.endswith("atom") else json_faults(response.json()))


@all_feeds
@pytest.mark.parametrize(
    ("query", "parameter"),
    [("lang=de&lang=en", "lang"), ("repo=owner/blog&repo=owner/notes", "repo"), ("repo=blog", "repo")],
)
async def test_invalid_parameter_is_named(blog: Blog, path: str, query: str, parameter: str) -> None:
    response = await blog.request(f"{path}?{query}")
    assert (response.status_code, response.json()["parameter"]) == (422, parameter)
    assert response.headers["content-type"] == "application/problem+json"
    assert blog.reader.requested_keys == []


@pytest.mark.parametrize(
    "target", ["/posts/0.atom", "/posts/041.json", "/posts/x.atom", f"/comments.atom?lang={'x' * 36}"]
)
async def test_value_out_of_bounds_is_rejected(blog: Blog, target: str) -> None:
    response = await blog.request(target)
    assert (response.status_code, response.headers["content-type"]) == (422, "application/problem+json")


@all_feeds
async def test_unconfigured_repository_is_not_served(blog: Blog, path: str) -> None:
    response = await blog.request(f"{path}?repo=someone/else")
    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")


@all_feeds
async def test_unmirrored_post_is_an_error_and_no_empty_feed(blog: Blog, path: str) -> None:
    blog.reader.failure = NotReady("Post 41", retry_after=10)
    response = await blog.request(path)
    assert (response.status_code, response.headers["retry-after"]) == (503, "10")
    assert response.headers["content-type"] == "application/problem+json"


async def test_later_check_changes_no_etag(blog: Blog) -> None:
    first = await blog.request("/comments.atom")
    blog.clock.advance(1000)
    later = await blog.request("/comments.atom", {"if-none-match": first.headers["etag"]})
    assert (later.status_code, later.headers["age"]) == (304, "1007")


async def test_openapi_describes_the_feeds(blog: Blog) -> None:
    paths = (await blog.request("/openapi.json")).json()["paths"]
    for path in ("/posts/{ghissueid}.atom", "/posts/{ghissueid}.json", "/comments.atom", "/comments.json"):
        operation = paths[path]["get"]
        kind = "application/atom+xml" if path.endswith("atom") else "application/feed+json"
        assert operation["tags"] == ["Feeds"]
        assert list(operation["responses"]["200"]["content"]) == [kind]
        assert set(operation["responses"]) >= {"404", "422", "503"}
        assert ("410" in operation["responses"]) == path.startswith("/posts/")
        assert {parameter["name"] for parameter in operation["parameters"]} >= {"repo", "lang"}

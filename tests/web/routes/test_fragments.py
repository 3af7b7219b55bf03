"""The route of a post's comments as HTML: which document a URL selects, and its headers."""

from dataclasses import replace

import pytest

from app.domain.errors import NotReady
from app.render.fragment import DEFAULT_LIMIT
from app.render.keys import FragmentKey, Order
from tests.web.harness.blog import BIG, GONE, OTHER, POST, SITE, Blog

PATH = f"/posts/{POST}.html"
DEFAULT_KEY = FragmentKey(
    repo=SITE,
    number=POST,
    order=Order.OLDEST,
    limit=DEFAULT_LIMIT,
    cursor=None,
    lang="en",
    full_page=False,
    base_url="http://blog.test",
    proxy_images=False,
)


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("", DEFAULT_KEY),
        ("?view=fragment", DEFAULT_KEY),
        ("?view=page", replace(DEFAULT_KEY, full_page=True)),
        ("?repo=OWNER/notes", replace(DEFAULT_KEY, repo=OTHER)),
        ("?order=reactions&limit=7", replace(DEFAULT_KEY, order=Order.REACTIONS, limit=7)),
        ("?lang=de-AT", replace(DEFAULT_KEY, lang="de")),
    ],
)
async def test_url_selects_a_document(blog: Blog, query: str, key: FragmentKey) -> None:
    response = await blog.request(PATH + query)
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert blog.reader.requested_keys == [key]


async def test_cursor_selects_a_full_page_by_default(blog: Blog) -> None:
    cursor = (await blog.request(f"/api/v1/posts/{BIG}/comments")).json()["next"]
    page = await blog.request(f"/posts/{BIG}.html?cursor={cursor}")
    fragment = await blog.request(f"/posts/{BIG}.html?cursor={cursor}&view=fragment")
    assert page.text.startswith("<!doctype html>")
    assert fragment.text.startswith("<post-comments ")
    first = 'id="comment-1050"'
    assert (page.text.count(first), fragment.text.count(first)) == (1, 1)


async def test_fragment_has_the_caching_headers_of_reads(blog: Blog) -> None:
    first = await blog.request(PATH)
    assert first.headers["cache-control"] == "private, max-age=17, stale-while-revalidate=10, stale-if-error=86400"
    assert (first.headers["age"], first.headers["vary"]) == ("7", "Accept-Encoding")
    assert first.headers["access-control-allow-origin"] == "*"
    again = await blog.request(PATH, {"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = await blog.request(PATH, method="HEAD")
    assert (head.status_code, head.content) == (200, b"")
    compressed = await blog.request(PATH, {"accept-encoding": "br"})
    assert compressed.headers["content-encoding"] == "br"
    assert len(blog.reader.requested_keys) == 1, "the cache serves the next readers"


async def test_missing_and_deleted_issues_have_their_status(blog: Blog) -> None:
    missing, gone = await blog.request("/posts/42.html"), await blog.request(f"/posts/{GONE}.html")
    assert 'data-status="missing"' in missing.text
    assert 'data-status="gone"' in gone.text
    assert "octocat" not in missing.text + gone.text


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("view=book", "view"),
        ("view=page&view=fragment", "view"),
        ("order=best", "order"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("cursor=x", "cursor"),
        ("repo=blog", "repo"),
        ("lang=de&lang=en", "lang"),
    ],
)
async def test_invalid_parameter_is_named(blog: Blog, query: str, parameter: str) -> None:
    response = await blog.request(f"{PATH}?{query}")
    assert (response.status_code, response.json()["parameter"]) == (422, parameter)
    assert response.headers["content-type"] == "application/problem+json"


async def test_unmirrored_post_is_an_error_and_not_empty(blog: Blog) -> None:
    blog.reader.failure = NotReady("Post 41", retry_after=10)
    response = await blog.request(PATH)
    assert (response.status_code, response.headers["retry-after"]) == (503, "10")
    assert response.headers["content-type"] == "application/problem+json"

"""The API by term, label and marker: parameters, answers, and what is remembered of a search."""

import pytest

from app.render.keys import CommentsKey, FragmentKey, Key, NoThreadKey, Order, PostKey, TermCountsKey
from tests.web.harness.blog import OTHER, POST, SITE
from tests.web.harness.searched_blog import SearchedBlog

FRAGMENT = FragmentKey(
    SITE, POST, Order.OLDEST, 50, None, "en", full_page=False, base_url="http://blog.test", proxy_images=False
)


@pytest.fixture
async def blog() -> SearchedBlog:
    blog = SearchedBlog()
    await blog.fill()
    return blog


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ("/api/v1/posts?term=posts/hello/", PostKey(SITE, POST)),
        ("/api/v1/posts?term=POSTS%2Fhello&term_of=pathname&repo=owner/blog", PostKey(SITE, POST)),
        ("/api/v1/posts?label=Gitalk&label=posts/hello/", PostKey(SITE, POST)),
        ("/api/v1/posts?label=posts/hello/&term=hello/&title_prefix=posts/", PostKey(SITE, POST)),
        ("/api/v1/posts/comments?term=posts/hello/", CommentsKey(SITE, POST, Order.OLDEST, 50, None)),
        ("/api/v1/posts/comments?term=posts/hello/&order=newest&limit=2", CommentsKey(SITE, POST, Order.NEWEST, 2, None)),
        ("/api/v1/posts/comments?term=absent", NoThreadKey(SITE)),
        ("/posts.html?term=posts/hello/", FRAGMENT),
        ("/api/v1/counts?terms=posts/hello/&terms=absent&terms=posts/hello/", TermCountsKey(SITE, ("posts/hello/", "absent"), (POST, None))),
        ("/api/v1/counts?terms=Git&term_of=title", TermCountsKey(SITE, ("Git",), (None,))),
    ],
)  # fmt: skip
async def test_url_selects_a_document(blog: SearchedBlog, target: str, key: Key) -> None:
    response = await blog.request(target)
    assert response.status_code == 200
    assert blog.reader.requested_keys == [key]
    assert (await blog.request(target)).content == response.content
    assert blog.reader.requested_keys == [key]  # the second comes from memory


async def test_answer_is_that_of_the_number(blog: SearchedBlog) -> None:
    for path in ("", "/comments"):
        by_term = await blog.request(f"/api/v1/posts{path}?term=posts/hello/")
        by_number = await blog.request(f"/api/v1/posts/{POST}{path}")
        assert (by_term.content, by_term.headers["etag"]) == (by_number.content, by_number.headers["etag"])


async def test_remembered_answer_ends_with_its_edition(blog: SearchedBlog) -> None:
    target = "/api/v1/posts/comments?term=posts/hello/"
    assert (await blog.request(target)).json()["post"]["ghissueid"] == POST
    await blog.retitle(POST, "Another", "2026-02-01T00:00:00Z")
    missing = (await blog.request(target)).json()
    assert (missing["post"]["ghissueid"], missing["post"]["status"], missing["comments"]) == (None, "missing", [])
    await blog.retitle(POST, "posts/hello/", "2026-03-01T00:00:00Z")
    assert (await blog.request(target)).json()["post"]["ghissueid"] == POST


async def test_missing_thread_is_a_problem(blog: SearchedBlog) -> None:
    for target in ("/api/v1/posts?term=posts/hell", "/api/v1/posts?label=x", "/posts.html?term=x"):
        response = await blog.request(target)
        body = response.json()
        assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")
        assert body["detail"].startswith("No post of Owner/Blog has the ")
        assert not blog.reader.requested_keys


async def test_undecided_thread_names_its_candidates(blog: SearchedBlog) -> None:
    for target in ("/api/v1/posts", "/api/v1/posts/comments", "/posts.html"):
        response = await blog.request(f"{target}?term=git&term_of=title")
        assert (response.status_code, response.json()["candidates"]) == (409, [42, 43])
        assert "the term 'git': #42, #43. Give only one" in response.json()["detail"]


@pytest.mark.parametrize(
    ("target", "parameter"),
    [
        ("posts", "term"),
        ("posts/comments", "term"),
        ("posts?term=", "term"),
        ("posts?term=%20", "term"),
        (f"posts?term={'x' * 1001}", "term"),
        ("posts?term=a&term=b", "term"),
        ("posts?term=a&term_of=path", "term_of"),
        ("posts?label=a&title_prefix=b", "title_prefix"),
        ("posts?label=", "label"),
        (f"posts?label={'x' * 101}", "label"),
        ("posts?" + "label=x&" * 21, "label"),
        ("posts?marker=", "marker"),
        ("posts/comments?term=a&limit=0", "limit"),
        ("counts?terms=", "terms"),
        ("counts?terms=a&ids=1", "ids"),
        ("counts?" + "terms=x&" * 101, "terms"),
    ],
)
async def test_invalid_parameter_is_named(blog: SearchedBlog, target: str, parameter: str) -> None:
    response = await blog.request(f"/api/v1/{target}")
    assert (response.status_code, response.json()["parameter"]) == (422, parameter)


async def test_unknown_repository_and_unlisted_site(blog: SearchedBlog) -> None:
    assert (await blog.request("/api/v1/posts?term=a&repo=owner/other")).status_code == 404
    response = await blog.request(f"/api/v1/posts?term=a&repo={OTHER}")
    assert (response.status_code, response.json()["retry_after"]) == (503, 5)


async def test_hostile_terms_are_harmless(blog: SearchedBlog) -> None:
    for term in (
        "%00",
        "%ff%fe",
        "a%0A%0D",
        "%F0%9F%A6%8A" * 100,
        "(" * 900,
        "%22%27%3Cscript%3E",
        "a%5B%5D*%2B%3F",
        "%2520",
        "%2F",
        "%25FF",
    ):
        for term_of in ("", "&term_of=pathname", "&term_of=url", "&term_of=title"):
            target = f"/api/v1/posts/comments?term={term}{term_of}"
            assert (await blog.request(target)).status_code == 200
        assert (await blog.request(f"/api/v1/posts/comments?term={term}")).status_code == 200

"""The address of a post's comments as HTML: what it means, and how it leaves."""

from dataclasses import replace

import pytest

from app.domain.errors import NotReady
from app.render.fragment import LIMIT
from app.render.keys import FragmentKey, Order
from tests.web.blog import BIG, GONE, OTHER, POST, SITE, Blog

PATH = f"/posts/{POST}.html"
PLAIN = FragmentKey(
    repo=SITE,
    number=POST,
    order=Order.OLDEST,
    limit=LIMIT,
    cursor=None,
    lang="en",
    whole=False,
    home="http://blog.test",
    pictures=False,
)


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("", PLAIN),
        ("?view=fragment", PLAIN),
        ("?view=page", replace(PLAIN, whole=True)),
        ("?repo=OWNER/notes", replace(PLAIN, repo=OTHER)),
        ("?order=reactions&limit=7", replace(PLAIN, order=Order.REACTIONS, limit=7)),
        ("?lang=de-AT", replace(PLAIN, lang="de")),
    ],
)
async def test_an_address_means_a_page_of_comments(blog: Blog, query: str, key: FragmentKey) -> None:
    answer = await blog.ask(PATH + query)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert blog.reads.asked == [key]


async def test_a_cursor_leads_to_a_page_of_its_own_that_a_fragment_can_be_made_of(blog: Blog) -> None:
    cursor = (await blog.ask(f"/api/v1/posts/{BIG}/comments")).json()["next"]
    page = await blog.ask(f"/posts/{BIG}.html?cursor={cursor}")
    part = await blog.ask(f"/posts/{BIG}.html?cursor={cursor}&view=fragment")
    assert page.text.startswith("<!doctype html>")
    assert part.text.startswith("<post-comments ")
    first = '<article id="comment-1050"'
    assert (page.text.count(first), part.text.count(first)) == (1, 1)


async def test_it_is_cached_and_compared_as_any_read(blog: Blog) -> None:
    first = await blog.ask(PATH)
    assert first.headers["cache-control"] == (
        "public, max-age=0, s-maxage=17, stale-while-revalidate=10, stale-if-error=86400"
    )
    assert (first.headers["age"], first.headers["vary"]) == ("7", "Accept-Encoding")
    assert first.headers["access-control-allow-origin"] == "*"
    again = await blog.ask(PATH, {"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = await blog.ask(PATH, method="HEAD")
    assert (head.status_code, head.content) == (200, b"")
    packed = await blog.ask(PATH, {"accept-encoding": "br"})
    assert packed.headers["content-encoding"] == "br"
    assert len(blog.reads.asked) == 1, "the front answers the next readers"


async def test_a_post_without_an_issue_and_a_deleted_one_are_said_in_html(blog: Blog) -> None:
    missing, gone = await blog.ask("/posts/42.html"), await blog.ask(f"/posts/{GONE}.html")
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
async def test_a_parameter_with_a_value_that_is_not_allowed_is_named(blog: Blog, query: str, parameter: str) -> None:
    answer = await blog.ask(f"{PATH}?{query}")
    assert (answer.status_code, answer.json()["parameter"]) == (422, parameter)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_before_the_mirror_is_there_it_is_a_failure_and_not_empty(blog: Blog) -> None:
    blog.reads.failure = NotReady("Post 41", retry_after=10)
    answer = await blog.ask(PATH)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert answer.headers["content-type"] == "application/problem+json"

"""/status: what /readyz says, in sentences."""

from typing import Any

import pytest

from app.domain.errors import NotServed, StoreUnusable
from app.domain.times import rfc3339
from tests.web.harness.blog import START, Blog

SITE: dict[str, Any] = {
    "repo": "Owner/Blog",
    "listed": True,
    "threads": 2,
    "threads_complete": 2,
    "checked_at": rfc3339(START - 120),
    "failure": None,
}


async def _status(blog: Blog, *, ready: bool = True, post_failure: str | None = None, **site: Any) -> str:
    blog.readiness = {"ready": ready, "sites": [{**SITE, **site}], "posts": {"ready": True, "failure": post_failure}}
    response = await blog.request("/status")
    assert (response.status_code, response.headers["cache-control"]) == (200, "no-store")
    return " ".join(response.text.split())


@pytest.mark.parametrize(
    ("site", "words"),
    [
        ({}, "All 2 posts are mirrored. There are 74 comments."),
        ({"threads": 1, "threads_complete": 1}, "Its one post is mirrored. There are 74 comments."),
        ({"threads": 0, "threads_complete": 0}, "There are no posts yet."),
        ({"threads": 1200, "threads_complete": 7}, "7 of 1,200 posts are mirrored; the others follow."),
        ({"listed": False}, "The list of issues is not read yet."),
        (
            {},
            'GitHub last answered <time datetime="2020-07-01T09:28:00Z">2 minutes ago</time>: 1 July 2020, 09:28:00 UTC',
        ),
        ({"checked_at": rfc3339(START + 60)}, ">just now<"),
        ({"checked_at": rfc3339(START - 90 * 60)}, ">90 minutes ago<"),
        ({"checked_at": None, "failure": "No network."}, "GitHub has not answered yet."),
        ({"failure": "<GitHub> did not answer."}, "The last attempt failed: &lt;GitHub&gt; did not answer."),
    ],
)
async def test_state_of_a_site_is_told_in_words(blog: Blog, site: dict[str, Any], words: str) -> None:
    text = await _status(blog, **site)
    assert words in text
    assert "As of 1 July 2020, 09:30:07 UTC." in text


async def test_page_says_whether_the_service_is_ready(blog: Blog) -> None:
    assert ">Ready</h1>" in await _status(blog)
    assert ">Not ready yet</h1>" in await _status(blog, ready=False)


async def test_page_says_why_posts_cannot_be_read(blog: Blog) -> None:
    assert '<p class="failure">It is &lt;HTML&gt;.</p>' in await _status(blog, post_failure="It is <HTML>.")
    assert '<p class="failure">' not in await _status(blog)


async def test_counts_that_cannot_be_read_are_left_out(blog: Blog) -> None:
    blog.reader.failure = NotServed("Owner/Blog")
    text = await _status(blog)
    assert "All 2 posts are mirrored.</p>" in text


async def test_failure_is_a_page_too(blog: Blog) -> None:
    async def fail() -> Any:
        raise StoreUnusable("afterword.db", "gone")

    object.__setattr__(blog.context.monitoring, "readiness", fail)
    response = await blog.request("/status")
    assert (response.status_code, response.headers["retry-after"]) == (503, "30")
    assert "Afterword cannot answer this now." in response.text


async def test_page_is_for_no_other_origin(blog: Blog) -> None:
    response = await blog.request("/status", {"origin": "https://evil.example"})
    assert not [name for name in response.headers if name.startswith("access-control-")]

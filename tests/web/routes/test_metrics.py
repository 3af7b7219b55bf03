import dataclasses

import pytest

from app.web.app import create_app
from tests.web.blog import POST, Blog


@pytest.fixture
def measured() -> Blog:
    blog = Blog()
    blog.serving = dataclasses.replace(blog.serving, metrics=lambda: b"afterword_build_info 1.0\n")
    blog.app = create_app(blog.serving)
    return blog


async def test_the_figures_come_as_prometheus_text_that_no_cache_keeps(measured: Blog) -> None:
    answer = await measured.ask("/metrics")
    assert (answer.status_code, answer.content) == (200, b"afterword_build_info 1.0\n")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"


async def test_where_nothing_is_measured_there_is_nothing_at_the_address(blog: Blog) -> None:
    assert (await blog.ask("/metrics")).status_code == 404


async def test_the_figures_are_no_part_of_the_api_for_pages(measured: Blog) -> None:
    assert "/metrics" not in (await measured.ask("/openapi.json")).json()["paths"]


async def test_each_scrape_asks_for_the_figures_anew(measured: Blog) -> None:
    scrapes = iter([b"first", b"second"])
    measured.app = create_app(dataclasses.replace(measured.serving, metrics=lambda: next(scrapes)))
    assert [(await measured.ask("/metrics")).content for _ in range(2)] == [b"first", b"second"]


@pytest.mark.parametrize(
    ("target", "headers", "counted"),
    [
        (f"/api/v1/posts/{POST}", {}, ("post", 200)),
        (f"/api/v1/posts/{POST}", {"if-none-match": "*"}, ("post", 304)),
        (f"/api/v1/posts/{POST}/comments", {}, ("comments", 200)),
        ("/api/v1/counts", {}, ("counts", 200)),
        ("/api/v1/comments", {}, ("newest", 200)),
        (f"/repos/Owner/Blog/issues/{POST}", {}, ("github_issue", 200)),
        (f"/repos/Owner/Blog/issues/{POST}/comments", {}, ("github_comments", 200)),
        ("/repos/Owner/Blog/issues/comments/1", {}, ("github_comment", 200)),
        ("/repos/Owner/Blog/issues/comments/999999", {}, ("github_comment", 404)),
        ("/repos/Owner/Blog/issues", {}, ("github_issues", 200)),
        ("/healthz", {}, ("other", 200)),
        ("/nothing", {}, ("other", 404)),
    ],
    ids=lambda value: str(value) if isinstance(value, str | tuple) else "",
)
async def test_what_is_served_is_counted_by_kind_and_status_from_the_first_time_on(
    blog: Blog, target: str, headers: dict[str, str], counted: tuple[str, int]
) -> None:
    await blog.ask(target, headers)
    await blog.ask(target, headers)
    assert dict(blog.serving.served) == {counted: 2}


async def test_a_reader_who_gets_no_document_is_counted_by_what_was_wanted(blog: Blog) -> None:
    blog.reads.failure = RuntimeError("not expected")
    await blog.ask("/api/v1/counts")
    assert dict(blog.serving.served) == {("counts", 500): 1}


@pytest.mark.parametrize(("method", "status"), [("OPTIONS", 204), ("POST", 405)])
async def test_what_reads_no_document_is_counted_as_other(blog: Blog, method: str, status: int) -> None:
    await blog.ask("/api/v1/counts", method=method)
    assert dict(blog.serving.served) == {("other", status): 1}

from collections.abc import Callable
from dataclasses import replace

import pytest

from app.web.app import create_app
from tests.web.harness.blog import POST, Blog


def _serve_metrics(blog: Blog, metrics: Callable[[], bytes]) -> None:
    monitoring = replace(blog.context.monitoring, metrics=metrics)
    blog.app = create_app(replace(blog.context, monitoring=monitoring))


@pytest.fixture
def blog_with_metrics() -> Blog:
    blog = Blog()
    _serve_metrics(blog, lambda: b"afterword_build_info 1.0\n")
    return blog


async def test_metrics_are_prometheus_text_with_no_store(blog_with_metrics: Blog) -> None:
    response = await blog_with_metrics.request("/metrics")
    assert (response.status_code, response.content) == (200, b"afterword_build_info 1.0\n")
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"


async def test_disabled_metrics_are_404(blog: Blog) -> None:
    assert (await blog.request("/metrics")).status_code == 404


async def test_openapi_has_no_metrics(blog_with_metrics: Blog) -> None:
    assert "/metrics" not in (await blog_with_metrics.request("/openapi.json")).json()["paths"]


async def test_each_scrape_reads_current_metrics(blog_with_metrics: Blog) -> None:
    scrapes = iter([b"first", b"second"])
    _serve_metrics(blog_with_metrics, lambda: next(scrapes))
    assert [(await blog_with_metrics.request("/metrics")).content for _ in range(2)] == [b"first", b"second"]


@pytest.mark.parametrize(
    ("target", "headers", "labels"),
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
async def test_responses_are_counted_by_kind_and_status(
    blog: Blog, target: str, headers: dict[str, str], labels: tuple[str, int]
) -> None:
    await blog.request(target, headers)
    await blog.request(target, headers)
    assert dict(blog.context.monitoring.response_counts) == {labels: 2}


async def test_failed_read_counts_as_the_requested_kind(blog: Blog) -> None:
    blog.reader.failure = RuntimeError("not expected")
    await blog.request("/api/v1/counts")
    assert dict(blog.context.monitoring.response_counts) == {("counts", 500): 1}


@pytest.mark.parametrize(("method", "status"), [("OPTIONS", 204), ("POST", 405)])
async def test_response_without_document_counts_as_other(blog: Blog, method: str, status: int) -> None:
    await blog.request("/api/v1/counts", method=method)
    assert dict(blog.context.monitoring.response_counts) == {("other", status): 1}

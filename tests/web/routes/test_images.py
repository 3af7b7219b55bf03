"""The routes of the image proxy: caching, safety headers and errors."""

import httpx
import pytest

from app.domain.errors import AfterwordError, ImageNotFound, ImageRejected, NotReady, StoreUnusable
from app.ports.images import Image
from tests.web.harness.blog import Blog
from tests.web.harness.images import SVG, FakeImages, LaterParts

NAME = "0123456789abcdef01234567"
AVATAR, IMAGE = "/avatars/583231", f"/images/1001/{NAME}"
both_routes = pytest.mark.parametrize("path", [AVATAR, IMAGE])


@pytest.fixture
def images() -> FakeImages:
    return FakeImages()


@pytest.fixture
def blog(images: FakeImages) -> Blog:
    blog = Blog()
    blog.serve(images=images)
    return blog


async def test_avatar_is_read_by_user_id(blog: Blog, images: FakeImages) -> None:
    response = await blog.request(AVATAR)
    assert (response.status_code, response.content, images.requests) == (200, b"\x89PNG", [583231])
    assert response.headers["cache-control"] == (
        "public, max-age=86400, stale-while-revalidate=604800, stale-if-error=604800"
    )


async def test_image_is_read_by_comment_and_name(blog: Blog, images: FakeImages) -> None:
    response = await blog.request(IMAGE)
    assert (response.status_code, response.content, images.requests) == (200, b"\x89PNG", [(1001, NAME)])
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"


@both_routes
async def test_image_cannot_run_code_in_a_browser(blog: Blog, path: str) -> None:
    headers = (await blog.request(path)).headers
    assert headers["content-type"] == "image/png"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert headers["access-control-allow-origin"] == "*"
    assert headers["content-disposition"] == "inline"
    assert headers["content-length"] == "4"
    assert "set-cookie" not in headers


@both_routes
async def test_large_image_is_sent_in_parts(blog: Blog, images: FakeImages, path: str) -> None:
    images.result = Image(b"start ", "image/png", LaterParts([b"of ", b"an image"]))
    response = await blog.request(path)
    assert (response.status_code, response.content) == (200, b"start of an image")
    assert response.headers["content-length"] == "17"
    matching = await blog.request(path, {"if-none-match": response.headers["etag"]})
    assert (matching.status_code, matching.content) == (304, b"")


@both_routes
async def test_svg_is_an_attachment(blog: Blog, images: FakeImages, path: str) -> None:
    images.result = SVG
    headers = (await blog.request(path)).headers
    assert headers["content-type"] == "image/svg+xml"
    assert headers["content-disposition"] == 'attachment; filename="picture.svg"'
    assert "sandbox" in headers["content-security-policy"]


@both_routes
async def test_matching_etag_is_answered_with_304(blog: Blog, images: FakeImages, path: str) -> None:
    etag = (await blog.request(path)).headers["etag"]
    for if_none_match in (etag, f'W/{etag}, "x"', "*"):
        response = await blog.request(path, {"if-none-match": if_none_match})
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["etag"] == etag
        assert "max-age" in response.headers["cache-control"]


async def test_changed_avatar_is_sent_again(blog: Blog, images: FakeImages) -> None:
    etag = (await blog.request("/avatars/1")).headers["etag"]
    images.result = Image(b"new", "image/png")
    assert (await blog.request("/avatars/1", {"if-none-match": etag})).status_code == 200


@both_routes
async def test_head_has_the_headers_of_get(blog: Blog, path: str) -> None:
    get, head = await blog.request(path), await blog.request(path, method="HEAD")
    assert (head.status_code, head.content) == (200, b"")
    assert {**get.headers, "x-request-id": ""} == {**head.headers, "x-request-id": ""}


@both_routes
@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (ImageNotFound(), 404),
        (ImageRejected("https://intranet.example/secret", "it leads to a host of ours"), 404),
        (NotReady("The picture", retry_after=40), 503),
        (StoreUnusable("x.db", "disk I/O error"), 503),
    ],
)
async def test_failure_is_a_problem_with_no_store(
    blog: Blog, images: FakeImages, path: str, failure: AfterwordError, status: int
) -> None:
    images.failure = failure
    response = await blog.request(path)
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    assert response.headers["cache-control"] == "no-store"
    assert ("retry-after" in response.headers) == (status == 503)
    assert "secret" not in response.text
    assert "host of ours" not in response.text


@pytest.mark.parametrize(
    "path",
    [
        "/avatars/",
        "/avatars/octocat",
        "/avatars/0",
        "/avatars/-1",
        f"/avatars/{2**53}",
        "/images/1001",
        "/images/1001/",
        "/images/x/0123456789abcdef01234567",
        "/images/1001/0123456789ABCDEF01234567",
        "/images/1001/short",
        f"/images/1001/{NAME}/more",
        "/images/1001/..%2f..%2fetc%2fpasswd",
    ],
)
async def test_invalid_path_reads_no_image(blog: Blog, images: FakeImages, path: str) -> None:
    response = await blog.request(path)
    assert response.status_code in {404, 422}
    assert response.headers["cache-control"] == "no-store"
    assert images.requests == []


@both_routes
async def test_disabled_proxy_is_404(path: str) -> None:
    response: httpx.Response = await Blog().request(path)
    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")


@both_routes
async def test_openapi_describes_the_images(blog: Blog, path: str) -> None:
    paths = (await blog.request("/openapi.json")).json()["paths"]
    name = "/avatars/{user_id}" if path == AVATAR else "/images/{comment_id}/{name}"
    responses = paths[name]["get"]["responses"]
    assert responses["200"]["content"].keys() == {"image/*"}
    assert all(responses[status]["content"].keys() == {"application/problem+json"} for status in ("404", "422", "503"))

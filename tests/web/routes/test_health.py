import pytest

from app.domain.errors import StoreUnusable
from tests.web.harness.blog import Blog


async def test_healthz_needs_no_document(blog: Blog) -> None:
    blog.reader.failure = StoreUnusable("afterword.db", "gone")
    response = await blog.request("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("ready", "status"), [(True, 200), (False, 503)])
async def test_readyz_shows_the_readiness(blog: Blog, status: int, *, ready: bool) -> None:
    blog.readiness = {"ready": ready, "sites": [{"repo": "Owner/Blog", "threads": 3}]}
    response = await blog.request("/readyz")
    assert (response.status_code, response.json()) == (status, blog.readiness)
    assert response.headers["cache-control"] == "no-store"


async def test_every_url_of_the_root_responds(blog: Blog) -> None:
    urls = (await blog.request("/")).json()
    targets = [target for target in urls.values() if target.startswith("/")]
    assert len(targets) == 6
    assert {(await blog.request(target)).status_code for target in targets} == {200}


@pytest.mark.parametrize("path", ["/readyz", "/metrics"])
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
async def test_scripts_may_not_read_what_is_the_owners(blog: Blog, path: str, method: str) -> None:
    response = await blog.request(path, {"origin": "https://evil.example"}, method=method)
    assert not [name for name in response.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST"])
@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/healthz", "/readyz", "/nothing", "/api/v1/posts/41"])
async def test_no_browser_guesses_a_media_type(blog: Blog, path: str, method: str) -> None:
    response = await blog.request(path, method=method)
    assert response.headers["x-content-type-options"] == "nosniff"

"""The URL of the service in documents: the configured one, or that of the request if it is valid."""

import pytest

from tests.web.harness.blog import Blog


@pytest.mark.parametrize(
    ("host", "base_url"),
    [
        ("comments.example.com", "http://comments.example.com"),
        ("[::1]:8000", "http://[::1]:8000"),
        ('a"><script>alert(1)</script>', ""),
        ("a b", ""),
        ("host:None", ""),
    ],
)
async def test_invalid_host_is_left_out_of_a_fragment(blog: Blog, host: str, base_url: str) -> None:
    response = await blog.request("/posts/1099511627776.html", {"host": host})
    assert f'href="{base_url}/posts/1099511627776.html?' in response.text
    assert "<script>" not in response.text


async def test_configured_url_overrides_the_host() -> None:
    blog = Blog(public_url="https://comments.example.com/talk")
    response = await blog.request("/posts/1099511627776.html", {"host": "evil.example"})
    assert 'href="https://comments.example.com/talk/posts/1099511627776.html?' in response.text
    assert "evil.example" not in response.text + str(response.headers)


NAMING = ("/posts/1099511627776.html", "/posts/41.atom", "/comments.json")
"""Documents that contain the service's address."""
NEUTRAL = ("/api/v1/posts/41", "/api/v1/counts")


@pytest.mark.parametrize("path", [*NAMING, "/repos/owner/blog/issues/41/comments"])
async def test_address_from_a_host_is_for_no_shared_cache(path: str) -> None:
    for blog, kind in ((Blog(), "private"), (Blog(public_url="https://comments.example.com"), "public")):
        for _ in range(2):  # by the route, then from the cache
            response = await blog.request(path, {"host": "evil.example"})
            assert response.headers["cache-control"].startswith(f"{kind}, ")
            assert ("x-accel-expires" in response.headers) == (kind == "public")


@pytest.mark.parametrize("path", NAMING)
async def test_address_from_a_host_is_part_of_the_etag(blog: Blog, path: str) -> None:
    etags = [(await blog.request(path, {"host": host})).headers["etag"] for host in ("a.example", "evil.example")]
    assert etags[0] != etags[1]


@pytest.mark.parametrize("path", NEUTRAL)
async def test_document_without_addresses_is_shared(blog: Blog, path: str) -> None:
    response = await blog.request(path, {"host": "evil.example"})
    assert response.headers["cache-control"].startswith("public, ")


@pytest.mark.parametrize("name", ["x-forwarded-for", "x-forwarded-proto", "forwarded", "via"])
async def test_proxy_without_a_public_url_is_warned_about_once(name: str, caplog: pytest.LogCaptureFixture) -> None:
    blog = Blog()
    await blog.request("/api/v1/counts")
    assert "AFTERWORD_PUBLIC_URL" not in caplog.text
    for path in ("/api/v1/posts/41", "/api/v1/comments"):
        await blog.request(path, {name: "1.1 proxy.example"})
    assert caplog.text.count("AFTERWORD_PUBLIC_URL is not set") == 1


async def test_proxy_with_a_public_url_is_expected(caplog: pytest.LogCaptureFixture) -> None:
    await Blog(public_url="https://comments.example.com").request("/api/v1/posts/41", {"via": "1.1 proxy.example"})
    assert "AFTERWORD_PUBLIC_URL" not in caplog.text


async def test_urls_and_schema_name_the_sub_path() -> None:
    blog = Blog(public_url="https://blog.example.com/comments")
    urls = (await blog.request("/", {"accept": "application/json"})).json()
    assert {url for name, url in urls.items() if name != "service" and not url.startswith("/comments/")} == set()
    assert (await blog.request("/openapi.json")).json()["servers"] == [{"url": "https://blog.example.com/comments"}]

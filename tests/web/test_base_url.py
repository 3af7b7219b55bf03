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

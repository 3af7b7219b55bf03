"""The service's own address in documents: the owner's, or what the reader asked, if that is one."""

import pytest

from tests.web.blog import Blog


@pytest.mark.parametrize(
    ("host", "home"),
    [
        ("comments.example.com", "http://comments.example.com"),
        ("[::1]:8000", "http://[::1]:8000"),
        ('a"><script>alert(1)</script>', ""),
        ("a b", ""),
        ("host:None", ""),
    ],
)
async def test_a_fragment_names_no_address_that_is_none(blog: Blog, host: str, home: str) -> None:
    answer = await blog.ask("/posts/1099511627776.html", {"host": host})
    assert f'href="{home}/posts/1099511627776.html?' in answer.text
    assert "<script>" not in answer.text


async def test_the_owners_address_wins() -> None:
    blog = Blog(public_url="https://comments.example.com/talk")
    answer = await blog.ask("/posts/1099511627776.html", {"host": "evil.example"})
    assert 'href="https://comments.example.com/talk/posts/1099511627776.html?' in answer.text
    assert "evil.example" not in answer.text + str(answer.headers)

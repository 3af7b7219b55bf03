"""Markers say whose thread an issue is."""

import pytest

from app.domain.posts.markers import address_key, find_marker, marker, page_digests
from app.domain.posts.posts import Post

DIGEST = "2ef7bde608ce5404e97d5f042f95f89f1c232871"


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("/posts/hello/", "/posts/hello"),
        ("/posts/hello", "/posts/hello"),
        ("/posts/hello/index.html", "/posts/hello"),
        ("https://blog.example.com/posts/hello/?a=b#c", "/posts/hello"),
        ("/posts/hello.html", "/posts/hello.html"),
        ("/gr%C3%BC%C3%9Fe/", "/grüße"),
        ("/gru\u0308ße/", "/grüße"),
        ("posts/hello/", "/posts/hello"),
        ("/", "/"),
        ("https://blog.example.com", "/"),
        ("/index.html", "/"),
    ],
)
def test_spellings_of_an_address_have_one_key(url: str, key: str) -> None:
    assert address_key(url) == key


def test_address_comes_before_source() -> None:
    with_address, without = page_digests(Post("a.md", url="/a/")), page_digests(Post("a.md"))
    assert len(with_address) == 2
    assert with_address[1:] == without
    assert page_digests(Post("b.md", url="https://b.example/a"))[0] == with_address[0]


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        (f"Hello\n\n{marker(DIGEST)}", DIGEST),
        (f"<!--afterword:{DIGEST}-->", DIGEST),
        (f"{marker('0' * 40)} {marker(DIGEST)}", DIGEST),
        ("<!-- afterword: 2ef7 -->", None),
        (f"afterword: {DIGEST}", None),
        ("", None),
    ],
)
def test_last_marker_of_a_text_counts(text: str, digest: str | None) -> None:
    assert find_marker(text) == digest

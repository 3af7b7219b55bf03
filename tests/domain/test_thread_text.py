"""The title and the text of a new thread."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.posts.posts import Post
from app.domain.posts.thread_text import (
    DEFAULT_TEMPLATE,
    MAX_TEXT,
    check_template,
    page_address,
    thread_text,
    thread_title,
)

POST = Post("a.md", title="Hello", url="/a/", date="2020-07-01", description="What it is.")


@pytest.mark.parametrize(
    ("template", "text"),
    [
        (DEFAULT_TEMPLATE, "What it is.\n\nhttps://b.example/a/"),
        ("# {{title}}\r\n{{ date }}", "# Hello\n2020-07-01"),
        ("{{url}}{{url}}", "https://b.example/a/https://b.example/a/"),
        ("no placeholder { { }", "no placeholder { { }"),
    ],
)
def test_template_is_filled(template: str, text: str) -> None:
    assert thread_text(POST, check_template(template), "https://b.example") == text


def test_missing_values_leave_no_gap() -> None:
    post = Post("a.md", title="Hello", url="/a/")
    assert thread_text(post, "{{title}}\n\n{{description}}\n\n{{url}}", None) == "Hello\n\n/a/"
    assert thread_text(Post("a.md", title="Hello"), DEFAULT_TEMPLATE, None) == ""


def test_values_are_no_templates() -> None:
    assert thread_text(Post("a.md", title="{{url}}", url="/a/"), "{{title}}", None) == "{{url}}"


@pytest.mark.parametrize("name", ["titel", "title | upper", "", "Title"])
def test_unknown_placeholder_is_named(name: str) -> None:
    with pytest.raises(ValueError, match=r"no placeholder\. Write {{title}}, {{url}}, {{description}} or {{date}}"):
        check_template(f"{{{{title}}}} {{{{{name}}}}}")


@pytest.mark.parametrize(
    ("url", "base", "address"),
    [
        ("/a/", "https://b.example", "https://b.example/a/"),
        ("/a/", "https://b.example/blog/", "https://b.example/blog/a/"),
        ("/blog/a/", "https://b.example/blog", "https://b.example/blog/a/"),
        ("/blogs/", "https://b.example/blog", "https://b.example/blog/blogs/"),
        ("a/", "https://b.example", "https://b.example/a/"),
        ("https://other.example/a/", "https://b.example", "https://other.example/a/"),
        ("/a/", None, "/a/"),
        (None, "https://b.example", None),
    ],
)
def test_address_of_a_page_is_absolute(url: str | None, base: str | None, address: str | None) -> None:
    assert page_address(url, base) == address


@given(st.text(), st.text(max_size=100_000))
def test_github_accepts_any_title_and_text(title: str, description: str) -> None:
    post = Post("a.md", title=title, description=description)
    assert len(thread_title(post)) <= 256
    assert "\n" not in thread_title(post)
    assert len(thread_text(post, "{{title}}\n{{description}}", None)) <= MAX_TEXT

"""Titles of pages without a field for it."""

from pathlib import PurePosixPath

import pytest

from app.domain.sites import repository
from app.generators.read import read_site
from tests.generators.memory_blog import Blog

CONFIGURATIONS = {
    "material": ("mkdocs.yml", "plugins: [blog]\n"),
    "docusaurus": ("docusaurus.config.js", "export default {}\n"),
    "jekyll": ("_config.yml", "title: Blog\n"),
    "hugo": ("hugo.toml", ""),
}


@pytest.mark.parametrize(
    ("generator", "path", "text", "title"),
    [
        ("material", "docs/blog/posts/a.md", "---\ndate: 2020-07-01\n---\n\n# Hello *World* #\n", "Hello World"),
        ("material", "docs/blog/posts/a.md", "---\ndate: 2020-07-01\n---\n\nHello `code`\n===\n", "Hello code"),
        ("material", "docs/blog/posts/a.md", "---\ndate: 2020-07-01\ntitle: Own\n---\n\n# Hello\n", "Own"),
        ("material", "docs/about.md", "# About\n", None),
        (
            "docusaurus",
            "blog/a.md",
            "---\ntags: [x]\n---\r\n```sh\r\n# no\r\n```\r\n# [A](b) snake_case {#id}\r\n",
            "A snake_case",
        ),
        ("docusaurus", "blog/a.md", "## Second level\n\n#hash\n", None),
        ("jekyll", "_posts/2020-07-01-two-words.md", "---\nlayout: post\n---\n# Other\n", "Two Words"),
        ("jekyll", "about.md", "---\nlayout: page\n---\n", None),
        ("hugo", "content/a.md", "---\ndate: 2020-07-01\n---\n# Heading\n", None),
    ],
)
def test_title_follows_the_generator(generator: str, path: str, text: str, title: str | None) -> None:
    content = PurePosixPath(path).parts[0] if generator != "jekyll" else "."
    files = dict([CONFIGURATIONS[generator], (path, text)])
    catalog = read_site(Blog(files, content), (repository("ada/blog"),), now=1_800_000_000, generator=generator)
    assert [post.title for post in catalog.posts] == ([title] if title else [])

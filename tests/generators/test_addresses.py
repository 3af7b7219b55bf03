"""Addresses that no built blog shows: of Docusaurus, and those that cannot be told."""

from collections.abc import Mapping
from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.generators.addresses import address
from app.generators.addressing.days import read_day, zone_named
from app.generators.inherited.configuration import Configuration

DOCUSAURUS = Configuration("docusaurus", text="export default { baseUrl: '/site/' };")
_GENERATORS = ("hugo", "jekyll", "eleventy", "astro", "hexo", "docusaurus", "material", "nikola", "pelican", "zola")
_PATHS = st.from_regex(
    r"(?:(?:src/pages|source/_posts|_posts|docs/blog/posts|content|blog)/)?[\w .~+-]{1,12}\.md", fullmatch=True
)
_VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.lists(st.text(max_size=4), max_size=2)
_FIELDS = st.dictionaries(st.sampled_from(["url", "slug", "permalink", "title", "date", "categories", "lang"]), _VALUES)


@pytest.mark.parametrize(
    ("path", "slug", "expected"),
    [
        ("blog/2020-07-01-hello.md", None, "/site/blog/2020/07/01/hello"),
        ("blog/2020-07-01-hello/index.mdx", None, "/site/blog/2020/07/01/hello"),
        ("blog/2020/07/01-hello.md", None, "/site/blog/2020/07/01/hello"),
        ("blog/hello.md", None, "/site/blog/hello"),
        ("blog/2020-07-01-hello.md", "other", "/site/blog/other"),
        ("docs/01-hello.md", None, None),
    ],
)
def test_posts_of_docusaurus_have_addresses(path: str, slug: str | None, expected: str | None) -> None:
    fields = {} if slug is None else {"slug": slug}
    assert address(PurePosixPath(path), fields, DOCUSAURUS) == expected


@pytest.mark.parametrize(
    ("path", "fields", "configuration"),
    [
        ("content/x.md", {}, Configuration("hugo", PurePosixPath("content"), {"languages": {"en": {}, "de": {}}})),
        ("content/x.md", {}, Configuration("hugo", PurePosixPath("content"), {"module": {"mounts": []}})),
        ("content/x.md", {"url": "/:title/"}, Configuration("hugo", PurePosixPath("content"))),
        ("content/x.md", {}, Configuration("hugo", PurePosixPath("content"), problem="it is not TOML")),
        ("_posts/2020-07-01-x.md", {}, Configuration("jekyll", values={"timezone": "Nowhere/Here"})),
        ("_posts/2020-07-01-x.textile", {}, Configuration("jekyll")),
        ("posts/x.md", {"permalink": "/{{ title }}/"}, Configuration("eleventy")),
        ("posts/x.md", {}, Configuration("eleventy", text="return { pathPrefix: process.env.P };")),
        ("src/content/posts/x.md", {}, Configuration("astro", PurePosixPath("src/content/posts"))),
        ("src/pages/x.md", {}, Configuration("astro", text="export default { base: process.env.BASE };")),
        ("source/_posts/x.md", {"date": "2020-07-01T23:30:00-05:00"}, Configuration("hexo")),
        ("posts/x.md", {}, Configuration("nikola", opaque=frozenset({"POSTS"}))),
        ("content/x.md", {"title": "Übung"}, Configuration("pelican", PurePosixPath("content"))),
        (
            "content/x.md",
            {"title": "T"},
            Configuration("pelican", PurePosixPath("content"), opaque=frozenset({"SITEURL"})),
        ),
        ("x.md", {}, Configuration("zola")),
    ],
)
def test_uncertain_addresses_are_not_told(
    path: str, fields: Mapping[str, object], configuration: Configuration
) -> None:
    assert address(PurePosixPath(path), fields, configuration) is None


@given(st.sampled_from(_GENERATORS), _PATHS, _FIELDS)
@settings(max_examples=300, deadline=None)
def test_any_address_is_a_path_of_ascii(generator: str, path: str, fields: dict[str, object]) -> None:
    found = address(PurePosixPath(path), fields, Configuration(generator, PurePosixPath()))
    assert found is None or (found.startswith("/") and found.isascii() and " " not in found)


@given(st.text(alphabet="0123456789-:TZ +.", max_size=30))
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_day_or_none(text: str) -> None:
    day = read_day(text)
    assert day is None or day.as_utc().tzinfo is not None


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "Europe/Nowhere", "\0", "a" * 5000])
def test_unknown_zones_are_none(name: str) -> None:
    assert zone_named(name) is None

"""A page is served where its generator was seen to make one, and has the address that was seen."""

import pytest

from app.domain.posts.posts import ProblemKind
from app.generators.read import read_site
from tests.generators.cases import page
from tests.generators.memory_blog import Blog
from tests.generators.publication_cases import NOW, SITES
from tests.generators.seen_places import Place, seen_places


@pytest.mark.parametrize("place", seen_places(), ids=str)
def test_page_is_where_its_generator_puts_it(place: Place) -> None:
    files = {
        place.configuration: place.script.encode(),
        place.path: page("place", "ghissueid: 41"),
        "docs/src/other.md": b"Text",
    }
    blog = Blog(files)
    catalog = read_site(blog, SITES, now=NOW)
    posts = {post.source: post for post in catalog.posts if not post.unpublished}
    assert catalog.served(SITES)[SITES[0]] == (set() if place.address is None else {41})
    if place.address is not None:
        assert posts[place.path].url == place.address


@pytest.mark.parametrize(
    "script",
    ["export default { srcExclude: [...old, 'a.md'] }", "export default { markdown: { grayMatterOptions: {} } }"],
)
def test_code_that_may_leave_a_page_out_is_named(script: str) -> None:
    blog = Blog({".vitepress/config.ts": script.encode(), "b.md": page("place", "ghissueid: 41")})
    catalog = read_site(blog, SITES, now=NOW)
    assert not catalog.served(SITES)[SITES[0]]
    assert {problem.kind for problem in catalog.problems} == {ProblemKind.VALUE_FROM_ELSEWHERE}

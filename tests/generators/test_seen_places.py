"""A page is served where its generator was seen to make one, and has the address that was seen."""

from pathlib import PurePosixPath

import pytest

from app.domain.posts.posts import ProblemKind
from app.generators.dialects import dialects_of
from app.generators.inherited.configuration import Configuration
from app.generators.inherited.reading import read_inheritance
from app.generators.pages.reader import PageText, read_page
from app.generators.publication.verdicts import Site
from app.generators.read import DialectReader, read_site
from tests.generators.cases import page
from tests.generators.memory_blog import Blog
from tests.generators.publication_cases import NOW, SITES
from tests.generators.seen_places import Place, seen_places

_SCRIPTS = {"docusaurus": ("docusaurus.config.js", "export default { baseUrl: '/' };"), "ablog": ("conf.py", "'ablog'")}


@pytest.mark.parametrize("place", seen_places(), ids=str)
def test_page_is_where_its_generator_puts_it(place: Place) -> None:
    files = {place.configuration: place.script.encode(), place.path: _page(place.path), "docs/src/other.md": b"Text"}
    blog = Blog(files)
    catalog = read_site(blog, SITES, now=NOW)
    posts = {post.source: post for post in catalog.posts if not post.unpublished}
    assert catalog.served(SITES)[SITES[0]] == ({41} if place.is_page else set())
    if place.is_page:
        assert posts[place.path].url == place.address


def _page(path: str) -> bytes:
    return b":ghissueid: 41\n\nT\n=\n" if path.casefold().endswith(".rst") else page("place", "ghissueid: 41")


@pytest.mark.parametrize(
    "script",
    ["export default { srcExclude: [...old, 'a.md'] }", "export default { markdown: { grayMatterOptions: {} } }"],
)
def test_code_that_may_leave_a_page_out_is_named(script: str) -> None:
    blog = Blog({".vitepress/config.ts": script.encode(), "b.md": page("place", "ghissueid: 41")})
    catalog = read_site(blog, SITES, now=NOW)
    assert not catalog.served(SITES)[SITES[0]]
    assert {problem.kind for problem in catalog.problems} == {ProblemKind.VALUE_FROM_ELSEWHERE}


def test_front_matter_of_own_delimiters_is_named() -> None:
    script = "export default (c) => { c.setFrontMatterParsingOptions({ delimiters: '~~~' }); };"
    blog = Blog({"eleventy.config.js": script, "a.md": "~~~\nghissueid: 41\n~~~\n", "b.md": "~~~\ntitle: T\n~~~\n"})
    problems = [(problem.kind, problem.source) for problem in read_site(blog, SITES, now=NOW).problems]
    assert problems == [(ProblemKind.VALUE_FROM_ELSEWHERE, "a.md")]


_ROWS = r"""
docusaurus | draft: true | no
docusaurus | draft: "true" | no
docusaurus | draft: yes | fails
docusaurus | draft: 1 | fails
docusaurus | draft: | fails
docusaurus | draft: "" | fails
docusaurus | draft: False | page
docusaurus | unlisted: true | page
docusaurus | {draft: true, unlisted: true} | fails
docusaurus | tags: a | fails
docusaurus | tags: [1] | page
docusaurus | tags: [""] | fails
docusaurus | slug: "" | fails
docusaurus | slug: 2020 | page
docusaurus | title: [x] | fails
docusaurus | title: 5 | page
docusaurus | description: | fails
docusaurus | author: {name: A} | fails
docusaurus | image: "" | fails
docusaurus | image: x y | fails
docusaurus | keywords: a | fails
docusaurus | hide_table_of_contents: maybe | fails
docusaurus | date: 2099-01-01 | page
docusaurus | date: 2020-13-45 | page
docusaurus | date: x | fails
docusaurus | date: | fails
docusaurus | date: 20200701 | fails
ablog | draft: true | page
ablog | date: 2099-01-01 | page
"""


@pytest.mark.parametrize("row", _ROWS.strip().split("\n"))
def test_field_decides_as_its_generator_was_seen_to(row: str) -> None:
    generator, line, outcome = row.split(" | ")
    name, script = _SCRIPTS[generator]
    text = f"---\n{line.strip('{}').replace(', ', chr(10)) if line.startswith('{') else line}\nghissueid: 41\n---\n"
    catalog = read_site(Blog({name: script, "blog/a.md": text}), SITES, now=NOW)
    assert catalog.served(SITES)[SITES[0]] == ({41} if outcome == "page" else set())
    assert {problem.kind for problem in catalog.problems} == ({ProblemKind.UNREADABLE} if outcome == "fails" else set())


_FRONT_MATTER = r"""
ablog | a.md | ---\nghissueid: !!str 041\n---\n | 041
ablog | a.md | ---\nghissueid: !!float 41\n---\n | 41.0
ablog | a.md | ---\nghissueid: 41\n---x\n | –
ablog | a.md | ---\nghissueid: 41\n---\t\n | 41
ablog | a.md | ---\nghissueid: 41\n ---\n | 41
ablog | a.md | ---\nghissueid: 41\n...\n | 41
ablog | a.md | ---\nghissueid: 41\ntags: [a?, b]\n---\n | –
ablog | a.md | ---\npermalink: x\n\t\nghissueid: 41\n---\n | –
ablog | a.rst | :ghissueid: 41\n\nT\n= | 41
ablog | a.rst | .. c\n  d\n\n:ghissueid: 41\n\nT\n= | 41
ablog | a.rst | T\n=\n\n:ghissueid: 41\n\nText | 41
ablog | a.rst | :GHissueID: 41\n\nT\n= | –
ablog | a.rst | Text\n\n:ghissueid: 41\n\nT\n= | –
ablog | a.rst | .. post:: 2020-07-01\n   :tags: a\n\n:ghissueid: 41\n\nT\n= | –
ablog | a.rst | :ghissueid:41\n\nT\n= | –
jekyll | 2020-07-01-a.md | ---\ntitle: T\n\t\nghissueid: 41\n---\n | –
jekyll | 2020-07-01-a.md | ---\nghissueid: 41\nmood: :)\n---\n | –
jekyll | 2020-07-01-a.md | ---\nghissueid: 41\nmood: ":)"\n---\n | 41
jekyll | 2020-07-01-a.md | ---\nghissueid: 41\ntags: [:a, b]\n---\n | –
jekyll | 2020-07-01-a.md | ---\nghissueid: 41\n:x: 1\n---\n | –
jekyll | 2020-07-01-a.md | ---\nghissueid: 41\nx: !ruby/regexp /a/\n---\n | –
jekyll | 2020-07-01-a.md | ---\nghissueid: 41\nx: !ruby/object y\n---\n | 41
hugo | a.md | ---\ncascade:\n  ghissueid: 41\n---\n | 41
hugo | a.md | ---\nghissueid: 41\ncascade:\n  ghissueid: 55\n---\n | 41
hugo | a.md | ---\nghissueid: 41\ncascade:\n  draft: true\n---\n | –
hugo | a.md | ---\nghissueid: 41\ndraft: false\ncascade:\n  draft: true\n---\n | 41
hugo | a.md | ---\nghissueid: 41\ncascade:\n  - build: {render: never}\n---\n | –
jekyll | 2020-07-01-a.md | ---\ntitle: T\nx: [a,\nb]\nghissueid: 41\ufeff\n---\n | 41\ufeff
eleventy | a.md | ---\nghissueid: 41\ndate: 20200701\n---\n | –
jekyll | 2020-07-01-a.md | ---\nghissueid: 41\nslug: 2020-01-01\n---\n | –
"""
"""Of Hugo 0.168.0, Jekyll 4.3.1, Eleventy 3.1.8 and ABlog; `–`: no page, no number, or the build fails."""


@pytest.mark.parametrize("row", _FRONT_MATTER.strip().split("\n"))
def test_page_prints_what_was_seen_or_nothing_is_served(row: str) -> None:
    generator, name, text, printed = row.split(" | ")
    path, text = PurePosixPath(name), text.replace(r"\n", "\n").replace(r"\t", "\t").replace(r"\ufeff", "\ufeff")
    site = Site(PurePosixPath(), now=NOW, is_posts_folder=True)
    inheritance = read_inheritance(
        Blog({name: text}), Configuration(generator), DialectReader(dialects_of(generator)[0])
    )
    reading = read_page(PageText(path, text), dialects_of(generator)[0], site, inheritance)
    output = None if reading.fails or reading.unpublished else reading.number.output
    assert (output or "–") == printed.replace(r"\ufeff", "\ufeff")

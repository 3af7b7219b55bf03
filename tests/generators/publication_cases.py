"""Pages that generators publish or leave out, and the catalog of a blog with one of them."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.domain.posts.posts import PostCatalog
from app.domain.sites import repository
from app.generators.read import read_site
from tests.generators.memory_blog import Blog

SITES = (repository("ada/blog"),)
NOW = 1_795_000_000.0
_CONFIGURATIONS = {"hugo": ("hugo.toml", ""), "jekyll": ("_config.yml", "title: t\n"), "hexo": ("_config.yml", "")}
_FOLDERS = {"jekyll": "_posts", "hexo": "source/_posts", "astro": "src/pages", "hugo": "content", "pelican": "content"}
_ALL = ("hugo", "jekyll", "eleventy", "astro", "hexo", "material", "nikola", "pelican", "vitepress")
_FIELDS = r"""
date: 2099-07-01 | hugo jekyll |
publishDate: 2099-01-01 | hugo |
published: 2099-01-01 | hugo |
expiryDate: 2020-08-01 | hugo |
build: {render: never} | hugo |
build: {render: link} | hugo |
headless: true | hugo |
draft: 1 | hugo | material
draft: "1" | hugo | material
draft: t | hugo | material
published: ~ | hugo jekyll |
permalink: false | eleventy |
status: draft | pelican |
status: skip | pelican |
draft: true | hugo material |
draft: "true" | hugo | material
draft: True | hugo material |
draft: yes | material hugo-0.151 hugo-0.111 |
draft: on | material hugo-0.151 hugo-0.111 |
published: false | jekyll hexo hugo-0.151 | hugo
published: true | | hugo
published: "false" | hexo hugo-0.151 | hugo
params: {draft: true} | |
published: 0 | hexo hugo-0.111 |
draft: false | |
"""
_PLACES = r"""
jekyll | _posts/nodate.md | no
jekyll | _posts/_under/2020-07-01-s.md | no
jekyll | _posts/deep/2020-07-01-s.md | page
jekyll | _page.md | no
jekyll | _inc/i.md | no
jekyll | _posts/2099-07-01-x.md | no
jekyll | _posts/2020-07-01-s.mkdown | page
jekyll | _posts/2020-07-01-s.textile | page
jekyll | news/_posts/2020-07-01-s.md | page
jekyll | _drafts/a.md | no
jekyll | about.md | page
astro | src/pages/_u.md | no
astro | src/pages/_d/u.md | no
astro | src/pages/d/u.mdwn | page
hexo | source/_posts/_u.md | no
hexo | source/_posts/_d/a.md | no
hexo | source/_x/a.md | no
hexo | source/_drafts/a.md | no
hexo | source/about/index.mkdn | page
hugo | content/_drafts/a.md | page
hugo | content/node_modules/a.md | page
hugo | content/a.mdown | page
hugo | content/a.mkd | nothing
hugo | content/bundle/other.md | no
hugo | content/.hidden/a.md | nothing
hugo | content/a.md~ | nothing
eleventy | _drafts/a.md | page
eleventy | a.liquid | page
eleventy | a.njk | page
eleventy | node_modules/x/a.md | nothing
docusaurus | blog/_a.md | no
zola | content/a.md | page
"""


@dataclass(frozen=True, slots=True)
class Case:
    """A page, and what its generator makes of it: `page`, `no`, `fails` or `nothing` (it is no page)."""

    generator: str
    path: str
    line: str
    outcome: str

    def __str__(self) -> str:
        return f"{self.generator}: {self.line or self.path}"


def _field_cases() -> Iterator[Case]:
    for row in _FIELDS.strip().split("\n"):
        line, absent, failing = (part.strip() for part in row.split(" |"))
        for generator in (*_ALL, *(name for name in absent.split() if name not in _ALL)):
            outcome = "no" if generator in absent.split() else "fails" if generator in failing.split() else "page"
            folder = _FOLDERS.get(generator.partition("-")[0], "posts")
            if generator != "hugo" or "hugo-0" not in absent or outcome == "fails":
                yield Case(generator, f"{folder}/2020-07-01-a.md", line, outcome)


def _place_cases() -> Iterator[Case]:
    for row in _PLACES.strip().split("\n"):
        generator, path, outcome = row.split(" | ")
        yield Case(generator, path, "", outcome)


def cases() -> list[Case]:
    """Return all cases."""
    return [*_field_cases(), *_place_cases()]


def catalog_of(case: Case) -> PostCatalog:
    """Return what our reader makes of a blog with the page of a case."""
    own = case.line.startswith("date:")
    field = "extra:\n  ghissueid: 41" if case.generator == "zola" else "ghissueid: 41"
    lines = ["title: T", case.line if own else f"date: 2020-07-01\n{case.line}", field]
    if case.path.startswith("_posts/2099"):
        lines[1] = ""
    files = {
        case.path: "\n".join(["---", *(line for line in lines if line.strip()), "---", "Text"]).replace("\n\n", "\n")
    }
    name, text = _CONFIGURATIONS.get(case.generator.partition("-")[0], ("x.txt", ""))
    files |= {name: text, "content/bundle/index.md": "---\ntitle: B\n---\n"}
    return read_site(Blog(files), SITES, now=NOW, generator=case.generator)

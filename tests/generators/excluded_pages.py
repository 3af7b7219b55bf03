"""Pages that the configuration of a generator leaves out, and some beside them that it does not."""

import re

from tests.generators.cases import page

Files = dict[str, bytes]
_OWN = "ghissueid: 41"
HUGO_TOP = "ignoreFiles = ['ignored-by-name', 'a[.]foo[.]md$']\n"
HUGO_TABLES = "[frontmatter]\npublishDate = ['embargo', ':default']\nexpiryDate = ['until']\n"
HEXO = "skip_render: ['_posts/raw/**', 'raw/*']\nignore: ['**/ignored/**']\nexclude: ['left-out/*']\n"
PELICAN = b"ARTICLE_EXCLUDES = ['excluded']\nIGNORE_FILES = ['ignored*', '.*']\nWITH_FUTURE_DATES = False\n"
PELICAN_NAMES = b"PATH_METADATA = r'(?P<status>draft|published)/.*'\n"
MATERIAL = b"exclude_docs: |\n  secret*\n  /hidden/\n  !secret-shown.md\ndraft_docs: |\n  later/\n"
JEKYLL = "exclude: [left-out, '*.tmp.md']\n"
ELEVENTY = (
    b"c.ignores.add('src/by-call/**'); c.addPreprocessor('d', '*', (data) => { if (data.hidden) return false; });"
)


def _pages(*paths: str, lines: tuple[str, ...] = (_OWN,)) -> Files:
    """Return a page with a number at each path."""
    return {path: page(_case(path), *lines) for path in paths}


def _case(path: str) -> str:
    words = re.findall(r"[a-z0-9]+", path.lower())
    return "-".join(["excluded", *words])


def hugo() -> Files:
    """Return pages of Hugo, one in a section that older versions leave out with the section."""
    return {
        "content/held/_index.md": b"---\ntitle: S\ndraft: true\n---\n",
        "content/later/_index.md": b"---\ntitle: S\ndate: 2099-01-01\n---\n",
        **_pages("content/held/a.md", "content/later/a.md", "content/x/ignored-by-name.md", "content/x/a.foo.md"),
        **_pages("content/x/embargo.md", lines=(_OWN, "embargo: 2099-01-01")),
        **_pages("content/x/until.md", lines=(_OWN, "until: 2021-01-01")),
        **_pages("content/x/no-expiry.md", lines=(_OWN, "expiryDate: 2021-01-01")),
        **_pages("content/x/year-one.md", lines=(_OWN, "until: '0001-01-01'")),
        **_pages("content/x/Render.md", lines=(_OWN, "build: {Render: never}")),
        **_pages("content/x/#hash.md"),
    }


def hexo() -> Files:
    """Return posts and pages of Hexo."""
    posts = ("raw/a.md", "raw/b/c.md", "ignored/a.md", "left-out/a.md", "shown/a.md")
    return _pages(
        *(f"source/_posts/{path}" for path in posts),
        *(f"source/{path}" for path in ("raw/a.md", "raw/b/c.md", "x/ignored/a.md", "left-out/a.md")),
    )


def pelican() -> Files:
    """Return articles and pages of Pelican."""
    return {
        **_pages("content/excluded/a.md", "content/excluded/b/c.md", "content/excluded-not/a.md"),
        **_pages("content/x/ignored-a.md", "content/ignored/a.md", "content/draft/a.md", "content/pages/excluded/a.md"),
        "content/x/ahead.md": page("excluded-ahead", _OWN, date="date: 2099-01-01"),
        "content/pages/ahead.md": page("excluded-page-ahead", _OWN, date="date: 2099-01-01"),
        "content/x/2020-07-01-named.md": page("excluded-named", _OWN, date=""),
    }


def material() -> Files:
    """Return posts and pages of MkDocs."""
    paths = ("secret-a.md", "secret-shown.md", "later/a.md", "x/hidden/a.md")
    return _pages(
        *(f"docs/blog/posts/{path}" for path in paths),
        *("docs/hidden/a.md", "docs/templates/a.md", "docs/y/later/a.md", "docs/_y.md"),
    )


def jekyll() -> Files:
    """Return posts, pages and documents of Jekyll."""
    return _pages(
        *("left-out/a.md", "a.tmp.md", "x/a.text", "_notes/_a.md", "_notes/x/_b.md", "_notes/x/c.md"),
        *("_posts/2020-07-01-kept.md", "_posts/left-out/2020-07-01-inside.md"),
    )


def eleventy() -> Files:
    """Return pages of Eleventy in `src`, and the files that name what to ignore."""
    return {
        ".gitignore": b"# private\nsrc/private\n/src/top.md\n!src/private/a.md\n",
        "src/.eleventyignore": b"inner/**\n*.tmp.md\n",
        **_pages("src/private/a.md", "src/top.md", "src/x/top.md", "src/inner/a.md", "src/a.tmp.md", "src/x/a.tmp.md"),
        **_pages("src/by-call/a.md", "src/x/a.md"),
        **_pages("src/x/hidden.md", lines=(_OWN, "hidden: true")),
        **_pages("src/x/none.md", lines=(_OWN, "pagination: {data: list, size: 1}", "list: []")),
    }

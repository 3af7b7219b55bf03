"""Where VitePress 1.6.4, Docusaurus 3.10.2 and ABlog 0.11.13 (Sphinx 9.0.4) were seen to put pages.

`–`: there is no page; `?`: there is one, whose address cannot be told from here.
"""

from dataclasses import dataclass

_VITEPRESS = r"""
posts/Upper.md | /posts/Upper.html
posts/two words.md | /posts/two%20words.html
posts/übung.md | /posts/%C3%BCbung.html
posts/2020-07-01-dated.md | /posts/2020-07-01-dated.html
posts/_under.md | /posts/_under.html
posts/README.md | /posts/README.html
posts/index.md | /posts/
index.md | /
_x/a.md | /_x/a.html
public/a.md | /public/a.html
posts/k.markdown | –
posts/k.MD | –
posts/k.mdx | –
posts/k.html | –
posts/dist/a.md | –
dist/a.md | –
node_modules/q/a.md | –
.h/a.md | –
CHANGELOG.md | –
posts/ex/a.md | –
b.draft.md | –
#hash.md | –
"""
_VITEPRESS_SCRIPT = "export default { srcExclude: ['**/CHANGELOG.md', 'posts/ex/**', '**/*.draft.md'] }"
_REWRITTEN = r"""
docs/src/a.md | /sub/a
docs/src/s/index.md | /sub/s/
docs/src/s/README.md | /sub/s/README
docs/src/posts/2020/a.md | /sub/blog/2020-a
docs/src/posts/2020/b/c.md | /sub/posts/2020/b/c
docs/src/pkg/x/src/z/y.md | /sub/x/z/y
docs/src/notes/n1.md | /sub/n1/
docs/src/old/a.md | /sub/new/a
docs/src/drafts/a.md | –
docs/src/deep/drafts/a.md | –
docs/src/x_draft.md | –
docs/src/guide/en.md | –
docs/outside.md | –
README.md | –
"""
_REWRITING_SCRIPT = """import { defineConfig } from 'vitepress'
export default defineConfig({ title: 't', srcDir: './src', base: '/sub/', cleanUrls: true,
  srcExclude: ["**/drafts/**", '**/*_draft.md', 'guide/{en,de}.md'],
  rewrites: {
    'posts/:year/:name.md': 'blog/:year-:name.md', // by year
    'pkg/:pkg/src/:slug*': ':pkg/:slug*',
    'old/a.md': 'new/a.md',
    'notes/:n.md': ':n/index.md',
  } })
"""
_DOCUSAURUS = r"""
blog/two words.md | /blog/two%20words
blog/übung.md | /blog/%C3%BCbung
blog/2020-07-01-dated.md | /blog/2020/07/01/dated
blog/2020-01-02/index.md | /blog/2020/01/02/index
blog/2020/01/03/x.md | /blog/2020/01/03/x
blog/k.mdx | /blog/k
docs/k.mdx | ?
src/pages/k.mdx | ?
versioned_docs/version-1/k.mdx | ?
blog/k.markdown | –
blog/k.MD | –
blog/k.html | –
blog/_under.md | –
blog/_x/a.md | –
docs/_under.md | –
src/pages/_x/a.md | –
blog/.h/a.md | –
other/k.md | –
README.md | –
static/z.md | –
"""
_ABLOG = r"""
posts/a.md | ?
posts/a.rst | ?
_x/a.md | ?
_static/a.md | ?
posts/k.markdown | –
posts/k.MD | –
posts/k.RST | –
posts/k.html | –
posts/k.txt | –
posts/ex/a.md | –
posts/ex/b/c.md | –
posts/x.tmp.md | –
_build/x/a.md | –
_templates/z.md | –
drafts/a.md | –
"""
_ABLOG_SCRIPT = """extensions = ["ablog", "myst_parser"]
templates_path = ["_templates"]
exclude_patterns = ["_build", "posts/ex", "**/*.tmp.md", "drafts/*"]
"""
_BLOGS = (
    ("docusaurus.config.js", "export default { url: 'https://blog.example', baseUrl: '/' };", _DOCUSAURUS),
    ("conf.py", _ABLOG_SCRIPT, _ABLOG),
    (".vitepress/config.mjs", _VITEPRESS_SCRIPT, _VITEPRESS),
    ("docs/.vitepress/config/index.mts", _REWRITING_SCRIPT, _REWRITTEN),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A page in a blog with this configuration, and its address as far as it can be told."""

    configuration: str
    script: str
    path: str
    address: str | None
    is_page: bool

    def __str__(self) -> str:
        return f"{self.configuration}: {self.path}"


def seen_places() -> list[Place]:
    """Return every row of the tables."""
    return [
        Place(configuration, script, path, None if url in {"–", "?"} else url, url != "–")
        for configuration, script, table in _BLOGS
        for path, url in (row.split(" | ") for row in table.strip().split("\n"))
    ]

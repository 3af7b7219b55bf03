"""Where VitePress 1.6.4 and Docusaurus 3.10.2 were seen to put pages, each blog built once; `–`: there is no page."""

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
_BLOGS = (
    (".vitepress/config.mjs", _VITEPRESS_SCRIPT, _VITEPRESS),
    ("docs/.vitepress/config/index.mts", _REWRITING_SCRIPT, _REWRITTEN),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A page in a blog with this configuration, and its address; None if there is no page."""

    configuration: str
    script: str
    path: str
    address: str | None

    def __str__(self) -> str:
        return f"{self.configuration}: {self.path}"


def seen_places() -> list[Place]:
    """Return every row of the tables."""
    return [
        Place(configuration, script, path, None if url == "–" else url)
        for configuration, script, table in _BLOGS
        for path, url in (row.split(" | ") for row in table.strip().split("\n"))
    ]

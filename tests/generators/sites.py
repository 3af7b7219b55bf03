"""The blogs of all cases, as Jekyll, Eleventy, Astro, Hexo, Pelican, Material for MkDocs and Nikola build them."""

import json
from pathlib import Path
from urllib.parse import unquote

from tests.generators.built_site import (
    BIN,
    BuiltPage,
    BuiltSite,
    Files,
    case_in,
    read_built,
    run,
    run_from_npm,
    system_program,
    write_files,
)
from tests.generators.cases import json_cases, toml_cases, yaml_cases
from tests.generators.unpublished_pages import publication_cases


def all_cases() -> Files:
    """Return the pages of all cases."""
    return {**yaml_cases(), **toml_cases(), **json_cases(), **publication_cases()}


def _without(files: Files, refused: frozenset[str]) -> Files:
    return {path: content for path, content in files.items() if case_in(content) not in refused}


def jekyll(folder: Path, files: Files, refused: frozenset[str] = frozenset()) -> BuiltSite:
    """Build a blog with Debian's Jekyll; the layout `p` prints the field."""
    layout = "@@{{ page.ghissueid }}@@%%{{ page.url | relative_url }}%%{{ content }}{{ page.body }}"
    write_files(folder, {"_layouts/p.html": layout, **_without(files, refused)})
    run(folder, system_program("jekyll"), "build", "--quiet", "--disable-disk-cache")
    return BuiltSite("jekyll", files, read_built(folder / "_site"), ".", refused)


def eleventy(folder: Path, files: Files, refused: frozenset[str] = frozenset(), output: str = "_site") -> BuiltSite:
    """Build a blog with Eleventy; the layout `p.njk` prints the field."""
    layout = "@@{{ ghissueid }}@@%%{{ page.url | url }}%%{{ content | safe }}{{ body }}"
    write_files(folder, {"package.json": '{"type": "module"}', "_includes/p.njk": layout, **_without(files, refused)})
    run_from_npm(folder, "@11ty/eleventy/cmd.cjs", "--quiet")
    return BuiltSite("eleventy", files, read_built(folder / output), ".", refused)


_ASTRO = b"export default { cacheDir: './cache', vite: { cacheDir: './cache' } };\n"
_ASTRO_VALUES = """---
const pages = import.meta.glob("./**/*.{md,markdown,mdown,mkdn,mkd,mdwn}", { eager: true });
const values = Object.entries(pages).map(([path, page]) => [path, String(page.frontmatter.ghissueid ?? ""), page.url]);
---
<script type="application/json" id="values" set:html={JSON.stringify(values)} />
"""


def astro(folder: Path, files: Files, refused: frozenset[str] = frozenset()) -> BuiltSite:
    """Build a blog with Astro, whose pages are routes; one more page prints the field of all of them."""
    files = {"astro.config.mjs": _ASTRO, **files}
    own = {"package.json": '{"type": "module"}', "src/pages/v.astro": _ASTRO_VALUES}
    write_files(folder, {**own, **_without(files, refused)})
    run_from_npm(folder, "astro/bin/astro.mjs", "build", "--silent")
    text = (folder / "dist/v/index.html").read_text(encoding="utf-8")
    pages = {}
    for path, value, url in json.loads(text.partition('id="values">')[2].partition("</script>")[0]):
        case = case_in(files[f"src/pages/{path.removeprefix('./')}"])
        if case and url and (folder / f"dist{unquote(url)}/index.html").is_file():
            pages[case] = BuiltPage(value, f"{url.rstrip('/')}/")
    return BuiltSite("astro", files, pages, "src/pages", refused)


_HEXO_PACKAGES = b"""{
  "name": "t",
  "hexo": { "version": "8.1.2" },
  "dependencies": { "hexo": "8.1.2", "hexo-renderer-marked": "7.0.1", "hexo-renderer-ejs": "2.0.0" }
}
"""
_HEXO_PAGE = "@@<%- page.ghissueid %>@@%%<%- url_for(page.path) %>%%<%- page.content %><%- page.body %>"
_HEXO = {
    "themes/plain/layout/post.ejs": _HEXO_PAGE,
    "themes/plain/layout/page.ejs": _HEXO_PAGE,
    "themes/plain/layout/index.ejs": "",
}


def hexo(folder: Path, files: Files) -> BuiltSite:
    """Build a blog with Hexo, which leaves out the pages that it cannot read."""
    files = {"package.json": _HEXO_PACKAGES, **files}
    write_files(folder, {**_HEXO, **files})
    run_from_npm(folder, "hexo/bin/hexo", "generate", "--silent")
    return BuiltSite("hexo", files, read_built(folder / "public"), "source")


PELICAN = b"""
SITENAME = "t"
SITEURL = "https://blog.example"
TIMEZONE = "UTC"
PATH = "content"
THEME = "theme"
DIRECT_TEMPLATES = []
CATEGORY_SAVE_AS = TAG_SAVE_AS = AUTHOR_SAVE_AS = ""
FEED_ALL_ATOM = CATEGORY_FEED_ATOM = None
"""
_PELICAN_PAGE = "@@{{ page.ghissueid }}@@%%{{ SITEURL }}/{{ page.url.lstrip('/') }}%%{{ page.content }}{{ page.body }}"
_PELICAN = {
    "theme/templates/article.html": _PELICAN_PAGE.replace("page.", "article."),
    "theme/templates/page.html": _PELICAN_PAGE,
    "theme/static/x": "",
    **{f"theme/templates/{name}.html": "" for name in ("author", "category", "tag", "index")},
}


def pelican(folder: Path, files: Files) -> BuiltSite:
    """Build a blog with Pelican; pages under `drafts` are not published."""
    write_files(folder, {**_PELICAN, **files})
    run(folder, str(BIN / "pelican"), "content", "-o", "output", "-s", "pelicanconf.py", "--quiet")
    pages = read_built(folder / "output")
    published = {case: page for case, page in pages.items() if "/drafts/" not in page.address}
    return BuiltSite("pelican", files, published, "content")


MATERIAL = b"""
site_name: t
site_url: https://blog.example/
theme:
  name: material
  custom_dir: overrides
  font: false
plugins:
  - blog:
      archive: false
      categories: false
      pagination: false
"""
_MATERIAL = {
    "docs/index.md": "# Home\n",
    "docs/blog/index.md": "# Blog\n",
    "overrides/blog-post.html": "@@{{ page.meta.ghissueid }}@@%%{{ page.canonical_url }}%%{{ page.content }}",
    "overrides/main.html": "{% if page %}@@{{ page.meta.ghissueid }}@@%%{{ page.canonical_url }}%%{{ page.content }}{% endif %}",
    **{f"overrides/{name}.html": "" for name in ("blog", "base")},
}


def material(folder: Path, files: Files) -> BuiltSite:
    """Build a blog with Material for MkDocs; the posts that fail the build are found first."""
    write_files(folder, {**_MATERIAL, **files})
    refused = _refused(folder, "material", files)
    run(folder, str(BIN / "mkdocs"), "build", "--quiet")
    return BuiltSite("material", files, read_built(folder / "site"), "docs", refused)


NIKOLA = b"""
BLOG_AUTHOR = BLOG_TITLE = BLOG_DESCRIPTION = "t"
BLOG_EMAIL = "t@blog.example"
SITE_URL = "https://blog.example/"
DEFAULT_LANG = "en"
TIMEZONE = "UTC"
POSTS = (("posts/*.md", "posts", "post.tmpl"),)
PAGES = (("pages/*.md", "", "post.tmpl"),)
COMPILERS = {"markdown": (".md",)}
THEME = "plain"
DISABLED_PLUGINS = [
    "render_listings", "render_galleries", "sitemap", "robots", "classify_indexes", "classify_archive", "classify_tags",
    "classify_categories", "classify_authors", "classify_sections", "classify_page_index", "create_bundles",
    "copy_assets", "copy_files", "redirect", "scale_images", "render_taxonomies", "sources",
]
"""
_NIKOLA = {
    "themes/plain/plain.theme": "[Theme]\nengine = mako\nparent =\n",
    "themes/plain/templates/post.tmpl": "@@${post.meta('ghissueid')}@@%%${post.permalink(absolute=True)}%%${post.text()}",
    "themes/plain/messages/messages_en.py": "MESSAGES = {}\n",
}


def nikola(folder: Path, files: Files) -> BuiltSite:
    """Build a blog with Nikola; the posts that fail the build are found first."""
    write_files(folder, {**_NIKOLA, **files})
    refused = _refused(folder, "nikola", files)
    run(folder, str(BIN / "nikola"), "build", "--quiet")
    return BuiltSite("nikola", files, read_built(folder / "output"), ".", refused)


def _refused(folder: Path, generator: str, files: Files) -> frozenset[str]:
    """Delete the posts that the generator refuses, and return their cases."""
    script = str(Path("tests/generators/python_refusals.py").absolute())
    output = run(folder, str(BIN / "python"), script, generator)
    paths = json.loads(output.rpartition("refused:")[2])
    for path in paths:
        (folder / path).unlink()
    return frozenset(case for path in paths if (case := case_in(files[path])))

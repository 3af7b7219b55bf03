"""The blogs that the tests build: one of all cases for each generator, and some of other configurations."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from tests.generators import excluded_pages as excluded
from tests.generators import given_elsewhere as given
from tests.generators import placed_pages as placed
from tests.generators import sites
from tests.generators.built_site import BuiltSite, Files, case_in, pages_in, refused_by
from tests.generators.cases import page
from tests.generators.hugo_site import CONFIGURATION, build, build_alone
from tests.generators.sites import all_cases

Blogs = Sequence[BuiltSite]
"""The blog of all cases first, then those of other configurations."""
_ALLOWED = "[security]\nallowContent = ['.*']\n"
"""Without it a page in HTML or Org fails the build of the current Hugo."""
_PERMALINKS = """
[permalinks]
placed = "/:year/:month/:title/"
fields = "/x/:section/:slug/"
a = "/:sections/:filename/"
"""
_HUGO_VARIANTS = (
    CONFIGURATION.replace("blog.example/", "blog.example/sub/")
    + "uglyURLs = true\n"
    + excluded.HUGO_TOP
    + _ALLOWED
    + excluded.HUGO_TABLES,
    CONFIGURATION + _ALLOWED + _PERMALINKS,
)
_JEKYLL = "title: t\ncollections: {notes: {output: true}, silent: {}}\nexclude: [excluded]\n"
_LAYOUT = 'defaults: [{scope: {path: ""}, values: {layout: p}}]\n'
_JEKYLL_VARIANTS = (
    "permalink: pretty\nbaseurl: /sub\n",
    "permalink: /blog/:year/:title\ntimezone: America/New_York\n",
    "permalink: /:categories/:slug/\n",
)
_ELEVENTY = b"export default (c) => { c.addGlobalData('layout', 'p.njk'); };\n"
_ELEVENTY_SUB = (
    b"export default (c) => { c.addGlobalData('layout', 'p.njk');\n" + excluded.ELEVENTY + b"\n"
    b"  return { dir: { input: 'src', includes: '../_includes' }, pathPrefix: '/sub/' }; };\n"
)
_HEXO = "title: t\nurl: https://blog.example\ntheme: plain\n"
_HEXO_VARIANT = "permalink: :title.html\nroot: /sub/\n" + excluded.HEXO
_PELICAN_VARIANT = (
    b"ARTICLE_URL = 'posts/{date:%Y}/{date:%m}/{slug}/'\nARTICLE_SAVE_AS = ARTICLE_URL + 'index.html'\n"
    b"SITEURL = 'https://blog.example/sub'\n"
)
_MATERIAL_VARIANT = sites.MATERIAL.replace(b"blog.example/", b"blog.example/sub/").replace(
    b"      archive: false\n", b"      archive: false\n      post_url_format: '{slug}-{file}'\n"
)
_NIKOLA_VARIANT = (
    b"PRETTY_URLS = False\nSITE_URL = 'https://blog.example/sub/'\nPOSTS = (('posts/*.md', 'blog', 'post.tmpl'),)\n"
)


def hugo(folder: Path, program: str, refused: frozenset[str], more: Files) -> Blogs:
    """Build the blogs of Hugo; the cases that it refuses are each built alone, and must fail."""
    cases = pages_in("content/posts", all_cases())
    alone = {path: content for path, content in cases.items() if case_in(content) in refused}
    assert build_alone(folder / "alone", program, alone) == refused
    configuration = (CONFIGURATION + _ALLOWED + given.HUGO_CASCADE).encode()
    files = {"hugo.toml": configuration, **cases, **given.hugo(), **placed.hugo(), **more}
    main = build(folder / "all", program, {path: files[path] for path in files if path not in alone})
    variants = [{"hugo.toml": text.encode(), **placed.hugo(), **excluded.hugo()} for text in _HUGO_VARIANTS]
    others = [build(folder / f"variant-{n}", program, each) for n, each in enumerate(variants)]
    return [replace(main, files=files, refused=refused), *others]


def jekyll(folder: Path) -> Blogs:
    """Build the blogs of Jekyll."""
    cases = pages_in("_posts", all_cases(), "2020-07-01-")
    refused = _failing_alone(folder / "alone", sites.jekyll, cases, {"wrong-day", "text-day"})
    files = {"_config.yml": (_JEKYLL + given.JEKYLL_DEFAULTS).encode(), **cases, **given.jekyll(), **placed.jekyll()}
    own = [_JEKYLL.replace("exclude: [excluded]\n", excluded.JEKYLL), _JEKYLL, _JEKYLL]
    variants = [
        {"_config.yml": (start + _LAYOUT + text).encode(), **placed.jekyll(), **excluded.jekyll()}
        for start, text in zip(own, _JEKYLL_VARIANTS, strict=True)
    ]
    others = [sites.jekyll(folder / f"variant-{n}", each) for n, each in enumerate(variants)]
    return [sites.jekyll(folder / "all", files, refused), *others]


def eleventy(folder: Path) -> Blogs:
    """Build the blogs of Eleventy."""
    cases = pages_in("posts", all_cases())
    days = _failing_alone(
        folder / "alone",
        sites.eleventy,
        cases,
        {"text-day", "short-day", "future-utc", "future-zone", "permalink-quoted-false"},
    )
    files = {"eleventy.config.js": _ELEVENTY, **cases, **given.eleventy(), **placed.eleventy()}
    files["_includes/x.md"] = page("place-includes", "ghissueid: 41")
    moved = {f"src/{path}": content for path, content in placed.eleventy().items()}
    main = sites.eleventy(folder / "all", files, refused_by("eleventy", all_cases()) | days)
    return [
        main,
        sites.eleventy(folder / "variant", {"eleventy.config.js": _ELEVENTY_SUB, **moved, **excluded.eleventy()}),
    ]


def astro(folder: Path) -> Blogs:
    """Build the blog of Astro."""
    files = {**pages_in("src/pages/posts", all_cases()), **placed.astro()}
    return [sites.astro(folder / "all", files, refused_by("astro", all_cases()))]


def hexo(folder: Path) -> Blogs:
    """Build the blogs of Hexo."""
    files = {"_config.yml": _HEXO.encode(), **pages_in("source/_posts", all_cases()), **placed.hexo()}
    variant = {"_config.yml": (_HEXO + _HEXO_VARIANT).encode(), **placed.hexo(), **excluded.hexo()}
    return [sites.hexo(folder / "all", files), sites.hexo(folder / "variant", variant)]


def pelican(folder: Path) -> Blogs:
    """Build the blogs of Pelican."""
    files = {"pelicanconf.py": sites.PELICAN, **pages_in("content/posts", all_cases()), **placed.pelican()}
    elsewhere = {"pelicanconf.py": sites.PELICAN + given.PELICAN_SETTINGS, **given.pelican()}
    configuration = sites.PELICAN + _PELICAN_VARIANT + excluded.PELICAN
    variant = {"pelicanconf.py": configuration, **placed.pelican(), **excluded.pelican()}
    blogs = {"all": files, "given": elsewhere, "variant": variant}
    return [sites.pelican(folder / name, each) for name, each in blogs.items()]


def material(folder: Path) -> Blogs:
    """Build the blogs of Material for MkDocs."""
    files = {
        "mkdocs.yml": sites.MATERIAL + b"  - meta\n",
        **pages_in("docs/blog/posts", all_cases()),
        **given.material(),
        **placed.material(),
    }
    variant = {"mkdocs.yml": _MATERIAL_VARIANT + excluded.MATERIAL, **placed.material(), **excluded.material()}
    return [sites.material(folder / "all", files), sites.material(folder / "variant", variant)]


def nikola(folder: Path) -> Blogs:
    """Build the blogs of Nikola."""
    cases = {name: content for name, content in all_cases().items() if not name.startswith("toml-")}
    files = {"conf.py": sites.NIKOLA, **pages_in("posts", cases), **given.nikola(), **placed.nikola()}
    variant = {"conf.py": sites.NIKOLA + _NIKOLA_VARIANT, **placed.nikola()}
    return [sites.nikola(folder / "all", files), sites.nikola(folder / "variant", variant)]


def _failing_alone(
    folder: Path, build_site: Callable[[Path, Files], BuiltSite], pages: Files, cases: set[str]
) -> frozenset[str]:
    """Return these cases after it was seen that each fails a build."""
    configurations = {"_config.yml": b"title: t\n", "eleventy.config.js": _ELEVENTY}
    for path, content in pages.items():
        case = case_in(content)
        if case in cases:
            try:
                build_site(folder / case, {**configurations, path: content})
            except AssertionError:
                continue
            raise ValueError(f"{case} does not fail the build")
    return frozenset(cases)

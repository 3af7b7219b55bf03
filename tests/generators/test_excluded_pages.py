"""What the configuration leaves out is never served; each case was built with the real generator."""

import pytest

from app.domain.posts.posts import ProblemKind
from tests.generators.agreement import problem_kinds, read_catalog
from tests.generators.cases import page


@pytest.mark.parametrize(
    ("generator", "settings", "path", "reason"),
    [
        ("hugo", ("hugo.toml", "disableKinds = ['page']"), "content/a.md", "disableKinds has page"),
        ("hugo", ("hugo.toml", "[outputs]\npage = ['json']"), "content/a.md", "outputs gives each page json only"),
        ("hugo", ("hugo.toml", "[languages.de]\ndisabled = true"), "content/a.de.md", "the language de is disabled"),
        ("hugo", ("hugo.toml", "disableLanguages = ['de']"), "content/a.de.md", "the language de is disabled"),
        ("hugo", ("hugo.toml", "[languages.de]\ndisabled = true"), "content/a.md", None),
        ("hugo", ("hugo.toml", "[languages.de]\ncontentDir = 'content/de'"), "content/a.md", "no language"),
        ("hugo", ("hugo.toml", "[languages.de]\ncontentDir = 'content/de'"), "content/de/a.md", None),
        (
            "hugo",
            ("hugo.toml", "[[module.mounts]]\nsource = 'x'\ntarget = 'content'"),
            "content/a.md",
            "another folder",
        ),
        ("hugo", ("hugo.toml", "ignoreFiles = ['(a+)+$']"), "content/a.md", "cannot be followed"),
        ("hugo", ("hugo.toml", ""), "content/index.md", "a page index in the root"),
        ("jekyll", ("_config.yml", "limit_posts: 1"), "_posts/2020-06-01-a.md", "limit_posts: 1"),
        ("jekyll", ("_config.yml", "limit_posts: 1"), "_posts/2020-07-02-a.md", None),
        ("jekyll", ("_config.yml", "collections_dir: c"), "_posts/2020-06-01-a.md", "it is not in c"),
        ("jekyll", ("_config.yml", "collections_dir: c\ncollections: {n: {output: true}}"), "c/_n/a.md", None),
        ("jekyll", ("_config.yml", "collections_dir: c\ncollections: {n: {output: true}}"), "_n/a.md", "begins with _"),
        ("hexo", ("_config.yml", "include: ['_a/*']"), "source/_a/a.md", None),
        ("hexo", ("_config.yml", "skip_render: '*.md'"), "source/a.md", "skip_render has *.md"),
        ("hexo", ("_config.yml", "ignore: ['!(b).md']"), "source/a.md", "cannot be followed"),
        ("pelican", ("pelicanconf.py", "ARTICLE_PATHS = ['blog']"), "content/x/a.md", "ARTICLE_PATHS"),
        ("pelican", ("pelicanconf.py", "ARTICLE_PATHS = ['blog']"), "content/blog/a.md", None),
        ("pelican", ("pelicanconf.py", "ARTICLE_SAVE_AS = ''"), "content/a.md", "ARTICLE_SAVE_AS is empty"),
        (
            "pelican",
            ("pelicanconf.py", "PATH_METADATA = r'(?P<status>draft)/.*'"),
            "content/draft/a.md",
            "status: draft",
        ),
        ("hexo", ("_config.yml", "post_asset_folder: true"), "source/_posts/a/d.html", "only .md as posts"),
        ("hexo", ("_config.yml", "post_asset_folder: true"), "source/_posts/a/b.md", None),
        ("hexo", ("_config.yml", "post_asset_folder: true"), "source/a/d.html", None),
        ("eleventy", ("eleventy.config.js", "c.setTemplateFormats(['njk'])"), "a.md", "formats of templates"),
        ("eleventy", ("eleventy.config.js", "c.setFrontMatterParsingOptions({delims: '~'})"), "a.md", "front matter"),
        ("eleventy", ("eleventy.config.js", "c.setFrontMatterParsingOptions({excerpt: true})"), "a.md", None),
    ],
)
def test_configuration_leaves_pages_out(
    generator: str, settings: tuple[str, str], path: str, reason: str | None
) -> None:
    newer = "_posts/2020-07-01-newer.md" if generator == "jekyll" else "other.md"
    files = {settings[0]: settings[1].encode(), path: page("a", "ghissueid: 41", date=""), newer: page("newer")}
    files[path] = files[path] if generator == "jekyll" else page("a", "ghissueid: 41")
    folder = {"hugo": "content", "hexo": "source", "pelican": "content"}.get(generator, ".")
    catalog = read_catalog(files, folder, generator)
    post = next(post for post in catalog.posts if path.endswith(post.source))
    assert post.unpublished is None if reason is None else reason in (post.unpublished or "")


@pytest.mark.parametrize("is_first", [False, True])
def test_pages_of_mounts_are_read_where_hugo_puts_them(*, is_first: bool) -> None:
    own = "{source: content, target: content}"
    notes = "{source: notes, target: content/notes, excludeFiles: 'x*'}"
    mounts = f"module: {{mounts: [{notes if is_first else own}, {own if is_first else notes}, "
    mounts += (
        "{source: ../away, target: content/away}, {source: none, target: content/none}, "
        "{source: static, target: static}]}"
    )
    files = {
        "hugo.yaml": mounts.encode(),
        "content/notes/_index.md": b"---\ncascade: {ghissueid: 7}\n---\n",
        "content/notes/b.md": page("b", "ghissueid: 42"),
        "notes/a.md": page("a"),
        "notes/b.md": page("other", "ghissueid: 43"),
        "notes/x.md": page("x", "ghissueid: 44"),
        "README.md": page("readme", "ghissueid: 45"),
    }
    catalog = read_catalog(files, "content", "hugo")
    numbers = {post.source: {ref.number for ref in post.threads} for post in catalog.posts if not post.unpublished}
    assert numbers.pop("notes/_index.md", {7}) == {7}
    other_numbers: dict[str, set[int]] = {"../notes/b.md": {43}} if is_first else {"notes/b.md": {42}}
    assert numbers == {**other_numbers, "../notes/a.md": {7}}
    assert [problem.message.partition(", so")[0] for problem in catalog.problems] == [
        f"the folder {source} of module.mounts is not among the files of the blog" for source in ("../away", "none")
    ]


def test_pages_with_the_same_address_are_named() -> None:
    files = {"content/a.md": page("a", "ghissueid: 41"), "content/a/index.md": page("b", "ghissueid: 42")}
    assert problem_kinds(files, "content", "hugo") == {
        (ProblemKind.GENERATORS_DIFFER, "a.md"),
        (ProblemKind.GENERATORS_DIFFER, "a/index.md"),
    }

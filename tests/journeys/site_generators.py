"""Sites as Hugo, Jekyll, Eleventy, Astro and a plain script build them with the snippets of the start page.

Hugo and Jekyll are Debian's, a current Hugo comes with the requirements; Eleventy and Astro come from npm, pinned in
`tests/generators`. Each site has a post with a number, one without, and a list of both.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

from app.domain.posts.lists import parse_list
from app.domain.sites import repository
from app.simulator.world.sample import SAMPLE_REPO
from app.web.pages.start_page import render_snippet
from tests.widget.stage import TALK

BIN = Path(".venv/bin").absolute()
NODE = BIN / "node"
MODULES = Path("tests/generators/node_modules").absolute()
TITLE, WITHOUT = "A post", "Without comments"
HEAD = '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>t</title><link rel="icon" href="data:,"></head><body>'

Site = tuple[str, str, str]
"""The pages of a post, of a post without a number, and of the list."""
DESCRIPTION = 'Words & "quotes"'
POST_LISTS = {
    "hugo": "public/index.json",
    "hugo of debian": "public/index.json",
    "jekyll": "_site/posts.json",
    "eleventy": "_site/posts.json",
    "eleventy in liquid": "_site/posts.json",
    "astro": "dist/posts.json",
}
"""The file with the list of all posts that each generator builds."""
Snippets = Callable[[str], str]
"""Returns the text of a snippet by its name."""


def snippets_for(service: str) -> Snippets:
    """Return the snippets as the start page renders them for a service."""
    return lambda name: render_snippet(name, service, SAMPLE_REPO)


def post_file(*lines: str, number: bool = True) -> str:
    """Return the file of a post with these lines in its front matter."""
    front = (
        [f"title: {TITLE}", f"ghissueid: {TALK}", f"description: {DESCRIPTION}"] if number else [f"title: {WITHOUT}"]
    )
    return "\n".join(["---", *front, "date: 2020-07-01", *lines, "---", "", "Some words.", ""])


def _write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def _run(folder: Path, *command: str) -> None:
    environment = {**os.environ, "ASTRO_TELEMETRY_DISABLED": "1", "PATH": f"{BIN}:{os.environ['PATH']}"}
    result = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=90, env=environment, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def _system_program(name: str) -> str:
    path = shutil.which(name, path="/usr/bin")
    assert path, f"{name} is not installed: make develop installs it"
    return path


def _run_from_npm(folder: Path, program: str, *arguments: str) -> None:
    assert MODULES.exists(), f"{program} is not installed: make develop installs it"
    (folder / "node_modules").symlink_to(MODULES)
    _run(folder, str(NODE), str(MODULES / program), *arguments)


def _read_site(folder: Path, *names: str) -> Site:
    post, post_without_number, post_list = ((folder / name).read_text(encoding="utf-8") for name in names)
    return post, post_without_number, post_list


def current_hugo(folder: Path, kind: str, snippets: Snippets) -> Site:
    """Build a site with the current Hugo."""
    return _hugo(folder, kind, snippets, str(BIN / "hugo"))


def system_hugo(folder: Path, kind: str, snippets: Snippets) -> Site:
    """Build a site with Debian's Hugo, whose snippet may be the one for older versions."""
    return _hugo(folder, {"built": "older"}.get(kind, kind), snippets, _system_program("hugo"))


def _hugo(folder: Path, kind: str, snippets: Snippets, program: str) -> Site:
    _write(
        folder,
        {
            "config.toml": 'baseURL = "/"\ntitle = "t"\ndisableKinds = ["taxonomy", "term", "RSS", "sitemap"]\n'
            '[outputs]\nhome = ["html", "rss", "json"]\n'
            "[security.http]\nurls = ['.*']\n"  # Hugo would refuse addresses of this machine
            "[minify.tdewolff.html]\nkeepQuotes = true\n",  # the tests read the attributes
            "content/posts/a.md": post_file(),
            "content/posts/b.md": post_file(number=False),
            "layouts/_default/single.html": HEAD + '{{ .Content }}{{ partial "comments.html" . }}',
            "layouts/_default/list.html": HEAD + snippets("hugo/list"),
            "layouts/partials/comments.html": snippets(f"hugo/{kind}"),
            "layouts/index.json": snippets("hugo/posts"),
        },
    )
    _run(folder, program, "--quiet", "--minify", "--cacheDir", str(folder / "cache"))
    return _read_site(folder / "public/posts", "a/index.html", "b/index.html", "index.html")


def jekyll(folder: Path, kind: str, snippets: Snippets) -> Site:
    """Build a site with Debian's Jekyll."""
    plugin = kind == "built"
    call = "{{ page.ghissueid | comments }}" if plugin else "{% include comments.html %}"
    _write(
        folder,
        {
            "_config.yml": "title: t\npermalink: /:title/\n",
            "_posts/2020-07-01-a.md": post_file("layout: post"),
            "_posts/2020-07-01-b.md": post_file("layout: post", number=False),
            "_layouts/post.html": HEAD + "{{ content }}" + call,
            "list.html": "---\n---\n" + HEAD + snippets("jekyll/list"),
            "posts.json": snippets("jekyll/posts"),
            ("_plugins/comments.rb" if plugin else "_includes/comments.html"): snippets(f"jekyll/{kind}"),
        },
    )
    _run(folder, _system_program("jekyll"), "build", "--quiet", "--disable-disk-cache")
    return _read_site(folder / "_site", "a/index.html", "b/index.html", "list/index.html")


def eleventy(folder: Path, kind: str, snippets: Snippets, language: str = "njk") -> Site:
    """Build a site with Eleventy, in Nunjucks or Liquid."""
    built = kind == "built"
    call = "{% comments ghissueid %}" if built else f'{{% include "comments.{language}" %}}'
    content = "{{ content | safe }}" if language == "njk" else "{{ content }}"
    _write(
        folder,
        {
            "package.json": '{"type": "module"}',
            "a.md": post_file(f"layout: post.{language}", "tags: post"),
            "b.md": post_file(f"layout: post.{language}", "tags: post", number=False),
            f"_includes/post.{language}": HEAD + content + call,
            f"_includes/comments.{language}": "" if built else snippets("eleventy/post"),
            f"list.{language}": HEAD + snippets("eleventy/list"),
            "posts.11ty.mjs": snippets("eleventy/posts"),
            "eleventy.config.js": snippets("eleventy/built") if built else "export default function () {}\n",
        },
    )
    _run_from_npm(folder, "@11ty/eleventy/cmd.cjs", "--quiet")
    return _read_site(folder / "_site", "a/index.html", "b/index.html", "list/index.html")


def astro(folder: Path, kind: str, snippets: Snippets) -> Site:
    """Build a site with Astro."""
    layout = (
        f'---\nimport Comments from "./components/Comments.astro";\nconst {{ frontmatter }} = Astro.props;\n---\n{HEAD}'
        "<slot /><Comments ghissueid={frontmatter.ghissueid} /></body></html>\n"
    )
    _write(
        folder,
        {
            "package.json": '{"type": "module"}',
            "astro.config.mjs": "export default { cacheDir: './cache', vite: { cacheDir: './cache' } };\n",
            "src/components/Comments.astro": snippets(f"astro/{kind}"),
            "src/Layout.astro": layout,
            "src/pages/a.md": post_file("layout: ../Layout.astro"),
            "src/pages/b.md": post_file("layout: ../Layout.astro", number=False),
            "src/pages/posts.json.js": snippets("astro/posts"),
            "src/pages/index.astro": snippets("astro/list").replace("---\n<", f"---\n{HEAD}<", 1) + "</body></html>\n",
        },
    )
    _run_from_npm(folder, "astro/bin/astro.mjs", "build", "--silent")
    return _read_site(folder / "dist", "a/index.html", "b/index.html", "index.html")


def plain(folder: Path, kind: str, snippets: Snippets) -> Site:
    """Build a page with a shell script."""
    page = folder / "post.html"
    page.write_text(HEAD + snippets("plain/post"), encoding="utf-8")
    if kind == "built":
        for _ in range(2):  # the second time it replaces what the first inserted
            result = subprocess.run(["bash", "-c", snippets("plain/built")], cwd=folder, check=False)
            assert result.returncode in {0, 7}  # 7: curl could not connect
    return page.read_text(encoding="utf-8"), HEAD, HEAD + snippets("plain/list") + f"<p>{TITLE}, {WITHOUT}</p>"


Generator = Callable[[Path, str, Snippets], Site]
GENERATORS: dict[str, Generator] = {
    "hugo": current_hugo,
    "hugo of debian": system_hugo,
    "jekyll": jekyll,
    "eleventy": eleventy,
    "eleventy in liquid": partial(eleventy, language="liquid"),
    "astro": astro,
    "plain": plain,
}


def expect_post_list(folder: Path, name: str) -> None:
    """Expect all fields of both posts in the list that the generator has built."""
    data = json.loads((folder / POST_LISTS[name]).read_text(encoding="utf-8"))
    catalog = parse_list(data, (repository(SAMPLE_REPO),))
    posts = {post.title: post for post in catalog.posts}
    assert set(posts) == {TITLE, WITHOUT}
    post = posts[TITLE]
    assert {thread.number for thread in post.threads} == {TALK}
    assert posts[WITHOUT].threads == frozenset()
    assert (post.date or "").startswith("2020-07-01")
    assert post.description == DESCRIPTION
    assert (post.url or "").rstrip("/").endswith("/a")
    assert (post.unpublished, catalog.problems) == (None, ())

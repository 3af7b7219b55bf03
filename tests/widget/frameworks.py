"""Comments with all that GitHub's HTML holds, the style sheets of frameworks, and how the widget lies in a page."""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

from app.simulator.world.sample import SAMPLE_REPO
from app.simulator.world.world import World
from app.web.assets import Asset, assets
from tests.widget.stage import Stage

SHOW, WIDE = 70, 71
LONG_NAME = "AnonymousReaderWithTheLongestName35"
_NODE = Path(".venv/bin/node").absolute()
_MODULES = Path("tests/generators/node_modules").absolute()

_IMAGE = '<img src="https://camo.githubusercontent.com/a1/68747470" width="20" height="20" alt="badge"'
_ALERTS = "".join(
    f'<div class="markdown-alert markdown-alert-{kind}"><p class="markdown-alert-title">{kind.title()}</p><p>Text.</p></div>'
    for kind in ("note", "tip", "important", "warning", "caution")
)
_BLOB = (
    '<table class="highlight"><tbody><tr><td class="blob-num"></td><td class="blob-code"><span class="pl-k">def</span>'
    ' <span class="pl-en">f</span>():</td></tr><tr><td class="blob-num"></td><td class="blob-code">    '
    '<span class="pl-k">return</span> <span class="pl-c1">1</span></td></tr></tbody></table>'
)
_PROSE = (
    '<p>First paragraph with a <a href="https://example.org/">link</a>, <strong>bold</strong>, <em>italic</em> and '
    "<code>code</code>.</p><p>Second paragraph.</p><ul><li>one<ul><li>inner</li></ul></li><li>two</li></ul>"
    "<ol><li>first</li><li>second</li></ol>"
    '<ul class="contains-task-list"><li class="task-list-item"><input type="checkbox" checked> done</li>'
    '<li class="task-list-item"><input type="checkbox"> open</li></ul><blockquote><p>A quotation.</p></blockquote>'
)
_CODE = (
    f'<h3>Heading</h3><p>An emoji {_IMAGE} class="emoji"> and a badge {_IMAGE}> in a line.</p>'
    '<div class="highlight highlight-source-js"><pre><span class="pl-k">const</span> answer = '
    '<span class="pl-c1">42</span>;</pre></div>'
    "<table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>"
)
_OTHERS = (
    f"{_ALERTS}{_BLOB}<details><summary>More</summary><p>Hidden text.</p></details>"
    '<p><a class="user-mention" href="https://github.com/ada">@ada</a> '
    '<a class="issue-link" href="https://github.com/ada/blog/issues/1">#1</a></p>'
    '<section class="footnotes"><ol><li><p>A footnote.</p></li></ol></section>'
)
_COLUMNS = ("identifier", "description", "maintainers", "dependencies", "architecture", "distribution", "availability")
WIDE_TEXT = (
    f"<h1>Heading</h1><table><tbody><tr>{''.join(f'<td>{name}</td>' for name in _COLUMNS)}</tr></tbody></table>"
    f"<pre>{'a long line of code, ' * 12}</pre><blockquote><p>A quotation.</p></blockquote><ul><li>one</li></ul>"
)


def build_show(world: World) -> None:
    """Add a post whose comments hold all that has a look of its own, and one whose comment is wide.

    Of the first post's comments, the second and the third are replies.
    """
    for number in (SHOW, WIDE):
        world.open_issue(SAMPLE_REPO, title="Show", number=number, created_at="2024-01-01T10:00:00Z")
    wide = world.comment(SAMPLE_REPO, WIDE, body="wide", body_html=WIDE_TEXT, author=LONG_NAME)
    world.comment(
        SAMPLE_REPO,
        WIDE,
        body=f"@{LONG_NAME} So?",
        author=f"{LONG_NAME}[bot]",
        created_at=wide.created_at,
        body_html="<p>So?</p>",
    )
    authors = ("ada", "grace-okafor", "ada", LONG_NAME)
    for n, (author, text) in enumerate(zip(authors, (_PROSE, _CODE, _OTHERS, "<p>Short.</p>"), strict=True)):
        reply = "@ada " if n == 1 else "@grace-okafor " if n == 2 else ""
        world.comment(
            SAMPLE_REPO, SHOW, body=reply + text, body_html=text, author=author, created_at=1_704_103_200 + 60 * n
        )


GITHUB_CLASSES = (
    *("contains-task-list", "task-list-item", "footnotes", "emoji", "highlight"),
    *("blob-code", "blob-num", "pc-math", "pc-dark", "pc-light"),
    *("user-mention", "team-mention", "issue-link", "commit-link", "markdown-alert", "markdown-alert-title"),
    *(f"markdown-alert-{kind}" for kind in ("note", "tip", "important", "warning", "caution")),
    *("pl-c", "pl-c1", "pl-s", "pl-v", "pl-e", "pl-en", "pl-smi", "pl-ent", "pl-k", "pl-pds", "pl-sr", "pl-sra"),
    "pl-sre",
    *("pl-cce", "pl-pse", "pl-smw", "pl-bu", "pl-ii", "pl-c2", "pl-ml", "pl-mh", "pl-ms", "pl-mi", "pl-mb", "pl-md"),
    *("pl-mi1", "pl-mc", "pl-mi2", "pl-mdr", "pl-mq", "pl-ba", "pl-sg", "pl-corl"),
)
"""The classes that have a look at GitHub, and ours. Those of code are of https://github.com/primer/github-syntax-light."""


@dataclass(frozen=True, slots=True)
class Framework:
    """The style sheets of a page: linked before ours, linked after ours, and the class of what surrounds the element."""

    before: str = ""
    after: str = ""
    classes: str = ""


NAMES = (
    *("reset before", "reset after", "Meyer's reset", "all positioned"),
    *("Tailwind 3 before", "Tailwind 3 after", "Tailwind 3 prose"),
    *("Tailwind 4 before", "Tailwind 4 after", "Bootstrap", "Bulma", "Pico", "simple.css", "water.css"),
)
"""The names of all frameworks."""


def frameworks() -> Mapping[str, Framework]:
    """Return the frameworks by name, as npm installs them."""
    reset = "*{margin:0;padding:0;box-sizing:border-box}"
    meyer = (
        "html,body,div,span,h1,h2,h3,h4,h5,h6,p,blockquote,pre,a,code,em,img,small,strong,sub,sup,b,i,dl,dt,dd,ol,ul,li,"
        "table,tbody,thead,tr,th,td,details,section,summary,time{margin:0;padding:0;border:0;font-size:100%;font:inherit;"
        "vertical-align:baseline}ol,ul{list-style:none}img,svg{display:block}"
    )
    tailwind_4 = _read("tailwindcss/index.css")
    tailwind_3 = _tailwind_3()
    return {
        "reset before": Framework(before=reset),
        "reset after": Framework(after=reset),
        "Meyer's reset": Framework(after=meyer),
        "all positioned": Framework(after="*,div{position:relative}"),
        "Tailwind 3 before": Framework(before=tailwind_3),
        "Tailwind 3 after": Framework(after=tailwind_3),
        "Tailwind 3 prose": Framework(after=tailwind_3, classes="prose"),
        "Tailwind 4 before": Framework(before=tailwind_4),
        "Tailwind 4 after": Framework(after=tailwind_4),
        "Bootstrap": Framework(after=_read("bootstrap/dist/css/bootstrap.css")),
        "Bulma": Framework(after=_read("bulma/css/bulma.css")),
        "Pico": Framework(after=_read("@picocss/pico/css/pico.css")),
        "simple.css": Framework(after=_read("simpledotcss/simple.css")),
        "water.css": Framework(after=_read("water.css/out/water.css")),
    }


def _read(name: str) -> str:
    return (_MODULES / name).read_text(encoding="utf-8")


def _tailwind_3() -> str:
    """Return what Tailwind 3 builds for a page that uses `prose`: its reset and the typography."""
    script = """
        const postcss = require("postcss"), tailwind = require("tailwindcss-3"), typography = require("@tailwindcss/typography");
        const content = [{ raw: '<div class="prose max-w-none">', extension: "html" }];
        postcss([tailwind({ content, plugins: [typography] })])
          .process("@tailwind base;@tailwind components;@tailwind utilities;", { from: undefined })
          .then(result => console.log(result.css));"""
    result = subprocess.run(
        (_NODE, "-e", script), cwd=_MODULES.parent, capture_output=True, text=True, timeout=60, check=True
    )
    assert ".prose :where(img)" in result.stdout
    return result.stdout


def open_show(page: Page, stage: Stage) -> None:
    """Open a page with the post; `wear` then gives it the style sheets of a framework."""
    after = f'<link rel="stylesheet" href="{stage.service.url}/content.css"><style id="after"></style>'
    body = f'<div id="around">{stage.element(SHOW, loading="eager")}</div>'
    url = stage.publish(body, head=after)
    headers, text = stage.blog.pages["/post.html"]
    stage.blog.pages["/post.html"] = (
        headers,
        text.replace(b'<link rel="stylesheet"', b'<style id="before"></style><link rel="stylesheet"', 1),
    )
    page.goto(url)
    page.wait_for_selector(".pc-order")
    page.wait_for_function("[...document.images].every(image => image.complete)")


def wear(page: Page, framework: Framework) -> None:
    """Give the open page the style sheets of a framework in place of those it has."""
    page.evaluate(
        """([before, after, classes]) => {
        document.querySelector('#before').textContent = before;
        document.querySelector('#after').textContent = after;
        document.querySelector('#around').className = classes;
        document.activeElement.blur() }""",
        [framework.before, framework.after, framework.classes],
    )


def classes_of(file: Asset) -> set[str]:
    """Return the classes that a style sheet names."""
    return set(re.findall(r"\.([a-z][a-z0-9-]*)", file.bodies["identity"].decode()))


def words_of(pattern: str) -> set[str]:
    """Return the words that a pattern of class names spells out: `(?:user|team)-mention` has three."""
    return set(re.findall(r"[a-z]+", re.sub(r"\[[^\]]*\]", "", pattern)))


def rules_of(page: Page, name: str) -> tuple[str, str]:
    """Return the rules that a browser reads from a style sheet's source, and from what is served of it."""
    source = Path("app/widget", name).read_text(encoding="utf-8")
    script = """sheets => sheets.map(text => {
        const style = document.body.appendChild(document.createElement('style'));
        style.textContent = text;
        const rules = [...style.sheet.cssRules].map(rule => rule.cssText).join('\\n').replaceAll(', ', ',');
        style.remove();
        return rules })"""
    original, served = page.evaluate(script, [source, assets().files[name].bodies["identity"].decode()])
    return original, served

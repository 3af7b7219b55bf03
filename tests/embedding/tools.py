"""Minifiers and Markdown parsers, each with what its manual or the site generator that uses it sets."""

import subprocess
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import cast

import markdown
import minify_html
import mistune
import orjson

from tests.journeys.site_generators import BIN, NODE

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    try:
        import htmlmin
    except ModuleNotFoundError:  # not for Python 3.13 and later
        htmlmin = None

NODE_MINIFIERS = (
    *("html-minifier-terser", "html-minifier-terser, aggressive", "html-minifier-terser, no empty elements"),
    *("html-minifier-next", "htmlnano", "htmlnano, max", "@swc/html"),
)
NODE_PARSERS = ("commonmark", "remark", "marked", "markdown-it")
_KRAMDOWN = """
require "json"
require "kramdown"
require "kramdown-parser-gfm"
texts = JSON.parse(STDIN.read)
inputs = [{}, { input: "GFM" }, { parse_block_html: true }]
STDOUT.write(JSON.generate(inputs.map { |options| texts.map { |text| Kramdown::Document.new(text, options).to_html } }))
"""
_HUGO = """
baseURL = "/"
title = "t"
disableKinds = ["taxonomy", "term", "RSS", "sitemap", "home", "section"]
[markup.goldmark.renderer]
unsafe = true
"""
_EXTENSIONS = ["extra", "sane_lists", "smarty", "toc"]
_PLUGINS = ("strikethrough", "footnotes", "table", "url", "task_lists", "def_list", "math")

Tool = Callable[[str], str]
Texts = Sequence[str]


def run_node(tools: Texts, texts: Texts) -> Mapping[str, Texts]:
    """Return what the tools from npm make of some texts, by tool."""
    pairs = [(tool, text) for tool in tools for text in texts]
    results = _run([str(NODE), "tests/generators/embed.mjs"], pairs)
    return {tool: results[n * len(texts) : (n + 1) * len(texts)] for n, tool in enumerate(tools)}


def run_kramdown(texts: Texts) -> Mapping[str, Texts]:
    """Return what Jekyll's parser makes of some texts, by its settings."""
    names = ("kramdown", "kramdown, GFM", "kramdown, Markdown in HTML")
    return dict(zip(names, _run(["ruby", "-e", _KRAMDOWN], texts), strict=True))


def _run(command: Sequence[str], values: object) -> list[str]:
    result = subprocess.run(command, input=orjson.dumps(values), capture_output=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr.decode()
    return cast("list[str]", orjson.loads(result.stdout))


def run_hugo(folder: Path, texts: Texts, *options: str) -> Texts:
    """Return pages whose content Hugo makes of Markdown texts."""
    layout = folder / "layouts/_default/single.html"
    layout.parent.mkdir(parents=True)
    layout.write_text("<!doctype html><body>{{ .Content }}</body>", encoding="utf-8")
    (folder / "config.toml").write_text(_HUGO, encoding="utf-8")
    (folder / "content").mkdir()
    for number, text in enumerate(texts):
        (folder / f"content/p{number}.md").write_text(f"---\ntitle: t\n---\n{text}", encoding="utf-8")
    command = [str(BIN / "hugo"), "--quiet", *options]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return [(folder / f"public/p{number}/index.html").read_text(encoding="utf-8") for number in range(len(texts))]


def python_parsers() -> Mapping[str, Tool]:
    """Return the Markdown parsers from PyPI."""
    return {
        "Python-Markdown": markdown.markdown,
        "Python-Markdown, extra": lambda text: markdown.markdown(text, extensions=_EXTENSIONS),
        "mistune": lambda text: str(mistune.create_markdown(escape=False, plugins=_PLUGINS)(text)),
    }


def python_minifiers() -> Mapping[str, Tool]:
    """Return the minifiers from PyPI that this Python has."""
    minifiers: dict[str, Tool] = {"minify-html": minify_html.minify}
    if htmlmin is not None:
        minifiers["htmlmin"] = lambda text: str(htmlmin.minify(text, remove_comments=True, remove_empty_space=True))
    return minifiers

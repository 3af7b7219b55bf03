"""A blog whose pages a navigation library exchanges: a list, a thread, and the same thread with its comments in the HTML."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

import httpx
import orjson
from playwright.sync_api import Page, expect

from tests.journeys.browser import RecordedPage
from tests.journeys.site_generators import MODULES, NODE
from tests.widget.pages import fetch_fragment
from tests.widget.stage import LONG, Stage

_ASTRO = """import { navigate } from "./astro/dist/transitions/router.js";
addEventListener("click", (click) => {
  const link = click.target.closest("a");
  if (click.defaultPrevented || link?.origin !== location.origin) return;
  click.preventDefault();
  navigate(link.href);
});"""
"""What Astro's component ClientRouter does on a click, without forms, areas and prefetching."""


_MINIFY = """import { minify } from "html-minifier-terser";
import htmlnano from "htmlnano";
let text = "";
for await (const part of process.stdin) text += part;
const terser = await minify(text, { collapseWhitespace: true, removeEmptyElements: true });
const { html } = await htmlnano.process(text, {}, htmlnano.presets.max);
console.log(JSON.stringify({ terser, htmlnano: html }));"""
"""Minifies standard input with those minifiers that can drop empty elements."""


@dataclass(frozen=True, slots=True)
class Library:
    """A navigation library: its file, and how its manual says that a page uses it."""

    file: str | None
    head: str = ""
    body: str = ""
    main: str = ""

    @property
    def script(self) -> bytes:
        return (MODULES / self.file).read_bytes() if self.file else _bundle_astro()


LIBRARIES = {
    "turbo": Library("@hotwired/turbo/dist/turbo.es2017-umd.js", '<meta name="turbo-refresh-method" content="morph">'),
    "htmx": Library("htmx.org/dist/htmx.min.js", body=' hx-boost="true"'),
    "swup": Library(
        "swup/dist/Swup.umd.js",
        '<script type="module">new Swup({animationSelector: false, containers: ["main"]})</script>',
    ),
    "barba": Library(
        "@barba/core/dist/barba.umd.js",
        '<script type="module">barba.init()</script>',
        ' data-barba="wrapper"',
        ' data-barba="container"',
    ),
    "unpoly": Library(
        "unpoly/unpoly.min.js",
        '<script type="module">up.link.config.followSelectors.push("a[href]")</script>',
    ),
    "astro": Library(None, '<meta name="astro-view-transitions-enabled" content="true">'),
}


def _bundle_astro() -> bytes:
    """Return Astro's router as Vite bundles it."""
    virtual = "virtual:astro:adapter-config/client"
    command = [
        str(NODE),
        str(MODULES / ".bin/esbuild"),
        "--bundle",
        "--format=esm",
        "--define:import.meta.env.SSR=false",
        "--define:import.meta.env.DEV=false",
        '--define:import.meta.env.BASE_URL="/"',
        f"--alias:{virtual}=data:text/javascript,export const internalFetchHeaders = {{}}",
    ]
    return subprocess.run(command, input=_ASTRO.encode(), cwd=MODULES, capture_output=True, check=True).stdout


def publish_blog(stage: Stage, name: str) -> str:
    """Publish the three pages of a blog that uses this library. Return the URL of the list."""
    library = LIBRARIES[name]
    folder = f"/{name}"
    script = f"{folder}/library.js"
    kind = "module" if library.file is None else "text/javascript"
    head = (
        '<meta charset="utf-8"><link rel="icon" href="data:,">'
        f'<link rel="stylesheet" href="{stage.service.url}/widget.css">'
        f'<script type="module" src="{stage.service.url}/widget.js"></script>'
        f'<script src="{script}" type="{kind}"></script>{library.head}'
    )
    titles = {"list": "List", "thread": "Thread", "fragment": "Fragment"}
    links = "".join(f'<a href="{folder}/{page}.html">{title}</a> ' for page, title in titles.items())
    contents = {
        "list": '<comment-count ghissueid="41">Comments</comment-count>',
        "thread": stage.element(LONG, limit="5"),
        "fragment": fetch_fragment(stage, LONG, limit=5),
    }
    stage.blog.pages[script] = ({"content-type": "text/javascript"}, library.script)
    for page, content in contents.items():
        text = (
            f"<!doctype html><html lang=en><head><title>{titles[page]}</title>{head}</head><body{library.body}>"
            f"<nav>{links}</nav><main{library.main}><h1>{titles[page]}</h1>{content}</main></body></html>"
        )
        stage.blog.pages[f"{folder}/{page}.html"] = ({"content-type": "text/html"}, text.encode())
    return f"{stage.blog.url}{folder}/list.html"


def count_listeners(stage: Stage) -> int:
    """Return how many posts are listened to at the service."""
    metrics = httpx.get(f"{stage.service.url}/metrics", trust_env=False).text
    [value] = [line.split()[1] for line in metrics.splitlines() if line.startswith("afterword_subscribers ")]
    return int(float(value))


def count_streams(stage: Stage, windows: Sequence[RecordedPage]) -> int:
    """Return how many event streams these windows have requested."""
    return sum("/events" in url for window in windows for url in window.requests_to(stage.api))


def wait_for_stream(stage: Stage, windows: Sequence[RecordedPage]) -> None:
    """Wait until one of these windows has requested an event stream."""
    for _ in range(500):
        windows[0].page.wait_for_timeout(10)
        if count_streams(stage, windows):
            return
    raise AssertionError("no window reads a stream")


def wait_for_listeners(page: Page, stage: Stage, number: int) -> None:
    """Wait until so many posts are listened to."""
    for _ in range(500):
        page.wait_for_timeout(10)  # first: it also hands over the requests that the page has made by now
        if count_listeners(stage) == number:
            return
    assert count_listeners(stage) == number


def follow(page: Page, title: str) -> None:
    """Follow the link to a page of the blog."""
    page.locator("nav").get_by_role("link", name=title).click()
    wait_for_title(page, title)


def wait_for_title(page: Page, title: str) -> None:
    """Wait until this page of the blog is shown, and its comments are complete."""
    expect(page.locator("h1")).to_have_text(title)
    if title != "List":
        wait_until_started(page)


def wait_until_started(page: Page) -> None:
    """Wait until the element that is in the page has its controls, and is not only a copy of one that had them."""
    page.wait_for_function("!!document.querySelector('post-comments[state=ready]')?.more")


def hide(page: Page, *, hidden: bool = True) -> None:
    """Hide a page, or show it again, as far as its scripts can tell."""
    page.evaluate(
        """hidden => { Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});
        document.dispatchEvent(new Event('visibilitychange')) }""",
        hidden,
    )


def count_comments(page: Page) -> int:
    """Return how many comments are shown; none of them twice."""
    ids: list[str] = page.evaluate("[...document.querySelectorAll('.pc-comment')].map(e => e.id)")
    assert len(set(ids)) == len(ids)
    return len(ids)


def show_more(page: Page, number: int) -> None:
    """Show the next page, after which there are so many comments."""
    page.locator(".pc-more > :first-child").click()
    page.wait_for_function("n => document.querySelectorAll('.pc-comment').length === n", arg=number)
    count_comments(page)


def choose_order(page: Page, order: str) -> None:
    """Choose an order with the menu, and wait until the comments stand in it."""
    first = page.locator(".pc-comment").first.get_attribute("id")
    page.locator(".pc-order select").select_option(order)
    page.wait_for_function("id => document.querySelector('.pc-comment')?.id !== id", arg=first)


def minify_fragment(text: str) -> dict[str, str]:
    """Return a fragment without its empty elements, by the name of the minifier."""
    command = [str(NODE), "--input-type=module", "--eval", _MINIFY]
    result = subprocess.run(command, input=text, cwd=MODULES.parent, capture_output=True, check=True, text=True)
    texts: dict[str, str] = orjson.loads(result.stdout)
    return texts

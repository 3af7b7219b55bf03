"""Hostile comments in a real browser, through the element, the fragment and the feed: nothing runs, nothing is asked of
others, nothing covers the page, and no name of the page's is taken. No policy helps here: what holds is the HTML itself.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import feedparser
import httpx
import pytest
from playwright.sync_api import Page

from app.simulator.http.server import run_simulator
from app.simulator.world.markdown import to_html
from app.simulator.world.sample import SAMPLE_REPO
from app.simulator.world.world import World
from tests.journeys.browser import OpenPage, RecordedPage, chromium, open_page
from tests.widget.stage import SECRET, TOKEN, Stage, serving, static_blog

pytestmark = pytest.mark.untraced  # what others cover, at length

__all__ = ["chromium", "open_page"]

HOSTILE, TITLE = 66, '</title><script>alert("title")</script><img src=x onerror=alert(1)>'
ESCAPES = {r"\n": "\n", r"\t": "\t", r"\r": "\r", r"\0": "\0", r"\x01": "\x01"}
TRAP = """(() => {
  globalThis.trapped = [];
  const trap = (owner, name) => { owner[name] = (...given) => { trapped.push(name + '(' + given + ')') } };
  for (const name of ['alert', 'confirm', 'prompt', 'print', 'open', 'msgbox', 'postMessage', 'stop']) trap(globalThis, name);
  trap(navigator, 'sendBeacon'); trap(document, 'write'); trap(document, 'writeln'); trap(document, 'execCommand');
  addEventListener('securitypolicyviolation', () => trapped.push('policy'));
  addEventListener('submit', e => { trapped.push('submit'); e.preventDefault() }, true);
  globalThis.known = new Set([...Object.getOwnPropertyNames(globalThis), 'known']);
})()"""
WHOLE = """() => ({
  trapped,
  names: Object.getOwnPropertyNames(globalThis).filter(name => !known.has(name)),
  taken: [...document.querySelectorAll('.pc-body [id], .pc-body [name], .pc-body [style], .pc-body [is], .pc-body [slot]')].map(e => e.outerHTML),
  body: document.body instanceof HTMLBodyElement && document.querySelector === Document.prototype.querySelector,
  running: [...document.querySelectorAll('.pc-body :is(script, iframe, object, embed, form, input, button, style, link, meta, base, svg, math, video, audio, template, dialog, post-comments, comment-count, recent-comments)')].map(e => e.outerHTML),
  covering: [...document.querySelectorAll('.pc-body *')].filter(e => /fixed|sticky|absolute/.test(getComputedStyle(e).position)).length,
  outside: [...document.querySelectorAll('.pc-body')].filter(e => e.getBoundingClientRect().right > innerWidth + 1 || e.getBoundingClientRect().height > 20000).length,
  handlers: [...document.querySelectorAll('.pc *')].filter(e => [...e.attributes].some(a => /^on/.test(a.name))).length,
  links: [...document.querySelectorAll('.pc a[href]')].filter(a => !/^(https?|mailto):/.test(a.protocol)).map(a => a.href),
})"""
NOTHING = {
    "trapped": [],
    "names": [],
    "taken": [],
    "body": True,
    "running": [],
    "covering": 0,
    "outside": 0,
    "handlers": 0,
    "links": [],
}


def vectors(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    for written, meant in ESCAPES.items():
        text = "\n".join(line.replace(written, meant.replace("\n", "\v")) for line in text.split("\n"))
    return [line.replace("\v", "\n") for line in text.split("\n") if line and not line.startswith("# One")]


def corpus() -> list[str]:
    """All as HTML, as GitHub would have let it through."""
    here = Path(__file__).parent
    html = [line for line in vectors(here.parent / "render" / "hostile" / "vectors.txt") if not line.startswith("# ")]
    return [*html, *map(to_html, vectors(here / "hostile" / "markdown.txt"))]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One whose only post is the corpus."""
    import time  # noqa: PLC0415

    world = World(time.time)  # noqa: TID251 - the simulator runs in the time of the browser that looks
    world.add_repository(SAMPLE_REPO)
    world.add_token(TOKEN, "ada")
    world.open_issue(SAMPLE_REPO, title=TITLE, number=HOSTILE)
    for vector in corpus():
        world.comment(SAMPLE_REPO, HOSTILE, body=vector, body_html=vector, author="mallory")
    with run_simulator(world) as simulator, static_blog() as blog:
        simulator.images.base_url = simulator.url
        with serving(tmp_path_factory.mktemp("hostile"), simulator, WEBHOOK_SECRET=SECRET) as service:
            yield Stage(simulator, service, blog)


def test_the_corpus_is_large() -> None:
    assert len(set(corpus())) >= 300


def judged(stage: Stage, recorded: RecordedPage) -> dict[str, Any]:
    page = recorded.page
    page.evaluate(
        "document.querySelectorAll('.pc-body details').forEach(e => e.open = true);"
        "document.querySelectorAll('.pc-body *').forEach(e => { e.dispatchEvent(new Event('mouseover', {bubbles: true}));"
        "e.dispatchEvent(new Event('focus')); e.dispatchEvent(new Event('toggle')) })"
    )
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.wait_for_load_state("networkidle")
    foreign = {
        request.url
        for request in recorded.requests
        if not request.url.startswith((stage.blog.url, stage.service.url, "data:,"))
    }
    assert foreign == set()
    assert len(page.context.pages) == 1
    found: dict[str, Any] = page.evaluate(WHOLE)
    return found


def trapped(open_page: OpenPage) -> RecordedPage:
    recorded = open_page("about:blank")
    recorded.page.add_init_script(TRAP)
    recorded.page.on("dialog", lambda dialog: dialog.dismiss())
    return recorded


def test_the_trap_catches_what_it_should(stage: Stage, open_page: OpenPage) -> None:
    recorded = trapped(open_page)
    stage.blog.pages["/bad.html"] = (
        {"content-type": "text/html"},
        b"<div class=pc><div class=pc-body><img src=x onerror=alert(1)><form id=x><p style=position:fixed>y</form></div></div>",
    )
    recorded.page.goto(f"{stage.blog.url}/bad.html")
    recorded.page.wait_for_load_state("networkidle")
    found: dict[str, Any] = recorded.page.evaluate(WHOLE)
    assert found["trapped"] == ["alert(1)"]
    assert (found["covering"], found["handlers"], len(found["running"]), len(found["taken"])) == (1, 1, 1, 2)


def test_nothing_happens_in_the_element(stage: Stage, open_page: OpenPage) -> None:
    recorded = trapped(open_page)
    page = recorded.page
    page.goto(stage.publish(stage.element(HOSTILE, limit="100") + '<recent-comments limit="100"></recent-comments>'))
    show_all(page)
    assert page.locator(".pc-comment").count() == len(corpus())
    page.wait_for_selector("recent-comments[state=ready]")
    assert judged(stage, recorded) == NOTHING


def show_all(page: Page) -> None:
    page.wait_for_selector(".pc-news", state="attached")
    while page.locator(".pc-more").count():
        before = page.locator(".pc-comment").count()
        page.locator(".pc-more > *").click()
        page.wait_for_function("n => document.querySelectorAll('.pc-comment').length > n", arg=before)
        page.wait_for_function("!document.querySelector('.pc-more[aria-busy]')")


def test_nothing_happens_in_the_fragment_and_the_element_that_takes_it_over(stage: Stage, open_page: OpenPage) -> None:
    answer = httpx.get(f"{stage.service.url}/posts/{HOSTILE}.html?limit=100", trust_env=False)
    recorded = trapped(open_page)
    recorded.page.goto(stage.publish(answer.text))
    show_all(recorded.page)
    assert recorded.page.locator(".pc-comment").count() == len(corpus())
    assert judged(stage, recorded) == NOTHING


def test_nothing_happens_on_the_pages_of_their_own(stage: Stage, open_page: OpenPage) -> None:
    recorded = trapped(open_page)
    recorded.page.goto(f"{stage.service.url}/posts/{HOSTILE}.html?limit=100&view=page")
    seen = 0
    while True:
        seen += recorded.page.locator(".pc-comment").count()
        assert judged(stage, recorded) == NOTHING
        onward = recorded.page.locator(".pc-more a[rel=next]")
        if not onward.count():
            break
        with recorded.page.expect_navigation():
            onward.click()
    assert seen == len(corpus())


@pytest.mark.parametrize("path", [f"/posts/{HOSTILE}.atom", "/comments.atom"])
def test_nothing_happens_where_a_feed_is_shown(stage: Stage, open_page: OpenPage, path: str) -> None:
    feed = feedparser.parse(httpx.get(stage.service.url + path, trust_env=False).content, sanitize_html=False)
    assert not feed.bozo
    assert len(feed.entries) == 50
    shown = "".join(f'<div class="pc-body">{entry.content[0].value}</div>' for entry in feed.entries)
    recorded = trapped(open_page)
    recorded.page.goto(stage.publish(f'<section class="pc">{shown}</section>'))
    assert judged(stage, recorded) == NOTHING

"""A trap for what hostile markup does in a page, and a report of what it left behind."""

from typing import Any

from playwright.sync_api import Page

from tests.journeys.browser import OpenPage, RecordedPage
from tests.widget.pages import wait_until_enhanced
from tests.widget.stage import Stage

TRAP = """(() => {
  globalThis.trapped = [];
  const trap = (owner, name) => { owner[name] = (...args) => { trapped.push(name + '(' + args + ')') } };
  for (const name of ['alert', 'confirm', 'prompt', 'print', 'open', 'msgbox', 'postMessage', 'stop']) trap(globalThis, name);
  trap(navigator, 'sendBeacon'); trap(document, 'write'); trap(document, 'writeln'); trap(document, 'execCommand');
  addEventListener('securitypolicyviolation', () => trapped.push('policy'));
  addEventListener('submit', e => { trapped.push('submit'); e.preventDefault() }, true);
  globalThis.known = new Set([...Object.getOwnPropertyNames(globalThis), 'known']);
})()"""
REPORT = """() => ({
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
CLEAN_REPORT = {
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


def open_trap(open_page: OpenPage) -> RecordedPage:
    """Open an empty page that traps every page it loads next."""
    recorded = open_page("about:blank")
    recorded.page.add_init_script(TRAP)
    recorded.page.on("dialog", lambda dialog: dialog.dismiss())
    return recorded


def read_report(stage: Stage, recorded: RecordedPage) -> dict[str, Any]:
    """Trigger event handlers, scroll to the end, and return REPORT; fail on requests to other hosts and on new pages."""
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
    report: dict[str, Any] = page.evaluate(REPORT)
    return report


def load_all(page: Page) -> None:
    """Load all pages of a post's comments."""
    wait_until_enhanced(page)
    while page.locator(".pc-more").count():
        before = page.locator(".pc-comment").count()
        page.locator(".pc-more > :first-child").click()
        page.wait_for_function("n => document.querySelectorAll('.pc-comment').length > n", arg=before)
        page.wait_for_function("!document.querySelector('.pc-more[aria-busy]')")

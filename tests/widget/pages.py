"""Waits for the widget in a browser's page, and reads what it shows."""

import threading
import time
from typing import Any

import httpx
from playwright.sync_api import Page, Route

from app.simulator.world.sample import SAMPLE_REPO
from tests.journeys.browser import RecordedPage
from tests.widget.stage import TALK, Stage

WATCH_SHIFTS = """globalThis.shifts = [];
new PerformanceObserver(list => list.getEntries().forEach(e => e.hadRecentInput || shifts.push(
  [e.value, ...e.sources.map(s => s.node?.outerHTML?.slice(0, 80) ?? String(s.node))])))
  .observe({type: 'layout-shift', buffered: true})"""
"""A script that records layout shifts which no input caused."""


def wait_for_state(page: Page, state: str = "ready") -> None:
    page.wait_for_selector(f"post-comments[state={state}]", state="attached")


def wait_until_enhanced(page: Page) -> None:
    """Wait until the script that follows the first paint has run."""
    page.wait_for_selector(".pc-news", state="attached")


def wait_for_status(address: str, status: int) -> None:
    """Wait until the service answers a read with this status."""
    deadline = time.monotonic() + 20
    while httpx.get(address, trust_env=False).status_code != status:
        assert time.monotonic() < deadline
        threading.Event().wait(0.02)


def shown_thread(page: Page) -> str:
    """Return the number of the thread that the page leads to."""
    href = page.locator(".pc-write a").get_attribute("href") or ""
    return href.removeprefix(f"https://github.com/{SAMPLE_REPO}/issues/").removesuffix("#issuecomment-new")


def thread_questions(recorded: RecordedPage, api: str) -> list[str]:
    """Return the addresses that the page requested comments from."""
    return [url for url in recorded.requests_to(f"{api}posts") if "/events" not in url]


def author_names(page: Page) -> list[str]:
    return page.locator(".pc-author").all_inner_texts()


def comment_ids(page: Page) -> list[int]:
    ids: list[int] = page.evaluate("[...document.querySelectorAll('.pc-comment')].map(e => +e.id.slice(8))")
    return ids


def layout_shifts(page: Page) -> list[Any]:
    """Return the shifts that WATCH_SHIFTS recorded, after the next two frames."""
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    shifts: list[Any] = page.evaluate("shifts")
    return shifts


def hold_requests(page: Page, addresses: str) -> list[Route]:
    """Hold the requests for these addresses; the returned list fills, and each one waits for `continue_`."""
    routes: list[Route] = []
    page.route(addresses, lambda route: routes.append(route))  # noqa: PLW0108 - it marks the function
    return routes


def fetch_fragment(stage: Stage, number: int = TALK, **parameters: Any) -> str:
    """Return a post's comments as the service renders them to HTML."""
    response = httpx.get(f"{stage.service.url}/posts/{number}.html", params=parameters, trust_env=False)
    return response.raise_for_status().text

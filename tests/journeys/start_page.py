"""The start page of a demo in a browser."""

from typing import Any

from playwright.sync_api import Locator, Page

from tests.journeys.browser import Demo, OpenPage, RecordedPage

_GHOST_AVATAR = "**/avatars/10137"
"""The avatar of deleted accounts belongs to GitHub itself; the demo's GitHub does not have it."""
_DISC = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'


def open_start_page(open_page: OpenPage, demo: Demo, path: str = "/", **options: Any) -> RecordedPage:
    """Open the start page and wait for its preview."""
    recorded = open_page("about:blank", **options)
    recorded.page.route(_GHOST_AVATAR, lambda route: route.fulfill(body=_DISC, content_type="image/svg+xml"))
    recorded.page.goto(demo.service + path)
    wait_for_preview(recorded.page)
    return recorded


def wait_for_preview(page: Page) -> None:
    """Wait until the preview shows its comments."""
    page.wait_for_selector("#preview .pc-news", state="attached")


def snippet_on(page: Page, name: str) -> Locator:
    """Return the snippet of a name: `hugo/list`."""
    return page.locator(f"[data-snippet='{name}']")


def overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    pixels: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return pixels

"""A page of a built site, on the blog of a stage."""

from playwright.sync_api import Page, expect

from tests.widget.stage import Stage


def publish(stage: Stage, html: str) -> str:
    """Publish a page on the blog; return its address."""
    stage.blog.pages["/built.html"] = ({"content-type": "text/html; charset=utf-8"}, html.encode())
    return f"{stage.blog.url}/built.html"


def expect_all_comments(page: Page) -> None:
    """Expect the 16 comments of the post on a page."""
    page.wait_for_selector(".pc-news", state="attached")
    expect(page.locator(".pc-comment")).to_have_count(16)

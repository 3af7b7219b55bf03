"""Comments as a page of the demo's blog shows them, and as its GitHub has them."""

import re
from typing import Any

from playwright.sync_api import Page


def shown_comments(page: Page) -> list[tuple[str, str]]:
    """Return author and text of each comment on a page, sorted, once they are loaded."""
    page.wait_for_selector("post-comments[state=ready]", state="attached")
    items: list[list[str]] = page.locator(".pc-comment").evaluate_all(
        "items => items.map(item => ['.pc-author', '.pc-body'].map(part => item.querySelector(part).innerText))"
    )
    return sorted((author, _without_layout(text)) for author, text in items)


def github_texts(comments: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return author and text of GitHub's comments, sorted; a hidden comment has a note with the reason as its text."""

    def text(comment: dict[str, Any]) -> str:
        hidden = comment["minimized"]
        return f"Hidden comment: {hidden['reason']}" if hidden else comment["body_text"]

    return sorted(((c["user"] or {"login": "ghost"})["login"], _without_layout(text(c))) for c in comments)


def _without_layout(text: str) -> str:
    """Return a text without what differs between a page and GitHub's plain text: white space and task list boxes."""
    return re.sub(r"[\s☐☑]+", "", text)

"""The title and the text of a new thread, from a page and a template.

A template is text with placeholders `{{title}}`, `{{url}}`, `{{description}}` and `{{date}}`. A placeholder without a
value becomes nothing, and empty lines that this leaves are joined.
"""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from app.domain.posts.posts import Post
from app.domain.texts.excerpts import excerpt

PLACEHOLDERS = ("title", "url", "description", "date")
DEFAULT_TEMPLATE = "{{description}}\n\n{{url}}\n"
MAX_TITLE = 256
"""Characters that GitHub allows in a title."""
MAX_TEXT = 60_000
"""Characters of the text without its marker; GitHub names 65,536 as its limit."""
_PLACEHOLDER = re.compile(r"\{\{[ \t]*([^{}]*?)[ \t]*\}\}")
_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")


def check_template(template: str) -> str:
    """Return the template; raise a `ValueError` that names the first placeholder that is none of the four."""
    for name in _PLACEHOLDER.findall(template):
        if name not in PLACEHOLDERS:
            names = ", ".join(f"{{{{{placeholder}}}}}" for placeholder in PLACEHOLDERS[:-1])
            raise ValueError(
                f"{{{{{excerpt(name, 40)}}}}} is no placeholder. Write {names} or {{{{{PLACEHOLDERS[-1]}}}}}"
            )
    return template


def thread_title(post: Post) -> str:
    """Return the title of a page on one line without control characters, cut to the length that GitHub allows."""
    return excerpt(" ".join(_CONTROL_CHARACTER.sub(" ", post.title or "").split()), MAX_TITLE)


def thread_text(post: Post, template: str, base_url: str | None) -> str:
    """Return the text of a page's thread, without a marker; `base_url` is the address of the blog."""
    values: Mapping[str, str | None] = {
        "title": thread_title(post),
        "url": page_address(post.url, base_url),
        "description": post.description,
        "date": post.date,
    }
    text = _PLACEHOLDER.sub(lambda match: values.get(match[1]) or "", template.replace("\r\n", "\n"))
    return _shorten(_BLANK_LINES.sub("\n\n", text).strip())


def _shorten(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def page_address(url: str | None, base_url: str | None) -> str | None:
    """Return the address of a page; a path begins at the root of the blog's host, whose path it may lack."""
    if url is None or base_url is None or urlsplit(url).scheme:
        return url
    base = urlsplit(base_url.rstrip("/"))
    path = url if url.startswith("/") else f"/{url}"
    if path != base.path and not path.startswith(f"{base.path}/"):
        path = base.path + path
    return f"{base.scheme}://{base.netloc}{path}"

"""A page of a thread as HTML, with the markup that the widget makes (`app/widget/widget.js`).

The fragment is the widget's element with its content, for inclusion by a site generator or a server. The element's
script finds the content and only updates it. A full page is the same as an HTML document of its own; the link to
further comments leads there. Comments carry schema.org's `Comment` as microdata: JSON-LD would repeat every text.

These must match the widget: the classes, `data-stamp`, and below which comment a reply stands.

Reader modes look for a page's author in `itemprop=author` and in classes such as `pc-author`. So the microdata about a
commenter has no text, and an empty-looking `pc-byline` before the comments stops Mozilla's Readability, which takes
the first of these texts. Spaces stand inside inline elements, because minifiers remove those between them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from markupsafe import Markup

from app.domain.texts.direction import direction
from app.domain.texts.excerpts import first_grapheme
from app.domain.threads import REACTIONS, Comment, Status, Thread
from app.domain.times import rfc3339
from app.render.api import NEW_COMMENT_FRAGMENT, page
from app.render.document import Document, encode_body, weak_etag
from app.render.github_objects import Sanitizer
from app.render.i18n import ENGLISH, Translation, translation
from app.render.keys import FragmentKey, Order
from app.render.sanitizer.markdown import protect
from app.render.sanitizer.sanitize import proxied_avatar_url

if TYPE_CHECKING:
    from jinja2 import Environment

HTML = "text/html; charset=utf-8"
DEFAULT_LIMIT = 50
"""Comments on a page."""
_MAX_DEPTH = 3
_BY = '<div class="pc-by">'
_ELEMENT = re.compile(r"(<post-comments[^>]*>) *(<section .*</section>) *(</post-comments>)", re.DOTALL)
_EMOJI = dict(zip(REACTIONS, ("👍", "👎", "😄", "🎉", "😕", "❤️", "🚀", "👀"), strict=True))


@dataclass(slots=True)
class CommentView:
    """A comment as the template needs it, with the replies below it."""

    id: int
    url: str
    author: Mapping[str, str]
    initial: str
    """The first character of the author's name, shown until the avatar loads."""
    avatar_url: str
    created_at: str
    badges: Sequence[str]
    revision: str
    html: Markup
    dir: str | None
    """The direction of the text, `ltr` or `rtl`."""
    hidden_notice: str | None
    """The text in place of a hidden comment's body."""
    reactions: Sequence[tuple[str, int]]
    reply_to: int | None
    reply_to_login: str | None = None
    """The author of the comment that it replies to, unless it stands directly below that comment."""
    replies: list["CommentView"] = field(default_factory=list)
    parent: "CommentView | None" = None
    depth: int = 1


def document(thread: Thread, key: FragmentKey, sanitize: Sanitizer, secret: bytes) -> Document:
    """Render a thread as a fragment or a full page; `secret` signs cursors.

    Raise InvalidCursor for another list's cursor.
    """
    ids, next_cursor = page(thread.outline, key, secret)
    by_id, reply_target = {comment.id: comment for comment in thread.comments}, thread.outline.reply_target
    i18n = translation(key.lang)
    views = [_comment_view(by_id[i], reply_target(i), key, i18n, sanitize) for i in ids]
    values = {
        "i18n": i18n,
        "base_url": key.base_url,
        "is_full_page": key.full_page,
        "post": _post(thread, i18n),
        # with these attributes of the element, the widget requests the same comments
        "attributes": {"repo": thread.repo.full_name, "lang": i18n.lang, **_list_options(key)},
        "comments": _nest(views, key.order),
        "next_page": _next_page(thread, key, next_cursor, len(ids), i18n),
        "first_page_url": _page_url(thread, key, view="page") if key.full_page and key.cursor else None,
    }
    html = _templates().get_template("fragment.html").render(values)
    html = _full_page(html, thread, key.base_url, i18n) if key.full_page else _for_inclusion(html)
    body = html.encode("utf-8", "replace")
    return Document(
        bodies=encode_body(body, quick=key.cursor is not None),
        etag=weak_etag(body),
        content_type=HTML,
        checked_at=thread.checked_at,
        stale=thread.stale,
        content_security_policy=_content_security_policy(key),
    )


def revision(comment: Comment, html: str | None) -> str:
    """Return a text that changes whenever the comment's appearance does.

    It equals `revision` in the widget; therefore lengths are in UTF-16 code units, as in JavaScript.
    """
    counts = comment.reactions.counts or {}
    length = "" if html is None else len(html.encode("utf-16-le", "surrogatepass")) // 2
    parts = (comment.edited_at or "", length, comment.hidden or "", int(comment.pinned), comment.reactions.total)
    return ",".join(map(str, (*parts, *(counts.get(kind, 0) for kind in REACTIONS))))


def _full_page(fragment: str, thread: Thread, base_url: str, i18n: Translation) -> str:
    title = i18n.text("page", title=thread.issue.title if thread.issue else f"#{thread.number}")
    content = Markup(fragment)  # noqa: S704 - a template wrote it
    return _templates().get_template("page.html").render(i18n=i18n, title=title, base_url=base_url, fragment=content)


def _for_inclusion(html: str) -> str:
    """Return the element for any text of a page, Markdown included.

    A line with only its start tag begins a block of HTML, and the `section` in the next line interrupts a paragraph.
    Each comment has its own line, because some parsers need quadratic time for the length of a line.
    """
    start, content, end = _ELEMENT.findall(html)[0]
    lines = protect(content).replace(f" {_BY}", f"\n{_BY}")
    return f"{start}\n{lines}\n{end}\n"


def _content_security_policy(key: FragmentKey) -> str:
    """Return the policy for a browser that opens the document directly: it may show it and run nothing."""
    other_images = "" if key.proxy_images else " https:"
    origin = "/".join(key.base_url.split("/")[:3])  # with a path, the policy would allow only that one URL
    return (
        f"default-src 'none'; style-src 'self' {origin}; img-src 'self' data: {origin}{other_images}; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'; sandbox allow-popups allow-top-navigation-by-user-activation"
    )


def _post(thread: Thread, i18n: Translation) -> Mapping[str, str | int | None]:
    issue, count = thread.issue, thread.comment_count
    note = i18n.text(thread.status) if thread.status is not Status.OPEN else None
    is_outdated = thread.stale and thread.checked_at is not None
    heading = i18n.plural("comments", count) if count else i18n.text("none")
    return {
        "number": thread.number,
        "status": thread.status,
        "title": issue.title if issue else None,
        "url": issue.url if issue else None,
        "count": count,
        "heading": heading if issue else None,
        "note": note,
        "stale": i18n.text("stale", time=i18n.date_time(rfc3339(thread.checked_at or 0))) if is_outdated else None,
        "write_url": issue.url + NEW_COMMENT_FRAGMENT if issue and thread.status is not Status.LOCKED else None,
    }


def _list_options(key: FragmentKey) -> dict[str, str]:
    """Return the order and the limit of a page, without the defaults."""
    order = {} if key.order is Order.OLDEST else {"order": str(key.order)}
    return order if key.limit == DEFAULT_LIMIT else order | {"limit": str(key.limit)}


def _comment_view(
    comment: Comment, reply_to: int | None, key: FragmentKey, i18n: Translation, sanitize: Sanitizer
) -> CommentView:
    author, reason, is_hidden = comment.author, comment.hidden, comment.hidden is not None
    badges = {
        "owner": comment.association == "OWNER",
        "bot": author.is_bot,
        "pinned": comment.pinned,
        "edited": comment.edited_at is not None and not is_hidden,
    }
    counts = comment.reactions.counts or {}
    html = None if is_hidden else sanitize(comment)
    return CommentView(
        id=comment.id,
        url=comment.url,
        author={"login": author.login, "url": author.url},
        initial=first_grapheme(author.login),
        avatar_url=proxied_avatar_url(key.base_url, author.id) if key.proxy_images else author.avatar_url,
        created_at=comment.created_at,
        badges=[name for name, applies in badges.items() if applies],
        revision=revision(comment, html),
        html=Markup(html or ""),  # noqa: S704 - the sanitizer wrote it
        dir=None if is_hidden else direction(comment.body_text),
        hidden_notice=None if reason is None else f"{i18n.text('hidden')}: {i18n.hidden_reason(reason)}",
        reactions=[(_EMOJI[kind], counts[kind]) for kind in REACTIONS if counts.get(kind)],
        reply_to=reply_to,
    )


def _nest(comments: Sequence[CommentView], order: Order) -> Sequence[CommentView]:
    """Put replies below their targets, at most three levels deep, and return the top level.

    Only the oldest-first order nests, and only if the target stands on the same page.
    """
    by_id: dict[int | None, CommentView] = {}
    top_level: list[CommentView] = []
    for comment in comments:
        target = by_id.get(comment.reply_to)
        parent = target.parent if target and target.depth >= _MAX_DEPTH else target
        if order is not Order.OLDEST:
            parent = None
        if parent is not None:
            comment.parent, comment.depth = parent, parent.depth + 1
        (parent.replies if parent else top_level).append(comment)
        if target is not None and target is not parent:
            comment.reply_to_login = target.author["login"]
        by_id[comment.id] = comment
    return top_level


def _next_page(
    thread: Thread, key: FragmentKey, next_cursor: str | None, count: int, i18n: Translation
) -> Mapping[str, str] | None:
    if next_cursor is None:
        return None
    # how many comments precede a later page is unknown: its link announces a full page
    next_count = key.limit if key.cursor else min(key.limit, thread.comment_count - count)
    url = _page_url(thread, key, cursor=next_cursor)
    return {"url": url, "cursor": next_cursor, "text": i18n.plural("more", next_count)}


def _page_url(thread: Thread, key: FragmentKey, **parameters: str) -> str:
    """Return the URL of the thread's full page in the same order and language."""
    language = {} if key.lang == ENGLISH else {"lang": key.lang}
    query = {"repo": thread.repo.full_name, **parameters, **language, **_list_options(key)}
    return f"{key.base_url}/posts/{thread.number}.html?{urlencode(query)}"


@cache
def _templates() -> "Environment":
    from jinja2 import Environment, FunctionLoader, StrictUndefined  # noqa: PLC0415 - most readers want JSON

    folder = files("app.render").joinpath("templates")

    def load(name: str) -> str:
        # without line ends of its own, so that all of them are the comments'
        return " ".join(folder.joinpath(name).read_text(encoding="utf-8").splitlines())

    return Environment(
        loader=FunctionLoader(load),
        autoescape=True,
        undefined=StrictUndefined,
    )

"""A page of a thread as HTML: the markup that the widget makes (`app/widget/widget.js`), for pages without it.

The fragment is the widget's element with its content, for inclusion by a site generator or a server; the element finds
its content there and only brings it up to date. `whole` is the same as a document of its own, to which the link for
further comments leads. Comments carry schema.org's `Comment` as microdata: JSON-LD would say every text twice.
What must stay as in the widget: classes, `data-stamp`, and which reply stands where.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from urllib.parse import urlencode

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from app.domain.threads import REACTIONS, Comment, Status, Thread
from app.domain.times import rfc3339
from app.render.api import WRITE, page, replies
from app.render.document import Document, encoded, etag_of
from app.render.github_objects import SafeHtml
from app.render.i18n import ENGLISH, Words, words
from app.render.images import avatar_address
from app.render.keys import FragmentKey, Order

HTML = "text/html; charset=utf-8"
LIMIT = 50
"""Comments on a page unless told otherwise."""
_DEEPEST = 3
_FACES = dict(zip(REACTIONS, ("👍", "👎", "😄", "🎉", "😕", "❤️", "🚀", "👀"), strict=True))


@dataclass(slots=True)
class Shown:
    """A comment as the template writes it."""

    id: int
    url: str
    author: Mapping[str, str]
    avatar: str
    created_at: str
    marks: Sequence[str]
    stamp: str
    html: Markup
    hidden: str | None
    """In words, that and why its text is not shown."""
    reactions: Sequence[tuple[str, int]]
    reply_to: int | None
    answers: str | None = None
    """Whom it answers, where that does not stand right above it."""
    replies: list["Shown"] = field(default_factory=list)
    parent: "Shown | None" = None
    depth: int = 1


def document(thread: Thread, key: FragmentKey, safe: SafeHtml) -> Document:
    """The fragment, or the whole page, of a thread; BadCursor for a cursor of another list."""
    shown, onward = page(thread.comments, key)
    spoken = words(key.lang)
    post = _post(thread, spoken)
    targets = replies(thread)
    values = {
        "words": spoken,
        "post": post,
        "attributes": _attributes(thread, key),
        "comments": _nested([_shown(each, targets.get(each.id), key, spoken, safe) for each in shown], key.order),
        "more": _more(thread, key, onward, len(shown), spoken),
        "first": _address(thread, key, view="page") if key.whole and key.cursor else None,
    }
    html = _templates().get_template("fragment.html").render(values)
    if key.whole:
        title = spoken.say("page", title=thread.issue.title if thread.issue else f"#{thread.number}")
        html = (
            _templates()
            .get_template("page.html")
            .render(
                words=spoken,
                title=title,
                home=key.home,
                fragment=Markup(html),  # noqa: S704 - a template wrote it
            )
        )
    body = html.encode("utf-8", "replace")
    return Document(
        bodies=encoded(body),
        etag=etag_of(body, home=key.home),
        content_type=HTML,
        checked_at=thread.checked_at,
        stale=thread.stale,
        policy=_policy(key),
    )


def stamp(comment: Comment, html: str | None) -> str:
    """Tells two looks of a comment apart, as `stamp` in the widget does; lengths are JavaScript's."""
    counts = comment.reactions.counts or {}
    length = "" if html is None else len(html.encode("utf-16-le", "surrogatepass")) // 2
    parts = (comment.edited_at or "", length, comment.hidden or "", int(comment.pinned), comment.reactions.total)
    return ",".join(map(str, (*parts, *(counts.get(kind, 0) for kind in REACTIONS))))


def _policy(key: FragmentKey) -> str:
    """What a browser may do with it where it is opened by itself: show it."""
    pictures = "" if key.pictures else " https:"
    origin = "/".join(key.home.split("/")[:3])  # a path would allow for that very address only
    return (
        f"default-src 'none'; style-src 'self' {origin}; img-src 'self' data: {origin}{pictures}; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'; sandbox allow-popups allow-top-navigation-by-user-activation"
    )


def _post(thread: Thread, spoken: Words) -> Mapping[str, str | int | None]:
    issue, count = thread.issue, thread.comment_count
    note = spoken.say(thread.status) if thread.status is not Status.OPEN else None
    old = thread.stale and thread.checked_at is not None
    heading = spoken.count("comments", count) if count else spoken.say("none")
    return {
        "number": thread.number,
        "status": thread.status,
        "title": issue.title if issue else None,
        "url": issue.url if issue else None,
        "count": count,
        "heading": heading if issue else None,
        "note": note,
        "stale": spoken.say("stale", time=spoken.moment(rfc3339(thread.checked_at or 0))) if old else None,
        "write": issue.url + WRITE if issue and thread.status is not Status.LOCKED else None,
    }


def _attributes(thread: Thread, key: FragmentKey) -> Iterator[tuple[str, str]]:
    """The element's attributes: what the widget needs to ask for the same."""
    yield "repo", thread.repo.full_name
    yield "lang", words(key.lang).lang
    if key.order is not Order.OLDEST:
        yield "order", key.order
    if key.limit != LIMIT:
        yield "limit", str(key.limit)


def _shown(comment: Comment, reply_to: int | None, key: FragmentKey, spoken: Words, safe: SafeHtml) -> Shown:
    author, hidden = comment.author, comment.hidden is not None
    given = {
        "owner": comment.association == "OWNER",
        "bot": author.is_bot,
        "pinned": comment.pinned,
        "edited": comment.edited_at is not None and not hidden,
    }
    counts = comment.reactions.counts or {}
    html = None if hidden else safe(comment)
    return Shown(
        id=comment.id,
        url=comment.url,
        author={"login": author.login, "url": author.url},
        avatar=avatar_address(key.home, author.id) if key.pictures else author.avatar_url,
        created_at=comment.created_at,
        marks=[name for name, holds in given.items() if holds],
        stamp=stamp(comment, html),
        html=Markup(html or ""),  # noqa: S704 - the sanitiser wrote it
        hidden=_why(comment.hidden, spoken),
        reactions=[(_FACES[kind], counts[kind]) for kind in REACTIONS if counts.get(kind)],
        reply_to=reply_to,
    )


def _why(reason: str | None, spoken: Words) -> str | None:
    if reason is None:
        return None
    return f"{spoken.say('hidden')}: {spoken.reason(reason)}"


def _nested(comments: Sequence[Shown], order: Order) -> Sequence[Shown]:
    """Replies below what they answer where that is on this page and stands before; no deeper than three levels."""
    by_id: dict[int | None, Shown] = {}
    top: list[Shown] = []
    for one in comments:
        above = by_id.get(one.reply_to)
        parent = above.parent if above and above.depth >= _DEEPEST else above
        if order is not Order.OLDEST:
            parent = None
        if parent is not None:
            one.parent, one.depth = parent, parent.depth + 1
        (parent.replies if parent else top).append(one)
        if above is not None and above is not parent:
            one.answers = above.author["login"]
        by_id[one.id] = one
    return top


def _more(thread: Thread, key: FragmentKey, onward: str | None, shown: int, spoken: Words) -> Mapping[str, str] | None:
    if onward is None:
        return None
    # on a later page nobody knows how many there were before: a whole page is promised
    left = key.limit if key.cursor else min(key.limit, thread.comment_count - shown)
    return {"href": _address(thread, key, cursor=onward), "text": spoken.count("more", left)}


def _address(thread: Thread, key: FragmentKey, **parameters: str) -> str:
    """The whole page of this thread in the same order and language."""
    given = {"repo": thread.repo.full_name, **parameters}
    if key.lang != ENGLISH:
        given["lang"] = key.lang
    if key.order is not Order.OLDEST:
        given["order"] = key.order
    if key.limit != LIMIT:
        given["limit"] = str(key.limit)
    return f"{key.home}/posts/{thread.number}.html?{urlencode(given)}"


@cache
def _templates() -> Environment:
    folder = files("app.render").joinpath("templates")
    return Environment(
        loader=FunctionLoader(lambda name: folder.joinpath(name).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=StrictUndefined,
    )

"""The JSON API's documents: a post, its comments in three orders, comment counts, the blog's newest comments.

Every field is always present, so a page's script tests values and never presence. Without an issue its title, URLs and
time are null.
ETags cover the content without `checked_at` and `stale`, which change with every check.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from app.domain.errors import InvalidCursor
from app.domain.sites import Repository
from app.domain.texts.direction import direction
from app.domain.threads import NO_COMMENTS, REACTIONS, Comment, Reactions, Status, Thread, ThreadOutline
from app.domain.times import rfc3339
from app.render import cursors
from app.render.document import JSON, Document, encode_body, weak_etag
from app.render.github_objects import Sanitizer
from app.render.keys import CommentsKey, FragmentKey, NewestKey, Order
from app.render.sanitizer.sanitize import proxied_avatar_url

NEW_COMMENT_FRAGMENT = "#issuecomment-new"
"""The URL fragment of the form for a new comment on an issue's page."""


def post(thread: Thread) -> Document:
    """Render a thread without its comments."""
    content = _post(thread)
    body, etag = orjson.dumps(content | _freshness(thread)), weak_etag(orjson.dumps(content))
    return _document(body, etag=etag, checked_at=thread.checked_at, stale=thread.stale)


def comments(thread: Thread, key: CommentsKey, sanitize: Sanitizer, secret: bytes) -> Document:
    """Render a page of a thread's comments with the post, `{post, comments, next}`; `secret` signs cursors.

    Without an issue there are no comments; the post's `status` says why. Raise InvalidCursor for another list's cursor.
    """
    ids, next_cursor = page(thread.outline, key, secret)
    by_id, reply_target = {comment.id: comment for comment in thread.comments}, thread.outline.reply_target
    items = orjson.dumps([_comment(by_id[i], reply_target(i), sanitize, key.base_url) for i in ids])
    content = _post(thread)
    body = {"post": content | _freshness(thread), "comments": orjson.Fragment(items), "next": next_cursor}
    etag = weak_etag(orjson.dumps([content, next_cursor]), items)
    is_later_page = key.cursor is not None
    return _document(
        orjson.dumps(body), etag=etag, checked_at=thread.checked_at, stale=thread.stale, quick=is_later_page
    )


def counts(counts: Mapping[int, int | None], checked_at: float | None) -> Document:
    """Render comment counts by post, `{"counts": {"41": 12, "42": null}}`; null means no such post."""
    body = orjson.dumps({"counts": {str(number): counts[number] for number in sorted(counts)}})
    return _document(body, etag=weak_etag(body), checked_at=checked_at)


def term_counts(counts: Mapping[str, int | None], checked_at: float | None) -> Document:
    """Render comment counts by term, `{"counts": {"posts/hello/": 12, "about": null}}`; null means no thread yet."""
    body = orjson.dumps({"counts": counts})
    return _document(body, etag=weak_etag(body), checked_at=checked_at)


def no_thread(repo: Repository, checked_at: float | None) -> Document:
    """Render the comments of a post that has no thread yet: as `comments`, with the status `missing` and no number."""
    thread = Thread(repo, 0, None, (), 0, Status.MISSING, checked_at)
    content = _post(thread) | {"ghissueid": None, "comment_count": None}
    body = orjson.dumps({"post": content | _freshness(thread), "comments": [], "next": None})
    etag = weak_etag(orjson.dumps(content))
    return _document(body, etag=etag, checked_at=checked_at)


def newest(
    comments: Sequence[Comment],
    threads: Mapping[int, Thread],
    key: NewestKey,
    sanitize: Sanitizer,
    checked_at: float | None,
    *,
    secret: bytes,
) -> Document:
    """Render the newest comments of a blog with their posts' numbers and titles, `{comments, next}`.

    `comments` are sorted by descending id. One more than `key.limit` shows that another page follows.
    `threads` contains their threads by number.
    """
    page_comments = comments[: key.limit]
    outlines = {number: thread.outline for number, thread in threads.items()}
    items = [
        _comment(c, outlines.get(c.number, NO_COMMENTS).reply_target(c.id), sanitize, key.base_url)
        | {"ghissueid": c.number, "post_title": _title(threads.get(c.number))}
        for c in page_comments
    ]
    has_next = len(comments) > len(page_comments)
    next_cursor = None
    if has_next:
        next_cursor = cursors.encode(cursors.site_list(), comment_id=page_comments[-1].id, secret=secret)
    body = orjson.dumps({"comments": items, "next": next_cursor})
    is_later_page = key.cursor is not None
    return _document(body, etag=weak_etag(body), checked_at=checked_at, quick=is_later_page)


def newest_position(cursor: str | None, secret: bytes) -> cursors.Position | None:
    """Return the position above a page of the newest comments, None for the first page.

    Raise InvalidCursor for other text.
    """
    return None if cursor is None else cursors.position(cursors.site_list(), cursor, secret=secret)


def require_cursor(key: CommentsKey | FragmentKey | NewestKey) -> None:
    """Raise InvalidCursor if a key has the cursor of another list, or other text."""
    if key.cursor is not None:
        cursors.require_list(cursors.site_list() if isinstance(key, NewestKey) else _list_digest(key), key.cursor)


def page(outline: ThreadOutline, key: CommentsKey | FragmentKey, secret: bytes) -> tuple[Sequence[int], str | None]:
    """Return the ids of a page's comments in their order, and the next page's cursor or None.

    Raise InvalidCursor for another list's cursor, and for one that was made up: it is not signed, and its comment is
    not in the thread. It takes no longer for a long thread than for a short one.
    """
    positions, rank = _listing(outline, key.order)
    pinned = outline.pinned if _pinned_first(key) else ()
    top, start = pinned, 0
    if key.cursor is not None:
        position = cursors.position(_list_digest(key), key.cursor, secret=secret)
        if len(outline) and not position.is_signed and not _is_in(outline, key.order, position):
            raise InvalidCursor
        after = _rank(key.order, position.total, position.comment_id)
        top, start = (), bisect_right(positions, after, key=rank)
    size = max(1, key.limit - len(top))
    rest = [p for p in positions[start : start + size + 1 + len(pinned)] if p not in pinned]
    listing = rest[:size]
    ids = [outline.ids[position] for position in (*top, *listing)]
    if len(rest) == len(listing):
        return ids, None
    last = listing[-1]
    total = outline.reaction_totals[last]
    return ids, cursors.encode(_list_digest(key), comment_id=outline.ids[last], total=total, secret=secret)


def _is_in(outline: ThreadOutline, order: Order, position: cursors.Position) -> bool:
    """Return whether a comment has a position in a list."""
    index = outline.position(position.comment_id)
    if index is None:
        return False
    return order is not Order.REACTIONS or outline.reaction_totals[index] == position.total


def _listing(outline: ThreadOutline, order: Order) -> tuple[Sequence[int], Callable[[int], tuple[int, int]]]:
    """Return the positions of a thread's comments in an order, and the sort key of a position."""
    everything = range(len(outline))
    positions = {Order.OLDEST: everything, Order.NEWEST: everything[::-1], Order.REACTIONS: outline.by_reactions}
    return positions[order], lambda p: _rank(order, outline.reaction_totals[p], outline.ids[p])


def _list_digest(key: CommentsKey | FragmentKey) -> bytes:
    return cursors.thread_list(key.repo, key.number, key.order)


def _pinned_first(key: CommentsKey | FragmentKey) -> bool:
    """Return whether pinned comments come first.

    With a limit of 1 they cannot: the page also needs a comment in list order, because the cursor is its position.
    """
    return key.limit > 1 and (isinstance(key, FragmentKey) or key.pinned_first)


def _rank(order: Order, total: int, comment_id: int) -> tuple[int, int]:
    """Return the sort key of a comment; it is unique within a list."""
    if order is Order.REACTIONS:
        return -total, comment_id
    return 0, -comment_id if order is Order.NEWEST else comment_id


def _post(thread: Thread) -> dict[str, Any]:
    """Return the post's content without its freshness."""
    issue = thread.issue
    return {
        "ghissueid": thread.number,
        "repo": thread.repo.full_name,
        "status": thread.status,
        "title": _title(thread),
        "issue_url": issue and issue.url,
        "comment_url": issue and issue.url + NEW_COMMENT_FRAGMENT,
        "comment_count": thread.comment_count,
        "reactions": _reactions(issue.reactions if issue else Reactions()),
        "updated_at": issue and issue.updated_at,
    }


def _freshness(thread: Thread) -> dict[str, Any]:
    checked_at = None if thread.checked_at is None else rfc3339(thread.checked_at)
    return {"checked_at": checked_at, "stale": thread.stale, "version": thread.version}


def _title(thread: Thread | None) -> str | None:
    return thread.issue.title if thread is not None and thread.issue is not None else None


def _comment(comment: Comment, reply_to: int | None, sanitize: Sanitizer, base_url: str | None) -> dict[str, Any]:
    author = comment.author
    is_visible = comment.hidden is None
    return {
        "id": comment.id,
        "author": {
            "login": author.login,
            "url": author.url,
            "avatar_url": author.avatar_url if base_url is None else proxied_avatar_url(base_url, author.id),
            "association": comment.association,
            "is_owner": comment.association == "OWNER",
            "is_bot": author.is_bot,
        },
        "created_at": comment.created_at,
        "edited_at": comment.edited_at,
        "html": sanitize(comment) if is_visible else None,
        "text": comment.body_text if is_visible else None,
        "dir": direction(comment.body_text) if is_visible else None,
        "url": comment.url,
        "reply_to": reply_to,
        "reactions": _reactions(comment.reactions),
        "pinned": comment.pinned,
        "hidden": comment.hidden,
    }


def _reactions(reactions: Reactions) -> dict[str, int]:
    """Return the total and the count of every kind, named as GitHub names them."""
    counts = reactions.counts or {}
    return {"total_count": reactions.total} | {kind: counts.get(kind, 0) for kind in REACTIONS}


def _document(
    body: bytes, *, etag: str, checked_at: float | None, stale: bool = False, quick: bool = False
) -> Document:
    bodies = encode_body(body, quick=quick)
    return Document(bodies=bodies, etag=etag, content_type=JSON, checked_at=checked_at, stale=stale)

"""The native API's documents: a post, its comments in three orders, counts, the blog's newest comments.

Every field is always there, so that a page's script tests values and never presence. Where there is no issue the texts
and `comment_count` are null, as the same number is in the counts: there is nothing to count. An ETag is of the content
without `checked_at` and `stale`, which change with every check.
"""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

import orjson

from app.domain.replies import Remark, reply_targets
from app.domain.threads import GHOST, REACTIONS, Comment, Reactions, Thread
from app.domain.times import rfc3339
from app.render import cursors
from app.render.document import JSON, Document, encoded, etag_of
from app.render.github_objects import SafeHtml
from app.render.images import avatar_address
from app.render.keys import CommentsKey, FragmentKey, NewestKey, Order

WRITE = "#issuecomment-new"
"""Where on an issue's page the form for a new comment stands."""


def post(thread: Thread) -> Document:
    """A thread without its comments."""
    content = _post(thread)
    return _document(
        orjson.dumps(content | _freshness(thread)),
        etag=etag_of(orjson.dumps(content)),
        checked_at=thread.checked_at,
        stale=thread.stale,
    )


def comments(thread: Thread, key: CommentsKey, safe: SafeHtml) -> Document:
    """A page of a thread's comments with the post, `{post, comments, next}`; BadCursor for a cursor of another list.

    Where there is no issue there are no comments: the post's `status` tells why.
    """
    shown, onward = page(thread.comments, key)
    targets = replies(thread)
    listed = orjson.dumps([_comment(comment, targets.get(comment.id), safe, key.home) for comment in shown])
    content = _post(thread)
    body = {"post": content | _freshness(thread), "comments": orjson.Fragment(listed), "next": onward}
    return _document(
        orjson.dumps(body),
        etag=etag_of(orjson.dumps([content, onward]), listed, home=key.home),
        checked_at=thread.checked_at,
        stale=thread.stale,
    )


def counts(counts: Mapping[int, int | None], checked_at: float | None, stale: bool) -> Document:  # noqa: FBT001 - the state of what is rendered, not a switch
    """Comment counts by post, `{"counts": {"41": 12, "42": null}}`; null where there is no such post."""
    body = orjson.dumps({"counts": {str(number): counts[number] for number in sorted(counts)}})
    return _document(body, etag=etag_of(body), checked_at=checked_at, stale=stale)


def newest(
    comments: Sequence[Comment],
    threads: Mapping[int, Thread],
    key: NewestKey,
    safe: SafeHtml,
    checked_at: float | None,
    stale: bool,  # noqa: FBT001 - the state of what is rendered, not a switch
) -> Document:
    """The newest comments of a blog with the posts they stand under, `{comments, next}`.

    `comments` come by descending id, one more than `key.limit` where there are more; `threads` holds theirs by number.
    """
    shown = comments[: key.limit]
    targets = {number: replies(threads[number]) for number in {c.number for c in shown} & threads.keys()}
    body = orjson.dumps(
        {
            "comments": [
                _comment(comment, targets.get(comment.number, {}).get(comment.id), safe, key.home)
                | {"ghissueid": comment.number, "post_title": _title(threads.get(comment.number))}
                for comment in shown
            ],
            "next": cursors.cursor(cursors.of_site(), comment_id=shown[-1].id) if len(comments) > len(shown) else None,
        }
    )
    return _document(body, etag=etag_of(body, home=key.home), checked_at=checked_at, stale=stale)


def newest_before(cursor: str | None) -> int | None:
    """The id below which the page of a cursor begins, None for the first page; BadCursor for any other text."""
    return None if cursor is None else cursors.place(cursors.of_site(), cursor)[1]


def page(comments: Sequence[Comment], key: CommentsKey | FragmentKey) -> tuple[Sequence[Comment], str | None]:
    """The comments of a page, and the cursor of the next one or None; BadCursor for a cursor of another list."""
    listing = cursors.in_thread(key.repo, key.number, key.order)
    after = None if key.cursor is None else _rank(key.order, *cursors.place(listing, key.cursor))
    ahead = [comment for comment in comments if comment.pinned] if _pinned_first(key) else []
    ranked = [
        (_rank(key.order, each.reactions.total, each.id), each) for each in comments if not (ahead and each.pinned)
    ]
    rest = [(rank, comment) for rank, comment in ranked if after is None or rank > after]
    rest.sort(key=itemgetter(0))
    first = ahead if after is None else []
    shown = [comment for _, comment in rest[: max(1, key.limit - len(first))]]
    if len(rest) == len(shown):
        return [*first, *shown], None
    return [*first, *shown], cursors.cursor(listing, comment_id=shown[-1].id, total=shown[-1].reactions.total)


def _pinned_first(key: CommentsKey | FragmentKey) -> bool:
    """A page of one comment has no room for another before it, and a cursor is the place of a comment in its order."""
    return key.limit > 1 and (isinstance(key, FragmentKey) or key.pinned_first)


def _rank(order: Order, total: int, comment_id: int) -> tuple[int, int]:
    """What a comment is sorted by; no two comments of a list have the same."""
    if order is Order.REACTIONS:
        return -total, comment_id
    return 0, -comment_id if order is Order.NEWEST else comment_id


def _post(thread: Thread) -> dict[str, Any]:
    """The post's content: all but its freshness."""
    issue = thread.issue
    return {
        "ghissueid": thread.number,
        "repo": thread.repo.full_name,
        "status": thread.status,
        "title": _title(thread),
        "issue_url": issue and issue.url,
        "comment_url": issue and issue.url + WRITE,
        "comment_count": thread.comment_count,
        "reactions": _reactions(issue.reactions if issue else Reactions()),
        "updated_at": issue and issue.updated_at,
    }


def _freshness(thread: Thread) -> dict[str, Any]:
    return {
        "checked_at": None if thread.checked_at is None else rfc3339(thread.checked_at),
        "stale": thread.stale,
    }


def _title(thread: Thread | None) -> str | None:
    return thread.issue.title if thread is not None and thread.issue is not None else None


def _comment(comment: Comment, reply_to: int | None, safe: SafeHtml, home: str | None) -> dict[str, Any]:
    author = comment.author
    shown = comment.hidden is None
    return {
        "id": comment.id,
        "author": {
            "login": author.login,
            "url": author.url,
            "avatar_url": author.avatar_url if home is None else avatar_address(home, author.id),
            "association": comment.association,
            "is_owner": comment.association == "OWNER",
            "is_bot": author.is_bot,
        },
        "created_at": comment.created_at,
        "edited_at": comment.edited_at,
        "html": safe(comment) if shown else None,
        "text": comment.body_text if shown else None,
        "url": comment.url,
        "reply_to": reply_to,
        "reactions": _reactions(comment.reactions),
        "pinned": comment.pinned,
        "hidden": comment.hidden,
    }


def _reactions(reactions: Reactions) -> dict[str, int]:
    """As GitHub names them, all kinds always."""
    counts = reactions.counts or {}
    return {"total_count": reactions.total} | {kind: counts.get(kind, 0) for kind in REACTIONS}


def replies(thread: Thread) -> Mapping[int, int | None]:
    """Who answers whom, read from the Markdown, in which alone a quotation can be told from its answer.

    A deleted account is nobody whom one could mention.
    """
    return reply_targets(
        [
            Remark(comment.id, None if comment.author.login == GHOST else comment.author.login, comment.body)
            for comment in thread.comments
        ]
    )


def _document(body: bytes, *, etag: str, checked_at: float | None, stale: bool) -> Document:
    return Document(bodies=encoded(body), etag=etag, content_type=JSON, checked_at=checked_at, stale=stale)

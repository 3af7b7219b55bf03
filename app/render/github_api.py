"""The GitHub-compatible documents: a page that asks `api.github.com` today changes only the host name.

An issue that is not there is answered as GitHub answers: 404 or 410 with its body.
Follows https://docs.github.com/rest/issues/issues and https://docs.github.com/rest/issues/comments
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import orjson

from app.domain.errors import InvalidParameter
from app.domain.threads import Comment, Issue, Status, Thread
from app.domain.times import epoch
from app.render import github_objects
from app.render.document import JSON, Document, encoded, etag_of
from app.render.github_objects import SafeHtml
from app.render.keys import CompatCommentKey, CompatCommentsKey, CompatIssueKey, CompatIssuesKey, Media
from app.render.media_types import media_type

_DOCS = "https://docs.github.com/rest/issues"
ISSUE_DOCS = f"{_DOCS}/issues#get-an-issue"
ISSUES_DOCS = f"{_DOCS}/issues#list-repository-issues"
COMMENT_DOCS = f"{_DOCS}/comments#get-an-issue-comment"
COMMENTS_DOCS = f"{_DOCS}/comments#list-issue-comments"

_Listed = TypeVar("_Listed", Comment, Issue)

_SORTS: Mapping[str, Callable[[Issue], tuple[str | int, int]]] = {
    "created": lambda issue: (issue.created_at, issue.number),
    "updated": lambda issue: (issue.updated_at, issue.number),
    "comments": lambda issue: (issue.comment_count, issue.number),
}


def issue(thread: Thread, key: CompatIssueKey, safe: SafeHtml, public_url: str | None) -> Document:
    """The issue of a thread; 404 where it is missing, 410 where it is gone."""
    if thread.issue is None:
        return _absent(thread, ISSUE_DOCS, key.media)
    shape = github_objects.issue(thread.issue, key.repo, key.media, safe, public_url)
    return _document(shape, key.media, thread.checked_at, stale=thread.stale)


def comments(thread: Thread, key: CompatCommentsKey, safe: SafeHtml, public_url: str | None) -> Document:
    """A page of a thread's comments by ascending id; 404 and 410 as for the issue.

    Raises BadParameter where `since` is no time.
    """
    if thread.issue is None:
        return _absent(thread, COMMENTS_DOCS, key.media)
    chosen = _since(thread.comments, key.since)
    shown = [
        github_objects.comment(comment, key.repo, key.media, safe, public_url)
        for comment in _page(chosen, key.page, key.per_page)
    ]
    pages = (key.page, _last_page(len(chosen), key.per_page))
    return _document(shown, key.media, thread.checked_at, stale=thread.stale, pages=pages)


def comment(
    comment: Comment,
    key: CompatCommentKey,
    safe: SafeHtml,
    public_url: str | None,
    *,
    checked_at: float | None = None,
    stale: bool = False,
) -> Document:
    """One comment."""
    shape = github_objects.comment(comment, key.repo, key.media, safe, public_url)
    return _document(shape, key.media, checked_at, stale=stale)


def issues(
    issues: Sequence[Issue],
    key: CompatIssuesKey,
    safe: SafeHtml,
    public_url: str | None,
    checked_at: float | None,
    *,
    stale: bool = False,
) -> Document:
    """A page of those of these issues that the key asks for; pull requests are never among them.

    `key.sort` is created, updated or comments, `key.direction` asc or desc; issues that are alike there go by number.
    Raises BadParameter where `since` is no time.
    """
    chosen = sorted(
        _since([issue for issue in issues if _matches(issue, key)], key.since),
        key=_SORTS[key.sort],
        reverse=key.direction == "desc",
    )
    shown = [
        github_objects.issue(issue, key.repo, key.media, safe, public_url)
        for issue in _page(chosen, key.page, key.per_page)
    ]
    pages = (key.page, _last_page(len(chosen), key.per_page))
    return _document(shown, key.media, checked_at, stale=stale, pages=pages)


def not_found(
    docs: str, *, media: Media = Media.DEFAULT, checked_at: float | None = None, stale: bool = False
) -> Document:
    """GitHub's 404; `docs` is the address of the page that describes what was asked for."""
    return _refusal(404, "Not Found", docs, media, checked_at, stale=stale)


def gone(docs: str, *, media: Media = Media.DEFAULT, checked_at: float | None = None, stale: bool = False) -> Document:
    """GitHub's 410 for an issue that was deleted; `docs` as for `not_found`."""
    return _refusal(410, "This issue was deleted", docs, media, checked_at, stale=stale)


def _absent(thread: Thread, docs: str, media: Media) -> Document:
    answer = gone if thread.status is Status.GONE else not_found
    return answer(docs, media=media, checked_at=thread.checked_at, stale=thread.stale)


def _refusal(status: int, message: str, docs: str, media: Media, checked_at: float | None, *, stale: bool) -> Document:
    body = {"message": message, "documentation_url": docs, "status": str(status)}
    return _document(body, media, checked_at, stale=stale, status=status)


def _since(values: Sequence[_Listed], since: str | None) -> Sequence[_Listed]:
    """Those updated then or later."""
    if since is None:
        return values
    try:
        start = epoch(since)
    except (ValueError, OverflowError):
        raise InvalidParameter("since", "a time such as 2020-07-01T09:30:00Z") from None
    return [value for value in values if epoch(value.updated_at) >= start]


def _matches(issue: Issue, key: CompatIssuesKey) -> bool:
    if issue.is_pull_request or key.state not in ("all", issue.state):
        return False
    if key.creator is not None and issue.author.login.casefold() != key.creator.casefold():
        return False
    return {label.casefold() for label in key.labels} <= {label.casefold() for label in issue.labels}


def _page(values: Sequence[_Listed], page: int, per_page: int) -> Sequence[_Listed]:
    return values[(page - 1) * per_page : page * per_page]


def _last_page(count: int, per_page: int) -> int:
    return max(1, -(-count // per_page))


def _document(
    value: dict[str, Any] | list[dict[str, Any]],
    media: Media,
    checked_at: float | None,
    *,
    stale: bool,
    status: int = 200,
    pages: tuple[int, int] | None = None,
) -> Document:
    """The ETag covers the pages too: a first page stays as it is when a second one comes, but its Link does not."""
    body = orjson.dumps(value)
    return Document(
        bodies=encoded(body),
        etag=etag_of(body, orjson.dumps(pages)),
        content_type=JSON,
        checked_at=checked_at,
        status=status,
        stale=stale,
        pages=pages,
        media=media_type(media),
    )

"""The GitHub-compatible documents: a page that requests `api.github.com` today changes only the host name.

A missing issue yields what GitHub sends: 404 or 410 with GitHub's JSON body.
An object alone has the time of its last change in Last-Modified, but with a hidden comment: hiding changes no time.
Follows https://docs.github.com/rest/issues/issues, https://docs.github.com/rest/issues/comments and
https://docs.github.com/rest/repos/repos
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, TypeVar

import orjson

from app.domain.errors import InvalidParameter
from app.domain.threads import Comment, Issue, Status, Thread, ThreadOutline
from app.domain.times import epoch
from app.render import github_objects
from app.render.document import JSON, Document, encode_body, weak_etag
from app.render.github_objects import Sanitizer
from app.render.keys import (
    GitHubAllCommentsKey,
    GitHubCommentKey,
    GitHubCommentsKey,
    GitHubIssueKey,
    GitHubIssuesKey,
    GitHubListKey,
    GitHubRepositoryKey,
    MediaType,
)
from app.render.media_types import media_type_header

_REST = "https://docs.github.com/rest"
_DOCS = f"{_REST}/issues"
REPOSITORY_DOCS = f"{_REST}/repos/repos#get-a-repository"
RATE_LIMIT_DOCS = f"{_REST}/rate-limit/rate-limit#get-rate-limit-status-for-the-authenticated-user"
ISSUE_DOCS = f"{_DOCS}/issues#get-an-issue"
ISSUES_DOCS = f"{_DOCS}/issues#list-repository-issues"
COMMENT_DOCS = f"{_DOCS}/comments#get-an-issue-comment"
COMMENTS_DOCS = f"{_DOCS}/comments#list-issue-comments"
ALL_COMMENTS_DOCS = f"{_DOCS}/comments#list-issue-comments-for-a-repository"
ISSUE_REACTIONS_DOCS = f"{_REST}/reactions/reactions#list-reactions-for-an-issue"
COMMENT_REACTIONS_DOCS = f"{_REST}/reactions/reactions#list-reactions-for-an-issue-comment"
_HOUR = 3600
_RATE_LIMIT = 5000

_Item = TypeVar("_Item")

_SORT_KEYS: Mapping[str, Callable[[Issue], tuple[str | int, int]]] = {
    "created": lambda issue: (issue.created_at, issue.number),
    "updated": lambda issue: (issue.updated_at, issue.number),
    "comments": lambda issue: (issue.comment_count, issue.number),
}


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What GitHub tells a client of its rate limit. This service has none, so nothing is ever used up."""

    reset: int
    """The end of the hour, in epoch seconds."""
    limit: int = _RATE_LIMIT

    def status(self) -> dict[str, Any]:
        """Return the body of GitHub's `GET /rate_limit`. There is nothing to search here, and no GraphQL."""
        core = {"limit": self.limit, "used": 0, "remaining": self.limit, "reset": self.reset}
        absent = core | {"limit": 0, "remaining": 0}
        return {"resources": {"core": core, "search": absent, "graphql": absent}, "rate": core}

    def headers(self) -> dict[str, str]:
        """Return the headers of GitHub's responses."""
        values = {"Limit": self.limit, "Remaining": self.limit, "Reset": self.reset, "Used": 0, "Resource": "core"}
        return {f"X-RateLimit-{name}": str(value) for name, value in values.items()}


def rate_limit(now: float) -> RateLimit:
    """Return the rate limit; `now` is in epoch seconds."""
    return RateLimit(reset=(int(now) // _HOUR + 1) * _HOUR)


def repository(source: Mapping[str, Any], key: GitHubRepositoryKey, checked_at: float, *, is_private: bool) -> Document:
    """Render GitHub's object of the repository, as it was sent at `checked_at`."""
    value = github_objects.repository(source, key.repository_url, is_private=is_private)
    last_modified = None if is_private else _http_date(source.get("updated_at"))
    return _document(value, key.media_type, checked_at, last_modified=last_modified)


def issue(thread: Thread, key: GitHubIssueKey, sanitize: Sanitizer) -> Document:
    """Render a thread's issue: 404 if it is missing, 410 if it was deleted."""
    if thread.issue is None:
        return _no_issue(thread, ISSUE_DOCS, key.media_type)
    value = github_objects.issue(thread.issue, key.media_type, sanitize, key.repository_url)
    pinned = thread.issue.pinned_comment
    last_modified = _http_date(thread.issue.updated_at) if pinned is None or pinned.hidden is None else None
    return _document(value, key.media_type, thread.checked_at, stale=thread.stale, last_modified=last_modified)


def comments(thread: Thread, key: GitHubCommentsKey, sanitize: Sanitizer) -> Document:
    """Render a page of a thread's comments by ascending id; 404 and 410 as for the issue.

    Raise InvalidParameter if `since` is not a time.
    """
    if thread.issue is None:
        return _no_issue(thread, COMMENTS_DOCS, key.media_type)
    ids, last_page = page(thread.outline, key)
    by_id = {comment.id: comment for comment in thread.comments}
    values = [github_objects.comment(by_id[i], key.media_type, sanitize, key.repository_url) for i in ids]
    pages, is_later_page = (key.page, last_page), key.page > 1 or key.since is not None
    return _document(values, key.media_type, thread.checked_at, stale=thread.stale, pages=pages, quick=is_later_page)


def all_comments(
    comments: Sequence[Comment], total: int, key: GitHubAllCommentsKey, sanitize: Sanitizer, checked_at: float | None
) -> Document:
    """Render a page of the comments of a repository; `total` is how many there are on all pages."""
    values = [github_objects.comment(c, key.media_type, sanitize, key.repository_url) for c in comments]
    pages = (key.page, _last_page(total, key))
    return _document(values, key.media_type, checked_at, pages=pages, quick=True)


def comment(comment: Comment, key: GitHubCommentKey, sanitize: Sanitizer, checked_at: float | None) -> Document:
    """Render one comment."""
    value = github_objects.comment(comment, key.media_type, sanitize, key.repository_url)
    last_modified = _http_date(comment.updated_at) if comment.hidden is None else None
    return _document(value, key.media_type, checked_at, last_modified=last_modified)


def issues(
    issues: Sequence[Issue],
    key: GitHubIssuesKey,
    sanitize: Sanitizer,
    checked_at: float | None,
) -> Document:
    """Render a page of the issues that match the key; pull requests never match.

    `key.sort` is created, updated or comments, `key.direction` asc or desc; equal issues are sorted by number.
    Raise InvalidParameter if `since` is not a time.
    """
    start = None if key.since is None else _start_time(key.since)
    matches = [i for i in issues if _matches(i, key) and (start is None or epoch(i.updated_at) >= start)]
    matches = sorted(matches, key=_SORT_KEYS[key.sort], reverse=key.direction == "desc")
    page_issues = _page(matches, key)
    values = [github_objects.listed_issue(i, key.media_type, sanitize, key.repository_url) for i in page_issues]
    pages = (key.page, _last_page(len(matches), key))
    return _document(values, key.media_type, checked_at, pages=pages)


def page(outline: ThreadOutline, key: GitHubCommentsKey) -> tuple[Sequence[int], int]:
    """Return the ids of a page's comments, and the number of the last page.

    Raise InvalidParameter if `since` is not a time.
    """
    matches = outline.ids
    if key.since is not None:
        start = _start_time(key.since)
        matches = [i for i, time in zip(outline.ids, outline.update_times, strict=True) if time >= start]
    return _page(matches, key), _last_page(len(matches), key)


def _no_issue(thread: Thread, docs: str, media_type: MediaType) -> Document:
    """Render GitHub's 404 or 410; `docs` is the address of the endpoint's documentation."""
    status, message = (410, "This issue was deleted") if thread.status is Status.GONE else (404, "Not Found")
    body = {"message": message, "documentation_url": docs, "status": str(status)}
    return _document(body, media_type, thread.checked_at, stale=thread.stale, status=status)


def _start_time(since: str) -> float:
    """Return `since` in epoch seconds. Raise InvalidParameter if it is not a time."""
    try:
        return epoch(since)
    except (ValueError, OverflowError):
        raise InvalidParameter("since", "a time such as 2020-07-01T09:30:00Z") from None


def _matches(issue: Issue, key: GitHubIssuesKey) -> bool:
    if issue.is_pull_request or key.state not in ("all", issue.state):
        return False
    if key.creator is not None and issue.author.login.casefold() != key.creator.casefold():
        return False
    return {label.casefold() for label in key.labels} <= {label.casefold() for label in issue.labels}


def _http_date(time: object) -> str | None:
    """Return a time of GitHub's as HTTP has it: `Wed, 01 Jul 2020 09:30:00 GMT`; None if it is none."""
    try:
        return formatdate(epoch(time), usegmt=True) if isinstance(time, str) else None
    except (ValueError, OverflowError):
        return None


def _page(values: Sequence[_Item], key: GitHubListKey) -> Sequence[_Item]:
    return values[(key.page - 1) * key.per_page : key.page * key.per_page]


def _last_page(total: int, key: GitHubListKey) -> int:
    return max(1, -(-total // key.per_page))


def _document(
    value: dict[str, Any] | list[dict[str, Any]],
    media_type: MediaType,
    checked_at: float | None,
    *,
    stale: bool = False,
    status: int = 200,
    pages: tuple[int, int] | None = None,
    quick: bool = False,
    last_modified: str | None = None,
) -> Document:
    """Return the document. Its ETag covers `pages`, because the Link header of an unchanged page may change."""
    body = orjson.dumps(value)
    return Document(
        bodies=encode_body(body, quick=quick),
        etag=weak_etag(body, orjson.dumps(pages)),
        content_type=JSON,
        checked_at=checked_at,
        status=status,
        stale=stale,
        pages=pages,
        github_media_type=media_type_header(media_type),
        last_modified=last_modified,
    )

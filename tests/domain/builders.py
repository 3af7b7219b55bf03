"""Issues, comments and records as the mirror returns them."""

from typing import Any

from app.domain.records import ThreadRecord
from app.domain.sites import Repository, repository
from app.domain.threads import Comment, Issue
from app.github import payloads
from tests.github.objects import comment_object, issue_object

BLOG: Repository = repository("ada/blog")
NOTES: Repository = repository("ada/notes")
CREATED_AT = "2020-07-01T09:30:00Z"
"""When a comment of `comment` was last changed, unless a test says otherwise."""


def issue(number: int = 41, *, pull: bool = False, **fields: Any) -> Issue:
    extra = {"pull_request": {"url": f"https://api.github.com/repos/octo/blog/pulls/{number}"}} if pull else {}
    return payloads.issue(issue_object(number, **extra, **fields))


def comment(comment_id: int, **fields: Any) -> Comment:
    return payloads.comment(comment_object(comment_id, **fields))


def record(
    issue: Issue,
    *,
    mirrored: int = 0,
    complete: bool = True,
    offset: int = 0,
    checked_at: float | None = None,
) -> ThreadRecord:
    return ThreadRecord(
        issue=issue, mirrored_count=mirrored, complete=complete, count_offset=offset, checked_at=checked_at
    )

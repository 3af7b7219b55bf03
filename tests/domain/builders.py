"""Issues, comments and records as the mirror returns them."""

from typing import Any

from app.domain.records import IssueSummary, ThreadRecord
from app.domain.sites import Repository, repository
from app.domain.threads import Comment, Issue
from app.github import payloads
from tests.github.objects import comment_object, issue_object

BLOG: Repository = repository("ada/blog")
NOTES: Repository = repository("ada/notes")


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
    has_mismatch = issue.comment_count != mirrored + offset
    return ThreadRecord(issue, mirrored, complete=complete, count_mismatch=has_mismatch, checked_at=checked_at)


def issue_summary(
    number: int, comments: int, *, pull: bool = False, complete: bool = False, updated: str = ""
) -> IssueSummary:
    return IssueSummary(
        number=number,
        is_pull_request=pull,
        comment_count=comments,
        mirrored_count=comments if complete else 0,
        complete=complete,
        count_mismatch=False,
        updated_at=updated or f"2026-01-01T00:00:{number % 60:02d}Z",
        labels=(),
    )

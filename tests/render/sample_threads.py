"""Sample issues, comments and threads for the rendering tests, built from JSON objects like GitHub's."""

from collections.abc import Mapping
from typing import Any

from app.domain.sites import repository
from app.domain.thread_state import issue_status
from app.domain.threads import Comment, Issue, Status, Thread, outline
from app.github import payloads

REPO = repository("ada/blog")
SECRET = b"a secret of the tests"
"""Signs the cursors of rendered pages."""
API = "https://api.github.com/repos/ada/blog"
WEB = "https://github.com/ada/blog"
KINDS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")


def user_object(login: str) -> dict[str, Any]:
    url = f"https://api.github.com/users/{login}"
    return {
        "login": login,
        "id": 7,
        "node_id": "U_7",
        "avatar_url": f"https://avatars.githubusercontent.com/{login}",
        "gravatar_id": "",
        "url": url,
        "html_url": f"https://github.com/{login}",
        "followers_url": f"{url}/followers",
        "type": "Bot" if login.endswith("[bot]") else "User",
        "user_view_type": "public",
        "site_admin": False,
    }


def reactions_object(url: str, counts: Mapping[str, int] | None) -> dict[str, Any]:
    numbers = counts or {}
    return {"url": f"{url}/reactions", "total_count": sum(numbers.values())} | {k: numbers.get(k, 0) for k in KINDS}


def comment_object(
    comment_id: int = 1001,
    *,
    number: int = 41,
    login: str | None = "bob",
    reactions: Mapping[str, int] | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """Return what GitHub sends for the full media type; `fields` replace or extend it."""
    url = f"{API}/issues/comments/{comment_id}"
    return {
        "url": url,
        "html_url": f"{WEB}/issues/{number}#issuecomment-{comment_id}",
        "issue_url": f"{API}/issues/{number}",
        "id": comment_id,
        "node_id": f"IC_{comment_id}",
        "user": None if login is None else user_object(login),
        "created_at": "2020-07-02T10:00:00Z",
        "updated_at": "2020-07-02T10:00:00Z",
        "body_html": f"<p>unsafe {comment_id}</p>",
        "body_text": f"text {comment_id}",
        "body": f"*text* {comment_id}",
        "author_association": "NONE",
        "pin": None,
        "minimized": None,
        "reactions": reactions_object(url, reactions),
        "performed_via_github_app": None,
    } | fields


def issue_object(
    number: int = 41, *, login: str | None = "ada", reactions: Mapping[str, int] | None = None, **fields: Any
) -> dict[str, Any]:
    url = f"{API}/issues/{number}"
    return {
        "url": url,
        "repository_url": API,
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "html_url": f"{WEB}/issues/{number}",
        "id": 5_000_000_000 + number,
        "node_id": f"I_{number}",
        "number": number,
        "title": f"Post {number}",
        "user": None if login is None else user_object(login),
        "labels": [],
        "state": "open",
        "locked": False,
        "assignee": None,
        "assignees": [],
        "milestone": None,
        "comments": 0,
        "created_at": "2020-07-01T09:30:00Z",
        "updated_at": "2020-07-01T09:30:00Z",
        "closed_at": None,
        "author_association": "OWNER",
        "active_lock_reason": None,
        "body_html": f"<p>unsafe post {number}</p>",
        "body_text": f"post {number}",
        "body": f"*post* {number}",
        "closed_by": None,
        "reactions": reactions_object(url, reactions),
        "timeline_url": f"{url}/timeline",
        "performed_via_github_app": None,
        "state_reason": None,
        "pinned_comment": None,
    } | fields


def a_comment(comment_id: int = 1001, **fields: Any) -> Comment:
    return payloads.comment(comment_object(comment_id, **fields))


def an_issue(number: int = 41, **fields: Any) -> Issue:
    return payloads.issue(issue_object(number, **fields))


def a_thread(*comments: Comment, issue: Issue | None = None, stale: bool = False) -> Thread:
    issue = issue or an_issue(comments=len(comments))
    count, status, checked_at = len(comments), issue_status(issue), 1_600_000_000.9
    by_id = sorted(comments, key=lambda comment: comment.id)
    return Thread(REPO, issue.number, issue, comments, count, status, checked_at, stale, outline=outline(by_id))


def no_thread(status: Status = Status.MISSING) -> Thread:
    return Thread(REPO, 41, None, (), 0, status, 1_600_000_000.0)


def fake_sanitize(value: Comment | Issue) -> str:
    """Return HTML that differs from what GitHub sent, in place of the sanitizer."""
    return f"<p>safe {value.number if isinstance(value, Issue) else value.id}</p>"

"""Issues and comments as GitHub sends them, changes that hold them, and short reads of a mirror."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.domain.records import IssueSummary, ThreadRecord, ThreadRef, Tombstone
from app.domain.sites import Repository
from app.domain.threads import NO_COMMENTS, Comment, Issue, ThreadOutline
from app.github import payloads
from app.ports.mirror import Change, Exclusion, Mirror
from tests.contracts.stores import REPO

__all__ = [
    "API",
    "HIDDEN",
    "LATER",
    "NONE",
    "REPO",
    "FailingEtags",
    "comment",
    "etag",
    "ids",
    "issue",
    "newest",
    "put",
    "put_complete",
    "reactions",
    "read_all",
    "select_all",
    "summaries",
    "thread",
    "tombstone_of",
    "user",
    "version_of",
]

API = "https://api.github.com"
LATER = "2026-02-01T00:00:00Z"
"""Later than the times of the builders."""
HIDDEN = Exclusion(lambda item: item.hidden is not None)
NONE: frozenset[int] = frozenset()
"""No number changed."""


class FailingEtags(Mapping[str, str]):
    """ETags that fail after the first: a change that fails when nearly all of it is applied."""

    def __getitem__(self, key: str) -> str:
        return f'"{key}"'

    def __iter__(self) -> Iterator[str]:
        yield "first"
        raise RuntimeError("broken off")

    def __len__(self) -> int:
        return 2


def user(login: str = "reader") -> dict[str, Any]:
    page = f"https://github.com/{login}"
    return {
        "login": login,
        "id": 583231,
        "node_id": "MDQ6VXNlcjU4MzIzMQ==",
        "avatar_url": "https://avatars.githubusercontent.com/u/583231?v=4",
        "gravatar_id": "",
        "url": f"{API}/users/{login}",
        "html_url": page,
        "type": "User",
        "user_view_type": "public",
        "site_admin": False,
    }


def reactions(address: str, **counts: int) -> dict[str, Any]:
    totals = dict.fromkeys(("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes"), 0) | counts
    return {"url": f"{address}/reactions", "total_count": sum(totals.values()), **totals}


def issue(number: int, comments: int = 0, *, repo: Repository = REPO, pull: bool = False, **fields: Any) -> Issue:
    base = f"{API}/repos/{repo}"
    page = f"https://github.com/{repo}/issues/{number}"
    payload = {
        "url": f"{base}/issues/{number}",
        "repository_url": base,
        "labels_url": f"{base}/issues/{number}/labels{{/name}}",
        "comments_url": f"{base}/issues/{number}/comments",
        "html_url": page,
        "id": 3_000_000_000 + number,
        "node_id": f"I_{number}",
        "number": number,
        "title": f"Post {number}",
        "user": user("jane"),
        "labels": [],
        "state": "open",
        "locked": False,
        "assignees": [],
        "milestone": None,
        "comments": comments,
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "closed_at": None,
        "author_association": "OWNER",
        "active_lock_reason": None,
        "body": "About the post",
        "reactions": reactions(f"{base}/issues/{number}"),
        "state_reason": None,
    }
    if pull:
        payload["pull_request"] = {"url": f"{base}/pulls/{number}"}
    return payloads.issue(payload | fields)


def comment(comment_id: int, number: int = 1, text: str = "Well said", **fields: Any) -> Comment:
    base = f"{API}/repos/{REPO}/issues"
    payload = {
        "url": f"{base}/comments/{comment_id}",
        "html_url": f"https://github.com/{REPO}/issues/{number}#issuecomment-{comment_id}",
        "issue_url": f"{base}/{number}",
        "id": comment_id,
        "node_id": f"IC_{comment_id}",
        "user": user(),
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "author_association": "NONE",
        "body": text,
        "body_text": text,
        "body_html": f'<p dir="auto">{text}</p>',
        "reactions": reactions(f"{base}/comments/{comment_id}"),
        "performed_via_github_app": None,
        "minimized": None,
        "pin": None,
    }
    return payloads.comment(payload | fields)


async def put(mirror: Mirror, *items: Issue | Comment, at: float = 10.0, **fields: Any) -> frozenset[int]:
    """Apply a change that holds the items and return the numbers that it changed."""
    issues = tuple(item for item in items if isinstance(item, Issue))
    comments = tuple(item for item in items if isinstance(item, Comment))
    fields.setdefault("repo", REPO)
    return await mirror.apply(Change(at=at, issues=issues, comments=comments, **fields))


async def put_complete(
    mirror: Mirror, *comments: Comment, count: int | None = None, at: float = 10.0
) -> frozenset[int]:
    """Apply a complete read of thread 1."""
    comment_count = len(comments) if count is None else count
    return await put(mirror, issue(1, comment_count), *comments, at=at, complete_threads=frozenset([1]))


async def ids(mirror: Mirror, number: int = 1) -> list[int]:
    return [item.id for item in await mirror.comments(REPO, number)]


def select_all(_: ThreadRef, __: int, comments: Iterable[Comment]) -> tuple[ThreadOutline, list[int]]:
    """Select every comment of a thread."""
    return NO_COMMENTS, [item.id for item in comments]


async def newest(
    mirror: Mirror,
    *,
    limit: int = 100,
    before: int | None = None,
    numbers: frozenset[int] | None = None,
    exclusion: Exclusion | None = None,
) -> list[int]:
    result = await mirror.newest_comments(
        REPO, limit=limit, before=before, numbers=numbers, select=select_all, exclusion=exclusion
    )
    return [item.id for item in result.comments]


async def thread(mirror: Mirror, number: int = 1) -> ThreadRecord:
    record = await mirror.thread(REPO, number)
    assert record is not None
    return record


async def summaries(mirror: Mirror, repo: Repository = REPO) -> tuple[IssueSummary, ...]:
    return (await mirror.site_snapshot(repo)).summaries


async def tombstone_of(mirror: Mirror, repo: Repository, number: int) -> Tombstone | None:
    """Return the tombstone of the number itself, before any transfer."""
    return (await mirror.snapshot(repo, number)).hops[0].tombstone


async def version_of(mirror: Mirror, repo: Repository, number: int) -> int:
    """Return the version of the number itself, before any transfer."""
    return (await mirror.snapshot(repo, number, with_comments=False)).hops[0].version


async def etag(mirror: Mirror, key: str) -> str | None:
    return (await mirror.etags([key])).get(key)


async def read_all(mirror: Mirror) -> list[object]:
    """Return all that can be read of the first three numbers and ids."""
    return [
        await mirror.site(REPO),
        await mirror.threads(REPO),
        await summaries(mirror),
        await etag(mirror, "first"),
        await newest(mirror),
        [await tombstone_of(mirror, REPO, number) for number in (1, 2, 3)],
        [await mirror.comments(REPO, number) for number in (1, 2, 3)],
    ]

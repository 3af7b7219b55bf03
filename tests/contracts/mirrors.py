"""The mirrors that must keep the contract, what GitHub could have said to be kept in them, and how they are asked."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from app.domain.sites import Repository, repository
from app.domain.threads import Comment, Issue
from app.github import payloads
from app.ports.mirror import Change, Mirror, ThreadRecord
from app.store.memory import MemoryStore
from app.store.sqlite import SqliteStore

API = "https://api.github.com"
REPO = repository("jane/blog")
LATER = "2026-02-01T00:00:00Z"
"""Than any time that the builders give by themselves."""
NOBODY: frozenset[int] = frozenset()


async def memory(folder: Path) -> Mirror:
    return MemoryStore("here").mirror


async def sqlite(folder: Path) -> Mirror:
    return (await SqliteStore.open(str(folder / "afterword.db"), origin="here")).mirror


FACTORIES: Mapping[str, Callable[[Path], Awaitable[Mirror]]] = {"memory": memory, "sqlite": sqlite}


class BreaksOff(Mapping[str, str]):
    """ETags that fail after the first was taken: a change that breaks off when nearly all of it is done."""

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


def reactions(about: str, **counts: int) -> dict[str, Any]:
    given = dict.fromkeys(("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes"), 0) | counts
    return {"url": f"{about}/reactions", "total_count": sum(given.values()), **given}


def issue(number: int, comments: int = 0, *, repo: Repository = REPO, pull: bool = False, **fields: Any) -> Issue:
    base = f"{API}/repos/{repo}"
    page = f"https://github.com/{repo}/issues/{number}"
    given = {
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
        given["pull_request"] = {"url": f"{base}/pulls/{number}"}
    return payloads.issue(given | fields)


def comment(comment_id: int, number: int = 1, text: str = "Well said", **fields: Any) -> Comment:
    base = f"{API}/repos/{REPO}/issues"
    given = {
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
    return payloads.comment(given | fields)


async def put(mirror: Mirror, *items: Issue | Comment, at: float = 10.0, **given: Any) -> frozenset[int]:
    """Applies a change that holds these, and tells which numbers it changed."""
    issues = tuple(item for item in items if isinstance(item, Issue))
    comments = tuple(item for item in items if isinstance(item, Comment))
    given.setdefault("repo", REPO)
    return await mirror.apply(Change(at=at, issues=issues, comments=comments, **given))


async def ids(mirror: Mirror, number: int = 1) -> list[int]:
    return [found.id for found in await mirror.comments(REPO, number)]


async def newest(
    mirror: Mirror, *, limit: int = 100, before: int | None = None, numbers: frozenset[int] | None = None
) -> list[int]:
    found = await mirror.newest_comments(REPO, limit=limit, before=before, numbers=numbers)
    return [item.id for item in found]


async def thread(mirror: Mirror, number: int = 1) -> ThreadRecord:
    found = await mirror.thread(REPO, number)
    assert found is not None
    return found


async def whole(mirror: Mirror, *comments: Comment, count: int | None = None, at: float = 10.0) -> frozenset[int]:
    """Thread 1 read whole."""
    counted = len(comments) if count is None else count
    return await put(mirror, issue(1, counted), *comments, at=at, whole=frozenset([1]))

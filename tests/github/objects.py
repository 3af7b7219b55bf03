"""Build objects as GitHub sends them."""

from typing import Any

API = "https://api.github.com"


def user_object(**changes: Any) -> dict[str, Any]:
    return {
        "login": "octocat",
        "id": 583231,
        "avatar_url": "https://avatars.githubusercontent.com/u/583231?v=4",
        "html_url": "https://github.com/octocat",
        "type": "User",
        **changes,
    }


def issue_object(number: int = 41, **changes: Any) -> dict[str, Any]:
    return {
        "id": 3_000_000_000 + number,
        "number": number,
        "repository_url": f"{API}/repos/octo/blog",
        "html_url": f"https://github.com/octo/blog/issues/{number}",
        "title": "The Best Interview is No Interview",
        "user": user_object(),
        "labels": [{"id": 1, "name": "comments"}],
        "state": "open",
        "locked": False,
        "comments": 2,
        "created_at": "2020-07-01T09:30:00Z",
        "updated_at": "2020-07-02T10:00:00Z",
        **changes,
    }


def comment_object(comment_id: int = 5_000_000_001, number: int = 41, **changes: Any) -> dict[str, Any]:
    return {
        "id": comment_id,
        "issue_url": f"{API}/repos/octo/blog/issues/{number}",
        "html_url": f"https://github.com/octo/blog/issues/{number}#issuecomment-{comment_id}",
        "user": user_object(),
        "author_association": "OWNER",
        "created_at": "2020-07-01T09:30:00Z",
        "updated_at": "2020-07-01T09:30:00Z",
        "body": "*Hello*",
        "body_text": "Hello",
        "body_html": '<p dir="auto"><em>Hello</em></p>',
        **changes,
    }


def repository_object(**changes: Any) -> dict[str, Any]:
    return {"id": 1296269, "full_name": "octo/blog", "private": False, "has_issues": True, "archived": False, **changes}


def without(obj: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in obj.items() if name not in names}

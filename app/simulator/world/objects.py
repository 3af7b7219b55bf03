"""GitHub's JSON objects of the records, with every field that a public reader sees.

The API version `2026-03-10` dropped `assignee` and `has_downloads`.
https://docs.github.com/rest/issues/issues and https://docs.github.com/rest/issues/comments
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Any

from app.simulator.world.markdown import to_html, to_text
from app.simulator.world.media_types import MediaType
from app.simulator.world.records import (
    REACTIONS,
    Comment,
    Contribution,
    Issue,
    Label,
    Reaction,
    Repository,
    User,
    rfc3339,
)
from app.simulator.world.tables import WorldTables

WEB = "https://github.com"
OLDER = "2022-11-28"
NEWER = "2026-03-10"

Json = dict[str, Any]


def _links(text: str) -> dict[str, str]:
    """Return the fields of links in an object, `name_url` to the path below the object's own URL."""
    return {f"{name}_url": path for name, path in (link.split("=") for link in text.split())}


_USER_LINKS = _links(
    """
    followers=/followers following=/following{/other_user} gists=/gists{/gist_id} starred=/starred{/owner}{/repo}
    subscriptions=/subscriptions organizations=/orgs repos=/repos events=/events{/privacy}
    received_events=/received_events
    """
)
_REPOSITORY_LINKS = _links(
    """
    archive=/{archive_format}{/ref} assignees=/assignees{/user} blobs=/git/blobs{/sha} branches=/branches{/branch}
    collaborators=/collaborators{/collaborator} comments=/comments{/number} commits=/commits{/sha}
    compare=/compare/{base}...{head} contents=/contents/{+path} contributors=/contributors deployments=/deployments
    downloads=/downloads events=/events forks=/forks git_commits=/git/commits{/sha} git_refs=/git/refs{/sha}
    git_tags=/git/tags{/sha} hooks=/hooks issue_comment=/issues/comments{/number}
    issue_events=/issues/events{/number} issues=/issues{/number} keys=/keys{/key_id} labels=/labels{/name}
    languages=/languages merges=/merges milestones=/milestones{/number}
    notifications=/notifications{?since,all,participating} pulls=/pulls{/number} releases=/releases{/id}
    stargazers=/stargazers statuses=/statuses/{sha} subscribers=/subscribers subscription=/subscription tags=/tags
    teams=/teams trees=/git/trees{/sha}
    """
)
_DEPENDENCY_COUNTS = ("blocked_by", "total_blocked_by", "blocking", "total_blocking")
_COUNTS = (
    *("forks", "forks_count", "network_count", "size"),
    *("stargazers_count", "subscribers_count", "watchers", "watchers_count"),
)


@dataclass(frozen=True, slots=True)
class View:
    """What the rendering of a record depends on: the API's base URL, the media type, the API version."""

    base_url: str
    media: MediaType
    version: str

    def repository_url(self, repository: Repository) -> str:
        """Return the API URL of a repository."""
        return f"{self.base_url}/repos/{repository.full_name}"


def node_id(prefix: str, number: int) -> str:
    """Return a GraphQL id in the form of GitHub's: `IC_kwDOuMYwAQ`."""
    return f"{prefix}_kwDO{urlsafe_b64encode(number.to_bytes(6)).decode().rstrip('=')}"


def user_object(user: User, view: View) -> Json | None:
    """Return the short object of a user; None for a deleted account."""
    if user.deleted:
        return None
    url = f"{view.base_url}/users/{user.login}"
    html_url = f"{WEB}/{user.login}" if user.kind == "User" else f"{WEB}/apps/{user.login[:-5]}"
    return {
        "login": user.login,
        "id": user.id,
        "node_id": node_id("U", user.id),
        "avatar_url": f"https://avatars.githubusercontent.com/u/{user.id}?v=4",
        "gravatar_id": "",
        "url": url,
        "html_url": html_url,
        **{field: url + path for field, path in _USER_LINKS.items()},
        "type": user.kind,
        "user_view_type": "public",
        "site_admin": False,
    }


def label_object(label: Label, repository: Repository, view: View) -> Json:
    """Return the object of a label, as issues contain it."""
    return {
        "id": label.id,
        "node_id": node_id("LA", label.id),
        "url": f"{view.repository_url(repository)}/labels/{label.name}",
        "name": label.name,
        "color": label.color,
        "default": False,
        "description": label.description,
    }


def comment_object(world: WorldTables, comment: Comment, view: View) -> Json:
    """Return the object of a comment; the media type decides the fields of its body."""
    issue = world.issues[comment.issue_id]
    repository = world.repositories[issue.repository_id]
    repository_url = view.repository_url(repository)
    url = f"{repository_url}/issues/comments/{comment.id}"
    pin = comment.pin and {
        "pinned_at": rfc3339(comment.pin.pinned_at),
        "pinned_by": user_object(world.users[comment.pin.pinned_by], view),
    }
    return {
        "url": url,
        "html_url": f"{_issue_page_url(repository, issue)}#issuecomment-{comment.id}",
        "issue_url": f"{repository_url}/issues/{issue.number}",
        "id": comment.id,
        "node_id": node_id("IC", comment.id),
        "user": user_object(world.users[comment.author], view),
        "created_at": rfc3339(comment.created_at),
        "updated_at": rfc3339(comment.updated_at),
        **_body_fields(world, comment, view),
        "author_association": _association(world, repository, comment.author),
        "pin": pin,
        "minimized": comment.minimized and {"reason": comment.minimized},
        "reactions": _reactions(comment.reactions, url),
        "performed_via_github_app": None,
    }


def reaction_object(world: WorldTables, reaction: Reaction, view: View) -> Json:
    """Return the object of a reaction: https://docs.github.com/rest/reactions/reactions."""
    return {
        "id": reaction.id,
        "node_id": node_id("REA", reaction.id),
        "user": None if reaction.user is None else user_object(world.users[reaction.user], view),
        "content": reaction.content,
        "created_at": rfc3339(reaction.created_at),
    }


def issue_object(world: WorldTables, issue: Issue, view: View) -> Json:
    """Return the object of an issue or a pull request, as lists have it: without `closed_by`."""
    repository = world.repositories[issue.repository_id]
    url = f"{view.repository_url(repository)}/issues/{issue.number}"
    html_url = _issue_page_url(repository, issue)
    pinned_comment = issue.pinned_comment and comment_object(world, world.comments[issue.pinned_comment], view)
    labels = world.labels[repository.id]
    return {
        "url": url,
        "repository_url": view.repository_url(repository),
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "html_url": html_url,
        "id": issue.id,
        "node_id": node_id("PR" if issue.is_pull_request else "I", issue.id),
        "number": issue.number,
        "title": issue.title,
        "user": user_object(world.users[issue.author], view),
        "labels": [label_object(labels[name], repository, view) for name in issue.labels],
        "state": issue.state,
        "locked": issue.locked,
        **({} if view.version == NEWER else {"assignee": None}),
        "assignees": [],
        "milestone": None,
        "comments": len(world.comment_ids[issue.id]),
        "created_at": rfc3339(issue.created_at),
        "updated_at": rfc3339(issue.updated_at),
        "closed_at": None if issue.closed_at is None else rfc3339(issue.closed_at),
        "author_association": _association(world, repository, issue.author),
        "type": None,
        "active_lock_reason": issue.lock_reason,
        **_issue_kind_fields(issue, url, html_url),
        **_body_fields(world, issue, view),
        "reactions": _reactions(issue.reactions, url),
        "timeline_url": f"{url}/timeline",
        "performed_via_github_app": None,
        "state_reason": issue.state_reason,
        "pinned_comment": pinned_comment,
    }


def repository_object(world: WorldTables, repository: Repository, view: View) -> Json:
    """Return the object of a repository, as `GET /repos/{owner}/{repo}` has it."""
    url, html_url = view.repository_url(repository), f"{WEB}/{repository.full_name}"
    open_issues = sum(world.issues[key].state == "open" for key in world.issue_ids[repository.id].values())
    return {
        "id": repository.id,
        "node_id": node_id("R", repository.id),
        "name": repository.name,
        "full_name": repository.full_name,
        "private": repository.private,
        "owner": user_object(world.user(repository.owner), view),
        "html_url": html_url,
        "url": url,
        **{field: url + path for field, path in _REPOSITORY_LINKS.items()},
        **dict.fromkeys(("created_at", "updated_at", "pushed_at"), rfc3339(repository.created_at)),
        "git_url": f"git://github.com/{repository.full_name}.git",
        "ssh_url": f"git@github.com:{repository.full_name}.git",
        "clone_url": f"{html_url}.git",
        "svn_url": html_url,
        **dict.fromkeys(("description", "homepage", "language", "license", "mirror_url")),
        **dict.fromkeys(_COUNTS, 0),
        **dict.fromkeys(("disabled", "fork", "has_pages", "has_discussions", "is_template"), False),
        "archived": repository.archived,
        "has_issues": repository.has_issues,
        **dict.fromkeys(("has_projects", "has_wiki"), True),
        **({} if view.version == NEWER else {"has_downloads": True}),
        **dict.fromkeys(("open_issues_count", "open_issues"), open_issues),
        "topics": [],
        "visibility": "private" if repository.private else "public",
        "default_branch": "main",
    }


def _issue_page_url(repository: Repository, issue: Issue) -> str:
    kind = "pull" if issue.is_pull_request else "issues"
    return f"{WEB}/{repository.full_name}/{kind}/{issue.number}"


def _issue_kind_fields(issue: Issue, url: str, html_url: str) -> Json:
    if not issue.is_pull_request:
        return {
            "sub_issues_summary": {"total": 0, "completed": 0, "percent_completed": 0},
            "issue_dependencies_summary": dict.fromkeys(_DEPENDENCY_COUNTS, 0),
        }
    pull_request = {
        "url": url.replace("/issues/", "/pulls/"),
        "html_url": html_url,
        "diff_url": f"{html_url}.diff",
        "patch_url": f"{html_url}.patch",
        "merged_at": None,
    }
    return {"draft": False, "pull_request": pull_request}


def _body_fields(world: WorldTables, record: Contribution, view: View) -> Json:
    fields = view.media.fields
    if fields == ("body",):
        return {"body": record.body}
    html = record.body_html
    if html is None and record.body is not None:
        html = to_html(record.body, now=int(world.clock()))
    bodies: Json = {"body_html": html, "body": record.body}
    if "body_text" in fields:
        bodies["body_text"] = html and to_text(html)
    return {field: bodies[field] for field in fields}


def _association(world: WorldTables, repository: Repository, user_id: int) -> str:
    user = world.users[user_id]
    if user.deleted:
        return "NONE"
    if user.login.lower() == repository.owner.lower():
        return "OWNER"
    return world.associations.get((repository.id, user_id), "NONE")


def _reactions(counts: tuple[tuple[str, int], ...], url: str) -> Json:
    totals = dict.fromkeys(REACTIONS, 0) | dict(counts)
    return {"url": f"{url}/reactions", "total_count": sum(totals.values()), **totals}

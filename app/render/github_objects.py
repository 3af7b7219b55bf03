"""GitHub's JSON objects as anonymous readers see them, built from the objects that GitHub sent.

Fields, unknown ones included, and their order are GitHub's. These differ:

- The body fields depend on the media type, and HTML is sanitized.
- URLs of resources that this service serves lead here.
- The text of a hidden comment is replaced by a notice.

Follows https://docs.github.com/rest/issues/comments and https://docs.github.com/rest/issues/issues
"""

from collections.abc import Callable, Mapping
from typing import Any

from app.domain.threads import Comment, Issue
from app.render.keys import MediaType

Sanitizer = Callable[[Comment | Issue], str]
"""Returns the HTML of a comment or an issue, safe to insert into a page."""

_BODY_FIELDS = ("body_html", "body_text", "body")
"""In GitHub's order."""
_FIELDS_BY_MEDIA_TYPE = {
    **dict.fromkeys((MediaType.DEFAULT, MediaType.RAW), ("body",)),
    MediaType.TEXT: ("body_text",),
    MediaType.HTML: ("body_html",),
    MediaType.FULL: _BODY_FIELDS,
}
_NOTICES = {
    "abuse": "This comment was marked as disruptive content.",
    "duplicate": "This comment was marked as a duplicate.",
    "off-topic": "This comment was marked as off-topic.",
    "outdated": "This comment was marked as outdated.",
    "resolved": "This comment was marked as resolved.",
    "spam": "This comment was marked as spam.",
}
_REQUIRED_FIELDS = frozenset(
    (
        *("url", "repository_url", "labels_url", "comments_url", "events_url", "html_url", "id", "node_id", "number"),
        *("title", "user", "labels", "state", "locked", "assignee", "milestone", "comments"),
        *("created_at", "updated_at", "closed_at"),
    )
)
"""What GitHub's OpenAPI description requires of an issue, in the API version 2022-11-28."""
_PRIVATE_FIELDS: dict[str, Any] = {
    **dict.fromkeys(("description", "homepage", "language", "license", "mirror_url")),
    **dict.fromkeys(("size", "stargazers_count", "watchers_count", "forks_count", "open_issues_count"), 0),
    **dict.fromkeys(("forks", "open_issues", "watchers", "network_count", "subscribers_count"), 0),
    "topics": (),
}
"""What tells of a private repository more than its issues do."""
_DEFAULT_NOTICE = "This comment was hidden."
"""For reasons that GitHub adds later. The reason itself is never put into HTML."""


def comment(value: Comment, media_type: MediaType, sanitize: Sanitizer, repository_url: str | None) -> dict[str, Any]:
    """Return GitHub's issue comment object.

    `repository_url` is the address of the repository at this service. None leaves GitHub's addresses.
    """
    changes = _comment_bodies(value, media_type, sanitize)
    if repository_url is not None:
        issues_url = f"{repository_url}/issues"
        changes |= {"url": f"{issues_url}/comments/{value.id}", "issue_url": f"{issues_url}/{value.number}"}
    return _apply(changes, value.source)


def issue(value: Issue, media_type: MediaType, sanitize: Sanitizer, repository_url: str | None) -> dict[str, Any]:
    """Return GitHub's issue object as a response for this issue alone has it. `repository_url` as for `comment`.

    Its pinned comment is the mirror's. GitHub says who closed an issue only here, not in lists: a mirror that learned
    of the issue by a list has null.
    """
    fields = listed_issue(value, media_type, sanitize, repository_url)
    closed_by = {"closed_by": value.source.get("closed_by")}
    return _insert_before("reactions", closed_by, fields)


def listed_issue(
    value: Issue, media_type: MediaType, sanitize: Sanitizer, repository_url: str | None
) -> dict[str, Any]:
    """Return GitHub's issue object as lists have it: without `closed_by`. Otherwise as `issue`."""
    changes = _bodies(value.source, media_type, lambda: sanitize(value))
    if repository_url is not None:
        url = f"{repository_url}/issues/{value.number}"
        changes |= {"repository_url": repository_url, "url": url, "comments_url": f"{url}/comments"}
    if value.source.get("pinned_comment") is not None:
        pinned = value.pinned_comment
        changes["pinned_comment"] = pinned and comment(pinned, media_type, sanitize, repository_url)
    source = {name: field for name, field in value.source.items() if name != "closed_by"}
    return _apply(changes, _with_required_fields(source, value))


def repository(source: Mapping[str, Any], repository_url: str | None, *, is_private: bool) -> dict[str, Any]:
    """Return GitHub's repository object; `repository_url` as for `comment`.

    Of a private repository, whose issues are published, nothing else is told: what describes it is empty, and its last
    times are that of its creation, because clients need a time.
    """
    changes: dict[str, Any] = {}
    if repository_url is not None:
        changes = {
            "url": repository_url,
            "issue_comment_url": f"{repository_url}/issues/comments{{/number}}",
            "issues_url": f"{repository_url}/issues{{/number}}",
        }
    if is_private:
        activity = dict.fromkeys(("pushed_at", "updated_at"), source.get("created_at"))
        changes |= {name: empty for name, empty in (_PRIVATE_FIELDS | activity).items() if name in source}
    return {**source, **changes}


def _with_required_fields(source: Mapping[str, Any], issue: Issue) -> Mapping[str, Any]:
    """Return the issue with every field that GitHub's description requires, whatever the response left out."""
    if source.keys() >= _REQUIRED_FIELDS:
        return source
    url = f"{issue.repository_url}/issues/{issue.number}"
    assignees = source.get("assignees") or (None,)
    known_fields = {
        "url": url,
        "repository_url": issue.repository_url,
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "html_url": issue.url,
        "id": issue.id,
        "node_id": "",
        "number": issue.number,
        "title": issue.title,
        "user": None,
        "labels": list(issue.labels),
        "state": issue.state,
        "locked": issue.locked,
        "assignee": assignees[0],
        "milestone": None,
        "comments": issue.comment_count,
        "created_at": issue.created_at,
        "updated_at": issue.updated_at,
        "closed_at": None,
    }
    return {name: source.get(name, value) for name, value in known_fields.items()} | dict(source)


def _insert_before(name: str, new_fields: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields with others before the one of this name; at the end if there is none."""
    names = list(fields)
    position = names.index(name) if name in fields else len(names)
    items = list(fields.items())
    return dict([*items[:position], *new_fields.items(), *items[position:]])


def _comment_bodies(value: Comment, media_type: MediaType, sanitize: Sanitizer) -> dict[str, Any]:
    if value.hidden is not None:
        return _hidden_bodies(value.hidden, media_type)
    source = {"body": value.body, "body_text": value.body_text} | dict(value.source)
    return _bodies(source, media_type, lambda: sanitize(value))


def _bodies(source: Mapping[str, Any], media_type: MediaType, html: Callable[[], str]) -> dict[str, Any]:
    """Return the body fields of a media type; a field that is null at GitHub stays null."""
    return {
        field: html() if field == "body_html" and source.get(field, "") is not None else source.get(field)
        for field in _FIELDS_BY_MEDIA_TYPE[media_type]
    }


def _hidden_bodies(reason: str, media_type: MediaType) -> dict[str, Any]:
    notice = _NOTICES.get(reason, _DEFAULT_NOTICE)
    html = f"<p><em>{notice}</em></p>"
    return {field: html if field == "body_html" else notice for field in _FIELDS_BY_MEDIA_TYPE[media_type]}


def _apply(changes: Mapping[str, Any], source: Mapping[str, Any]) -> dict[str, Any]:
    """Return the object with these fields changed in place, without any other body field."""
    fields = {
        name: None if _contains_html(value) else value
        for name, value in source.items()
        if name not in _BODY_FIELDS or name in changes
    }
    return fields | dict(changes)


def _contains_html(value: object) -> bool:
    """Return whether an unknown object contains GitHub's HTML, which nothing has sanitized."""
    if isinstance(value, dict):
        return "body_html" in value or any(map(_contains_html, value.values()))
    return isinstance(value, list) and any(map(_contains_html, value))

"""GitHub's JSON objects as anonymous readers see them, built from the objects that GitHub sent.

Fields, unknown ones included, and their order are GitHub's. These differ:

- The body fields depend on the media type, and HTML is sanitized.
- URLs of resources that this service serves lead here.
- The text of a hidden comment is replaced by a notice.

Follows https://docs.github.com/rest/issues/comments and https://docs.github.com/rest/issues/issues
"""

from collections.abc import Callable, Mapping
from typing import Any

from app.domain.sites import Repository
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
_DEFAULT_NOTICE = "This comment was hidden."
"""For reasons that GitHub adds later. The reason itself is never put into HTML."""


def comment(
    value: Comment, repo: Repository, media_type: MediaType, sanitize: Sanitizer, public_url: str | None
) -> dict[str, Any]:
    """Return GitHub's issue comment object. `public_url` is the service's address; None leaves GitHub's URLs."""
    changes = _comment_bodies(value, media_type, sanitize)
    issues_url = _issues_url(repo, public_url)
    if issues_url is not None:
        changes |= {"url": f"{issues_url}/comments/{value.id}", "issue_url": f"{issues_url}/{value.number}"}
    return _apply(changes, value.source)


def issue(
    value: Issue, repo: Repository, media_type: MediaType, sanitize: Sanitizer, public_url: str | None
) -> dict[str, Any]:
    """Return GitHub's issue object. Its pinned comment is the mirror's; `public_url` as for `comment`."""
    changes = _bodies(value.source, media_type, lambda: sanitize(value))
    issues_url = _issues_url(repo, public_url)
    if issues_url is not None:
        changes |= {"url": f"{issues_url}/{value.number}", "comments_url": f"{issues_url}/{value.number}/comments"}
    if value.source.get("pinned_comment") is not None:
        pinned = value.pinned_comment
        changes["pinned_comment"] = pinned and comment(pinned, repo, media_type, sanitize, public_url)
    return _apply(changes, value.source)


def _issues_url(repo: Repository, public_url: str | None) -> str | None:
    return None if public_url is None else f"{public_url.rstrip('/')}/repos/{repo.full_name}/issues"


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

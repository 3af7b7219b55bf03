"""GitHub's own objects, as GitHub shows them to the public, made of the objects that it sent.

Fields and their order stay GitHub's, unknown ones too. What changes: the forms of a body follow the media type, HTML is
the safe HTML, addresses of what is served here lead here, and the text of a hidden comment is a notice in its place.
Follows https://docs.github.com/rest/issues/comments and https://docs.github.com/rest/issues/issues
"""

from collections.abc import Callable, Mapping
from typing import Any

from app.domain.sites import Repository
from app.domain.threads import Comment, Issue
from app.render.keys import Media

SafeHtml = Callable[[Comment | Issue], str]
"""Gives the HTML of a comment or an issue as it may be put into a page."""

_FORMS = ("body_html", "body_text", "body")
"""A body's fields, in GitHub's order."""
_CARRIED = {
    Media.DEFAULT: ("body",),
    Media.RAW: ("body",),
    Media.TEXT: ("body_text",),
    Media.HTML: ("body_html",),
    Media.FULL: _FORMS,
}
_NOTICES = {
    "abuse": "This comment was marked as disruptive content.",
    "duplicate": "This comment was marked as a duplicate.",
    "off-topic": "This comment was marked as off-topic.",
    "outdated": "This comment was marked as outdated.",
    "resolved": "This comment was marked as resolved.",
    "spam": "This comment was marked as spam.",
}
_NOTICE = "This comment was hidden."
"""For reasons that GitHub has added since: a reason is never put into HTML."""


def comment(value: Comment, repo: Repository, media: Media, safe: SafeHtml, public_url: str | None) -> dict[str, Any]:
    """GitHub's issue comment."""
    bodies = _of_hidden(value.hidden, media) if value.hidden is not None else _of_comment(value, media, safe)
    home = _home(repo, public_url)
    addresses = home and {"url": f"{home}/comments/{value.id}", "issue_url": f"{home}/{value.number}"}
    return _reshaped(value.source, bodies | (addresses or {}))


def issue(
    value: Issue,
    repo: Repository,
    media: Media,
    safe: SafeHtml,
    public_url: str | None,
) -> dict[str, Any]:
    """GitHub's issue, with its pinned comment as the mirror has it."""
    changed: dict[str, Any] = dict(_bodies(value.source, media, lambda: safe(value)))
    home = _home(repo, public_url)
    if home is not None:
        changed |= {"url": f"{home}/{value.number}", "comments_url": f"{home}/{value.number}/comments"}
    if value.source.get("pinned_comment") is not None:
        pinned = value.pinned_comment
        changed["pinned_comment"] = pinned and comment(pinned, repo, media, safe, public_url)
    return _reshaped(value.source, changed)


def _home(repo: Repository, public_url: str | None) -> str | None:
    return None if public_url is None else f"{public_url.rstrip('/')}/repos/{repo.full_name}/issues"


def _of_comment(value: Comment, media: Media, safe: SafeHtml) -> dict[str, Any]:
    source = {"body": value.body, "body_text": value.body_text} | dict(value.source)
    return _bodies(source, media, lambda: safe(value))


def _bodies(source: Mapping[str, Any], media: Media, html: Callable[[], str]) -> dict[str, Any]:
    """The forms that this media type carries; what is null at GitHub stays null."""
    return {
        form: html() if form == "body_html" and source.get(form, "") is not None else source.get(form)
        for form in _CARRIED[media]
    }


def _of_hidden(reason: str, media: Media) -> dict[str, Any]:
    notice = _NOTICES.get(reason, _NOTICE)
    return {form: f"<p><em>{notice}</em></p>" if form == "body_html" else notice for form in _CARRIED[media]}


def _reshaped(source: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """The object with these fields changed in their places and no other form of its body."""
    kept = {
        name: None if _holds_html(value) else value
        for name, value in source.items()
        if name not in _FORMS or name in changed
    }
    return kept | dict(changed)


def _holds_html(value: object) -> bool:
    """True where an object within holds HTML: nobody knows it, so nobody has made it safe."""
    if isinstance(value, dict):
        return "body_html" in value or any(map(_holds_html, value.values()))
    return isinstance(value, list) and any(map(_holds_html, value))

"""Opening an issue, with GitHub's refusals in its order: token, repository, permission, archive, issues, content.

https://docs.github.com/rest/issues/issues#create-an-issue
"""

from typing import Any

import orjson

from app.simulator.http import responses
from app.simulator.http.responses import SimulatedResponse, StatusError
from app.simulator.world.objects import View, issue_object
from app.simulator.world.records import Repository, User
from app.simulator.world.world import World

CREATE_DOCS = f"{responses.DOCS}/issues/issues#create-an-issue"
MAX_TITLE = 256
"""Characters."""
MAX_BODY = 262_144
"""Bytes of UTF-8, although the message speaks of 65,536 characters."""
MAX_LABEL = 50
_MAY_LABEL = frozenset(("OWNER", "MEMBER", "COLLABORATOR"))


def create_issue(
    world: World, repository: Repository, viewer: User | None, content: bytes, view: View, *, read_only: bool
) -> SimulatedResponse:
    """Open an issue for the user of a token and return 201 with it; `read_only` tokens may not write.

    Labels of a user without access are dropped silently. Raises StatusError for a refusal.
    """
    if viewer is None:
        raise StatusError(responses.error_response(401, "Requires authentication", CREATE_DOCS))
    if read_only:
        raise StatusError(
            responses.error_response(403, "Resource not accessible by personal access token", CREATE_DOCS)
        )
    if repository.archived:
        raise StatusError(responses.error_response(403, "Repository was archived so is read-only.", CREATE_DOCS))
    if not repository.has_issues:
        raise StatusError(
            responses.error_response(410, "Issues has been disabled in this repository.", CREATE_DOCS),
        )
    fields = _parse(content)
    labels = _labels(fields)
    if not _may_label(world, repository, viewer):
        labels = []
    issue = world.open_issue(
        repository.full_name, title=_title(fields), body=_body(fields), author=viewer.login, labels=labels
    )
    issue_json = issue_object(world, issue, view) | {"closed_by": None}
    return responses.json_response(201, issue_json, location=issue_json["url"])


def _parse(content: bytes) -> dict[str, Any]:
    try:
        fields = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise StatusError(responses.error_response(400, "Problems parsing JSON", CREATE_DOCS)) from None
    if not isinstance(fields, dict):
        raise StatusError(responses.error_response(400, "Body should be a JSON object", CREATE_DOCS))
    return fields


def _title(fields: dict[str, Any]) -> str:
    title = fields.get("title")
    if isinstance(title, int):
        title = str(title)
    if not isinstance(title, str) or not title.strip():
        raise _invalid("title", "missing_field")
    if len(title.strip()) > MAX_TITLE:
        raise _invalid("title", "custom", f"title is too long (maximum is {MAX_TITLE} characters)")
    return title.strip()


def _body(fields: dict[str, Any]) -> str | None:
    body = fields.get("body")
    if body is not None and not isinstance(body, str):
        raise _invalid("body", "invalid")
    if len((body or "").encode()) > MAX_BODY:
        raise _invalid("body", "custom", "body is too long (maximum is 65536 characters)")
    return body


def _labels(fields: dict[str, Any]) -> list[str]:
    labels = fields.get("labels") or []
    if not isinstance(labels, list):
        raise _invalid("labels", "invalid")
    values = [label.get("name") if isinstance(label, dict) else label for label in labels]
    names = [value.strip() for value in values if isinstance(value, str)]
    if len(names) < len(values) or not all(0 < len(name) <= MAX_LABEL for name in names):
        raise _invalid("labels", "invalid")
    return list(dict.fromkeys(names))


def _may_label(world: World, repository: Repository, viewer: User) -> bool:
    association = world.associations.get((repository.id, viewer.id))
    return viewer.login.lower() == repository.owner.lower() or association in _MAY_LABEL or viewer.kind == "Bot"


def _invalid(field: str, code: str, message: str | None = None) -> StatusError:
    error = {"resource": "Issue", "code": code, "field": field} | ({"message": message} if message else {})
    body = {"message": "Validation Failed", "errors": [error], "documentation_url": CREATE_DOCS, "status": "422"}
    return StatusError(responses.json_response(422, body))

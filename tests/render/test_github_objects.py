from dataclasses import replace
from typing import Any

import pytest
from githubkit_schemas.latest.models import Issue as DescribedIssue

from app.domain.threads import Comment, Issue
from app.github import payloads
from app.render import github_objects
from app.render.keys import MediaType
from tests.github.objects import without
from tests.render.sample_threads import API, WEB, a_comment, an_issue, comment_object, fake_sanitize, issue_object

REQUIRED = {field.alias or name for name, field in DescribedIssue.model_fields.items() if field.is_required()}
"""What GitHub's OpenAPI description requires of an issue."""
READ_BY_THE_MIRROR = {
    *("id", "number", "title", "state", "repository_url", "html_url", "created_at", "updated_at", "comments")
}
"""Fields without which a response of GitHub's is refused."""
BODIES = ("body_html", "body_text", "body")
FIELDS_BY_MEDIA_TYPE = [
    (MediaType.DEFAULT, ("body",)),
    (MediaType.RAW, ("body",)),
    (MediaType.TEXT, ("body_text",)),
    (MediaType.HTML, ("body_html",)),
    (MediaType.FULL, BODIES),
]
REPOSITORY_URL = "https://comments.example.org/repos/ada/blog"
SERVICE_URL = f"{REPOSITORY_URL}/issues"


def _with_bodies(source: dict[str, Any], body_fields: tuple[str, ...], html: str) -> dict[str, Any]:
    """Return GitHub's object with these body fields only, and with the given HTML."""
    fields = {name: value for name, value in source.items() if name not in BODIES or name in body_fields}
    return {name: html if name == "body_html" else value for name, value in fields.items()}


def _comment(value: Comment, media_type: MediaType = MediaType.FULL, url: str | None = None) -> dict[str, Any]:
    return github_objects.comment(value, media_type, fake_sanitize, url)


def _issue(value: Issue, media_type: MediaType = MediaType.FULL, url: str | None = None) -> dict[str, Any]:
    return github_objects.issue(value, media_type, fake_sanitize, url)


@pytest.mark.parametrize(("media_type", "body_fields"), FIELDS_BY_MEDIA_TYPE)
def test_comment_keeps_githubs_fields_and_order(media_type: MediaType, body_fields: tuple[str, ...]) -> None:
    value = _comment(a_comment(), media_type)
    expected = _with_bodies(comment_object(), body_fields, "<p>safe 1001</p>")
    assert list(value.items()) == list(expected.items())


@pytest.mark.parametrize(("media_type", "body_fields"), FIELDS_BY_MEDIA_TYPE)
def test_issue_keeps_githubs_fields_and_order(media_type: MediaType, body_fields: tuple[str, ...]) -> None:
    value = _issue(an_issue(), media_type)
    expected = _with_bodies(issue_object(), body_fields, "<p>safe 41</p>")
    assert list(value.items()) == list(expected.items())


def test_unknown_fields_are_kept() -> None:
    new_field = {"a": [1, {"b": None}], "sub_issues_summary": {"total": 0}}
    assert _comment(a_comment(new_field=new_field))["new_field"] == new_field
    assert _issue(an_issue(new_field=new_field))["new_field"] == new_field


@pytest.mark.parametrize("unknown", [{"body_html": "<script>"}, [{"of": {"body_html": "<script>"}}]])
def test_unknown_fields_with_html_are_nulled(unknown: Any) -> None:
    assert _comment(a_comment(unknown=unknown))["unknown"] is None
    assert _issue(an_issue(unknown=unknown))["unknown"] is None


@pytest.mark.parametrize("media_type", MediaType)
def test_null_body_stays_null(media_type: MediaType) -> None:
    no_bodies: dict[str, Any] = dict.fromkeys(BODIES)
    fields = _comment(a_comment(**no_bodies), media_type) | _issue(an_issue(**no_bodies), media_type)
    assert {value for name, value in fields.items() if name in BODIES} == {None}


def test_missing_body_is_filled_in() -> None:
    source = {name: value for name, value in comment_object().items() if name not in BODIES}
    value = Comment(
        **{name: getattr(a_comment(), name) for name in Comment.__slots__ if name != "source"}, source=source
    )
    assert {name: _comment(value)[name] for name in BODIES} == {
        "body_html": "<p>safe 1001</p>",
        "body_text": "text 1001",
        "body": "*text* 1001",
    }


def test_urls_of_mirrored_resources_lead_to_the_service() -> None:
    comment = comment_object() | {"url": f"{SERVICE_URL}/comments/1001", "issue_url": f"{SERVICE_URL}/41"}
    issue = issue_object() | {"url": f"{SERVICE_URL}/41", "comments_url": f"{SERVICE_URL}/41/comments"}
    issue["repository_url"] = REPOSITORY_URL
    expected_comment = _with_bodies(comment, BODIES, "<p>safe 1001</p>")
    expected_issue = _with_bodies(issue, BODIES, "<p>safe 41</p>")
    assert list(_comment(a_comment(), url=REPOSITORY_URL).items()) == list(expected_comment.items())
    assert list(_issue(an_issue(), url=REPOSITORY_URL).items()) == list(expected_issue.items())


@pytest.mark.parametrize(
    ("reason", "notice"),
    [
        ("spam", "This comment was marked as spam."),
        ("ABUSE", "This comment was marked as disruptive content."),
        ("off-topic", "This comment was marked as off-topic."),
        ("OFF_TOPIC", "This comment was marked as off-topic."),
        ("outdated", "This comment was marked as outdated."),
        ("resolved", "This comment was marked as resolved."),
        ("duplicate", "This comment was marked as a duplicate."),
        ("<script>", "This comment was hidden."),
        (None, "This comment was hidden."),
    ],
)
@pytest.mark.parametrize(("media_type", "body_fields"), FIELDS_BY_MEDIA_TYPE)
def test_hidden_comment_has_a_notice_for_its_text(
    media_type: MediaType, body_fields: tuple[str, ...], reason: str | None, notice: str
) -> None:
    hidden = {"reason": reason}
    value = _comment(a_comment(minimized=hidden), media_type)
    expected = _with_bodies(comment_object(minimized=hidden), body_fields, f"<p><em>{notice}</em></p>")
    assert list(value.items()) == [
        (name, notice if name in ("body", "body_text") else value) for name, value in expected.items()
    ]


@pytest.mark.parametrize(("media_type", "body_fields"), FIELDS_BY_MEDIA_TYPE)
def test_pinned_comment_within_issue_follows_the_media_type(
    media_type: MediaType, body_fields: tuple[str, ...]
) -> None:
    issue = an_issue(pinned_comment=comment_object(1002))
    assert _issue(issue, media_type)["pinned_comment"] == _with_bodies(
        comment_object(1002), body_fields, "<p>safe 1002</p>"
    )


def test_pinned_comment_is_the_mirrors() -> None:
    issue = an_issue(pinned_comment=comment_object(1002))
    hidden = replace(issue, pinned_comment=a_comment(1002, minimized={"reason": "spam"}))
    value = github_objects.issue(hidden, MediaType.RAW, fake_sanitize, None)
    assert value["pinned_comment"]["body"] == "This comment was marked as spam."


@pytest.mark.parametrize("pinned_comment", [7, {}, {"id": 1, "body_html": "<script>"}])
def test_unreadable_pinned_comment_is_null(pinned_comment: Any) -> None:
    assert _issue(an_issue(pinned_comment=pinned_comment))["pinned_comment"] is None


def test_html_url_stays_on_github() -> None:
    assert _issue(an_issue(), url=REPOSITORY_URL)["html_url"] == f"{WEB}/issues/41"


def test_closer_is_in_single_issues_and_in_no_list() -> None:
    closer = {"login": "ada"}
    known, unknown = an_issue(closed_by=closer), payloads.issue(without(issue_object(), "closed_by"))
    assert [_issue(known)["closed_by"], _issue(unknown)["closed_by"]] == [closer, None]
    assert list(_issue(unknown)) == list(_issue(an_issue()))
    for value in (known, unknown):
        listed = github_objects.listed_issue(value, MediaType.FULL, fake_sanitize, None)
        assert list(listed) == [name for name in _issue(value) if name != "closed_by"]


@pytest.mark.parametrize("name", sorted(REQUIRED - READ_BY_THE_MIRROR))
def test_required_field_that_github_left_out_is_there(name: str) -> None:
    source = without(issue_object(), name)
    fields = _issue(payloads.issue(source))
    assert fields.keys() >= REQUIRED | {"assignee", "closed_by"}
    assert fields[name] == {"node_id": "", "user": None}.get(name, _issue(an_issue())[name])


def test_repository_leads_to_the_service() -> None:
    source = {"url": API, "issues_url": f"{API}/issues{{/number}}", "description": "Words", "forks": 3}
    value = github_objects.repository(source, REPOSITORY_URL, is_private=False)
    assert value["issues_url"] == f"{SERVICE_URL}{{/number}}"
    assert (value["url"], value["description"], value["forks"]) == (REPOSITORY_URL, "Words", 3)


def test_private_repository_is_not_described() -> None:
    times = {
        "created_at": "2020-07-01T09:30:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "pushed_at": "2026-01-02T00:00:00Z",
    }
    source = {"url": API, "description": "Words", "forks": 3, "topics": ["secret"], **times}
    value = github_objects.repository(source, None, is_private=True)
    assert value == {
        "url": API,
        "description": None,
        "forks": 0,
        "topics": (),
        **dict.fromkeys(times, "2020-07-01T09:30:00Z"),
    }

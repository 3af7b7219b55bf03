from dataclasses import replace
from typing import Any

import pytest

from app.domain.threads import Comment, Issue
from app.render import github_objects
from app.render.keys import MediaType
from tests.render.documents import API, REPO, WEB, a_comment, an_issue, comment_object, issue_object, safe

BODIES = ("body_html", "body_text", "body")
CARRIED = [
    (MediaType.DEFAULT, ("body",)),
    (MediaType.RAW, ("body",)),
    (MediaType.TEXT, ("body_text",)),
    (MediaType.HTML, ("body_html",)),
    (MediaType.FULL, BODIES),
]
HERE = "https://comments.example.org/repos/ada/blog/issues"


def expected(source: dict[str, Any], carried: tuple[str, ...], html: str) -> dict[str, Any]:
    """What GitHub would send for a media type, with the safe HTML in the place of its own."""
    told = {name: value for name, value in source.items() if name not in BODIES or name in carried}
    return {name: html if name == "body_html" else value for name, value in told.items()}


def comment_shape(
    value: Comment, media_type: MediaType = MediaType.FULL, public_url: str | None = None
) -> dict[str, Any]:
    return github_objects.comment(value, REPO, media_type, safe, public_url)


def issue_shape(value: Issue, media_type: MediaType = MediaType.FULL, public_url: str | None = None) -> dict[str, Any]:
    return github_objects.issue(value, REPO, media_type, safe, public_url)


@pytest.mark.parametrize(("media_type", "carried"), CARRIED)
def test_a_comment_is_githubs_own_object_in_githubs_order(media_type: MediaType, carried: tuple[str, ...]) -> None:
    shape = comment_shape(a_comment(), media_type)
    wanted = expected(comment_object(), carried, "<p>safe 1001</p>")
    assert list(shape.items()) == list(wanted.items())


@pytest.mark.parametrize(("media_type", "carried"), CARRIED)
def test_an_issue_is_githubs_own_object_in_githubs_order(media_type: MediaType, carried: tuple[str, ...]) -> None:
    shape = issue_shape(an_issue(), media_type)
    wanted = expected(issue_object(), carried, "<p>safe 41</p>")
    assert list(shape.items()) == list(wanted.items())


def test_fields_that_nobody_knows_yet_are_kept() -> None:
    novelty = {"a": [1, {"b": None}], "sub_issues_summary": {"total": 0}}
    assert comment_shape(a_comment(novelty=novelty))["novelty"] == novelty
    assert issue_shape(an_issue(novelty=novelty))["novelty"] == novelty


@pytest.mark.parametrize("unknown", [{"body_html": "<script>"}, [{"of": {"body_html": "<script>"}}]])
def test_html_that_nobody_has_made_safe_is_not_passed_on(unknown: Any) -> None:
    assert comment_shape(a_comment(unknown=unknown))["unknown"] is None
    assert issue_shape(an_issue(unknown=unknown))["unknown"] is None


@pytest.mark.parametrize("media_type", MediaType)
def test_a_body_that_is_null_at_github_stays_null(media_type: MediaType) -> None:
    nothing: dict[str, Any] = dict.fromkeys(BODIES)
    told = comment_shape(a_comment(**nothing), media_type) | issue_shape(an_issue(**nothing), media_type)
    assert {value for name, value in told.items() if name in BODIES} == {None}


def test_a_body_that_github_did_not_send_is_filled_in() -> None:
    source = {name: value for name, value in comment_object().items() if name not in BODIES}
    value = Comment(
        **{name: getattr(a_comment(), name) for name in Comment.__slots__ if name != "source"}, source=source
    )
    assert {name: comment_shape(value)[name] for name in BODIES} == {
        "body_html": "<p>safe 1001</p>",
        "body_text": "text 1001",
        "body": "*text* 1001",
    }


@pytest.mark.parametrize("public_url", ["https://comments.example.org", "https://comments.example.org/"])
def test_addresses_of_what_is_served_here_lead_here(public_url: str) -> None:
    comment = comment_object() | {"url": f"{HERE}/comments/1001", "issue_url": f"{HERE}/41"}
    issue = issue_object() | {"url": f"{HERE}/41", "comments_url": f"{HERE}/41/comments"}
    wanted_comment = expected(comment, BODIES, "<p>safe 1001</p>")
    wanted_issue = expected(issue, BODIES, "<p>safe 41</p>")
    assert list(comment_shape(a_comment(), public_url=public_url).items()) == list(wanted_comment.items())
    assert list(issue_shape(an_issue(), public_url=public_url).items()) == list(wanted_issue.items())


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
@pytest.mark.parametrize(("media_type", "carried"), CARRIED)
def test_a_hidden_comment_keeps_its_place_and_loses_its_text(
    media_type: MediaType, carried: tuple[str, ...], reason: str | None, notice: str
) -> None:
    hidden = {"reason": reason}
    shape = comment_shape(a_comment(minimized=hidden), media_type)
    wanted = expected(comment_object(minimized=hidden), carried, f"<p><em>{notice}</em></p>")
    assert list(shape.items()) == [
        (name, notice if name in ("body", "body_text") else value) for name, value in wanted.items()
    ]


@pytest.mark.parametrize(("media_type", "carried"), CARRIED)
def test_a_pinned_comment_within_an_issue_is_shaped_as_any(media_type: MediaType, carried: tuple[str, ...]) -> None:
    issue = an_issue(pinned_comment=comment_object(1002))
    assert issue_shape(issue, media_type)["pinned_comment"] == expected(
        comment_object(1002), carried, "<p>safe 1002</p>"
    )


def test_a_pinned_comment_is_shown_as_the_mirror_has_it_by_now() -> None:
    issue = an_issue(pinned_comment=comment_object(1002))
    hidden = replace(issue, pinned_comment=a_comment(1002, minimized={"reason": "spam"}))
    shape = github_objects.issue(hidden, REPO, MediaType.RAW, safe, None)
    assert shape["pinned_comment"]["body"] == "This comment was marked as spam."


@pytest.mark.parametrize("broken", [7, {}, {"id": 1, "body_html": "<script>"}])
def test_a_pinned_comment_that_cannot_be_read_is_left_out(broken: Any) -> None:
    assert issue_shape(an_issue(pinned_comment=broken))["pinned_comment"] is None


def test_the_page_on_github_stays_on_github() -> None:
    shape = issue_shape(an_issue(), public_url="https://comments.example.org")
    assert (shape["html_url"], shape["repository_url"]) == (f"{WEB}/issues/41", API)

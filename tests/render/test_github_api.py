from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidParameter
from app.domain.threads import Status
from app.render import github_api
from app.render.document import JSON, Document
from app.render.keys import GitHubCommentKey, GitHubCommentsKey, GitHubIssueKey, GitHubIssuesKey, MediaType
from tests.render.rendered_json import read_json
from tests.render.sample_threads import REPO, a_comment, a_thread, an_issue, comment_object, fake_sanitize, no_thread

DOCS = "https://docs.github.com/rest/issues"


def _issue_key(media_type: MediaType = MediaType.DEFAULT) -> GitHubIssueKey:
    return GitHubIssueKey(REPO, 41, media_type)


def _comments_key(**fields: Any) -> GitHubCommentsKey:
    return replace(GitHubCommentsKey(REPO, 41, MediaType.DEFAULT, page=1, per_page=30, since=None), **fields)


def _issues_key(**fields: Any) -> GitHubIssuesKey:
    default = GitHubIssuesKey(REPO, MediaType.DEFAULT, 1, 30, "all", (), "created", "desc", None, None)
    return replace(default, **fields)


def _ids(document: Document) -> list[int]:
    return [comment["id"] for comment in read_json(document)]


def _numbers(key: GitHubIssuesKey, *issues: Any) -> list[int]:
    return [issue["number"] for issue in read_json(github_api.issues(issues, key, fake_sanitize, None))]


def test_issue_has_its_document() -> None:
    thread = a_thread(a_comment(), stale=True)
    document = github_api.issue(thread, _issue_key(MediaType.HTML), fake_sanitize)
    assert (read_json(document)["number"], read_json(document)["comments"], read_json(document)["body_html"]) == (
        41,
        1,
        "<p>safe 41</p>",
    )
    assert (document.status, document.content_type, document.checked_at, document.stale, document.pages) == (
        200,
        JSON,
        1_600_000_000.9,
        True,
        None,
    )
    assert document.github_media_type == "github.v3; param=html; format=json"


def test_time_hides_no_change_of_a_pinned_comment() -> None:
    issue = an_issue(pinned_comment=comment_object(1002))
    thread = a_thread(a_comment(1002), issue=issue)
    assert github_api.issue(thread, _issue_key(), fake_sanitize).last_modified is not None
    hidden = replace(issue, pinned_comment=a_comment(1002, minimized={"reason": "spam"}))
    assert github_api.issue(replace(thread, issue=hidden), _issue_key(), fake_sanitize).last_modified is None


def test_comment_has_its_document() -> None:
    key = GitHubCommentKey(REPO, 1001, MediaType.TEXT)
    document = github_api.comment(a_comment(), key, fake_sanitize, 5.0)
    assert read_json(document)["body_text"] == "text 1001"
    assert (document.checked_at, document.stale, document.github_media_type) == (
        5.0,
        False,
        "github.v3; param=text; format=json",
    )


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [(Status.MISSING, 404, "Not Found"), (Status.GONE, 410, "This issue was deleted")],
)
def test_missing_issue_is_refused_as_on_github(status: Status, code: int, message: str) -> None:
    thread = no_thread(status)
    issue = github_api.issue(thread, _issue_key(), fake_sanitize)
    comments = github_api.comments(thread, _comments_key(), fake_sanitize)
    body = {"message": message, "documentation_url": f"{DOCS}/issues#get-an-issue", "status": str(code)}
    assert read_json(issue) == body
    assert read_json(comments) == body | {"documentation_url": f"{DOCS}/comments#list-issue-comments"}
    assert [document.status for document in (issue, comments)] == [code, code]
    assert [document.checked_at for document in (issue, comments)] == [1_600_000_000.0] * 2
    assert [document.pages for document in (issue, comments)] == [None, None]
    assert issue.github_media_type == "github.v3; format=json"


@pytest.mark.parametrize(
    ("page", "per_page", "expected", "last"),
    [
        (1, 30, range(1, 31), 3),
        (2, 30, range(31, 61), 3),
        (3, 30, range(61, 62), 3),
        (4, 30, [], 3),
        (10**18, 30, [], 3),
        (1, 61, range(1, 62), 1),
        (1, 100, range(1, 62), 1),
    ],
)
def test_comments_are_paged_as_on_github(page: int, per_page: int, expected: range, last: int) -> None:
    thread = a_thread(*map(a_comment, range(1, 62)))
    document = github_api.comments(thread, _comments_key(page=page, per_page=per_page), fake_sanitize)
    assert _ids(document) == list(expected)
    assert document.pages == (page, last)
    assert document.status == 200


def test_issue_without_comments_has_an_empty_page() -> None:
    document = github_api.comments(a_thread(), _comments_key(), fake_sanitize)
    assert (document.bodies["identity"], document.pages) == (b"[]", (1, 1))


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ("2020-07-02T10:00:00Z", [1, 2, 3]),
        ("2020-07-02T10:00:01Z", [2, 3]),
        ("2020-07-02T12:00:01+02:00", [2, 3]),
        ("2020-07-02T10:00:00.5Z", [2, 3]),
        ("2020-07-03T00:00:00Z", [3]),
        ("2020-07-03T00:00:01Z", []),
        ("0001-01-01T00:00:00Z", [1, 2, 3]),
        ("9999-12-31T23:59:59-12:00", []),
    ],
)
def test_since_compares_update_times_inclusively(since: str, expected: list[int]) -> None:
    thread = a_thread(
        a_comment(1),
        a_comment(2, updated_at="2020-07-02T10:00:01Z"),
        a_comment(3, updated_at="2020-07-03T00:00:00Z"),
    )
    document = github_api.comments(thread, _comments_key(since=since, per_page=1), fake_sanitize)
    default = github_api.comments(thread, _comments_key(since=since), fake_sanitize)
    assert _ids(default) == expected
    assert document.pages == (1, max(1, len(expected)))


@given(st.text())
def test_invalid_since_is_named(since: str) -> None:
    with pytest.raises(InvalidParameter, match="since"):
        github_api.comments(a_thread(a_comment()), _comments_key(since=since), fake_sanitize)


def test_new_second_page_changes_the_first_pages_etag() -> None:
    comments = [a_comment(n) for n in range(1, 32)]
    issue = an_issue()
    before = github_api.comments(a_thread(*comments[:30], issue=issue), _comments_key(), fake_sanitize)
    after = github_api.comments(a_thread(*comments, issue=issue), _comments_key(), fake_sanitize)
    assert before.bodies == after.bodies
    assert before.etag != after.etag


def test_new_check_keeps_the_etag() -> None:
    thread = a_thread(a_comment())
    newer = replace(thread, checked_at=1_700_000_000.0, stale=True)
    assert (
        github_api.comments(thread, _comments_key(), fake_sanitize).etag
        == github_api.comments(newer, _comments_key(), fake_sanitize).etag
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, [3, 2, 1]),
        ({"direction": "asc"}, [1, 2, 3]),
        ({"sort": "updated"}, [1, 3, 2]),
        ({"sort": "updated", "direction": "asc"}, [2, 3, 1]),
        ({"sort": "comments"}, [2, 3, 1]),
        ({"sort": "comments", "direction": "asc"}, [1, 3, 2]),
        ({"state": "open"}, [3, 1]),
        ({"state": "closed"}, [2]),
        ({"labels": ("Jobs",)}, [3, 1]),
        ({"labels": ("JOBS", "gitalk")}, [3]),
        ({"labels": ("jobs", "absent")}, []),
        ({"creator": "ADA"}, [3, 1]),
        ({"creator": "ghost"}, [2]),
        ({"creator": "nobody"}, []),
        ({"since": "2020-08-01T00:00:00Z"}, [3, 1]),
        ({"per_page": 2}, [3, 2]),
        ({"per_page": 2, "page": 2}, [1]),
        ({"per_page": 2, "page": 3}, []),
        ({"state": "open", "labels": ("jobs",), "sort": "updated", "per_page": 1}, [1]),
    ],
)
def test_issues_are_filtered_sorted_and_paged(fields: dict[str, Any], expected: list[int]) -> None:
    jobs, gitalk = {"name": "jobs"}, {"name": "Gitalk"}
    issues = [
        an_issue(1, updated_at="2021-01-01T00:00:00Z", labels=[jobs]),
        an_issue(2, created_at="2020-07-01T09:30:01Z", state="closed", comments=9, login=None),
        an_issue(
            3, created_at="2020-07-01T09:30:01Z", updated_at="2020-08-01T00:00:00Z", labels=[gitalk, jobs], comments=1
        ),
    ]
    assert _numbers(_issues_key(**fields), *issues) == expected


def test_pull_requests_are_left_out() -> None:
    assert _numbers(_issues_key(), an_issue(1), an_issue(2, pull_request={"url": "https://api.github.com/x"})) == [1]


def test_issue_list_has_pages_and_check_time() -> None:
    document = github_api.issues([an_issue(1), an_issue(2)], _issues_key(per_page=1), fake_sanitize, 5.0)
    assert (document.pages, document.checked_at, document.stale, document.status) == ((1, 2), 5.0, False, 200)


def test_issue_list_refuses_an_invalid_since() -> None:
    with pytest.raises(InvalidParameter, match="since"):
        github_api.issues([an_issue()], _issues_key(since="yesterday"), fake_sanitize, None)

from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidParameter
from app.domain.threads import Status
from app.render import github_api
from app.render.document import JSON, Document
from app.render.keys import GitHubCommentKey, GitHubCommentsKey, GitHubIssueKey, GitHubIssuesKey, MediaType
from tests.render.documents import REPO, a_comment, a_thread, an_issue, no_thread, safe

DOCS = "https://docs.github.com/rest/issues"


def said(document: Document) -> Any:
    return orjson.loads(document.bodies["identity"])


def issue_key(media_type: MediaType = MediaType.DEFAULT) -> GitHubIssueKey:
    return GitHubIssueKey(REPO, 41, media_type)


def comments_key(**fields: Any) -> GitHubCommentsKey:
    return replace(GitHubCommentsKey(REPO, 41, MediaType.DEFAULT, page=1, per_page=30, since=None), **fields)


def issues_key(**fields: Any) -> GitHubIssuesKey:
    every = GitHubIssuesKey(REPO, MediaType.DEFAULT, 1, 30, "all", (), "created", "desc", None, None)
    return replace(every, **fields)


def ids(document: Document) -> list[int]:
    return [comment["id"] for comment in said(document)]


def numbers(key: GitHubIssuesKey, *issues: Any) -> list[int]:
    return [issue["number"] for issue in said(github_api.issues(issues, key, safe, None, None))]


def test_an_issue_has_its_document() -> None:
    thread = a_thread(a_comment(), stale=True)
    document = github_api.issue(thread, issue_key(MediaType.HTML), safe, None)
    assert (said(document)["number"], said(document)["comments"], said(document)["body_html"]) == (
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


def test_a_comment_has_its_document() -> None:
    key = GitHubCommentKey(REPO, 1001, MediaType.TEXT)
    document = github_api.comment(a_comment(), key, safe, None, checked_at=5.0, stale=True)
    assert said(document)["body_text"] == "text 1001"
    assert (document.checked_at, document.stale, document.github_media_type) == (
        5.0,
        True,
        "github.v3; param=text; format=json",
    )


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [(Status.MISSING, 404, "Not Found"), (Status.GONE, 410, "This issue was deleted")],
)
def test_an_issue_that_is_not_there_is_refused_as_github_does(status: Status, code: int, message: str) -> None:
    thread = no_thread(status)
    issue = github_api.issue(thread, issue_key(), safe, None)
    comments = github_api.comments(thread, comments_key(), safe, None)
    body = {"message": message, "documentation_url": f"{DOCS}/issues#get-an-issue", "status": str(code)}
    assert said(issue) == body
    assert said(comments) == body | {"documentation_url": f"{DOCS}/comments#list-issue-comments"}
    assert [document.status for document in (issue, comments)] == [code, code]
    assert [document.checked_at for document in (issue, comments)] == [1_600_000_000.0] * 2
    assert issue.github_media_type == "github.v3; format=json"


def test_a_refusal_is_made_without_a_thread_too() -> None:
    document = github_api.not_found(github_api.COMMENT_DOCS)
    assert said(document) == {
        "message": "Not Found",
        "documentation_url": f"{DOCS}/comments#get-an-issue-comment",
        "status": "404",
    }
    assert (document.status, document.pages) == (404, None)
    assert github_api.issue_deleted(github_api.ISSUES_DOCS).status == 410


@pytest.mark.parametrize(
    ("page", "per_page", "shown", "last"),
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
def test_comments_come_in_githubs_pages(page: int, per_page: int, shown: range, last: int) -> None:
    thread = a_thread(*map(a_comment, range(1, 62)))
    document = github_api.comments(thread, comments_key(page=page, per_page=per_page), safe, None)
    assert ids(document) == list(shown)
    assert document.pages == (page, last)
    assert document.status == 200


def test_an_issue_without_comments_has_an_empty_page() -> None:
    document = github_api.comments(a_thread(), comments_key(), safe, None)
    assert (document.bodies["identity"], document.pages) == (b"[]", (1, 1))


@pytest.mark.parametrize(
    ("since", "shown"),
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
def test_since_is_by_update_and_inclusive(since: str, shown: list[int]) -> None:
    thread = a_thread(
        a_comment(1),
        a_comment(2, updated_at="2020-07-02T10:00:01Z"),
        a_comment(3, updated_at="2020-07-03T00:00:00Z"),
    )
    document = github_api.comments(thread, comments_key(since=since, per_page=1), safe, None)
    every = github_api.comments(thread, comments_key(since=since), safe, None)
    assert ids(every) == shown
    assert document.pages == (1, max(1, len(shown)))


@given(st.text())
def test_a_since_that_is_no_time_is_named(since: str) -> None:
    with pytest.raises(InvalidParameter, match="since"):
        github_api.comments(a_thread(a_comment()), comments_key(since=since), safe, None)


def test_the_etag_of_a_full_first_page_follows_a_second_one_for_its_link_does() -> None:
    comments = [a_comment(n) for n in range(1, 32)]
    issue = an_issue()
    before = github_api.comments(a_thread(*comments[:30], issue=issue), comments_key(), safe, None)
    after = github_api.comments(a_thread(*comments, issue=issue), comments_key(), safe, None)
    assert before.bodies == after.bodies
    assert before.etag != after.etag


def test_an_etag_stays_with_a_new_check() -> None:
    thread = a_thread(a_comment())
    checked = replace(thread, checked_at=1_700_000_000.0, stale=True)
    assert (
        github_api.comments(thread, comments_key(), safe, None).etag
        == github_api.comments(checked, comments_key(), safe, None).etag
    )


@pytest.mark.parametrize(
    ("fields", "shown"),
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
def test_issues_are_chosen_sorted_and_paged_as_github_does(fields: dict[str, Any], shown: list[int]) -> None:
    jobs, gitalk = {"name": "jobs"}, {"name": "Gitalk"}
    issues = [
        an_issue(1, updated_at="2021-01-01T00:00:00Z", labels=[jobs]),
        an_issue(2, created_at="2020-07-01T09:30:01Z", state="closed", comments=9, login=None),
        an_issue(
            3, created_at="2020-07-01T09:30:01Z", updated_at="2020-08-01T00:00:00Z", labels=[gitalk, jobs], comments=1
        ),
    ]
    assert numbers(issues_key(**fields), *issues) == shown


def test_pull_requests_are_no_issues_here() -> None:
    assert numbers(issues_key(), an_issue(1), an_issue(2, pull_request={"url": "https://api.github.com/x"})) == [1]


def test_a_list_of_issues_says_its_pages_and_its_age() -> None:
    document = github_api.issues([an_issue(1), an_issue(2)], issues_key(per_page=1), safe, None, 5.0, stale=True)
    assert (document.pages, document.checked_at, document.stale, document.status) == ((1, 2), 5.0, True, 200)


def test_issues_refuse_a_since_that_is_no_time() -> None:
    with pytest.raises(InvalidParameter, match="since"):
        github_api.issues([an_issue()], issues_key(since="yesterday"), safe, None, None)

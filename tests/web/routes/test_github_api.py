import string
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from githubkit_schemas.latest.models import RateLimitOverview
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidParameter, NotReady, StoreUnusable
from app.domain.sites import Repository
from app.domain.times import epoch
from app.render.keys import (
    GitHubAllCommentsKey,
    GitHubCommentKey,
    GitHubCommentsKey,
    GitHubIssueKey,
    GitHubIssuesKey,
    MediaType,
)
from app.web.routes.github_api import parse_positive_number, parse_since
from tests.web.harness.blog import BIG, GONE, OTHER, POST, SITE, Blog

ISSUES = "/repos/owner/blog/issues"
HERE = "http://blog.test/repos/Owner/Blog"
"""The address of the repository at this service."""


def _comments_key(
    number: int = 41, *, page: int = 1, per_page: int = 30, since: str | None = None
) -> GitHubCommentsKey:
    return GitHubCommentsKey(SITE, number, MediaType.DEFAULT, page, per_page, since)


def _issues_key(
    *, state: str = "open", labels: tuple[str, ...] = (), sort: str = "created", direction: str = "desc", **rest: str
) -> GitHubIssuesKey:
    return GitHubIssuesKey(
        SITE, MediaType.DEFAULT, 1, 30, state, labels, sort, direction, rest.get("since"), rest.get("creator")
    )


def _all_comments_key(*, page: int = 1, since: str | None = None, **order: Any) -> GitHubAllCommentsKey:
    return GitHubAllCommentsKey(SITE, MediaType.DEFAULT, page, 30, since, **order)


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ("/41", GitHubIssueKey(SITE, 41, MediaType.DEFAULT)),
        ("/comments/2", GitHubCommentKey(SITE, 2, MediaType.DEFAULT)),
        ("/41/comments", _comments_key()),
        ("/41/comments?page=2&per_page=5", _comments_key(page=2, per_page=5)),
        ("/41/comments?client_id=a&client_secret=b&access_token=c&t=1&_=1593595800", _comments_key()),
        ("/41/comments?page=1&page=2", _comments_key(page=2)),
        ("/41/comments?since=2020-07-01", _comments_key(since="2020-07-01T00:00:00Z")),
        ("/41/comments?since=2020-07-01T11:30:00+02:00", _comments_key(since="2020-07-01T09:30:00Z")),
        ("/41/comments?since=", _comments_key()),
        ("", _issues_key()),
        ("?state=all&sort=comments&direction=asc", _issues_key(state="all", sort="comments", direction="asc")),
        ("?state=&sort=name&direction=up&milestone=1", _issues_key()),
        ("?labels=b,%20a,,b", _issues_key(labels=("a", "b"))),
        ("?creator=octocat&since=2020-07-01", _issues_key(creator="octocat", since="2020-07-01T00:00:00Z")),
        ("?creator=&labels=", _issues_key()),
        ("/comments", _all_comments_key()),
        ("/comments?direction=desc&since=2020-07-01", _all_comments_key(since="2020-07-01T00:00:00Z")),
        ("/comments?sort=created", _all_comments_key(descending=True)),
        ("/comments?sort=updated&direction=asc&page=2", _all_comments_key(by_update=True, page=2)),
        ("/comments?sort=updated&direction=desc", _all_comments_key(by_update=True, descending=True)),
    ],
)
async def test_github_url_selects_a_document(blog: Blog, target: str, key: Any) -> None:
    response = await blog.request(ISSUES + target)
    assert response.status_code == 200
    assert blog.reader.requested_keys == [replace(key, repository_url=HERE)]


@pytest.mark.parametrize(("path", "site"), [("OWNER/Blog", SITE), ("owner/BLOG", SITE), ("Owner/Notes", OTHER)])
async def test_repository_names_ignore_case(blog: Blog, path: str, site: Repository) -> None:
    await blog.request(f"/repos/{path}/issues/41")
    url = f"http://blog.test/repos/{site}"
    assert blog.reader.requested_keys == [GitHubIssueKey(site, 41, MediaType.DEFAULT, url)]


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, MediaType.DEFAULT),
        ("*/*", MediaType.DEFAULT),
        ("application/vnd.github.v3.html+json", MediaType.HTML),
        ("application/json, text/javascript, */*; q=0.01, application/vnd.github.v3.html+json", MediaType.HTML),
        ("application/vnd.github.full+json", MediaType.FULL),
        ("\xff\xfe", MediaType.DEFAULT),
    ],
)
async def test_accept_header_selects_the_media_type(blog: Blog, accept: str | None, media_type: MediaType) -> None:
    response = await blog.request(f"{ISSUES}/41", {"accept": accept} if accept else {})
    assert blog.reader.requested_keys == [GitHubIssueKey(SITE, 41, media_type, HERE)]
    assert response.headers["vary"] == "Accept, Accept-Encoding"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1),
        ("007", 7),
        ("0" * 9000 + "7", 7),
        ("999999999", 999_999_999),
        (None, 30),
        ("", 30),
        ("0", 30),
        ("-1", 30),
        ("1.5", 30),
        ("abc", 30),
        ("４", 30),
        ("1\n", 30),
        ("9" * 9000, 30),
    ],
)
def test_invalid_number_means_the_default(text: str | None, number: int) -> None:
    assert parse_positive_number(text, 30) == number


@pytest.mark.parametrize(("value", "per_page"), [("100", 100), ("101", 100), ("5000", 100), ("0", 30), ("x", 30)])
async def test_per_page_is_at_most_100(blog: Blog, value: str, per_page: int) -> None:
    await blog.request(f"{ISSUES}/41/comments?per_page={value}")
    assert blog.reader.requested_keys == [replace(_comments_key(per_page=per_page), repository_url=HERE)]


async def test_page_beyond_the_end_is_empty_with_links(blog: Blog) -> None:
    response = await blog.request(f"{ISSUES}/{BIG}/comments?page=999999999")
    assert (response.status_code, response.json()) == (200, [])
    assert response.links["prev"]["url"].endswith("/comments?page=3")


@pytest.mark.parametrize("number", ["0", "-1", "041", "x", "４１", "1.0", "%00", "41%00", "9" * 5000, str(2**53)])
@pytest.mark.parametrize("path", ["{}", "{}/comments", "comments/{}"])
async def test_invalid_id_is_not_found(blog: Blog, path: str, number: str) -> None:
    response = await blog.request(f"{ISSUES}/{path.format(number)}")
    assert response.status_code == 404
    assert (response.json()["message"], response.json()["status"]) == ("Not Found", "404")
    assert blog.reader.requested_keys == []


@pytest.mark.parametrize(
    "path",
    [
        "/repos/owner/blog/",
        "/repos/owner/blog/labels",
        "/repos/owner",
        "/repos/a/b",
        "/api/v3",
        "/api/v3/user",
        "/api/v3/repos/a/b/issues",
        f"{ISSUES}/",
        f"{ISSUES}/41/",
        f"{ISSUES}/41/comments/",
        "/repos/a/b/issues/41",
    ],
)
async def test_unserved_path_is_not_found(blog: Blog, path: str) -> None:
    response = await blog.request(path)
    assert (response.status_code, response.json()["message"]) == (404, "Not Found")
    assert blog.reader.requested_keys == []


async def test_unknown_comment_is_not_found(blog: Blog) -> None:
    response = await blog.request(f"{ISSUES}/comments/999")
    assert response.status_code == 404
    assert response.json()["documentation_url"] == "https://docs.github.com/rest/issues/comments#get-an-issue-comment"


@pytest.mark.parametrize(("number", "status"), [(42, 404), (GONE, 410)])
@pytest.mark.parametrize("suffix", ["", "/comments"])
async def test_missing_and_deleted_issues_have_the_statuses_of_github(
    blog: Blog, number: int, status: int, suffix: str
) -> None:
    response = await blog.request(f"{ISSUES}/{number}{suffix}")
    assert (response.status_code, response.json()["status"]) == (status, str(status))


@pytest.mark.parametrize(
    ("target", "field"),
    [("/41/comments?since=yesterday", "since"), ("?since=2020-13-01", "since"), ("?state=half-open", "state")],
)
async def test_invalid_parameter_has_an_error_body_of_github(blog: Blog, target: str, field: str) -> None:
    response = await blog.request(ISSUES + target)
    body = response.json()
    assert response.status_code == 422
    assert response.headers["cache-control"] == "no-store"
    assert (body["message"], body["status"]) == ("Validation Failed", "422")
    assert body["documentation_url"].startswith("https://docs.github.com/rest/issues/")
    assert [(error["resource"], error["field"], error["code"]) for error in body["errors"]] == [
        ("Issue", field, "invalid")
    ]


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        (None, None),
        ("", None),
        ("2020-07-01T09:30:00Z", "2020-07-01T09:30:00Z"),
        ("2020-07-01t09:30:00z", "2020-07-01T09:30:00Z"),
        ("2020-07-01T09:30:00.999Z", "2020-07-01T09:30:00Z"),
        ("2020-07-01T09:30Z", "2020-07-01T09:30:00Z"),
        ("2020-07-01T09:30:00", "2020-07-01T09:30:00Z"),
        ("2020-07-01", "2020-07-01T00:00:00Z"),
        ("2020-07-01 09:30:00", "2020-07-01T09:30:00Z"),
        ("2020-07-01T11:30:00+02:00", "2020-07-01T09:30:00Z"),
        ("2020-07-01T11:30:00 02:00", "2020-07-01T09:30:00Z"),
        ("2020-07-01 11:30:00 0200", "2020-07-01T09:30:00Z"),
        ("2020-07-01T00:30:00-0900", "2020-07-01T09:30:00Z"),
        ("0001-01-01", "0001-01-01T00:00:00Z"),
    ],
)
def test_since_is_parsed_as_leniently_as_by_github(text: str | None, normal: str | None) -> None:
    assert parse_since(text) == normal


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "1593595800",
        "2020-07",
        "2020-02-30",
        "2020-07-01T25:00:00Z",
        "2020-07-01T09:30:00+99:00",
        "0001-01-01T00:00:00+02:00",
        "9999-12-31T23:59:59-02:00",
        "2020-07-01T09:30:00Z\x00",
        "２０２０-07-01",
    ],
)
def test_invalid_since_is_rejected(text: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        parse_since(text)
    assert caught.value.name == "since"


TIMES = st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(9998, 1, 1),  # noqa: DTZ001
    timezones=st.timezones(),
)


@given(moment=TIMES, is_decoded=st.booleans())
def test_every_offset_is_converted_to_utc(moment: datetime, *, is_decoded: bool) -> None:
    text = moment.isoformat(timespec="microseconds")
    text = text[:32]  # offsets of the nineteenth century have seconds, which no RFC 3339 time has
    expected = datetime.fromisoformat(text).replace(microsecond=0).astimezone(UTC).timestamp()
    parsed = parse_since(text.replace("+", " ") if is_decoded else text)
    assert parsed is not None
    assert epoch(parsed) == expected


@given(st.text(alphabet=string.digits + "-:TZ +.", max_size=30))
def test_any_text_is_parsed_or_rejected(text: str) -> None:
    try:
        parsed = parse_since(text)
    except InvalidParameter:
        return
    assert parsed is None or parse_since(parsed) == parsed


async def test_blog_script_reads_comments_as_html(blog: Blog) -> None:
    response = await blog.request(f"{ISSUES}/{POST}/comments", {"accept": "application/vnd.github.v3.html+json"})
    assert [comment["body_html"] for comment in response.json()] == [
        "<p>Comment 1</p>",
        "<p><em>This comment was marked as spam.</em></p>",
        "<p>Comment 3</p>",
    ]


@pytest.mark.parametrize("name", ["labels", "creator"])
async def test_long_filter_is_refused(blog: Blog, name: str) -> None:
    assert (await blog.request(f"/repos/Owner/Blog/issues?{name}={'x' * 1000}")).status_code == 200
    response = await blog.request(f"/repos/Owner/Blog/issues?{name}={'x' * 1001}")
    assert response.status_code == 422
    assert "at most 1000 characters" in response.text


async def test_enterprise_prefix_stays_in_links(blog: Blog) -> None:
    for _ in range(2):  # by the route, then from the cache
        response = await blog.request(f"/api/v3{ISSUES}/{BIG}/comments")
        assert response.links["next"]["url"] == f"http://blog.test/api/v3{ISSUES}/{BIG}/comments?page=2"


@pytest.mark.parametrize("prefix", ["", "/api/v3"])
async def test_rate_limit_has_the_form_of_github(blog: Blog, prefix: str) -> None:
    response = await blog.request(f"{prefix}/rate_limit")
    limit = RateLimitOverview.model_validate(response.json()).resources.core
    assert (limit.limit, limit.remaining, limit.used) == (5000, 5000, 0)
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("target", "field"), [("/41", "updated_at"), ("/comments/1", "updated_at"), ("/comments/2", None), ("", None)]
)
async def test_single_objects_have_the_time_of_their_change(blog: Blog, target: str, field: str | None) -> None:
    response = await blog.request(ISSUES + target)
    assert ("last-modified" in response.headers) == (field is not None)
    if field is not None:
        same = await blog.request(ISSUES + target, {"if-modified-since": response.headers["last-modified"]})
        assert (same.status_code, same.content) == (304, b"")


@pytest.mark.parametrize("path", [f"{ISSUES}/41/reactions", f"/api/v3{ISSUES}/comments/1/reactions"])
async def test_list_of_reactions_is_refused_with_the_reason(blog: Blog, path: str) -> None:
    response = await blog.request(path)
    body = response.json()
    assert (response.status_code, body["status"]) == (404, "404")
    assert "only their counts" in body["message"]
    assert body["documentation_url"].startswith("https://docs.github.com/rest/reactions/reactions#list-reactions-for-")


@pytest.mark.parametrize("failure", [NotReady("Post 41", 5), StoreUnusable("db", "locked"), RuntimeError("mistake")])
@pytest.mark.parametrize("path", [f"{ISSUES}/41", f"/api/v3{ISSUES}/41", "/repos/owner/blog"])
async def test_every_failure_has_a_message(blog: Blog, path: str, failure: Exception) -> None:
    blog.reader.failure = failure
    response = await blog.request(path)
    assert response.status_code in {500, 503}
    assert response.json()["message"]
    assert response.json()["documentation_url"].startswith("https://docs.github.com/rest/")


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
@pytest.mark.parametrize("path", [f"{ISSUES}/41", f"/api/v3{ISSUES}", "/repos/owner/blog", "/rate_limit"])
async def test_writing_is_refused_with_a_message(blog: Blog, path: str, method: str) -> None:
    response = await blog.request(path, method=method)
    assert (response.status_code, response.json()["message"]) == (405, "Method Not Allowed")
    assert response.headers["allow"] == "GET, HEAD, OPTIONS"

import string
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidParameter
from app.domain.times import epoch
from app.render.keys import CompatCommentKey, CompatCommentsKey, CompatIssueKey, CompatIssuesKey, Key, Media
from app.web.routes.github_api import counting, since
from tests.web.blog import BIG, GONE, OTHER, POST, SITE, Blog

HOME = "/repos/owner/blog/issues"


def of_comments(number: int = 41, *, page: int = 1, per_page: int = 30, since: str | None = None) -> CompatCommentsKey:
    return CompatCommentsKey(SITE, number, Media.DEFAULT, page, per_page, since)


def of_issues(
    *, state: str = "open", labels: tuple[str, ...] = (), sort: str = "created", direction: str = "desc", **rest: str
) -> CompatIssuesKey:
    return CompatIssuesKey(
        SITE, Media.DEFAULT, 1, 30, state, labels, sort, direction, rest.get("since"), rest.get("creator")
    )


@pytest.mark.parametrize(
    ("target", "key"),
    [
        ("/41", CompatIssueKey(SITE, 41, Media.DEFAULT)),
        ("/comments/2", CompatCommentKey(SITE, 2, Media.DEFAULT)),
        ("/41/comments", of_comments()),
        ("/41/comments?page=2&per_page=5", of_comments(page=2, per_page=5)),
        ("/41/comments?client_id=a&client_secret=b&access_token=c&t=1&_=1593595800", of_comments()),
        ("/41/comments?page=1&page=2", of_comments(page=2)),
        ("/41/comments?since=2020-07-01", of_comments(since="2020-07-01T00:00:00Z")),
        ("/41/comments?since=2020-07-01T11:30:00+02:00", of_comments(since="2020-07-01T09:30:00Z")),
        ("/41/comments?since=", of_comments()),
        ("", of_issues()),
        ("?state=all&sort=comments&direction=asc", of_issues(state="all", sort="comments", direction="asc")),
        ("?state=&sort=name&direction=up&milestone=1", of_issues()),
        ("?labels=b,%20a,,b", of_issues(labels=("a", "b"))),
        ("?creator=octocat&since=2020-07-01", of_issues(creator="octocat", since="2020-07-01T00:00:00Z")),
        ("?creator=&labels=", of_issues()),
    ],
)
async def test_an_address_of_githubs_means_a_document(blog: Blog, target: str, key: Key) -> None:
    answer = await blog.ask(HOME + target)
    assert answer.status_code == 200
    assert blog.reads.asked == [key]


@pytest.mark.parametrize(("path", "site"), [("OWNER/Blog", SITE), ("owner/BLOG", SITE), ("Owner/Notes", OTHER)])
async def test_repositories_compare_without_regard_to_case(blog: Blog, path: str, site: object) -> None:
    await blog.ask(f"/repos/{path}/issues/41")
    assert blog.reads.asked == [CompatIssueKey(site, 41, Media.DEFAULT)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, Media.DEFAULT),
        ("*/*", Media.DEFAULT),
        ("application/vnd.github.v3.html+json", Media.HTML),
        ("application/json, text/javascript, */*; q=0.01, application/vnd.github.v3.html+json", Media.HTML),
        ("application/vnd.github.full+json", Media.FULL),
        ("\xff\xfe", Media.DEFAULT),
    ],
)
async def test_the_media_type_chooses_the_form_of_the_body(blog: Blog, accept: str | None, media: Media) -> None:
    answer = await blog.ask(f"{HOME}/41", {"accept": accept} if accept else {})
    assert blog.reads.asked == [CompatIssueKey(SITE, 41, media)]
    assert answer.headers["vary"] == "Accept, Accept-Encoding"


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
def test_a_number_that_is_none_means_the_default(text: str | None, number: int) -> None:
    assert counting(text, 30) == number


@pytest.mark.parametrize(("given", "per_page"), [("100", 100), ("101", 100), ("5000", 100), ("0", 30), ("x", 30)])
async def test_a_page_holds_a_hundred_at_most(blog: Blog, given: str, per_page: int) -> None:
    await blog.ask(f"{HOME}/41/comments?per_page={given}")
    assert blog.reads.asked == [of_comments(per_page=per_page)]


async def test_a_page_beyond_the_end_is_empty_and_leads_back(blog: Blog) -> None:
    answer = await blog.ask(f"{HOME}/{BIG}/comments?page=999999999")
    assert (answer.status_code, answer.json()) == (200, [])
    assert answer.links["prev"]["url"].endswith("/comments?page=3")


@pytest.mark.parametrize(
    "number", ["0", "-1", "041", "x", "comments", "４１", "1.0", "%00", "41%00", "9" * 5000, str(2**53)]
)
@pytest.mark.parametrize("path", ["{}", "{}/comments", "comments/{}"])
async def test_a_number_that_is_none_is_not_found(blog: Blog, path: str, number: str) -> None:
    answer = await blog.ask(f"{HOME}/{path.format(number)}")
    assert answer.status_code == 404
    assert (answer.json()["message"], answer.json()["status"]) == ("Not Found", "404")
    assert blog.reads.asked == []


@pytest.mark.parametrize(
    "path",
    [
        "/repos/owner/blog",
        "/repos/owner/blog/",
        f"{HOME}/",
        f"{HOME}/41/",
        f"{HOME}/41/comments/",
        "/repos/a/b/issues/41",
    ],
)
async def test_what_is_not_served_is_not_found(blog: Blog, path: str) -> None:
    answer = await blog.ask(path)
    assert (answer.status_code, answer.json()["message"]) == (404, "Not Found")
    assert blog.reads.asked == []


async def test_a_comment_that_nobody_wrote_is_not_found(blog: Blog) -> None:
    answer = await blog.ask(f"{HOME}/comments/999")
    assert answer.status_code == 404
    assert answer.json()["documentation_url"] == "https://docs.github.com/rest/issues/comments#get-an-issue-comment"


@pytest.mark.parametrize(("number", "status"), [(42, 404), (GONE, 410)])
@pytest.mark.parametrize("suffix", ["", "/comments"])
async def test_an_issue_that_is_not_there_is_answered_as_github_answers(
    blog: Blog, number: int, status: int, suffix: str
) -> None:
    answer = await blog.ask(f"{HOME}/{number}{suffix}")
    assert (answer.status_code, answer.json()["status"]) == (status, str(status))


@pytest.mark.parametrize(
    ("target", "field"),
    [("/41/comments?since=yesterday", "since"), ("?since=2020-13-01", "since"), ("?state=half-open", "state")],
)
async def test_what_cannot_be_understood_is_refused_in_githubs_form(blog: Blog, target: str, field: str) -> None:
    answer = await blog.ask(HOME + target)
    body = answer.json()
    assert answer.status_code == 422
    assert answer.headers["cache-control"] == "no-store"
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
def test_a_time_is_read_as_leniently_as_github_reads_it(text: str | None, normal: str | None) -> None:
    assert since(text) == normal


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
def test_what_is_no_time_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidParameter) as refused:
        since(text)
    assert refused.value.name == "since"


MOMENTS = st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(9998, 1, 1),  # noqa: DTZ001
    timezones=st.timezones(),
)


@given(moment=MOMENTS, decoded=st.booleans())
def test_every_time_with_an_offset_is_read_as_the_same_moment(moment: datetime, *, decoded: bool) -> None:
    text = moment.isoformat(timespec="microseconds")
    text = text[:32]  # offsets of the nineteenth century have seconds, which no RFC 3339 time has
    expected = datetime.fromisoformat(text).replace(microsecond=0).astimezone(UTC).timestamp()
    read = since(text.replace("+", " ") if decoded else text)
    assert read is not None
    assert epoch(read) == expected


@given(st.text(alphabet=string.digits + "-:TZ +.", max_size=30))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    try:
        read = since(text)
    except InvalidParameter:
        return
    assert read is None or since(read) == read


async def test_a_script_that_knows_the_name_of_the_repository_reads_the_comments(blog: Blog) -> None:
    answer = await blog.ask(f"{HOME}/{POST}/comments", {"accept": "application/vnd.github.v3.html+json"})
    assert [comment["body_html"] for comment in answer.json()] == [
        "<p>Comment 1</p>",
        "<p><em>This comment was marked as spam.</em></p>",
        "<p>Comment 3</p>",
    ]

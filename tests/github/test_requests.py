import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.github import requests
from app.github.requests import RepositoryRequests, Request

API = "https://api.github.com"
BLOG = RepositoryRequests(API, "octo/blog")
ISSUE = BLOG.issue(41)


@pytest.mark.parametrize(
    ("ask", "path", "many"),
    [
        (BLOG.repository(), "/repos/octo/blog", False),
        (BLOG.issues(), "/repos/octo/blog/issues?state=all&sort=created&direction=desc&per_page=100", True),
        (
            BLOG.issues_since("2020-07-01T09:30:00Z"),
            "/repos/octo/blog/issues?state=all&sort=updated&direction=asc&per_page=100&since=2020-07-01T09%3A30%3A00Z",
            True,
        ),
        (ISSUE, "/repos/octo/blog/issues/41", False),
        (BLOG.comments(41), "/repos/octo/blog/issues/41/comments?per_page=100", True),
        (
            BLOG.comments(41, since="2020-07-01T09:30:00Z"),
            "/repos/octo/blog/issues/41/comments?per_page=100&since=2020-07-01T09%3A30%3A00Z",
            True,
        ),
        (
            BLOG.all_comments(newest_first=True),
            "/repos/octo/blog/issues/comments?sort=created&direction=desc&per_page=100",
            True,
        ),
        (
            BLOG.all_comments(newest_first=False),
            "/repos/octo/blog/issues/comments?sort=updated&direction=asc&per_page=100",
            True,
        ),
        (
            BLOG.all_comments_since("2020-07-01T09:30:00Z"),
            "/repos/octo/blog/issues/comments?sort=updated&direction=asc&per_page=100&since=2020-07-01T09%3A30%3A00Z",
            True,
        ),
    ],
)
def test_an_ask_has_the_same_address_to_the_byte_every_time(ask: Request, path: str, many: bool) -> None:  # noqa: FBT001
    assert (ask.url, ask.path, ask.many) == (API + path, path, many)


def test_the_next_page_is_asked_for_like_the_first() -> None:
    page = requests.next_page(BLOG.issues(), f"{API}/repositories/7/issues?page=2")

    assert page == Request(f"{API}/repositories/7/issues?page=2", many=True, accept=BLOG.issues().accept)


def test_every_ask_names_client_version_and_form() -> None:
    assert requests.headers(ISSUE, api=API, token=None) == {
        "Accept": "application/vnd.github.full+json",
        "User-Agent": "afterword",
        "X-GitHub-Api-Version": "2022-11-28",
    }


def test_token_and_etag_go_to_the_host_of_the_api() -> None:
    headers = requests.headers(ISSUE, api=API, token="s3cret", etag='"abc"')

    assert (headers["Authorization"], headers["If-None-Match"]) == ("Bearer s3cret", '"abc"')


SAME = [
    "https://api.github.com/x",
    "https://API.github.com/x",
    "https://api.github.com:443/x",
    "HTTPS://api.github.com",
]
OTHER = [
    "http://api.github.com/x",
    "https://api.github.com:8443/x",
    "https://api.github.com.evil.example/x",
    "https://evil.example/api.github.com",
    "https://api.github.com@evil.example/",
    "https://user:pass@api.github.com/x",
    "https://evil.example\\@api.github.com/",
    "https://api.github.com\\.evil.example/",
    "https://api.github.com:99999/x",
    "https://api.github.com:port/x",
    "https://api.github.com /x",
    "https://api.github.com/\r\nHost: evil.example",
    "https://аpi.github.com/x",
    "https://[api.github.com/x",
    "//api.github.com/x",
    "/x",
    "ftp://api.github.com/x",
    "https://api.github.com/" + "x" * 9000,
    "",
]


@pytest.mark.parametrize("url", SAME)
def test_the_host_of_the_api_is_known_in_any_spelling(url: str) -> None:
    assert requests.same_host(url, API)


@pytest.mark.parametrize("url", OTHER)
def test_token_and_etag_never_go_anywhere_else(url: str) -> None:
    headers = requests.headers(Request(url, many=False), api=API, token="s3cret", etag='"abc"')

    assert not requests.same_host(url, API)
    assert not {"Authorization", "If-None-Match"} & set(headers)


@given(st.text() | st.sampled_from(OTHER))
def test_any_address_is_shown_to_people_without_its_host(url: str) -> None:
    assert not Request(url, many=False).path.startswith(("http:", "https:", "ftp:"))


@given(st.text() | st.text().map(lambda text: API + text))
def test_a_url_on_the_host_of_the_api_begins_with_it_and_nothing_else(url: str) -> None:
    rest = url[len(API) :]

    assert not requests.same_host(url, API) or (url.lower().startswith(API) and rest[:1] in ("", "/", "?", "#", ":"))


def test_what_an_etag_belongs_to_depends_on_address_form_and_token_and_shows_none_of_them() -> None:
    others = [Request(ISSUE.url + "x", many=False), Request(ISSUE.url, many=False, accept="application/json")]

    keys = {requests.validator_key(ask, "s3cret") for ask in [ISSUE, *others]}
    keys |= {requests.validator_key(ISSUE, None), requests.validator_key(ISSUE, "other")}

    assert len(keys) == 5
    assert all("s3cret" not in key for key in keys)
    assert requests.validator_key(ISSUE, "s3cret") == requests.validator_key(ISSUE, "s3cret")

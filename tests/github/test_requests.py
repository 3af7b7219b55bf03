import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.github import requests
from app.github.requests import RepositoryRequests, Request

API = "https://api.github.com"
BLOG = RepositoryRequests(API, "octo/blog")
ISSUE = BLOG.issue(41)


@pytest.mark.parametrize(
    ("api_request", "path", "many"),
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
def test_request_url_is_stable_byte_for_byte(api_request: Request, path: str, many: bool) -> None:  # noqa: FBT001
    assert (api_request.url, api_request.path, api_request.many) == (API + path, path, many)


def test_next_page_has_the_media_type_of_the_first() -> None:
    page = requests.next_page(BLOG.issues(), f"{API}/repositories/7/issues?page=2")

    assert page == Request(f"{API}/repositories/7/issues?page=2", many=True, accept=BLOG.issues().accept)


def test_request_headers_name_client_version_and_media_type() -> None:
    assert requests.headers(ISSUE, api=API, token=None) == {
        "Accept": "application/vnd.github.full+json",
        "User-Agent": "afterword",
        "X-GitHub-Api-Version": "2022-11-28",
    }


def test_token_and_etag_go_to_the_api_host() -> None:
    headers = requests.headers(ISSUE, api=API, token="s3cret", etag='"abc"')

    assert (headers["Authorization"], headers["If-None-Match"]) == ("Bearer s3cret", '"abc"')


API_URLS = [
    "https://api.github.com/x",
    "https://API.github.com/x",
    "https://api.github.com:443/x",
    "HTTPS://api.github.com",
]
OTHER_URLS = [
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


@pytest.mark.parametrize("url", API_URLS)
def test_api_host_is_recognised_in_any_spelling(url: str) -> None:
    assert requests.same_host(url, API)


@pytest.mark.parametrize("url", OTHER_URLS)
def test_token_and_etag_go_to_no_other_host(url: str) -> None:
    headers = requests.headers(Request(url, many=False), api=API, token="s3cret", etag='"abc"')

    assert not requests.same_host(url, API)
    assert not {"Authorization", "If-None-Match"} & set(headers)


@given(st.text() | st.sampled_from(OTHER_URLS))
def test_path_of_any_url_has_no_host(url: str) -> None:
    assert not Request(url, many=False).path.startswith(("http:", "https:", "ftp:"))


@given(st.text() | st.text().map(lambda text: API + text))
def test_same_host_url_starts_with_the_api(url: str) -> None:
    rest = url[len(API) :]

    assert not requests.same_host(url, API) or (url.lower().startswith(API) and rest[:1] in ("", "/", "?", "#", ":"))


def test_validator_key_depends_on_url_media_type_and_token() -> None:
    others = [Request(ISSUE.url + "x", many=False), Request(ISSUE.url, many=False, accept="application/json")]

    keys = {requests.validator_key(request, "s3cret") for request in [ISSUE, *others]}
    keys |= {requests.validator_key(ISSUE, None), requests.validator_key(ISSUE, "other")}

    assert len(keys) == 5
    assert all("s3cret" not in key for key in keys)
    assert requests.validator_key(ISSUE, "s3cret") == requests.validator_key(ISSUE, "s3cret")

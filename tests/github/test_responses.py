import unicodedata
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import (
    GitHubError,
    InvalidResponse,
)
from app.github import responses
from app.github.rate_limits import RateLimit
from app.github.requests import Request
from app.github.responses import Redirect, Response
from tests.github.exchanges import BLOG, NOW, decipher, decipher_ok
from tests.github.objects import API, comment_object, issue_object, repository_object, without


def test_list_response_has_all_header_values() -> None:
    response = decipher_ok(
        BLOG.issues(),
        [issue_object()],
        link=f'<{API}/repositories/7/issues?page=2>; rel="next"',
        eTaG='W/"abc"',
        date="Sun, 13 Sep 2020 12:36:40 GMT",
        X_RateLimit_Limit="60",
        X_RATELIMIT_REMAINING="59",
        x_ratelimit_reset="1600001500",
    )

    assert response == Response(
        url=BLOG.issues().url,
        data=[issue_object()],
        next_url=f"{API}/repositories/7/issues?page=2",
        etag='W/"abc"',
        date=NOW + 600,
        rate_limit=RateLimit(60, 59, NOW + 900),
    )


def test_response_without_optional_headers_is_valid() -> None:
    assert decipher_ok(BLOG.issue(41), issue_object()) == Response(url=BLOG.issue(41).url, data=issue_object())


def test_empty_list_has_no_comments() -> None:
    assert responses.comments(decipher_ok(BLOG.comments(41), [])) == ()


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/vnd.github.full+json; charset=utf-8", "Application/JSON ;charset=UTF-8"],
)
def test_json_media_types_are_accepted(content_type: str) -> None:
    assert decipher_ok(BLOG.comments(41), [], content_type=content_type).data == []


def test_json_without_content_type_is_accepted() -> None:
    response = responses.decipher_response(BLOG.comments(41), 200, {}, b"[]", now=NOW)

    assert isinstance(response, Response)
    assert response.data == []


@pytest.mark.parametrize("content_type", ["text/html; charset=utf-8", "text/plain", "", "application/jsonp"])
def test_another_media_type_is_invalid_even_with_json(content_type: str) -> None:
    fields = {"content-type": content_type}

    with pytest.raises(InvalidResponse, match="instead of JSON"):
        responses.decipher_response(BLOG.comments(41), 200, fields, b"[]", now=NOW)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[",
        b'[{"id": 1}, {"id"',
        b"<html>",
        b"null",
        b"7",
        b'"text"',
        b"{}",
        b"[1]",
        b"[{}, null]",
        b"[[]]",
        b'[{"a": "\xff"}]',
        b"\xef\xbb\xbf[]",
        b"[" * 5000,
    ],
)
def test_incomplete_list_of_objects_is_invalid(body: bytes) -> None:
    with pytest.raises(InvalidResponse, match=r"/repos/octo/blog/issues/41/comments"):
        decipher(BLOG.comments(41), 200, body)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"[{}]", b"null", b"true", b'{"id": 1'])
def test_incomplete_object_is_invalid(body: bytes) -> None:
    with pytest.raises(InvalidResponse, match=r"/repos/octo/blog/issues/41 "):
        decipher(BLOG.issue(41), 200, body)


@pytest.mark.parametrize(
    "link",
    [
        '<https://evil.example/repositories/7/issues?page=2>; rel="next"',
        '<http://api.github.com/repositories/7/issues?page=2>; rel="next"',
        '<//evil.example/x>; rel="next"',
        '<https://[broken>; rel="next"',
        '<https://api.github.com/a\tb>; rel="next"',
        '<>; rel="next"',
        f'<{BLOG.issues().url}>; rel="next"',
        f'<{BLOG.issues().url}#again>; rel="next"',
        '<https://api.github.com/x; rel="next"',
    ],
)
def test_wrong_next_link_makes_the_response_invalid(link: str) -> None:
    with pytest.raises(InvalidResponse):
        decipher(BLOG.issues(), 200, [], link=link)


@pytest.mark.parametrize(
    ("target", "next_url"),
    [
        ("/repositories/7/issues?page=2", f"{API}/repositories/7/issues?page=2"),
        ("?after=Y3Vyc29y&page=2", f"{API}/repos/octo/blog/issues?after=Y3Vyc29y&page=2"),
        ("https://API.GITHUB.COM:443/x", "https://API.GITHUB.COM:443/x"),
    ],
)
def test_next_link_may_be_relative(target: str, next_url: str) -> None:
    assert decipher_ok(BLOG.issues(), [], link=f'<{target}>; rel="next"').next_url == next_url


def test_single_object_has_no_next_page() -> None:
    assert decipher_ok(BLOG.issue(41), {}, link=f'<{API}/x>; rel="next"').next_url is None


@pytest.mark.parametrize("etag", ["abc", '"a"b"', '"ä"', '"a\x00"', "", "W/abc", '"' + "x" * 600 + '"'])
def test_unsendable_etag_is_ignored(etag: str) -> None:
    assert decipher_ok(BLOG.issue(41), {}, etag=etag).etag is None


@pytest.mark.parametrize(("headers", "etag"), [({}, '"old"'), ({"etag": '"new"'}, '"new"')])
def test_304_is_unchanged(headers: dict[str, Any], etag: str) -> None:
    response = decipher(BLOG.issues(), 304, b"", sent_etag='"old"', x_ratelimit_limit="60", **headers)

    assert response == Response(url=BLOG.issues().url, data=None, unchanged=True, etag=etag)


def test_304_without_a_sent_etag_is_invalid() -> None:
    with pytest.raises(InvalidResponse):
        decipher(BLOG.issues(), 304, b"")


@given(st.text())
def test_any_text_becomes_a_single_line(text: str) -> None:
    line = responses.single_line(text)

    assert len(line) <= 200
    assert all(char == " " or unicodedata.category(char)[0] not in "CZ" for char in line)


def test_response_is_parsed_by_its_kind() -> None:
    assert [
        issue.number for issue in responses.issues(decipher_ok(BLOG.issues(), [issue_object(1), issue_object(2)]))
    ] == [
        1,
        2,
    ]
    assert [comment.id for comment in responses.comments(decipher_ok(BLOG.comments(41), [comment_object(9)]))] == [9]
    assert responses.issue(decipher_ok(BLOG.issue(41), issue_object())).number == 41
    assert responses.repository(decipher_ok(BLOG.repository(), repository_object())).full_name == "octo/blog"


@pytest.mark.parametrize("position", [0, 1, 2])
def test_one_invalid_element_invalidates_the_response(position: int) -> None:
    elements = [comment_object(ident) for ident in (1, 2, 3)]
    elements[position] = without(elements[position], "updated_at")
    response = decipher_ok(BLOG.comments(41), elements)

    with pytest.raises(InvalidResponse, match="updated_at") as caught:
        responses.comments(response)

    assert caught.value.path == "/repos/octo/blog/issues/41/comments?per_page=100"


def test_invalid_object_invalidates_the_response() -> None:
    with pytest.raises(InvalidResponse, match="comments"):
        responses.issue(decipher_ok(BLOG.issue(41), issue_object(comments=None)))
    with pytest.raises(InvalidResponse, match="private"):
        responses.repository(decipher_ok(BLOG.repository(), repository_object(private=None)))


@pytest.mark.parametrize("data", [None, {}, {"message": "x"}])
def test_non_list_never_passes_for_an_empty_list(data: object) -> None:
    with pytest.raises(InvalidResponse):
        responses.issues(Response(url=BLOG.issues().url, data=data))


@pytest.mark.parametrize("data", [None, [], [{}]])
def test_non_object_never_passes_for_an_object(data: object) -> None:
    with pytest.raises(InvalidResponse):
        responses.issue(Response(url=BLOG.issue(41).url, data=data))


NAMES = st.sampled_from(
    ["content-type", "Link", "ETag", "Date", "Location", "Retry-After", "x-ratelimit-remaining", "X-RateLimit-Reset"]
)
BODIES = (
    st.binary()
    | st.sampled_from([b"[]", b"{}", b"[{}]", b'{"message": "abuse"}', b'{"message": "pagination"}'])
    | st.text().map(lambda text: orjson.dumps({"message": text}))
)


def _result(
    request: Request, status: int, headers: dict[str, str], body: bytes, sent_etag: str | None
) -> Response | Redirect | GitHubError:
    try:
        return responses.decipher_response(request, status, headers, body, now=NOW, sent_etag=sent_etag)
    except GitHubError as error:
        return error


@given(
    st.sampled_from([BLOG.issues(), BLOG.issue(41)]),
    st.integers(-1, 1000) | st.sampled_from([200, 301, 304, 403, 404, 410, 422, 429, 503]),
    st.dictionaries(NAMES, st.text() | st.sampled_from(["application/json", "0", '<x>; rel="next"', "/x"])),
    BODIES,
    st.none() | st.text(),
)
def test_any_exchange_is_response_redirect_or_known_error(
    api_request: Request, status: int, headers: dict[str, str], body: bytes, sent_etag: str | None
) -> None:
    result = _result(api_request, status, headers, body, sent_etag)

    if isinstance(result, GitHubError):
        assert (result.path, bool(str(result))) == (api_request.path, True)
    elif isinstance(result, Redirect):
        assert result.url.startswith(f"{API}/")
    else:
        assert status == (304 if result.unchanged else 200)
        assert result.next_url is None or result.next_url.startswith(f"{API}/")

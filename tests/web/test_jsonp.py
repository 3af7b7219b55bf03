"""JSONP: the GitHub-compatible API for script elements."""

import json
import re
from typing import Any

import httpx
import pytest

from app.web.document_response import CorsPolicy
from tests.web.harness.blog import BIG, GONE, START, Blog

COMMENTS = f"/repos/owner/blog/issues/{BIG}/comments"
_SCRIPT = re.compile(r"/\*\*/(?P<name>[^(]+)\((?P<argument>.*)\)\n", re.DOTALL)


def _argument(response: httpx.Response, name: str = "show") -> dict[str, Any]:
    match = _SCRIPT.fullmatch(response.text)
    assert match is not None, response.text
    assert match["name"] == name
    argument: dict[str, Any] = json.loads(match["argument"])
    return argument


async def test_data_and_meta_are_those_of_the_response(blog: Blog) -> None:
    plain = await blog.request(f"{COMMENTS}?per_page=5&page=2")
    for _ in range(2):  # by the route, then from the cache
        response = await blog.request(f"{COMMENTS}?per_page=5&callback=show&page=2&_=1593595800")
        argument = _argument(response)
        meta, data = argument["meta"], argument["data"]
        assert list(argument) == ["meta", "data"]
        assert data == plain.json()
        assert (response.status_code, meta["status"]) == (200, 200)
        assert response.headers["content-type"] == "application/javascript; charset=utf-8"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["cross-origin-resource-policy"] == "cross-origin"
        assert len(response.headers.get_list("x-request-id")) == 1
        for name in ("ETag", "X-GitHub-Media-Type", "Cache-Control", "Vary", "Content-Type"):
            assert meta[name] == plain.headers[name]


async def test_meta_has_links_that_call_the_function(blog: Blog) -> None:
    meta = _argument(await blog.request(f"{COMMENTS}?callback=show&page=2"))["meta"]
    assert [relation for _, relation in meta["Link"]] == [{"rel": name} for name in ("prev", "next", "last", "first")]
    url, _ = meta["Link"][1]
    assert url == f"http://blog.test{COMMENTS}?page=3&callback=show"
    assert len(_argument(await blog.request(url.removeprefix("http://blog.test")))["data"]) == 11
    assert "Link" not in _argument(await blog.request(f"{COMMENTS}?callback=show&per_page=100"))["meta"]


async def test_meta_has_the_rate_limit(blog: Blog) -> None:
    meta = _argument(await blog.request(f"{COMMENTS}?callback=show"))["meta"]
    limits = [meta[f"X-RateLimit-{name}"] for name in ("Limit", "Remaining", "Used", "Resource")]
    assert limits == ["5000", "5000", "0", "core"]
    assert 0 < int(meta["X-RateLimit-Reset"]) - START <= 3600


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/repos/owner/blog/issues/42", 404),
        (f"/repos/owner/blog/issues/{GONE}", 410),
        ("/repos/a/b", 404),
        ("/api/v3/user", 404),
        (f"{COMMENTS}?since=yesterday", 422),
    ],
)
async def test_error_is_passed_to_the_function(blog: Blog, path: str, status: int) -> None:
    response = await blog.request(f"{path}{'&' if '?' in path else '?'}callback=show")
    argument = _argument(response)
    assert (response.status_code, argument["meta"]["status"]) == (200, status)
    assert argument["data"]["message"]


@pytest.mark.parametrize("path", ["/repos/owner/blog", "/api/v3/repos/owner/blog/issues", "/rate_limit"])
async def test_every_github_path_can_call_a_function(blog: Blog, path: str) -> None:
    assert _argument(await blog.request(f"{path}?callback=show"))["data"] == (await blog.request(path)).json()


@pytest.mark.parametrize("path", ["/api/v1/counts", "/comments.json", "/healthz"])
async def test_other_paths_know_no_callback(blog: Blog, path: str) -> None:
    assert "show" not in (await blog.request(f"{path}?callback=show")).text


@pytest.mark.parametrize("name", ["jQuery18305_159", "$", "_a.b$.c", "angular.callbacks._0", "cb[197]", "a" * 128])
async def test_usual_names_are_called(blog: Blog, name: str) -> None:
    _argument(await blog.request(f"{COMMENTS}?callback={name}"), name)


@pytest.mark.parametrize(
    "name",
    ["", "a%20b", "alert(1)//", "a.", ".a", "1a", "a[b]", "a[", "a%0Ab", "a%00", "%C3%A4", "a-b", "<b>", "a" * 256],
)
async def test_other_names_are_refused(blog: Blog, name: str) -> None:
    response = await blog.request(f"{COMMENTS}?callback={name}")
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert response.json()["message"].startswith('Invalid callback: "')
    assert len(response.content) < 400


async def test_last_name_counts(blog: Blog) -> None:
    _argument(await blog.request(f"{COMMENTS}?callback=other&callback=show"))


async def test_names_make_no_further_documents(blog: Blog) -> None:
    for number in range(3):
        await blog.request(f"{COMMENTS}?callback=cb{number}")
    assert len(blog.reader.requested_keys) == 1


async def test_unchanged_script_is_not_sent_again(blog: Blog) -> None:
    first = await blog.request(f"{COMMENTS}?callback=show")
    headers = {"if-none-match": first.headers["etag"], "if-modified-since": "Wed, 01 Jan 2025 00:00:00 GMT"}
    blog.clock.advance(5000)
    again = await blog.request(f"{COMMENTS}?callback=show", headers)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    other = await blog.request(f"{COMMENTS}?callback=other", headers)
    assert other.status_code == 200
    assert other.headers["etag"] != first.headers["etag"]


async def test_head_has_the_length_of_the_script(blog: Blog) -> None:
    head = await blog.request(f"{COMMENTS}?callback=show", method="HEAD")
    get = await blog.request(f"{COMMENTS}?callback=show")
    assert (head.content, head.headers["content-length"]) == (b"", str(len(get.content)))


async def test_script_is_sent_uncompressed(blog: Blog) -> None:
    response = await blog.request(f"{COMMENTS}?callback=show", {"accept-encoding": "br, gzip"})
    assert "content-encoding" not in response.headers
    _argument(response)


@pytest.mark.parametrize(
    ("referer", "is_allowed"),
    [
        ("https://blog.example.com/", True),
        ("https://blog.example.com/2020/post.html", True),
        ("https://BLOG.example.com/", True),
        ("https://a.notes.example/2020/", True),
        ("https://a.b.notes.example", True),
        ("https://notes.example/", False),
        ("https://evil.example@a.notes.example/", False),
        ("https://a.notes.example.evil.example/", False),
        ("https://evil.example/", False),
        ("https://blog.example.com.evil.example/", False),
        ("https://evil.example/https://blog.example.com/", False),
        ("https://blog.example.com@evil.example/", False),
        ("http://blog.example.com/", False),
        ("https://[", False),
        ("", False),
        (None, False),
        ("https://notes.example.org/a", True),
        ("https://example.org/a", False),
    ],
)
async def test_configured_origins_are_told_by_the_referer(referer: str | None, *, is_allowed: bool) -> None:
    origins = frozenset({b"https://blog.example.com", b"https://*.notes.example", b"https://*.example.org"})
    blog = Blog(cors=CorsPolicy(origins), public_url="https://comments.example.com")
    for _ in range(2):
        response = await blog.request(f"{COMMENTS}?callback=show", {} if referer is None else {"referer": referer})
        argument = _argument(response)
        assert argument["meta"]["status"] == (200 if is_allowed else 403)
        assert isinstance(argument["data"], list) is is_allowed
        assert response.headers["cache-control"] == "no-store"
        assert "etag" not in response.headers


@pytest.mark.parametrize(
    ("referer", "status"),
    [
        ("https://blog.example.com/post", 200),
        ("https://a.b.example.com/", 200),
        ("https://example.com/", 403),
        ("https://blog.example.com.evil.example/", 403),
        ("https://evil.example#.example.com/", 403),
        ("https://evil.example:80@blog.example.com/", 403),
    ],
)
async def test_star_in_origins_stands_for_subdomains(referer: str, status: int) -> None:
    blog = Blog(cors=CorsPolicy(frozenset({b"https://*.example.com"})), public_url="https://comments.example.com")
    response = await blog.request(f"{COMMENTS}?callback=show", {"referer": referer})
    assert _argument(response)["meta"]["status"] == status
    assert _argument(response)["meta"].get("Vary") == (None if status == 403 else "Accept, Accept-Encoding, Origin")


async def test_line_separators_are_escaped_for_old_browsers(blog: Blog) -> None:
    response = await blog.request("/repos/owner/blog?callback=show")
    assert not {"\u2028", "\u2029"} & set(response.text)
    assert _argument(response)["data"]["description"] == "a\u2028b\u2029c"

import logging
from collections.abc import Iterator

import httpx
import pytest
from starlette.exceptions import HTTPException

from app.domain import errors
from app.domain.errors import (
    AfterwordError,
    InvalidCursor,
    NotReady,
    PrivateRepository,
    RateLimited,
    StoreUnusable,
    Unreachable,
)
from app.web.errors import (
    FAILURE_RESPONSES,
    Problem,
    describe_error,
    describe_failure,
    error_response,
)
from tests.web.harness.blog import Blog
from tests.web.harness.framework_app import framework_app

API, GITHUB = "/api/v1/posts/41", "/repos/owner/blog/issues/41"


def _leaves(kind: type[AfterwordError] = AfterwordError) -> Iterator[type[AfterwordError]]:
    subclasses = [sub for sub in kind.__subclasses__() if sub.__module__.startswith("app.domain.")]
    if not subclasses:
        yield kind
    for sub in subclasses:
        yield from _leaves(sub)


def test_table_has_exactly_the_leaves_of_the_hierarchy() -> None:
    assert set(FAILURE_RESPONSES) == set(_leaves())


@pytest.mark.parametrize("kind", list(_leaves()))
def test_every_failure_has_an_error_status(kind: type[AfterwordError]) -> None:
    assert 400 <= FAILURE_RESPONSES[kind].status <= 599


@pytest.mark.parametrize("kind", [kind for kind in _leaves() if FAILURE_RESPONSES[kind].status == 503])
def test_every_503_has_a_retry_after(kind: type[AfterwordError]) -> None:
    assert FAILURE_RESPONSES[kind].retry_after


def test_unknown_failure_is_an_internal_error() -> None:
    class Later(AfterwordError):
        pass

    assert describe_failure(Later(), now=0.0).status == 500


def test_subclass_of_a_failure_has_its_status() -> None:
    class Slower(Unreachable):
        pass

    assert describe_failure(Slower("/x", "time-out"), now=0.0).status == 503


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (NotReady("Post 41", 7), 7),
        (NotReady("Post 41", 0), 1),
        (NotReady("Post 41", 86_400), 300),
        (RateLimited("/x", until=1030.5, kind="primary"), 31),
        (RateLimited("/x", until=10.0, kind="primary"), 1),
        (RateLimited("/x", until=1e12, kind="primary"), 300),
    ],
)
@pytest.mark.parametrize("path", [API, GITHUB])
def test_retry_after_follows_the_failure_within_limits(error: AfterwordError, wait: int, path: str) -> None:
    response = error_response(describe_failure(error, now=1000.0), path)
    assert (response.status_code, response.headers["retry-after"]) == (503, str(wait))


def test_invalid_cursor_is_named_as_a_parameter() -> None:
    details = describe_failure(InvalidCursor(), now=0.0)
    assert (details.status, details.parameter) == (422, "cursor")
    assert details.allowed_values is not None
    assert details.allowed_values in details.detail


def test_messages_for_the_owner_reach_no_reader() -> None:
    details = describe_failure(StoreUnusable("/srv/secret/afterword.db", "disk I/O error"), now=0.0)
    assert "secret" not in details.detail
    assert "secret" not in describe_failure(PrivateRepository("/repos/me/secret"), now=0.0).detail


async def test_unmirrored_post_is_a_problem_with_retry_after(blog: Blog) -> None:
    blog.reader.failure = NotReady("Post 41 of Owner/Blog", retry_after=12)
    response = await blog.request(API)
    assert response.status_code == 503
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["retry-after"] == "12"
    assert response.headers["cache-control"] == "no-store"
    assert response.json() == {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "Post 41 of Owner/Blog is not mirrored yet, and GitHub has not answered. Ask again in 12 s.",
        "retry_after": 12,
    }


async def test_unmirrored_issue_has_an_error_body_of_github(blog: Blog) -> None:
    blog.reader.failure = NotReady("Post 41 of Owner/Blog", retry_after=12)
    response = await blog.request(GITHUB)
    assert (response.status_code, response.headers["retry-after"]) == (503, "12")
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.json()["status"] == "503"
    assert "not mirrored yet" in response.json()["message"]


async def test_failure_is_not_cached(blog: Blog) -> None:
    blog.reader.failure = NotReady("Post 41 of Owner/Blog", retry_after=12)
    await blog.request(API)
    blog.reader.failure = None
    assert (await blog.request(API)).status_code == 200


@pytest.mark.parametrize("path", [API, GITHUB])
async def test_failure_for_the_owner_is_logged_in_full(blog: Blog, path: str, caplog: pytest.LogCaptureFixture) -> None:
    blog.reader.failure = StoreUnusable("/srv/afterword.db", "disk I/O error")
    response = await blog.request(path)
    assert response.status_code == 503
    assert "srv" not in response.text
    assert "/srv/afterword.db" in caplog.text


@pytest.mark.parametrize(("path", "type_"), [(API, "application/problem+json"), (GITHUB, "application/json")])
async def test_internal_error_is_logged_and_not_shown(
    blog: Blog, path: str, type_: str, caplog: pytest.LogCaptureFixture
) -> None:
    blog.reader.failure = ZeroDivisionError("in the innermost part")
    response = await blog.request(path, {"origin": "https://blog.example"})
    assert response.status_code == 500
    assert response.headers["content-type"].startswith(type_)
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["access-control-allow-origin"] == "*"
    assert "innermost" not in response.text
    assert "ZeroDivisionError: in the innermost part" in caplog.text
    assert caplog.records[-1].levelno == logging.ERROR


@pytest.mark.parametrize("path", ["/nothing", "/api/v1", "/api/v1/posts/", "/api/v1/posts/41/", "/api/v2/counts", "//"])
async def test_unknown_url_is_a_problem(blog: Blog, path: str) -> None:
    response = await blog.request(f"http://blog.test{path}")
    assert (response.status_code, response.json()["status"]) == (404, 404)
    assert response.headers["content-type"] == "application/problem+json"
    assert "/docs" in response.json()["detail"]


@pytest.mark.parametrize(
    ("path", "docs"),
    [
        ("/", ""),
        ("/issues/", ""),
        ("/pulls", ""),
        ("/issues/41/comments/", ""),
        ("/issues/many", "/issues/issues#get-an-issue"),
        ("/issues/0", "/issues/issues#get-an-issue"),
        ("/issues/many/comments", "/issues/comments#list-issue-comments"),
        ("/issues/comments/many", "/issues/comments#get-an-issue-comment"),
    ],
)
async def test_unknown_github_url_has_a_github_body(blog: Blog, path: str, docs: str) -> None:
    response = await blog.request(f"/repos/owner/blog{path}")
    assert response.status_code == 404
    assert response.headers["cache-control"] == "no-store"
    assert response.json() == {
        "message": "Not Found",
        "documentation_url": f"https://docs.github.com/rest{docs}",
        "status": "404",
    }


@pytest.mark.parametrize("path", [API, "/api/v1/counts", "/healthz", "/docs", GITHUB])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"])
async def test_wrong_method_receives_the_allowed_methods(blog: Blog, path: str, method: str) -> None:
    response = await blog.request(path, method=method)
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD, OPTIONS"
    assert response.json()["status"] in (405, "405")


def test_url_without_get_does_not_allow_head() -> None:
    assert describe_error(HTTPException(405, headers={"Allow": "POST"}), now=0.0).allowed_methods == "OPTIONS, POST"


def test_other_framework_errors_keep_status_and_detail() -> None:
    details = describe_error(HTTPException(413, "Too large"), now=0.0)
    assert (details.status, details.detail) == (413, "Too large.")


@pytest.mark.parametrize("query", ["", "?n=x"])
async def test_framework_validation_error_names_the_parameter(blog: Blog, query: str) -> None:
    transport = httpx.ASGITransport(framework_app(blog))
    async with httpx.AsyncClient(transport=transport, base_url="http://blog.test") as client:
        response = await client.get(f"/n{query}")
    assert response.status_code == 422
    assert response.json()["parameter"] == "n"
    assert "`n`" in response.json()["detail"]


async def test_error_after_the_start_of_a_response_is_raised(blog: Blog) -> None:
    transport = httpx.ASGITransport(framework_app(blog))
    async with httpx.AsyncClient(transport=transport, base_url="http://blog.test") as client:
        with pytest.raises(ZeroDivisionError):
            await client.get("/broken")


def test_problem_model_has_the_sent_members() -> None:
    details = describe_failure(errors.InvalidParameter("limit", "a whole number from 1 to 100"), now=0.0)
    assert set(Problem.model_fields) == {*Problem(title="", status=0, detail="").model_dump()}
    example = Problem.model_config["json_schema_extra"]
    assert isinstance(example, dict)
    body = httpx.Response(422, content=bytes(error_response(details, API).body)).json()
    assert body | {"title": ""} == example["examples"][0] | {"title": ""}  # type: ignore[index,operator]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("primary", "GitHub's hourly limit is reached (asked for /x). Requests resume"),
        ("secondary", "GitHub's limit for requests in quick succession is reached"),
        ("budget", "The hour's requests to GitHub are used up (asked for /x)."),
    ],
)
def test_each_limit_is_named_in_words(kind: str, words: str) -> None:
    assert str(RateLimited("/x", until=1.0, kind=kind)).startswith(words)

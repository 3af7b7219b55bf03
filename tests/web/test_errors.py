import logging
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse

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
from app.web.errors import TABLE, Problem, install, refusal, response, said_of
from tests.web.blog import Blog

NATIVE, GITHUB = "/api/v1/posts/41", "/repos/owner/blog/issues/41"


def leaves(kind: type[AfterwordError] = AfterwordError) -> Iterator[type[AfterwordError]]:
    below = [sub for sub in kind.__subclasses__() if sub.__module__.startswith("app.domain.")]
    if not below:
        yield kind
    for sub in below:
        yield from leaves(sub)


def test_the_table_holds_every_leaf_of_the_tree_and_nothing_else() -> None:
    assert set(TABLE) == set(leaves())


@pytest.mark.parametrize("kind", list(leaves()))
def test_every_failure_has_a_status_that_says_failure(kind: type[AfterwordError]) -> None:
    assert 400 <= TABLE[kind].status <= 599


@pytest.mark.parametrize("kind", [kind for kind in leaves() if TABLE[kind].status == 503])
def test_who_is_told_to_come_again_is_told_when(kind: type[AfterwordError]) -> None:
    assert TABLE[kind].retry_after


def test_a_kind_of_failure_that_the_table_does_not_know_yet_is_an_error_of_ours() -> None:
    class Later(AfterwordError):
        pass

    assert refusal(Later(), now=0.0).status == 500


def test_a_special_case_of_a_known_failure_is_treated_as_that() -> None:
    class Slower(Unreachable):
        pass

    assert refusal(Slower("/x", "time-out"), now=0.0).status == 503


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
@pytest.mark.parametrize("path", [NATIVE, GITHUB])
def test_retry_after_is_what_the_failure_knows_within_reason(error: AfterwordError, wait: int, path: str) -> None:
    answer = response(refusal(error, now=1000.0), path)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, str(wait))


def test_a_bad_cursor_is_a_parameter_with_a_name() -> None:
    said = refusal(InvalidCursor(), now=0.0)
    assert (said.status, said.parameter) == (422, "cursor")
    assert said.allowed is not None
    assert said.allowed in said.detail


def test_the_words_for_the_owner_do_not_reach_a_reader() -> None:
    said = refusal(StoreUnusable("/srv/secret/afterword.db", "disk I/O error"), now=0.0)
    assert "secret" not in said.detail
    assert "secret" not in refusal(PrivateRepository("/repos/me/secret"), now=0.0).detail


async def test_a_cold_post_is_a_problem_with_the_time_to_come_again(blog: Blog) -> None:
    blog.reads.failure = NotReady("Post 41 of Owner/Blog", retry_after=12)
    answer = await blog.ask(NATIVE)
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "12"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "Post 41 of Owner/Blog is not mirrored yet, and GitHub has not answered. Ask again in 12 s.",
        "retry_after": 12,
    }


async def test_a_cold_issue_is_answered_in_githubs_form(blog: Blog) -> None:
    blog.reads.failure = NotReady("Post 41 of Owner/Blog", retry_after=12)
    answer = await blog.ask(GITHUB)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "12")
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.json()["status"] == "503"
    assert "not mirrored yet" in answer.json()["message"]


async def test_a_failure_is_not_remembered_as_an_answer(blog: Blog) -> None:
    blog.reads.failure = NotReady("Post 41 of Owner/Blog", retry_after=12)
    await blog.ask(NATIVE)
    blog.reads.failure = None
    assert (await blog.ask(NATIVE)).status_code == 200


@pytest.mark.parametrize("path", [NATIVE, GITHUB])
async def test_a_failure_for_the_owner_is_logged_with_its_words(
    blog: Blog, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    blog.reads.failure = StoreUnusable("/srv/afterword.db", "disk I/O error")
    answer = await blog.ask(path)
    assert answer.status_code == 503
    assert "srv" not in answer.text
    assert "/srv/afterword.db" in caplog.text


@pytest.mark.parametrize(("path", "type_"), [(NATIVE, "application/problem+json"), (GITHUB, "application/json")])
async def test_an_unexpected_exception_is_logged_with_its_traceback_and_told_without(
    blog: Blog, path: str, type_: str, caplog: pytest.LogCaptureFixture
) -> None:
    blog.reads.failure = ZeroDivisionError("in the innermost part")
    answer = await blog.ask(path, {"origin": "https://blog.example"})
    assert answer.status_code == 500
    assert answer.headers["content-type"].startswith(type_)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "innermost" not in answer.text
    assert "ZeroDivisionError: in the innermost part" in caplog.text
    assert caplog.records[-1].levelno == logging.ERROR


@pytest.mark.parametrize("path", ["/nothing", "/api/v1", "/api/v1/posts", "/api/v1/posts/41/", "/api/v2/counts", "//"])
async def test_an_unknown_address_is_a_problem_too(blog: Blog, path: str) -> None:
    answer = await blog.ask(f"http://blog.test{path}")
    assert (answer.status_code, answer.json()["status"]) == (404, 404)
    assert answer.headers["content-type"] == "application/problem+json"
    assert "/docs" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "docs"),
    [
        ("", ""),
        ("/", ""),
        ("/issues/", ""),
        ("/pulls", ""),
        ("/issues/41/comments/", ""),
        ("/issues/41/reactions", ""),
        ("/issues/many", "/issues/issues#get-an-issue"),
        ("/issues/0", "/issues/issues#get-an-issue"),
        ("/issues/many/comments", "/issues/comments#list-issue-comments"),
        ("/issues/comments/many", "/issues/comments#get-an-issue-comment"),
    ],
)
async def test_what_is_not_there_has_githubs_body(blog: Blog, path: str, docs: str) -> None:
    answer = await blog.ask(f"/repos/owner/blog{path}")
    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "message": "Not Found",
        "documentation_url": f"https://docs.github.com/rest{docs}",
        "status": "404",
    }


@pytest.mark.parametrize("path", [NATIVE, "/api/v1/counts", "/healthz", "/docs", GITHUB])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"])
async def test_a_wrong_method_is_told_the_right_ones(blog: Blog, path: str, method: str) -> None:
    answer = await blog.ask(path, method=method)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    assert answer.json()["status"] in (405, "405")


def test_an_address_that_is_only_written_to_does_not_claim_to_be_read() -> None:
    assert said_of(HTTPException(405, headers={"Allow": "POST"}), now=0.0).methods == "OPTIONS, POST"


def test_other_refusals_of_the_framework_keep_their_status_and_words() -> None:
    said = said_of(HTTPException(413, "Too large"), now=0.0)
    assert (said.status, said.detail) == (413, "Too large.")


def a_framework_app(blog: Blog) -> FastAPI:
    app = FastAPI()
    app.state.serving = blog.serving

    @app.get("/n")
    async def number(n: int) -> int:
        return n

    @app.get("/broken")
    async def broken() -> StreamingResponse:
        async def half() -> object:
            yield b"half"
            raise ZeroDivisionError

        return StreamingResponse(half())  # type: ignore[arg-type]

    install(app)
    return app


@pytest.mark.parametrize("query", ["", "?n=x"])
async def test_what_the_framework_itself_refuses_names_the_parameter(blog: Blog, query: str) -> None:
    transport = httpx.ASGITransport(a_framework_app(blog))
    async with httpx.AsyncClient(transport=transport, base_url="http://blog.test") as client:
        answer = await client.get(f"/n{query}")
    assert answer.status_code == 422
    assert answer.json()["parameter"] == "n"
    assert "`n`" in answer.json()["detail"]


async def test_an_answer_that_breaks_in_the_middle_stays_broken(blog: Blog) -> None:
    transport = httpx.ASGITransport(a_framework_app(blog))
    async with httpx.AsyncClient(transport=transport, base_url="http://blog.test") as client:
        with pytest.raises(ZeroDivisionError):
            await client.get("/broken")


def test_the_described_problem_has_the_members_that_are_sent() -> None:
    said = refusal(errors.InvalidParameter("limit", "a whole number from 1 to 100"), now=0.0)
    assert set(Problem.model_fields) == {*Problem(title="", status=0, detail="").model_dump()}
    example = Problem.model_config["json_schema_extra"]
    assert isinstance(example, dict)
    body = httpx.Response(422, content=bytes(response(said, NATIVE).body)).json()
    assert body | {"title": ""} == example["examples"][0] | {"title": ""}  # type: ignore[index,operator]

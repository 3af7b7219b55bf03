from typing import Any

import httpx
import pytest

from app.domain.sites import repository
from app.render.document import JSON, Document
from app.render.keys import Key, PostKey
from app.web.cached_reads import CachedReads, Message, Receive, Scope, Send
from app.web.context import MEANT
from app.web.document_response import LinkBase, Origins
from tests.web.blog import BIG, POST, Blog

READS = ["/api/v1/posts/41", "/api/v1/posts/41/comments?limit=2", f"/repos/Owner/Blog/issues/{BIG}/comments?page=2"]
SAME_NAME = {"x-request-id": "the-same"}
HTML = "application/vnd.github.v3.html+json"


class Counting:
    """An application behind the front that knows one document and counts how often it is asked."""

    def __init__(self, key: Key | None) -> None:
        self.scopes: list[Scope] = []
        self._key = key

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        if self._key is not None:
            scope[MEANT] = (self._key, LinkBase("http://blog.test", scope["path"]))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"6")]})
        await send({"type": "http.response.body", "body": b"behind"})


class Ready:
    """Reads of which everything is at hand."""

    def ready(self, _key: Key, /) -> Document | None:
        return Document({"identity": b"front"}, 'W/"a"', JSON, checked_at=None)

    async def document(self, key: Key) -> Document:
        raise AssertionError(key)


async def through(app: CachedReads, scope: dict[str, Any]) -> list[Message]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    asked = {"type": "http", "method": "GET", "path": "/a", "query_string": b"", "headers": [], "scheme": "http"}
    await app(asked | scope, receive, send)
    return sent


def a_front(blog: Blog, key: Key | None = PostKey(repository("o/r"), 1)) -> tuple[CachedReads, Counting]:  # noqa: B008 - frozen
    behind = Counting(key)
    serving = type(blog.serving)(
        reads=Ready(),
        sites=blog.serving.sites,
        now=blog.clock.now,
        origins=Origins(),
        public_url=None,
        readiness=blog.serving.readiness,
    )
    return CachedReads(behind, serving), behind


async def test_the_second_read_of_an_address_does_not_reach_the_application_behind(blog: Blog) -> None:
    front, behind = a_front(blog)
    first, second = await through(front, {}), await through(front, {})
    assert (first[1]["body"], second[1]["body"]) == (b"behind", b"front")
    assert len(behind.scopes) == 1


async def test_head_and_get_share_what_is_remembered(blog: Blog) -> None:
    front, behind = a_front(blog)
    await through(front, {"method": "HEAD"})
    assert (await through(front, {}))[1]["body"] == b"front"
    assert (await through(front, {"method": "HEAD"}))[1]["body"] == b""
    assert [scope["method"] for scope in behind.scopes] == ["GET"]


@pytest.mark.parametrize(
    "other",
    [
        {"path": "/b"},
        {"query_string": b"page=2"},
        {"headers": [(b"accept", b"text/html")]},
        {"headers": [(b"host", b"other.test")]},
        {"scheme": "https"},
    ],
    ids=["path", "query", "accept", "host", "scheme"],
)
async def test_whatever_may_change_the_answer_is_part_of_the_address(blog: Blog, other: dict[str, Any]) -> None:
    front, behind = a_front(blog)
    await through(front, {})
    assert (await through(front, other))[1]["body"] == b"behind"
    assert len(behind.scopes) == 2


async def test_what_means_no_document_is_asked_behind_each_time(blog: Blog) -> None:
    front, behind = a_front(blog, key=None)
    await through(front, {})
    await through(front, {})
    assert len(behind.scopes) == 2


async def test_the_memory_for_addresses_is_bounded(blog: Blog) -> None:
    front, behind = a_front(blog)
    long = b"x" * 30_000
    for number in range(200):
        await through(front, {"query_string": b"%d" % number + long})
    await through(front, {"query_string": b"199" + long})
    assert len(behind.scopes) == 200, "the last one is remembered"
    await through(front, {"query_string": b"0" + long})
    assert len(behind.scopes) == 201, "the first one has made room"


@pytest.mark.parametrize("header", [b"accept", b"host"])
async def test_an_address_of_excessive_length_is_answered_and_not_remembered(blog: Blog, header: bytes) -> None:
    front, behind = a_front(blog)
    scope = {"headers": [(header, b"x" * 5_000_000)]}
    await through(front, scope)
    assert (await through(front, scope))[1]["body"] == b"behind"
    assert len(behind.scopes) == 2


async def test_a_repeated_accept_means_the_same_to_the_front_and_behind_it(blog: Blog) -> None:
    path = f"/repos/Owner/Blog/issues/{POST}/comments"
    both = await blog.ask(path, [("accept", HTML), ("accept", "application/json")])
    plain = await blog.ask(path, {"accept": "application/json"})
    assert "body_html" in both.json()[0]
    assert "body" in plain.json()[0]


async def test_what_is_no_http_request_goes_to_the_application_behind(blog: Blog) -> None:
    front, behind = a_front(blog)
    await through(front, {"type": "lifespan"})
    assert behind.scopes[0]["type"] == "lifespan"


async def test_writing_goes_to_the_application_behind_each_time(blog: Blog) -> None:
    front, behind = a_front(blog)
    await through(front, {"method": "POST"})
    await through(front, {"method": "POST"})
    assert len(behind.scopes) == 2


async def test_an_answer_that_speaks_of_origins_itself_is_left_alone(blog: Blog) -> None:
    async def behind(scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"Access-Control-Allow-Origin", b"https://one.example")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    sent = await through(CachedReads(behind, blog.serving), {})
    assert sent[0]["headers"] == [
        (b"Access-Control-Allow-Origin", b"https://one.example"),
        (b"x-request-id", b"request-1"),
    ]


@pytest.mark.parametrize("target", READS)
async def test_the_routes_are_asked_once_and_the_front_answers_the_same_from_then_on(blog: Blog, target: str) -> None:
    first = await blog.ask(target, SAME_NAME)
    second = await blog.ask(target, SAME_NAME)
    assert first.status_code == second.status_code == 200
    assert (first.content, first.headers) == (second.content, second.headers)
    assert len(blog.reads.asked) == 1


async def test_a_document_that_is_no_longer_at_hand_is_made_again(blog: Blog) -> None:
    first = await blog.ask(READS[0])
    blog.reads.forget()
    assert (await blog.ask(READS[0])).content == first.content
    assert len(blog.reads.asked) == 2


@pytest.mark.parametrize("target", [*READS, "/healthz", "/docs", "/nothing", "/repos/a/b/issues"])
@pytest.mark.parametrize("seen", [False, True])
async def test_head_has_the_headers_of_get_and_no_body(blog: Blog, target: str, *, seen: bool) -> None:
    if seen:
        await blog.ask(target)
    head = await blog.ask(target, SAME_NAME, method="HEAD")
    get = await blog.ask(target, SAME_NAME)
    assert (head.status_code, head.headers, head.content) == (get.status_code, get.headers, b"")
    assert int(head.headers["content-length"]) == len(get.content)


async def test_a_reader_that_has_the_document_is_told_so(blog: Blog) -> None:
    etag = (await blog.ask(READS[1])).headers["etag"]
    again = await blog.ask(READS[1], {"if-none-match": f'"other", {etag}'})
    assert (again.status_code, again.content) == (304, b"")


async def test_the_preflight_of_jquery_with_a_media_type_of_githubs_is_answered(blog: Blog) -> None:
    asked = {
        "origin": "https://blog.example",
        "access-control-request-method": "GET",
        "access-control-request-headers": "accept,x-requested-with",
    }
    answer = await blog.ask(READS[2], asked, method="OPTIONS")
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-headers"] == "accept,x-requested-with"
    assert "GET" in answer.headers["access-control-allow-methods"]
    assert "content-length" not in answer.headers
    assert blog.reads.asked == []


@pytest.mark.parametrize(("origin", "allowed"), [("https://blog.example", True), ("https://evil.example", False)])
async def test_only_configured_origins_pass_the_preflight(origin: str, *, allowed: bool) -> None:
    blog = Blog(origins=Origins(frozenset({b"https://blog.example"})))
    answer = await blog.ask(READS[0], {"origin": origin, "access-control-request-method": "GET"}, method="OPTIONS")
    assert answer.headers.get("access-control-allow-origin") == (origin if allowed else None)
    assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize("target", ["/nothing", "/api/v1/posts/x", "/repos/a/b/issues"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_a_page_may_read_an_error_too(blog: Blog, target: str, method: str) -> None:
    answer = await blog.ask(target, {"origin": "https://blog.example"}, method=method)
    assert answer.status_code >= 400
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "Retry-After" in answer.headers["access-control-expose-headers"]


def first_link(answer: httpx.Response) -> str:
    return answer.headers["link"].split(";")[0]


async def test_links_keep_the_other_parameters_and_name_the_page_first(blog: Blog) -> None:
    answer = await blog.ask(f"/repos/owner/blog/issues/{BIG}/comments?per_page=10&t=a%26b&page=2&since=2020-01-01")
    path = f"/repos/owner/blog/issues/{BIG}/comments"
    assert first_link(answer) == f"<http://blog.test{path}?page=1&per_page=10&t=a%26b&since=2020-01-01>"


async def test_links_lead_to_the_configured_public_address() -> None:
    blog = Blog(public_url="https://comments.example/afterword")
    answer = await blog.ask(READS[2])
    assert first_link(answer).startswith("<https://comments.example/afterword/repos/Owner/Blog/issues/")


@pytest.mark.parametrize("host", ['a"b<>', "evil>; rel=next, <x", "[::1", "a b", "a/b", "ü.example", "a:99999999", ""])
@pytest.mark.parametrize("seen", [False, True])
async def test_a_hostile_host_cannot_break_out_of_the_link(blog: Blog, host: str, *, seen: bool) -> None:
    headers = [("host", host)]
    if seen:
        await blog.ask(READS[2], headers)
    answer = await blog.ask(READS[2], headers)
    assert answer.status_code == 200
    assert set(answer.links) == {"prev", "next", "last", "first"}
    assert answer.headers["link"].count("<") == answer.headers["link"].count(">") == 4
    assert answer.headers["link"].count('"') == 8


async def test_a_query_that_is_not_utf8_is_answered(blog: Blog) -> None:
    front = blog.app
    sent = await through(
        front, {"path": f"/repos/Owner/Blog/issues/{BIG}/comments", "query_string": b"t=\xff\xfe%ff&page=2"}
    )
    assert sent[0]["status"] == 200

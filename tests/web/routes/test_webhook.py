import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import orjson
import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import StoreUnusable
from app.github.webhooks import MAX_BODY_BYTES, CommentHint, RepositoryRef, WebhookEvent
from app.ports.metrics import DeliveryOutcome
from app.simulator.http.server import bind_loopback
from app.web.app import create_app
from app.web.cached_reads import CachedReads, Message
from app.web.context import WebhookEndpoint
from tests.github.deliveries import GUID, SECRET, delivery, comment_payload, issue_payload, sign
from tests.web.harness.blog import Blog
from tests.web.harness.webhook_client import PATH, FakeReceiver, Hooks, Response, _scope, _sending

SHA_1 = (b"x-hub-signature", b"sha1=0000000000000000000000000000000000000000")


@pytest.fixture
def hooks() -> Hooks:
    return Hooks()


def detail(answer: Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    said = orjson.loads(answer.body)
    assert said["status"] == answer.status
    return str(said["detail"])


@pytest.mark.parametrize("form", [False, True])
async def test_a_signed_delivery_is_received_and_answered(hooks: Hooks, *, form: bool) -> None:
    answer = await hooks.post(*delivery("issue_comment", comment_payload("created"), form=form))
    assert (answer.status, answer.body) == (202, b'{"outcome":"accepted"}')
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert hooks.receiver.notices == [
        WebhookEvent(
            GUID,
            "issue_comment",
            "created",
            RepositoryRef("Ada/Blog", 1_296_269),
            41,
            comment=CommentHint(1001, 1_593_684_000.0, "*text* 1001"),
        )
    ]
    assert hooks.receiver.refusals == []


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (DeliveryOutcome.KNOWN, 202),
        (DeliveryOutcome.REPLAYED, 202),
        (DeliveryOutcome.IGNORED, 202),
        (DeliveryOutcome.PONG, 200),
    ],
)
async def test_the_answer_says_what_became_of_the_delivery(hooks: Hooks, outcome: DeliveryOutcome, status: int) -> None:
    hooks.receiver.outcome = outcome
    answer = await hooks.post(*delivery("issues", issue_payload("opened")))
    assert (answer.status, orjson.loads(answer.body)) == (status, {"outcome": outcome})


async def test_a_body_in_pieces_is_one_body(hooks: Hooks) -> None:
    headers, body = delivery("issues", issue_payload("opened"))
    assert (await hooks.post(headers, b"", body[:7], b"", body[7:], b"")).status == 202


@pytest.mark.parametrize("signer", [b"old", b"new"])
async def test_while_one_secret_replaces_another_both_are_good(signer: bytes) -> None:
    hooks = Hooks((b"old", b"new"))
    assert (await hooks.post(*delivery("issues", issue_payload("opened"), secret=signer))).status == 202


async def test_a_repository_that_is_not_served_is_refused_by_name(hooks: Hooks) -> None:
    hooks.receiver.outcome = DeliveryOutcome.FOREIGN
    answer = await hooks.post(*delivery("issues", issue_payload("opened")))
    assert (answer.status, detail(answer)) == (404, "The repository Ada/Blog is not served here.")


# signatures


async def test_a_wrong_signature_is_refused_before_anything_is_parsed(hooks: Hooks) -> None:
    answer = await hooks.post(*delivery("issues", b"{no JSON", secret=b"wrong"))
    assert answer.status == 401
    assert "AFTERWORD_WEBHOOK_SECRET" in detail(answer)
    assert SECRET.decode() not in detail(answer)
    assert [why for _, why in hooks.receiver.refusals] == [DeliveryOutcome.UNSIGNED]
    assert hooks.receiver.notices == []


@pytest.mark.parametrize("fields", [[], [(b"x-hub-signature-256", b"sha256=1")]])
async def test_without_a_signature_the_body_is_not_even_read(hooks: Hooks, fields: list[tuple[bytes, bytes]]) -> None:
    answer = await hooks.post([(b"content-type", b"application/json"), *fields], b"{}")
    assert (answer.status, answer.read) == (401, 0)
    assert "X-Hub-Signature-256" in detail(answer)
    assert [why for _, why in hooks.receiver.refusals] == [DeliveryOutcome.UNSIGNED]


async def test_sha_1_alone_is_refused_in_words_of_its_own(hooks: Hooks) -> None:
    answer = await hooks.post([SHA_1], b"{}")
    assert answer.status == 401
    assert "SHA-1 only" in detail(answer)


async def test_where_no_secret_is_configured_nothing_is_taken_and_the_reason_is_said() -> None:
    hooks = Hooks(())
    answer = await hooks.post(*delivery("issues", issue_payload("opened"), secret=b""))
    assert (answer.status, answer.read, answer.headers["retry-after"]) == (503, 0, "300")
    assert "AFTERWORD_WEBHOOK_SECRET" in detail(answer)
    assert [why for _, why in hooks.receiver.refusals] == [DeliveryOutcome.UNCONFIGURED]


async def test_a_process_that_takes_no_deliveries_says_so(hooks: Hooks) -> None:
    answer = await hooks.post(*delivery("issues", issue_payload("opened")), app=Blog().app)
    assert answer.status == 503
    assert "AFTERWORD_WEBHOOK_SECRET" in detail(answer)


def test_a_secret_is_not_in_what_is_printed_of_the_webhooks() -> None:
    assert SECRET.decode() not in repr(WebhookEndpoint((SECRET,), FakeReceiver()))


# what cannot be read


async def test_a_body_that_says_that_it_is_too_large_is_refused_at_once(hooks: Hooks) -> None:
    headers, body = delivery("issues", issue_payload("opened"))
    answer = await hooks.post([*headers, (b"content-length", str(MAX_BODY_BYTES + 1).encode())], body)
    assert (answer.status, answer.read, answer.headers["connection"]) == (413, 0, "close")
    assert "25,000,000 bytes" in detail(answer)
    assert [why for _, why in hooks.receiver.refusals] == [DeliveryOutcome.MALFORMED]


async def test_a_body_of_unknown_length_is_read_no_further_than_the_limit(hooks: Hooks) -> None:
    piece = b"x" * (MAX_BODY_BYTES // 5)
    answer = await hooks.post(delivery("issues", b"")[0], *[piece] * 5, b"x", b"never read")
    assert (answer.status, answer.read, answer.headers["connection"]) == (413, 6, "close")


async def test_a_body_as_large_as_the_limit_is_taken(hooks: Hooks) -> None:
    small = orjson.dumps(issue_payload("opened"))
    headers, body = delivery("issues", small + b" " * (MAX_BODY_BYTES - len(small)))
    sent = [*headers, (b"content-length", str(MAX_BODY_BYTES).encode())]
    assert (len(body), (await hooks.post(sent, body)).status) == (MAX_BODY_BYTES, 202)


@pytest.mark.parametrize("length", [b"", b"many", b"-1", b"1" * 50])
async def test_a_length_that_is_none_counts_as_unknown(hooks: Hooks, length: bytes) -> None:
    headers, body = delivery("issues", issue_payload("opened"))
    assert (await hooks.post([*headers, (b"content-length", length)], body)).status == 202


@pytest.mark.parametrize("kind", [b"text/plain", b"multipart/form-data; boundary=x", b""])
async def test_neither_json_nor_a_form_is_refused(hooks: Hooks, kind: bytes) -> None:
    headers, body = delivery("issues", issue_payload("opened"))
    answer = await hooks.post([(b"content-type", kind), *headers[1:]], body)
    assert answer.status == 415
    assert "application/json" in detail(answer)
    assert [why for _, why in hooks.receiver.refusals] == [DeliveryOutcome.MALFORMED]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b"[" * 100_000])
async def test_a_signed_body_that_cannot_be_read_is_refused_with_the_reason(hooks: Hooks, body: bytes) -> None:
    answer = await hooks.post(*delivery("issues", body))
    assert answer.status == 400
    assert "cannot be read" in detail(answer)
    assert [why for _, why in hooks.receiver.refusals] == [DeliveryOutcome.MALFORMED]
    assert hooks.receiver.notices == []


NAMES = [b"x-github-event", b"x-github-delivery", b"x-hub-signature-256", b"x-hub-signature", b"content-type"]
VALUES = st.binary(max_size=20) | st.sampled_from([b"issues", b"ping", b"application/json", sign(b"{}")])


@given(fields=st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=8), body=st.binary(max_size=20))
def test_whatever_is_sent_the_answer_is_one_that_is_meant(fields: list[tuple[bytes, bytes]], body: bytes) -> None:
    hooks = HOSTILE
    hooks.receiver.notices.clear()
    hooks.receiver.refusals.clear()
    answer = asyncio.run(hooks.post([*fields, (b"x-hub-signature-256", sign(body))], body))
    assert answer.status in {202, 400, 401, 415}
    assert len(hooks.receiver.notices) + len(hooks.receiver.refusals) == 1


HOSTILE = Hooks()
"""One for all requests: to make the application takes longer than to ask it."""


# what fails


async def test_a_store_that_fails_is_told_to_github_with_the_time_to_come_again(
    hooks: Hooks, caplog: pytest.LogCaptureFixture
) -> None:
    hooks.receiver.failure = StoreUnusable("/srv/afterword.db", "database or disk is full")
    answer = await hooks.post(*delivery("issues", issue_payload("opened")))
    assert (answer.status, answer.headers["retry-after"]) == (503, "30")
    assert "srv" not in detail(answer)
    assert "disk is full" in caplog.text


@pytest.mark.parametrize("sent", [0, 1, 60])
async def test_a_client_that_leaves_in_the_middle_is_no_failure_of_ours(
    hooks: Hooks, sent: int, caplog: pytest.LogCaptureFixture
) -> None:
    headers, body = delivery("issues", issue_payload("opened"))
    await hooks.post(headers, *([body[:sent]] if sent else []), ends=False)
    assert (hooks.receiver.notices, [why for _, why in hooks.receiver.refusals]) == ([], [DeliveryOutcome.MALFORMED])
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
async def test_the_webhook_is_only_posted_to(blog: Blog, method: str) -> None:
    answer = await blog.request(PATH, method=method)
    assert (answer.status_code, answer.headers["allow"]) == (405, "OPTIONS, POST")


async def test_the_webhook_is_described_with_its_headers_bodies_and_answers(blog: Blog) -> None:
    said = (await blog.request("/openapi.json")).json()["paths"][PATH]["post"]
    assert {parameter["name"] for parameter in said["parameters"]} == {
        "X-GitHub-Event",
        "X-GitHub-Delivery",
        "X-Hub-Signature-256",
    }
    assert set(said["requestBody"]["content"]) == {"application/json", "application/x-www-form-urlencoded"}
    assert {"200", "202", "400", "401", "404", "413", "415", "503"} == set(said["responses"])


# over a socket


@asynccontextmanager
async def listening(app: CachedReads) -> AsyncIterator[tuple[str, int]]:
    """The application behind the server that it runs behind, at a port from the kernel."""
    bound = bind_loopback()
    config = uvicorn.Config(
        app, http="httptools", ws="none", lifespan="off", log_config=None, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    bound.listen()
    serving = asyncio.create_task(server._serve(sockets=[bound]))
    try:
        yield bound.getsockname()
    finally:
        server.should_exit = True
        await serving


def head(fields: list[tuple[bytes, bytes]]) -> bytes:
    lines = [f"POST {PATH} HTTP/1.1".encode(), b"Host: blog.test", *(b": ".join(field) for field in fields), b"", b""]
    return b"\r\n".join(lines)


async def test_a_body_without_end_is_cut_off_by_closing_the_connection(hooks: Hooks) -> None:
    fields, _ = delivery("issues", b"")
    async with listening(hooks.app) as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(head([*fields, (b"Content-Length", b"99000000000")]) + b"x" * 1000)
        said = await reader.read()
        writer.close()
    assert said.startswith(b"HTTP/1.1 413 ")
    assert b"25,000,000 bytes" in said


async def test_a_broken_connection_leaves_no_trace_in_the_log(hooks: Hooks, caplog: pytest.LogCaptureFixture) -> None:
    fields, body = delivery("issues", issue_payload("opened"))
    async with listening(hooks.app) as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(head([*fields, (b"Content-Length", str(len(body)).encode())]) + body[:20])
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()
        async with httpx.AsyncClient() as client:
            answer = await client.post(f"http://{host}:{port}{PATH}", headers=dict(fields), content=body)
    assert answer.status_code == 202
    assert [why for _, why in hooks.receiver.refusals] == [DeliveryOutcome.MALFORMED]
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_a_body_that_is_never_ended_is_waited_for_no_longer_than_github_waits(hooks: Hooks) -> None:
    hooking = WebhookEndpoint((SECRET,), hooks.receiver, patience=0.05)
    app = create_app(replace(Blog().context, webhooks=hooking))
    fields, body = delivery("issue_comment", comment_payload("created"))
    sent = False

    async def receive() -> Message:
        nonlocal sent
        if sent:
            await asyncio.Event().wait()
        sent = True
        return {"type": "http.request", "body": body[:10], "more_body": True}

    answer = Response()
    await app(_scope(fields), receive, _sending(answer))
    assert answer.status == 400
    assert "not whole after" in detail(answer)
    assert answer.headers["connection"] == "close"


async def test_of_large_bodies_few_are_read_at_once(hooks: Hooks) -> None:
    hooking = WebhookEndpoint((SECRET,), hooks.receiver, large=asyncio.Semaphore(2), patience=5.0)
    app = create_app(replace(Blog().context, webhooks=hooking))
    fields, _ = delivery("issue_comment", comment_payload("created"))
    pieces, going_on = [0] * 5, asyncio.Event()

    async def send(index: int) -> None:
        async def receive() -> Message:
            pieces[index] += 1
            if pieces[index] > 3:
                await going_on.wait()
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": b"x" * 600_000, "more_body": True}

        await app(_scope(fields), receive, _sending(Response()))

    sending = [asyncio.create_task(send(index)) for index in range(5)]
    for _ in range(1000):
        await asyncio.sleep(0)
    assert sorted(pieces) == [2, 2, 2, 4, 4]
    going_on.set()
    await asyncio.gather(*sending)
    assert pieces == [4] * 5

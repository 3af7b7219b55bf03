import asyncio
import logging

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message

from app.domain.errors import StoreUnusable
from app.github.webhooks import MAX_BODY_BYTES, CommentHint, RepositoryRef, WebhookEvent
from app.ports.metrics import DeliveryOutcome
from app.web.context import WebhookEndpoint
from tests.github.deliveries import GUID, SECRET, comment_payload, delivery, issue_payload, sign
from tests.web.harness.blog import Blog
from tests.web.harness.http_server import run_server
from tests.web.harness.webhook_client import (
    PATH,
    FakeReceiver,
    WebhookClient,
    WebhookResponse,
    app_with_webhook,
    delivery_scope,
    record,
)

SHA_1 = (b"x-hub-signature", b"sha1=0000000000000000000000000000000000000000")


@pytest.fixture
def client() -> WebhookClient:
    return WebhookClient()


def _detail(response: WebhookResponse) -> str:
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    value = orjson.loads(response.body)
    assert value["status"] == response.status
    return str(value["detail"])


@pytest.mark.parametrize("form", [False, True])
async def test_signed_delivery_is_received(client: WebhookClient, *, form: bool) -> None:
    response = await client.post(*delivery("issue_comment", comment_payload("created"), form=form))
    assert (response.status, response.body) == (202, b'{"outcome":"accepted"}')
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    assert client.receiver.events == [
        WebhookEvent(
            GUID,
            "issue_comment",
            "created",
            RepositoryRef("Ada/Blog", 1_296_269),
            41,
            comment=CommentHint(1001, 1_593_684_000.0, "*text* 1001"),
        )
    ]
    assert client.receiver.rejections == []


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (DeliveryOutcome.KNOWN, 202),
        (DeliveryOutcome.REPLAYED, 202),
        (DeliveryOutcome.IGNORED, 202),
        (DeliveryOutcome.PONG, 200),
    ],
)
async def test_response_has_the_outcome(client: WebhookClient, outcome: DeliveryOutcome, status: int) -> None:
    client.receiver.outcome = outcome
    response = await client.post(*delivery("issues", issue_payload("opened")))
    assert (response.status, orjson.loads(response.body)) == (status, {"outcome": outcome})


async def test_body_in_pieces_is_joined(client: WebhookClient) -> None:
    headers, body = delivery("issues", issue_payload("opened"))
    assert (await client.post(headers, b"", body[:7], b"", body[7:], b"")).status == 202


@pytest.mark.parametrize("signer", [b"old", b"new"])
async def test_every_configured_secret_is_accepted(signer: bytes) -> None:
    client = WebhookClient((b"old", b"new"))
    assert (await client.post(*delivery("issues", issue_payload("opened"), secret=signer))).status == 202


async def test_unserved_repository_is_rejected_by_name(client: WebhookClient) -> None:
    client.receiver.outcome = DeliveryOutcome.FOREIGN
    response = await client.post(*delivery("issues", issue_payload("opened")))
    assert (response.status, _detail(response)) == (404, "The repository Ada/Blog is not served here.")


# signatures


async def test_wrong_signature_is_rejected_before_parsing(client: WebhookClient) -> None:
    response = await client.post(*delivery("issues", b"{no JSON", secret=b"wrong"))
    assert response.status == 401
    assert "AFTERWORD_WEBHOOK_SECRET" in _detail(response)
    assert SECRET.decode() not in _detail(response)
    assert client.receiver.rejection_outcomes == [DeliveryOutcome.UNSIGNED]
    assert client.receiver.events == []


@pytest.mark.parametrize("fields", [[], [(b"x-hub-signature-256", b"sha256=1")]])
async def test_body_without_a_signature_is_not_read(client: WebhookClient, fields: list[tuple[bytes, bytes]]) -> None:
    response = await client.post([(b"content-type", b"application/json"), *fields], b"{}")
    assert (response.status, response.pieces_read) == (401, 0)
    assert "X-Hub-Signature-256" in _detail(response)
    assert client.receiver.rejection_outcomes == [DeliveryOutcome.UNSIGNED]


async def test_sha_1_alone_has_its_own_message(client: WebhookClient) -> None:
    response = await client.post([SHA_1], b"{}")
    assert response.status == 401
    assert "SHA-1 only" in _detail(response)


async def test_missing_secret_rejects_every_delivery() -> None:
    client = WebhookClient(())
    response = await client.post(*delivery("issues", issue_payload("opened"), secret=b""))
    assert (response.status, response.pieces_read, response.headers["retry-after"]) == (503, 0, "300")
    assert "AFTERWORD_WEBHOOK_SECRET" in _detail(response)
    assert client.receiver.rejection_outcomes == [DeliveryOutcome.UNCONFIGURED]


async def test_process_without_webhook_rejects_every_delivery(client: WebhookClient) -> None:
    response = await client.post(*delivery("issues", issue_payload("opened")), app=Blog().app)
    assert response.status == 503
    assert "AFTERWORD_WEBHOOK_SECRET" in _detail(response)


def test_repr_shows_no_secret() -> None:
    assert SECRET.decode() not in repr(WebhookEndpoint((SECRET,), FakeReceiver()))


# invalid bodies


async def test_too_large_content_length_is_rejected_at_once(client: WebhookClient) -> None:
    headers, body = delivery("issues", issue_payload("opened"))
    response = await client.post([*headers, (b"content-length", str(MAX_BODY_BYTES + 1).encode())], body)
    assert (response.status, response.pieces_read, response.headers["connection"]) == (413, 0, "close")
    assert "25,000,000 bytes" in _detail(response)
    assert client.receiver.rejection_outcomes == [DeliveryOutcome.MALFORMED]


async def test_body_of_unknown_length_is_read_to_the_limit(client: WebhookClient) -> None:
    piece = b"x" * (MAX_BODY_BYTES // 5)
    response = await client.post(delivery("issues", b"")[0], *[piece] * 5, b"x", b"never read")
    assert (response.status, response.pieces_read, response.headers["connection"]) == (413, 6, "close")


async def test_body_at_the_limit_is_accepted(client: WebhookClient) -> None:
    small = orjson.dumps(issue_payload("opened"))
    headers, body = delivery("issues", small + b" " * (MAX_BODY_BYTES - len(small)))
    sent = [*headers, (b"content-length", str(MAX_BODY_BYTES).encode())]
    assert (len(body), (await client.post(sent, body)).status) == (MAX_BODY_BYTES, 202)


@pytest.mark.parametrize("length", [b"", b"many", b"-1", b"1" * 50])
async def test_invalid_content_length_counts_as_unknown(client: WebhookClient, length: bytes) -> None:
    headers, body = delivery("issues", issue_payload("opened"))
    assert (await client.post([*headers, (b"content-length", length)], body)).status == 202


@pytest.mark.parametrize("content_type", [b"text/plain", b"multipart/form-data; boundary=x", b""])
async def test_other_content_types_are_rejected(client: WebhookClient, content_type: bytes) -> None:
    headers, body = delivery("issues", issue_payload("opened"))
    response = await client.post([(b"content-type", content_type), *headers[1:]], body)
    assert response.status == 415
    assert "application/json" in _detail(response)
    assert client.receiver.rejection_outcomes == [DeliveryOutcome.MALFORMED]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b"[" * 100_000])
async def test_malformed_signed_body_is_rejected_with_the_reason(client: WebhookClient, body: bytes) -> None:
    response = await client.post(*delivery("issues", body))
    assert response.status == 400
    assert "cannot be read" in _detail(response)
    assert client.receiver.rejection_outcomes == [DeliveryOutcome.MALFORMED]
    assert client.receiver.events == []


NAMES = [b"x-github-event", b"x-github-delivery", b"x-hub-signature-256", b"x-hub-signature", b"content-type"]
VALUES = st.binary(max_size=20) | st.sampled_from([b"issues", b"ping", b"application/json", sign(b"{}")])


@given(fields=st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=8), body=st.binary(max_size=20))
def test_any_delivery_has_an_intended_status(fields: list[tuple[bytes, bytes]], body: bytes) -> None:
    client = HOSTILE_CLIENT
    client.receiver.events.clear()
    client.receiver.rejections.clear()
    response = asyncio.run(client.post([*fields, (b"x-hub-signature-256", sign(body))], body))
    assert response.status in {202, 400, 401, 415}
    assert len(client.receiver.events) + len(client.receiver.rejections) == 1


HOSTILE_CLIENT = WebhookClient()
"""One client for all requests, because the application takes longer to create than a request."""


# failures


async def test_store_failure_is_503_with_retry_after(client: WebhookClient, caplog: pytest.LogCaptureFixture) -> None:
    client.receiver.failure = StoreUnusable("/srv/afterword.db", "database or disk is full")
    response = await client.post(*delivery("issues", issue_payload("opened")))
    assert (response.status, response.headers["retry-after"]) == (503, "30")
    assert "srv" not in _detail(response)
    assert "disk is full" in caplog.text


@pytest.mark.parametrize("sent", [0, 1, 60])
async def test_disconnected_client_is_no_internal_error(
    client: WebhookClient, sent: int, caplog: pytest.LogCaptureFixture
) -> None:
    headers, body = delivery("issues", issue_payload("opened"))
    await client.post(headers, *([body[:sent]] if sent else []), ends=False)
    assert (client.receiver.events, client.receiver.rejection_outcomes) == ([], [DeliveryOutcome.MALFORMED])
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
async def test_webhook_accepts_only_post(blog: Blog, method: str) -> None:
    response = await blog.request(PATH, method=method)
    assert (response.status_code, response.headers["allow"]) == (405, "OPTIONS, POST")


async def test_openapi_describes_the_webhook(blog: Blog) -> None:
    operation = (await blog.request("/openapi.json")).json()["paths"][PATH]["post"]
    assert {parameter["name"] for parameter in operation["parameters"]} == {
        "X-GitHub-Event",
        "X-GitHub-Delivery",
        "X-Hub-Signature-256",
    }
    assert set(operation["requestBody"]["content"]) == {"application/json", "application/x-www-form-urlencoded"}
    assert {"200", "202", "400", "401", "404", "413", "415", "429", "503"} == set(operation["responses"])


# over a socket


def _request_head(fields: list[tuple[bytes, bytes]]) -> bytes:
    lines = [f"POST {PATH} HTTP/1.1".encode(), b"Host: blog.test", *(b": ".join(field) for field in fields), b"", b""]
    return b"\r\n".join(lines)


async def test_too_large_body_closes_the_connection(client: WebhookClient) -> None:
    fields, _ = delivery("issues", b"")
    async with run_server(client.app, shutdown_timeout=1) as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(_request_head([*fields, (b"Content-Length", b"99000000000")]) + b"x" * 1000)
        response = await reader.read()
        writer.close()
    assert response.startswith(b"HTTP/1.1 413 ")
    assert b"25,000,000 bytes" in response


async def test_broken_connection_is_not_logged(client: WebhookClient, caplog: pytest.LogCaptureFixture) -> None:
    fields, body = delivery("issues", issue_payload("opened"))
    async with run_server(client.app, shutdown_timeout=1) as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(_request_head([*fields, (b"Content-Length", str(len(body)).encode())]) + body[:20])
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()
        async with httpx.AsyncClient() as http:
            response = await http.post(f"http://{host}:{port}{PATH}", headers=dict(fields), content=body)
    assert response.status_code == 202
    assert client.receiver.rejection_outcomes == [DeliveryOutcome.MALFORMED]
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_incomplete_body_times_out(client: WebhookClient) -> None:
    app = app_with_webhook(WebhookEndpoint((SECRET,), client.receiver, body_timeout=0.05))
    fields, body = delivery("issue_comment", comment_payload("created"))
    is_sent = False

    async def receive() -> Message:
        nonlocal is_sent
        if is_sent:
            await asyncio.Event().wait()
        is_sent = True
        return {"type": "http.request", "body": body[:10], "more_body": True}

    response = WebhookResponse()
    await app(delivery_scope(fields), receive, record(response))
    assert response.status == 400
    assert "not whole after" in _detail(response)
    assert response.headers["connection"] == "close"

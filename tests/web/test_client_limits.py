"""Limits for each client, as clients meet them: status 429, when to try again, and no other client affected."""

import asyncio

import httpx
import pytest

from app.serving.clients.addresses import TrustedProxies
from app.serving.clients.limits import ClientLimits, OpenSubscriptions
from tests.web.harness.blog import BIG, POST
from tests.web.harness.event_stream_client import EVENTS, event_stream_service
from tests.web.harness.http_server import run_server
from tests.web.harness.limited_site import LimitedSite
from tests.web.harness.webhook_client import PATH

READ = f"/api/v1/posts/{POST}/comments"
STRANGER, READER = {"X-Forwarded-For": "192.0.2.66"}, {"X-Forwarded-For": "198.51.100.4"}


@pytest.fixture
def site() -> LimitedSite:
    return LimitedSite()


async def test_cold_reads_of_one_client_are_limited(site: LimitedSite) -> None:
    targets = [f"{READ}?limit={number}" for number in range(1, 6)]
    responses = [await site.send(target, STRANGER) for target in targets]
    assert [response.status_code for response in responses] == [200, 200, 200, 429, 429]
    assert responses[3].headers["retry-after"] == "10"
    assert responses[3].headers["content-type"] == "application/problem+json"
    assert responses[3].headers["access-control-allow-origin"] == "*"
    assert responses[3].json()["detail"] == "Cold pages were asked for too often. Try again in 10 s."
    assert (await site.send(targets[3], READER)).status_code == 200
    assert site.blog.reader.clients == ["192.0.2.66"] * 3 + ["198.51.100.4"], "they take turns"
    for target in targets[:4] * 3:
        assert (await site.send(target, STRANGER)).status_code == 200, "what is in memory is free"
    site.blog.clock.advance(10)
    assert (await site.send(targets[4], STRANGER)).status_code == 200


async def test_refused_read_has_the_body_that_github_has(site: LimitedSite) -> None:
    target = f"/repos/Owner/Blog/issues/{BIG}/comments?per_page="
    responses = [await site.send(f"{target}{number}", STRANGER) for number in range(1, 5)]
    assert responses[3].status_code == 429
    assert responses[3].json()["message"].endswith("Try again in 10 s.")


async def test_wrong_signatures_of_one_client_are_limited(site: LimitedSite) -> None:
    assert [await site.deliver(STRANGER, is_valid=False) for _ in range(5)] == [401, 401, 401, 429, 429]
    assert await site.deliver(READER, is_valid=False) == 401
    assert await site.deliver(STRANGER) == 202, "GitHub may come through the same proxy"
    site.blog.clock.advance(10)
    assert await site.deliver(STRANGER, is_valid=False) == 401


async def test_no_large_delivery_is_read_behind_wrong_signatures(site: LimitedSite) -> None:
    large = b"x" * 70_000
    assert await site.deliver(STRANGER, large) == 401
    for _ in range(2):
        await site.deliver(STRANGER, is_valid=False)
    assert await site.deliver(STRANGER, large) == 429
    assert await site.deliver(READER, large) == 401
    assert len(site.receiver.rejections) == 5


async def test_event_streams_of_one_client_are_limited() -> None:
    limits = ClientLimits(TrustedProxies(), subscriptions=OpenSubscriptions(2))
    async with event_stream_service(limits=limits) as service:
        pages = [await service.subscribe(X_Forwarded_For="192.0.2.66") for _ in range(2)]
        refusal = await service.request(EVENTS, X_Forwarded_For="192.0.2.66")
        assert (refusal.status, refusal.headers["retry-after"]) == (429, "30")
        await service.subscribe(X_Forwarded_For="198.51.100.4")
        pages[0].disconnect()
        while service.subscribers.count > 2:  # noqa: ASYNC110 - the server offers nothing else to wait for
            await asyncio.sleep(0)
        await service.subscribe(X_Forwarded_For="192.0.2.66")


async def test_limits_tell_clients_of_a_real_proxy_apart(site: LimitedSite) -> None:
    async with run_server(site.blog.app) as (_, port), httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as proxy:
        for number in range(1, 4):
            assert (await proxy.get(f"{READ}?limit={number}", headers=STRANGER)).status_code == 200
        assert (await proxy.get(f"{READ}?limit=4", headers=STRANGER)).status_code == 429
        forged = {"X-Forwarded-For": f"198.51.100.99, {STRANGER['X-Forwarded-For']}"}
        assert (await proxy.get(f"{READ}?limit=4", headers=forged)).status_code == 429
        assert (await proxy.get(f"{READ}?limit=4", headers={"Forwarded": "for=198.51.100.4"})).status_code == 200


async def test_repeated_field_counts_as_one_list(site: LimitedSite) -> None:
    signature = ("X-Hub-Signature-256", f"sha256={0:064}")
    for number in range(3):
        fields = [signature, ("X-Forwarded-For", f"198.51.100.{number}"), *STRANGER.items()]
        assert (await site.send(PATH, fields, "POST")).status_code == 401
    assert await site.deliver(STRANGER, is_valid=False) == 429, "HAProxy adds its field behind the client's"

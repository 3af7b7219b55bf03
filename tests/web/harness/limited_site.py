"""A blog behind a proxy, with small limits for each client."""

from collections.abc import Mapping

import httpx

from app.serving.clients.addresses import TrustedProxies
from app.serving.clients.limits import Buckets, ClientLimits
from app.web.context import WebhookEndpoint
from tests.github.deliveries import SECRET, comment_payload, delivery
from tests.web.harness.blog import Blog
from tests.web.harness.webhook_client import PATH, FakeReceiver

PROXY = "10.0.0.2"


class LimitedSite:
    """A blog behind a proxy at `PROXY`, with small limits."""

    def __init__(self) -> None:
        self.blog = Blog()
        self.receiver = FakeReceiver()
        limits = ClientLimits(
            TrustedProxies(), Buckets(3, 10.0, "Cold pages were asked for"), Buckets(3, 10.0, "Wrong ones were sent")
        )
        self.blog.serve(limits=limits, webhook=WebhookEndpoint((SECRET,), self.receiver))

    async def send(
        self, target: str, headers: Mapping[str, str] | list[tuple[str, str]], method: str = "GET", content: bytes = b""
    ) -> httpx.Response:
        transport = httpx.ASGITransport(self.blog.app, client=(PROXY, 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://blog.test") as client:
            return await client.request(method, target, headers=headers, content=content)

    async def deliver(self, client: Mapping[str, str], body: bytes | None = None, *, is_valid: bool = True) -> int:
        fields, content = delivery("issue_comment", comment_payload("created"))
        headers = {name.decode(): value.decode() for name, value in fields}
        response = await self.send(PATH, {**headers, **client}, "POST", body or content + b" " * (not is_valid))
        return response.status_code

"""Requests of the owner and of others to a service in this process."""

import random
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.cookies import Morsel, SimpleCookie
from typing import Any

import httpx

from app.bootstrap import Application, open_application
from app.simulator.http.server import RunningSimulator
from app.sync.backfill import Progress
from tests.fakes import FakeClock
from tests.integration.local_service import LocalService, settings_for

OWNER_TOKEN = "a-token-that-only-the-owner-knows"
BEARER = {"authorization": f"Bearer {OWNER_TOKEN}"}
BASE_URL = "http://comments.example.com"


@dataclass(slots=True)
class OwnerClient:
    """A browser that remembers cookies by name, whatever their path: the tests look at paths themselves."""

    application: Application
    address: str = "9.9.9.9"
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    async def request(
        self, path: str, *, method: str = "GET", data: Mapping[str, str] | None = None, **headers: str
    ) -> httpx.Response:
        """Send a request; the names of `headers` have _ for -."""
        transport = httpx.ASGITransport(self.application.web, client=(self.address, 4711))
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
            response = await client.request(method, path, data=data, headers=sent)
        for cookie in set_cookies(response):
            self.cookies.pop(cookie.key, None)
            if cookie.value:
                self.cookies[cookie.key] = cookie.value
        return response

    async def sign_in(self, token: str = OWNER_TOKEN, **headers: str) -> httpx.Response:
        """Send the form to sign in."""
        return await self.request("/owner", method="POST", data={"do": "sign-in", "token": token}, **headers)

    async def submit(
        self, form_token: str | None = None, /, *, headers: Mapping[str, str] = {}, **fields: str
    ) -> httpx.Response:
        """Send another form of the page, by default with the token of the page's own forms."""
        form_token = await self.form_token() if form_token is None else form_token
        return await self.request("/owner", method="POST", data={"form": form_token, **fields}, **headers)

    async def form_token(self) -> str:
        """Return the token of the forms of the page."""
        match = re.search(r'name="form" value="(\w+)"', (await self.request("/owner")).text)
        assert match is not None
        return match[1]

    async def api(self, name: str, **options: Any) -> httpx.Response:
        """Read the owner's API with the token."""
        return await self.request(f"/api/v1/owner/{name}", authorization=BEARER["authorization"], **options)


def set_cookies(response: httpx.Response) -> list[Morsel[str]]:
    """Return the cookies that a response sets."""
    return [next(iter(SimpleCookie(text).values())) for text in response.headers.get_list("set-cookie")]


@dataclass(slots=True)
class OwnedService:
    """A running service with an owner's page, and a browser of the owner's."""

    service: LocalService
    owner: OwnerClient

    @property
    def application(self) -> Application:
        return self.service.application

    def stranger(self, address: str = "8.8.8.8") -> OwnerClient:
        """Return the browser of somebody else."""
        return OwnerClient(self.application, address)


@asynccontextmanager
async def run_owned_service(
    simulator: RunningSimulator, clock: FakeClock | None = None, **settings: Any
) -> AsyncGenerator[OwnedService, None]:
    """Run a service with an owner's page; `settings` are fields of `Settings`."""
    clock = clock or FakeClock(simulator.world.clock())
    progress: list[Progress] = []
    values = settings_for(simulator, **{"owner_token": OWNER_TOKEN, **settings})
    rng = random.Random(1)  # noqa: S311 - each session has an id of its own, the same in each run
    async with open_application(values, progress.append, clock, rng.random, process_id="first") as application:
        service = LocalService(application, simulator, clock, progress)
        yield OwnedService(service, OwnerClient(application))

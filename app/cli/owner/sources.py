"""Where the commands of the owner read: the running service, or its store if none runs. Neither asks GitHub."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

import httpx

from app.bootstrap.owner import open_overview
from app.domain.errors import CannotStart, InvalidSetting
from app.outbound.clock import SystemClock, random
from app.outbound.http import is_loopback
from app.serving.owner.as_json import counts_object, status_object
from app.settings import NameWarning, Settings, load

_SECONDS = 30.0
_CONNECT_SECONDS = 3.0
_ANY_HOST = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - nothing is bound to it here
_OBJECTS = {"status": status_object, "counts": counts_object}
_LISTS = {"status": "sites", "counts": "posts"}
"""The list that each object has: another program's response lacks it."""
_LAST_PORT = 65_535

Read = Callable[[], Awaitable[dict[str, Any]]]
"""Reads one object of the owner's API."""


class Choice(NamedTuple):
    """The options that say what to read."""

    repo: str | None
    store: str | None
    url: str | None

    @property
    def names_store(self) -> bool:
        """Return True if an option says which mirror to read: a service reads its own."""
        return self.repo is not None or self.store is not None


class NoService(Exception):
    """No service with an owner's page answers at the address."""


def load_settings(choice: Choice, warn: Callable[[NameWarning], None]) -> Settings:
    """Return the settings; with an address no repository needs to be named, because the service knows its own."""
    if choice.url is not None and choice.names_store:
        raise InvalidSetting("--url", "a service reads its own repositories and store. Leave --repo and --store out")
    options = {"repo": choice.repo, "store": choice.store}
    try:
        return load(options, warn=warn)
    except InvalidSetting as error:
        if choice.url is None or not error.reason.startswith("no repository"):
            raise
        return load({**options, "repo": "owner/name"})


@asynccontextmanager
async def open_source(name: str, settings: Settings, choice: Choice) -> AsyncGenerator[Read, None]:
    """Yield what reads `status` or `counts`: from the service at the address, else from the local one or the store.

    Raises `InvalidSetting`, `CannotStart` and `StoreError`.
    """
    token, url = settings.owner_secret, choice.url
    address = (url or local_url(settings)).rstrip("/")
    if url is not None:
        _require_safe(url, token)
    if token is not None and not choice.names_store:
        async with _client(address, token) as client:
            try:
                await _get(client, name)
            except NoService as reason:
                if url is not None:
                    raise CannotStart(str(reason)) from None
            else:
                yield lambda: _get_again(client, name)
                return
    async with open_overview(settings, SystemClock(), f"{random():.17f}") as overview:

        async def read() -> dict[str, Any]:
            return _OBJECTS[name](await overview.read())

        yield read


def local_url(settings: Settings) -> str:
    """Return the address at which the service listens on this machine."""
    host = _ANY_HOST.get(settings.host, f"[{settings.host}]" if ":" in settings.host else settings.host)
    return f"http://{host}:{settings.port}"


def _require_safe(url: str, token: str | None) -> None:
    parts = _split(url)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise InvalidSetting("--url", f"{url!r} is not an address. Write it as https://comments.example.com")
    if token is None:
        raise InvalidSetting(
            "AFTERWORD_OWNER_TOKEN",
            "only the owner may read a service at --url. Set it to the token that the service has",
        )
    if parts.scheme == "http" and not is_loopback(url):
        raise InvalidSetting("--url", "the token would be sent unencrypted over http. Write the address with https")


def _split(url: str) -> SplitResult | None:
    """Return the parts of an address; None if no request could be sent to it."""
    try:
        parts = urlsplit(url)
        is_usable = (parts.port or 0) <= _LAST_PORT and bool(httpx.URL(url).host)
    except (ValueError, httpx.InvalidURL):
        return None
    return parts if is_usable else None


def _client(address: str, token: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=f"{address}/api/v1/owner/",
        headers={"authorization": f"Bearer {token}"},
        timeout=httpx.Timeout(_SECONDS, connect=_CONNECT_SECONDS),
        trust_env=not is_loopback(address),
    )


async def _get_again(client: httpx.AsyncClient, name: str) -> dict[str, Any]:
    try:
        return await _get(client, name)
    except NoService as reason:
        raise CannotStart(str(reason)) from None


async def _get(client: httpx.AsyncClient, name: str) -> dict[str, Any]:
    """Return an object of the API. Raises `NoService` if there is no such API, `CannotStart` if it refuses."""
    url = f"{client.base_url}{name}"
    try:
        response = await client.get(name)
    except httpx.HTTPError as error:
        raise NoService(f"No service answers at {url} ({type(error).__name__}). Start it, or correct --url.") from None
    if response.status_code == httpx.codes.NOT_FOUND:
        raise NoService(f"There is no owner's page at {url}. Set AFTERWORD_OWNER_TOKEN where the service runs.")
    if response.status_code == httpx.codes.UNAUTHORIZED:
        raise InvalidSetting("AFTERWORD_OWNER_TOKEN", f"the service at {url} has another one. Set both to the same")
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        seconds = response.headers.get("retry-after", "60")
        raise CannotStart(f"Wrong tokens were sent to {url} too often. Try again in {seconds} seconds.")
    if response.status_code != httpx.codes.OK:
        raise CannotStart(f"The service answers {url} with {response.status_code}. Its log says why.")
    return _object(response, name, url)


def _object(response: httpx.Response, name: str, url: str) -> dict[str, Any]:
    try:
        value = response.json()
    except ValueError:
        value = None
    if not isinstance(value, dict) or not isinstance(value.get(_LISTS[name]), list):
        raise NoService(f"What answers at {url} is not Afterword. Correct --url.")
    return value

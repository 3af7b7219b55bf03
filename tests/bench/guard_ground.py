"""Run the whole application over the simulator, by a clock that only its user moves.

Every internal name of the application that the guard and the trace need stands in the adapter below. The rest is ASGI.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from typing import Any
from urllib.parse import unquote

# The adapter: the internal names. -----------------------------------------------------------------------------------
from app.bootstrap import open_application
from app.settings import load
from app.simulator.http import server
from app.simulator.http.faults import Status
from app.simulator.http.rate_limits import Limits
from app.simulator.http.server import RunningSimulator
from app.simulator.world.markdown import to_html
from app.simulator.world.records import HIDE_REASONS, REACTIONS, Comment
from app.simulator.world.sample import sample_world
from app.simulator.world.webhook_events import WebhookEvent as Event
from app.simulator.world.world import World

__all__ = [
    "BLOG",
    "HIDE_REASONS",
    "NOTES",
    "REACTIONS",
    "SECRET",
    "START",
    "Answer",
    "Clock",
    "Comment",
    "Event",
    "Request",
    "Service",
    "Status",
    "World",
    "asks_by_kind",
    "sample_world",
    "scope_of",
    "serving",
    "simulation",
    "to_html",
    "web_of",
]


Application = Any
"""What `open_application` gives."""


def web_of(application: Application) -> Any:
    """Return the ASGI application."""
    return application.web


async def poll(application: Application) -> float:
    """Run one scheduled round over each repository; return the seconds to the next one."""
    return min([float(await application.schedule.poll_once(repository)) for repository in application.settings.repo])


async def refresh_due(application: Application) -> None:
    """Run every refresh that is due in the store, and wait for its end."""
    await application.worker.run_due()


# The end of the adapter. --------------------------------------------------------------------------------------------

START = 1_750_000_000.0
TOKEN, SECRET, HOLDER = "t0ken", "s3cret", "guard"
BLOG, NOTES = "ada/blog", "ada/notes"
HOST = "comments.example.com"
_PORT = 18_471
"""Picture addresses contain the simulator's address, so it must be the same in every recording."""
_PATIENCE = 120.0
_ALWAYS_NEW = "x-request-id"

Headers = list[tuple[str, str]]


class Clock:
    """A clock that moves only by `advance` and, unless it is still, by the sleeps of the application.

    Where several things go on at once, only a still clock says the same in each run.
    """

    def __init__(self, now: float = START, *, still: bool = False) -> None:
        self._now = now
        self._still = still

    def now(self) -> float:
        """Return epoch seconds."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Move to the end of the sleep at once."""
        end = self._now + seconds
        await asyncio.sleep(0)
        if not self._still:
            self._now = max(self._now, end)

    def advance(self, seconds: float) -> None:
        """Move by this many seconds."""
        self._now += seconds


@dataclass(frozen=True)
class Request:
    """One request; `pieces` are the parts of its body, `messages` ends an endless answer after this many of them."""

    target: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    pieces: tuple[bytes, ...] = (b"",)
    note: str = ""
    messages: int | None = None

    @property
    def label(self) -> str:
        """Return one line that names the request."""
        fields = "".join(f" {name}={value}" for name, value in self.headers if name != "x-hub-signature-256")
        label = f"{self.method} {self.target}{fields}" + (f" ({self.note})" if self.note else "")
        return label if len(label) < 400 else f"{label[:300]}… {len(label)} characters"


@dataclass(frozen=True)
class Answer:
    """One answer, without what differs from request to request."""

    status: int
    headers: Headers
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the first header of that name."""
        return next((value for key, value in self.headers if key == name), None)


@dataclass
class Service:
    """A running application, the simulator that it asks, and the clock of both."""

    application: Application
    simulator: RunningSimulator
    clock: Clock

    @property
    def world(self) -> World:
        """Return the simulated GitHub."""
        return self.simulator.world

    async def send(self, request: Request) -> Answer:
        """Return the answer of the application."""
        return await send(web_of(self.application), request)

    async def get(self, target: str, *headers: tuple[str, str]) -> Answer:
        """Return the answer to a GET."""
        return await self.send(Request(target, headers=headers))

    async def settle(self) -> None:
        """Wait for what goes on behind the answers."""
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others)

    async def poll(self) -> float:
        """Run one scheduled round over each repository; return the seconds to the next one."""
        pause = await poll(self.application)
        await self.settle()
        return pause

    async def refresh_once(self) -> None:
        """Run what is due now."""
        await refresh_due(self.application)
        await self.settle()

    async def refresh(self) -> None:
        """Run what is due now, and what that leaves due."""
        for _ in range(3):
            await self.refresh_once()

    async def mirror(self) -> None:
        """Import everything and bring it up to date."""
        await self.poll()
        await self.poll()


async def send(web: Any, request: Request) -> Answer:
    """Return the answer of an ASGI application."""
    messages: list[Any] = []
    done, pieces = asyncio.Event(), list(request.pieces)

    async def receive() -> dict[str, Any]:
        if not pieces:
            await done.wait()
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    async def sending(message: Any) -> None:
        messages.append(message)
        is_last = message["type"] == "http.response.body" and not message.get("more_body")
        if is_last or len(messages) == request.messages:
            done.set()

    await web(scope_of(request), receive, sending)
    has_own_id = any(name == _ALWAYS_NEW for name, _ in request.headers)
    transient = {"date"} if has_own_id else {"date", _ALWAYS_NEW}
    headers = [(name.decode().lower(), value.decode("latin-1")) for name, value in messages[0].get("headers", ())]
    body = b"".join(message.get("body", b"") for message in messages[1:])
    return Answer(messages[0]["status"], sorted(each for each in headers if each[0] not in transient), body)


def scope_of(request: Request) -> dict[str, Any]:
    """Return the ASGI scope of a request."""
    path, _, query = request.target.partition("?")
    fields = [(name.encode(), value.encode("latin-1")) for name, value in request.headers]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "https",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode("utf-8", "surrogateescape"),
        "root_path": "",
        "headers": [(b"host", HOST.encode()), *fields],
        "client": ("192.0.2.1", 50_000),
        "server": ("127.0.0.1", 8000),
    }


@asynccontextmanager
async def serving(
    simulator: RunningSimulator, folder: Path | None, *, clock: Clock | None = None, **settings: Any
) -> AsyncGenerator[Service, None]:
    """Run the application; the store is in memory without a folder, else a file in it."""
    clock = clock or Clock(START + 3600)
    simulator.world.clock = clock.now
    values = {
        "repo": BLOG,
        "github_api_url": simulator.url,
        "github_token": TOKEN,
        "webhook_secret": SECRET,
        "picture_hosts": simulator.url,
        "store": "memory:" if folder is None else f"sqlite:///{folder / 'afterword.db'}",
        **settings,
    }
    configuration = load(values, env_file=None)
    async with open_application(configuration, lambda _: None, clock, lambda: 0.5, process_id=HOLDER) as application:
        service = Service(application, simulator, clock)
        try:
            yield service
        finally:
            simulator.faults.clear()
            simulator.hold.release()
            await service.settle()


@contextmanager
def simulation(world: World, *, fixed: bool = True) -> Iterator[RunningSimulator]:
    """Run the simulator, at its fixed port if wanted, with a budget that no corpus uses up."""
    world.add_token(TOKEN, "ada")
    original = server.bind_loopback
    if fixed:
        server.bind_loopback = _bind_fixed_port
    try:
        with server.run_simulator(world, limits=Limits(points_per_minute=10**9, authenticated=10**6)) as simulator:
            simulator.images.base_url = simulator.url
            yield simulator
    finally:
        server.bind_loopback = original


_bind = server.bind_loopback


def _bind_fixed_port(port: int = _PORT) -> socket:
    """Bind the fixed port, and wait while another recording uses it."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return _bind(port)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def asks_by_kind(simulator: RunningSimulator) -> Iterator[str]:
    """Yield the kind of each request to GitHub until now, with the status of its answer."""
    for ask in simulator.requests:
        path, _, query = ask.target.partition("?")
        parts = ["{n}" if part.isdecimal() else part for part in path.split("/")[1:]]
        names = sorted({pair.partition("=")[0] for pair in query.split("&") if pair})
        shape = "/".join(parts) if parts[:1] != ["repos"] else "/".join(["repos", "{repo}", *parts[3:]])
        yield f"/{shape}{'?' if names else ''}{'&'.join(names)} {ask.status}"

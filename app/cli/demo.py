"""`python -m app demo`: a simulated GitHub, the service and a sample blog, on loopback in one process.

Nothing of the owner's reaches it: neither the variables nor the file .env are read, so that no real token is sent to
anybody and no store of a real blog is touched.
"""

import asyncio
import logging
import socket
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Any

import orjson
import typer
import uvloop
from rich.console import Console

from app.bootstrap import assembled
from app.cli.blog.pages import Blog, build
from app.cli.options import Json
from app.cli.server import address, bind, listen
from app.domain.sites import repository
from app.outbound.clock import SystemClock, random
from app.settings import Settings
from app.simulator.http import server
from app.simulator.http.app import Simulator
from app.simulator.world.sample import SAMPLE, sample_world
from app.sync.backfill import Progress

_HOST = "127.0.0.1"
_LARGEST_PORT = 65535

Say = Callable[[dict[str, str]], None]
"""Tells the owner the addresses, by name: `blog`, `service` and `simulator`."""


def demo(
    port: Annotated[
        int, typer.Option("--port", min=0, max=_LARGEST_PORT, help="The service's port; 0 takes a free one.")
    ] = 8000,
    blog_port: Annotated[
        int, typer.Option("--blog-port", min=0, max=_LARGEST_PORT, help="The sample blog's port; 0 takes a free one.")
    ] = 8001,
    json: Json = False,  # noqa: FBT002 - a flag of the command line
) -> None:
    """Show all of it on this machine: a simulated GitHub, the service, and a sample blog whose pages load comments.

    Needs no internet and no token, and leaves nothing behind. Ctrl-C ends it.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    uvloop.run(run(port, blog_port, _print_json if json else _greet))


async def run(port: int, blog_port: int, say: Say) -> None:
    """The demo from start to end; `say` is called when all comments are mirrored. Raises `CannotStart`."""
    with (
        bind(_HOST, port, choice="--port") as service_bound,
        bind(_HOST, blog_port, choice="--blog-port") as blog_bound,
        server.loopback() as simulator_bound,
    ):
        service = address(service_bound)
        addresses = {
            "blog": f"{address(blog_bound)}/",
            "service": service,
            "simulator": server.url_of(simulator_bound),
        }
        clock = SystemClock()
        complete = asyncio.Event()

        def watch(progress: Progress) -> None:
            if progress.done:
                complete.set()

        async def tell() -> None:
            await complete.wait()
            say(addresses)

        blog = Blog(build(service, SAMPLE), service)
        settings = sheltered(service, addresses["simulator"])
        simulator = Simulator(sample_world(clock.now))
        simulator.pictures.home = addresses["simulator"]
        async with (
            _simulated(simulator, simulator_bound),
            assembled(settings, watch, clock, random) as afterword,
            _meanwhile(afterword.follow()),
            _meanwhile(tell()),
        ):
            closing = afterword.listeners.close
            await listen(afterword.web, service_bound, beside=[(blog, blog_bound)], closing=closing)


def sheltered(service: str, github: str) -> Settings:
    """The defaults and what the demo needs: each setting is given, so that none is looked for in the environment."""
    defaults = {name: field.default for name, field in Settings.model_fields.items() if not field.is_required()}
    given = {
        "repo": (repository(SAMPLE),),
        "store": "memory:",
        "public_url": service,
        "github_api_url": github,
        "picture_hosts": (github,),
    }
    return Settings(_env_file=None, **(defaults | given))


@asynccontextmanager
async def _simulated(simulator: Simulator, bound: socket.socket) -> AsyncGenerator[None, None]:
    """GitHub, as far as the demo needs it."""
    stop = asyncio.Event()
    bound.listen()
    serving = asyncio.create_task(server.serve(simulator, bound, stop))
    try:
        yield
    finally:
        stop.set()
        await serving


@asynccontextmanager
async def _meanwhile(work: Coroutine[Any, Any, None]) -> AsyncGenerator[None, None]:
    """Something that runs beside, and no longer."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _print_json(addresses: dict[str, str]) -> None:
    typer.echo(orjson.dumps(addresses).decode())


def _greet(addresses: dict[str, str]) -> None:
    lines = (
        f"Open {addresses['blog']} in a browser: a blog whose comments come from Afterword.",
        f"  Afterword    {addresses['service']}/api/v1/posts/41/comments",
        f"  its GitHub   {addresses['simulator']}/repos/{SAMPLE}/issues/41/comments (simulated)",
        "All of it is on this machine, without internet. Ctrl-C ends it.",
    )
    console = Console(stderr=True)
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True, markup=False)

"""`afterword demo`: a simulated GitHub, the service and a sample blog, on loopback in one process.

It reads neither the owner's environment variables nor the file .env. So no real token is sent, and no store of a real
blog is touched.
"""

import asyncio
import logging
import secrets
import socket
import tempfile
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import orjson
import typer
import uvloop
from rich.console import Console

from app.bootstrap import open_application
from app.cli.blog.pages import Blog, build, write_site
from app.cli.console import print_line
from app.cli.http.server import base_url, bind, run_in_background, run_server
from app.cli.options import Json
from app.domain.sites import repository
from app.outbound.clock import SystemClock, random
from app.settings import SecretStr, Settings
from app.simulator.http import server
from app.simulator.http.app import Simulator
from app.simulator.world.sample import SAMPLE_REPO, sample_world
from app.sync.backfill import Progress

_HOST = "127.0.0.1"
_MAX_PORT = 65535

ShowUrls = Callable[[dict[str, str]], None]
"""Shows the owner the URLs by name, `blog`, `service` and `simulator`, and the `owner_token`."""


def demo(
    port: Annotated[
        int, typer.Option("--port", min=0, max=_MAX_PORT, help="The service's port; 0 takes a free one.")
    ] = 8000,
    blog_port: Annotated[
        int, typer.Option("--blog-port", min=0, max=_MAX_PORT, help="The sample blog's port; 0 takes a free one.")
    ] = 8001,
    json: Json = False,  # noqa: FBT002 - a flag of the command line
) -> None:
    """Show all of it on this machine: a simulated GitHub, the service, and a sample blog whose pages load comments.

    Needs no internet and no token, and leaves nothing behind. Ctrl-C stops it.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    uvloop.run(run(port, blog_port, _print_json if json else _print_urls))


async def run(port: int, blog_port: int, show_urls: ShowUrls) -> None:
    """Run the demo until a signal stops it; call `show_urls` once all comments are mirrored. Raises `CannotStart`."""
    with (
        bind(_HOST, port, port_option="--port") as service_socket,
        bind(_HOST, blog_port, port_option="--blog-port") as blog_socket,
        server.bind_loopback() as simulator_socket,
        tempfile.TemporaryDirectory(prefix="afterword-demo-") as folder,
    ):
        service_url = base_url(service_socket)
        urls = {
            "blog": f"{base_url(blog_socket)}/",
            "service": service_url,
            "simulator": server.loopback_url(simulator_socket),
            "owner_token": secrets.token_hex(12),
        }
        settings = demo_settings(urls, write_site(Path(folder), urls["blog"]))
        clock = SystemClock()
        complete = asyncio.Event()

        def on_progress(progress: Progress) -> None:
            if progress.is_complete:
                complete.set()

        async def show_urls_when_complete() -> None:
            await complete.wait()
            show_urls(urls)

        blog = Blog(build(service_url, SAMPLE_REPO), service_url)
        simulator = Simulator(sample_world(clock.now))
        simulator.images.base_url = urls["simulator"]
        async with (
            _serve_simulator(simulator, simulator_socket),
            open_application(settings, on_progress, clock, random) as application,
            run_in_background(application.run()),
            run_in_background(show_urls_when_complete()),
        ):
            on_stop = application.end_streams
            await run_server(application.web, service_socket, more=[(blog, blog_socket)], on_stop=on_stop)


def demo_settings(urls: Mapping[str, str], posts: Path) -> Settings:
    """Return the demo's settings; `Settings` itself reads neither the environment nor a file."""
    return Settings(
        repo=(repository(SAMPLE_REPO),),
        store="memory:",
        public_url=urls["service"],
        github_api_url=urls["simulator"],
        picture_hosts=(urls["simulator"],),
        owner_token=SecretStr(urls["owner_token"]),
        posts=str(posts),
    )


@asynccontextmanager
async def _serve_simulator(simulator: Simulator, simulator_socket: socket.socket) -> AsyncGenerator[None, None]:
    """Serve the simulated GitHub."""
    stop = asyncio.Event()
    simulator_socket.listen()
    serving = asyncio.create_task(server.serve(simulator, simulator_socket, stop))
    try:
        yield
    finally:
        stop.set()
        await serving


def _print_json(urls: dict[str, str]) -> None:
    typer.echo(orjson.dumps(urls).decode())


def _print_urls(urls: dict[str, str]) -> None:
    console = Console(stderr=True)
    for line in (
        f"Open {urls['blog']} in a browser: a blog whose comments come from Afterword.",
        f"  Afterword    {urls['service']}/ (what to copy, the API, the feeds, the status)",
        f"  its owner    {urls['service']}/owner (the token is {urls['owner_token']})",
        f"  its GitHub   {urls['simulator']}/repos/{SAMPLE_REPO}/issues/41/comments (simulated)",
        "All of it is on this machine, without internet. Ctrl-C stops it.",
    ):
        print_line(console, line)

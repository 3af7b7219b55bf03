"""A blog with an owner's page: a folder of posts, some of them hostile or wrong, a service and its GitHub."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page

from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.sample import SAMPLE_REPO, sample_world
from app.simulator.world.world import World
from tests.journeys.conftest import Service
from tests.journeys.processes import wait_until
from tests.proxies.proxied_service import free_port
from tests.widget.stage import SECRET, TOKEN, run_service

OWNER_TOKEN = "a-token-that-only-the-owner-knows"
HOSTILE = "</script><img src=x onerror=\"document.title='pwned'\"> {{ 7 * 7 }} \u202egnirts"
HOSTILE_POST, BUSY = 60, 41
PHONE = {"width": 320, "height": 740}


@dataclass(frozen=True, slots=True)
class OwnerBlog:
    """A running service with an owner's page, and the simulator behind it."""

    simulator: RunningSimulator
    service: Service
    folder: Path
    public_url: str | None = None
    """The page's address at a proxy."""

    @property
    def url(self) -> str:
        return self.public_url or f"{self.service.url}/owner"

    @property
    def world(self) -> World:
        return self.simulator.world

    def sign_in(self, page: Page) -> None:
        """Sign in with the form, and wait for the page."""
        page.goto(self.url)
        page.get_by_label("Owner token").fill(OWNER_TOKEN)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name=SAMPLE_REPO).wait_for()


def _write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(f"---\n{text}\n---\nText.\n", encoding="utf-8")


def write_posts(folder: Path) -> None:
    """Write the pages: one number twice, one missing, one of no issue, a draft, and a hostile title."""
    folder.mkdir()
    _write(folder, "interview.md", 'title: "The Best Interview is No Interview"\ndate: 2020-07-01\nghissueid: 41')
    _write(folder, "hello.md", 'title: "Hello, Static World"\nghissueid: 7')
    _write(folder, "twice.md", 'title: "Something unrelated"\nghissueid: 7')
    _write(folder, "quiet.md", 'title: "A Week Without Notifications"\nghissueid: 42')
    _write(folder, "nothing.md", "title: No thread yet\nghissueid: 9999")
    _write(folder, "draft.md", "title: Not ready\ndraft: true\nghissueid: 12")
    _write(folder, "hostile.md", f"title: '{HOSTILE.replace(chr(39), chr(39) * 2)}'\nghissueid: {HOSTILE_POST}")


def owner_world() -> World:
    """Return the sample blog with a hostile thread and comments of the last weeks."""
    world = sample_world(time.time)  # noqa: TID251 - the simulator and the browser share a clock
    world.add_token(TOKEN, "ada")
    now = time.time()  # noqa: TID251
    world.open_issue(SAMPLE_REPO, title=HOSTILE, number=HOSTILE_POST, created_at=now - 90 * 86_400)
    for day in range(80, 0, -3):
        world.comment(
            SAMPLE_REPO, HOSTILE_POST, body=f"{HOSTILE} {day}", author="mallory", created_at=now - day * 86_400
        )
    return world


@contextmanager
def run_owner_blog(folder: Path, **settings: str) -> Iterator[OwnerBlog]:
    """Run a service with an owner's page, and wait until it has mirrored everything."""
    posts = folder / "posts"
    write_posts(posts)
    with (
        run_simulator(owner_world()) as simulator,
        run_service(folder, simulator, OWNER_TOKEN=OWNER_TOKEN, POSTS=str(posts), **settings) as service,
    ):
        simulator.images.base_url = simulator.url
        service.wait_until_complete()
        yield OwnerBlog(simulator, service, folder)


@contextmanager
def run_nginx(folder: Path, target: str) -> Iterator[str]:
    """Serve a service at `/talk/` of nginx, with its defaults: it changes `Host` and names nothing; yield the origin."""
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{ worker_connections 64; }}\n"
        f"http {{ access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; "
        f"fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; server {{ "
        f"listen 127.0.0.1:{port}; location /talk/ {{ proxy_pass {target}/; proxy_http_version 1.1; }} }} }}\n",
        encoding="utf-8",
    )
    nginx = subprocess.Popen([shutil.which("nginx") or "/usr/sbin/nginx", "-c", config])
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until(lambda: _listens(address))
        yield address
    finally:
        nginx.terminate()
        nginx.wait(10)


def _listens(address: str) -> bool:
    with suppress(httpx.ConnectError):
        return httpx.get(f"{address}/talk/healthz", trust_env=False).status_code == httpx.codes.OK
    return False


@pytest.fixture(scope="module")
def owner_blog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnerBlog]:
    """Run one blog for all tests of a module."""
    with run_owner_blog(tmp_path_factory.mktemp("owner")) as blog:
        blog.simulator.add_webhook(f"{blog.service.url}/webhooks/github", secret=SECRET)
        yield blog

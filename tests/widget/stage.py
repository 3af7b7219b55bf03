"""A blog on one origin, the service on another, and the simulator as GitHub, for tests in a browser."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from typing_extensions import override

from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.records import Comment
from app.simulator.world.sample import SAMPLE_REPO, sample_world
from app.simulator.world.world import World
from tests.journeys.conftest import Service, fork_service

TOKEN, SECRET = "t0ken", "s3cret"
TALK, EMPTY, CLOSED, LOCKED, LONG, RICH, MISSING = 41, 50, 51, 52, 53, 54, 999
CODE = '```js\nconst answer = "42"; // of everything, and of the width of a line that no telephone on earth can show whole\n```'
TABLE = (
    "| "
    + " | ".join(f"column {n}" for n in range(12))
    + " |\n|"
    + "---|" * 12
    + "\n| "
    + " | ".join(["value"] * 12)
    + " |"
)


@dataclass(slots=True)
class Blog:
    """A host of static pages."""

    url: str
    pages: dict[str, tuple[Mapping[str, str], bytes]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stage:
    """The simulator, the service and the blog of a browser test."""

    simulator: RunningSimulator
    service: Service
    blog: Blog

    @property
    def world(self) -> World:
        return self.simulator.world

    @property
    def api(self) -> str:
        return f"{self.service.url}/api/v1/"

    def element(self, number: int = TALK, *, inner: str | None = None, **attributes: str) -> str:
        link = f'<a href="https://github.com/{SAMPLE_REPO}/issues/{number}">Leave a comment on GitHub</a>'
        text = "".join(f' {name}="{value}"' for name, value in attributes.items())
        return f'<post-comments ghissueid="{number}"{text}>{link if inner is None else inner}</post-comments>'

    def publish(
        self,
        body: str,
        *,
        name: str = "post.html",
        lang: str = "en",
        head: str = "",
        script: bool = True,
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """Publish a page that includes the widget as the README says. Return its URL."""
        widget = f'<script type="module" src="{self.service.url}/widget.js"></script>' if script else ""
        direction = ' dir="rtl"' if lang in {"ar", "he", "fa", "ur"} else ""
        page = (
            f'<!doctype html><html lang="{lang}"{direction}><head><meta charset="utf-8"><title>A post</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            '<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">'
            f'<link rel="stylesheet" href="{self.service.url}/widget.css"><link rel="stylesheet" href="/blog.css">'
            f"{widget}{head}</head><body><main><h1>A post</h1>{body}</main></body></html>"
        )
        self.blog.pages[f"/{name}"] = ({"content-type": "text/html; charset=utf-8", **(headers or {})}, page.encode())
        return f"{self.blog.url}/{name}"

    def delete_comments(self, *comments: Comment) -> None:
        """Delete comments on GitHub, and wait until the service shows their threads without them."""
        numbers = {self.world.issues[comment.issue_id].number for comment in comments}
        for comment in comments:
            self.world.delete_comment(comment)
        for number in numbers:
            thread = self.world.issue(SAMPLE_REPO, number)
            self.wait_until_served(number, len(self.world.comment_ids.get(thread.id, [])))

    def wait_until_served(self, number: int, count: int) -> None:
        """Wait until the service has this number of comments for a post."""
        deadline = time.monotonic() + 20
        while httpx.get(f"{self.api}posts/{number}", trust_env=False).json()["comment_count"] != count:
            assert time.monotonic() < deadline
            threading.Event().wait(0.02)


def build_world() -> World:
    """Return the sample blog, with a post for each state of the widget."""
    world = sample_world(time.time)  # noqa: TID251 - the simulator and the browser share a clock
    world.add_token(TOKEN, "ada")
    for number in (EMPTY, CLOSED, LOCKED, LONG, RICH):
        world.open_issue(SAMPLE_REPO, title=f"Post {number}", number=number, created_at="2024-01-01T10:00:00Z")
    for number in (CLOSED, LOCKED):
        world.comment(SAMPLE_REPO, number, body="The last word.", author="linh-tran")
    world.close_issue(SAMPLE_REPO, CLOSED)
    world.lock_issue(SAMPLE_REPO, LOCKED)
    for n in range(300):
        reply = f"@reader-{(n - 1) % 7} " if n % 3 else ""
        body = f"{reply}Comment {n}: " + "a sentence that says something, " * (1 + n % 5)
        world.comment(SAMPLE_REPO, LONG, body=body, author=f"reader-{n % 7}", created_at=1_704_103_200 + 60 * n)
    for body in (CODE, TABLE, "A picture: ![a wide one](https://example.org/wide.png)", "supercali" * 60):
        world.comment(SAMPLE_REPO, RICH, body=body, author="grace-okafor")
    edited = world.comment(SAMPLE_REPO, RICH, body="First thought.", author="ada", created_at="2024-01-02T10:00:00Z")
    world.edit_comment(edited, body="Second thought.", body_html=None)
    world.hide_comment(world.comment(SAMPLE_REPO, RICH, body="Buy!", author="quick-hire-pro"), "off-topic")
    world.comment(SAMPLE_REPO, RICH, body="Built.", author="deploy-helper[bot]")
    return world


def blog_css() -> str:
    """Return a blog's usual style: a font, a column, and element rules that also match the widget's elements."""
    return (
        "body{font:1.0625rem/1.6 Georgia,serif;max-width:42rem;margin:2rem auto;padding:0 1rem;background:#fff;color:#222}"
        "@media(prefers-color-scheme:dark){body{background:#16181c;color:#dadada}a{color:#8ab4f8}}"
        "p,ul,ol{margin:0 0 1rem}"
    )


@contextmanager
def static_blog() -> Iterator[Blog]:
    pages: dict[str, tuple[Mapping[str, str], bytes]] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers, body = pages.get(self.path.partition("?")[0], ({}, b""))
            self.send_response(200 if headers else 404)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        blog = Blog(f"http://127.0.0.1:{server.server_port}", pages)
        pages["/blog.css"] = ({"content-type": "text/css"}, blog_css().encode())
        yield blog
        server.shutdown()
        thread.join()


@contextmanager
def run_service(folder: Path, simulator: RunningSimulator, **settings: str) -> Iterator[Service]:
    """Run `python -m app serve` on the simulator until the block ends."""
    settings = {
        "REPO": SAMPLE_REPO,
        "GITHUB_API_URL": simulator.url,
        "GITHUB_TOKEN": TOKEN,
        "WEBHOOK_SECRET": SECRET,
        "STORE": f"sqlite:///{folder}/afterword.db",
        "PICTURE_HOSTS": simulator.url,
        **settings,
    }
    service = fork_service(folder, **settings)
    process = service.process
    try:
        service.wait_until_complete()
        yield service
    finally:
        if process.poll() is None:
            service.stop()
        assert process.stderr is not None
        process.stderr.close()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Start one for all tests of a module."""
    folder = tmp_path_factory.mktemp("stage")
    world = build_world()
    with run_simulator(world) as simulator, static_blog() as blog:
        simulator.images.base_url = simulator.url
        with run_service(folder, simulator) as service:
            simulator.add_webhook(f"{service.url}/webhooks/github", secret=SECRET)
            yield Stage(simulator, service, blog)

"""The demo as a process of its own, and Chromium to view it; neither connects to anything but loopback."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from tests.journeys.forked_services import ForkedProcess, fork_app

QUIET = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
)
_LOOPBACK_ONLY = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
_DEADLINE = 60.0
ARTEFACTS = Path("artefacts")


def environment(**settings: str) -> dict[str, str]:
    """Return the environment of a demo: that of the test run, with `settings` (by their whole names) added."""
    return {**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(Path.cwd()), **settings}


@dataclass(frozen=True, slots=True)
class Demo:
    """A running `python -m app demo --json` with its URLs."""

    process: ForkedProcess
    blog: str
    service: str
    simulator: str
    owner_token: str

    def comments(self, number: int) -> list[dict[str, Any]]:
        """Return a thread's comments as the simulator has them, with their bodies in all media types."""
        response = httpx.get(
            f"{self.simulator}/repos/ada/blog/issues/{number}/comments?per_page=100",
            headers={"Accept": "application/vnd.github.full+json"},
            trust_env=False,
            verify=False,  # noqa: S501 - nothing is encrypted on loopback, and reading the certificates takes long
        )
        comments: list[dict[str, Any]] = response.raise_for_status().json()
        assert "next" not in response.links
        return comments

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit status."""
        self.process.send_signal(number)
        return self.process.wait(_DEADLINE)


def start_demo(folder: Path, *, settings: Mapping[str, str] | None = None) -> Demo:
    """Start a demo in a folder, on ports that the kernel chooses, and wait until it is ready."""
    arguments = ("demo", "--port", "0", "--blog-port", "0", "--json")
    process = fork_app(*arguments, env=environment(**(settings or {})), cwd=folder, stderr=2)
    assert process.stdout is not None
    with process.stdout as output:
        line = output.readline()
    assert line, f"the demo ended with status {process.wait(_DEADLINE)}"
    return Demo(process=process, **orjson.loads(line))


def stop_demo(demo: Demo) -> None:
    """Stop a demo if it still runs."""
    if demo.process.poll() is None:
        demo.stop()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Start one demo for all tests of a module, which only read."""
    demo = start_demo(tmp_path_factory.mktemp("demo"))
    yield demo
    stop_demo(demo)


def chromium_program() -> str:
    """Return Chromium without windows if it is installed: with them, each page costs twice the computing time."""
    program = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    assert program, "Chromium is not installed: make develop installs it"
    return program


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start Debian's Chromium, which can resolve no host but loopback."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_program(), args=[*QUIET, _LOOPBACK_ONLY])
        yield browser
        browser.close()


@dataclass(frozen=True, slots=True)
class RecordedPage:
    """A page with its requests, and with the errors and warnings of its console."""

    page: Page
    requests: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def hosts(self) -> set[str | None]:
        """The hosts of all requests over the network."""
        return {urlsplit(request.url).hostname for request in self.requests if request.url.startswith("http")}

    def requests_to(self, prefix: str) -> list[str]:
        """Return the URLs of the requests that begin so, in order."""
        return [request.url for request in self.requests if request.url.startswith(prefix)]


def record(page: Page) -> RecordedPage:
    """Record a page from its first request on."""
    recorded = RecordedPage(page)

    def record_complaint(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            recorded.complaints.append(message.text)

    page.on("request", lambda request: recorded.requests.append(request))  # noqa: PLW0108 - it marks the function
    page.on("console", record_complaint)
    page.on("pageerror", lambda error: recorded.complaints.append(str(error)))
    return recorded


OpenPage = Callable[..., RecordedPage]


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[OpenPage]:
    """Open an address in a new context; the options (`color_scheme=…`, `viewport=…`) are Playwright's."""
    contexts: list[BrowserContext] = []

    def open_address(address: str, **options: Any) -> RecordedPage:
        contexts.append(chromium.new_context(**{"locale": "en-GB", "timezone_id": "UTC", **options}))
        recorded = record(contexts[-1].new_page())
        recorded.page.goto(address)
        return recorded

    yield open_address
    for context in contexts:
        context.close()


def photograph(page: Page, name: str) -> None:
    """Save a picture of the whole page among the artefacts."""
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"{name}.png", full_page=True)

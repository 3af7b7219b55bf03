"""The demo as a process of its own, and Chromium that looks at it; neither leaves loopback."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

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
    """The environment of a demo: whatever the owner has set, with `settings` (by their whole names) on top."""
    return {**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(Path.cwd()), **settings}


@dataclass(frozen=True, slots=True)
class Demo:
    """A running `python -m app demo --json`, by its addresses."""

    process: subprocess.Popen[bytes]
    blog: str
    service: str
    simulator: str

    def comments(self, number: int) -> list[dict[str, Any]]:
        """A thread's comments as the simulator holds them, with all forms of their bodies."""
        answer = httpx.get(
            f"{self.simulator}/repos/ada/blog/issues/{number}/comments?per_page=100",
            headers={"Accept": "application/vnd.github.full+json"},
            trust_env=False,
            verify=False,  # noqa: S501 - nothing is encrypted on loopback, and reading the certificates takes long
        )
        listed: list[dict[str, Any]] = answer.raise_for_status().json()
        assert "next" not in answer.links
        return listed

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ends it, and gives its exit status."""
        self.process.send_signal(how)
        return self.process.wait(_DEADLINE)


def start_demo(folder: Path, *, settings: Mapping[str, str] | None = None) -> Demo:
    """Starts a demo in a folder, at ports from the kernel, and waits until it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "demo", "--port", "0", "--blog-port", "0", "--json"],
        env=environment(**(settings or {})),
        cwd=folder,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    with process.stdout as said:
        line = said.readline()
    assert line, f"the demo ended with status {process.wait(_DEADLINE)}"
    return Demo(process=process, **orjson.loads(line))


def end(demo: Demo) -> None:
    """Ends a demo that may have been ended before."""
    if demo.process.poll() is None:
        demo.stop()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One demo for the tests of a module, which only read."""
    running = start_demo(tmp_path_factory.mktemp("demo"))
    yield running
    end(running)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, to which no other host than loopback has an address."""
    executable = shutil.which("chromium")
    assert executable, "Chromium is not installed: make develop installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=[*QUIET, _LOOPBACK_ONLY])
        yield browser
        browser.close()


@dataclass(frozen=True, slots=True)
class Watched:
    """A page, and what it asked for and complained of."""

    page: Page
    requests: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def hosts(self) -> set[str | None]:
        """The hosts that were asked over the network."""
        return {urlsplit(request.url).hostname for request in self.requests if request.url.startswith("http")}

    def asked(self, prefix: str) -> list[str]:
        """The addresses asked for that begin so, in order."""
        return [request.url for request in self.requests if request.url.startswith(prefix)]


def watch(page: Page) -> Watched:
    """Listens to a page from its first request on."""
    watched = Watched(page)

    def complained(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            watched.complaints.append(message.text)

    page.on("request", lambda request: watched.requests.append(request))  # noqa: PLW0108 - it marks the function
    page.on("console", complained)
    page.on("pageerror", lambda error: watched.complaints.append(str(error)))
    return watched


Open = Callable[..., Watched]


@pytest.fixture
def opened(chromium: Browser) -> Iterator[Open]:
    """Opens an address in a fresh context, whose options (`color_scheme=…`, `viewport=…`) are Playwright's."""
    contexts: list[BrowserContext] = []

    def opening(address: str, **options: Any) -> Watched:
        contexts.append(chromium.new_context(**{"locale": "en-GB", "timezone_id": "UTC", **options}))
        watched = watch(contexts[-1].new_page())
        watched.page.goto(address)
        return watched

    yield opening
    for context in contexts:
        context.close()


def photograph(page: Page, name: str) -> None:
    """Keeps the whole page as a picture among the artefacts."""
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"{name}.png", full_page=True)

"""Measure what the widget costs a reader, in Chromium against the simulator: `python -m tests.bench.page`.

- weights: bytes on the network (brotli) before comments are painted and after;
- requests to the service from the script's start until comments are painted, and the time that this takes on loopback;
- layout shift (CLS) while comments come, and long tasks (over 50 ms) while 300 comments are painted page by page.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, sync_playwright

from app.simulator.http.server import run_simulator
from tests.journeys.browser import QUIET, chromium_program
from tests.widget.stage import LONG, SECRET, TALK, Stage, build_world, run_service, static_blog

RUNS = 5
LATER = (
    *("more.js", "content.css", "updates.js", "live.js", "all.js", "lists.js"),
    *("languages/en.json", "languages/zh.json", "languages/be.json"),
)
WATCH = """globalThis.shift = 0; globalThis.tasks = [];
new PerformanceObserver(l => l.getEntries().forEach(e => e.hadRecentInput || (shift += e.value))).observe({type: 'layout-shift', buffered: true});
new PerformanceObserver(l => l.getEntries().forEach(e => tasks.push(Math.round(e.duration)))).observe({type: 'longtask', buffered: true});
addEventListener('comments-loaded', () => requestAnimationFrame(() => globalThis.painted ??= performance.now()))"""


def print_weights(service: str) -> None:
    def size_of(path: str) -> int:
        with httpx.stream("GET", service + path, headers={"accept-encoding": "br"}) as response:
            return len(b"".join(response.iter_raw()))

    first = {name: size_of(f"/{name}") for name in ("widget.js", "widget.css")}
    after = {name: size_of(f"/assets/x/{name}") for name in LATER}
    print("before comments are painted:", ", ".join(f"{name} {size:,} B" for name, size in first.items()))
    print("after:", ", ".join(f"{name} {size:,} B" for name, size in after.items()))


def measure_paint(page: Page, stage: Stage, number: int) -> dict[str, Any]:
    urls: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    page.goto(
        stage.publish(
            "<p>A short post.</p>" + stage.element(number) + "<footer>End.</footer>", head=f"<script>{WATCH}</script>"
        )
    )
    page.wait_for_function("globalThis.painted")
    script = next(at for at, url in enumerate(urls) if url.endswith("/widget.js"))
    until = next(at for at, url in enumerate(urls) if "more.js" in url or at == len(urls) - 1)
    timing: dict[str, Any] = page.evaluate(
        """() => { const script = performance.getEntriesByType('resource').find(e => e.name.endsWith('/widget.js'));
        return {ms: Math.round(painted - script.responseEnd), shift, tasks} }"""
    )
    return {"requests": [url for url in urls[script + 1 : until] if "/avatars/" not in url], **timing}


def measure_long_tasks(page: Page, stage: Stage) -> dict[str, Any]:
    page.goto(stage.publish(stage.element(LONG) + "<footer>End.</footer>", head=f"<script>{WATCH}</script>"))
    page.wait_for_selector(".pc-news", state="attached")
    for shown in range(100, 301, 50):
        page.locator(".pc-more > :first-child").click()
        page.wait_for_function(f"document.querySelectorAll('.pc-comment').length === {shown}")
        page.wait_for_timeout(200)
    timing: dict[str, Any] = page.evaluate("({shift, tasks})")
    return timing


def main() -> None:
    world = build_world()
    with tempfile.TemporaryDirectory() as folder, run_simulator(world) as simulator, static_blog() as blog:
        simulator.images.base_url = simulator.url
        with run_service(Path(folder), simulator, WEBHOOK_SECRET=SECRET) as service, sync_playwright() as playwright:
            stage = Stage(simulator, service, blog)
            print_weights(service.url)
            browser = playwright.chromium.launch(executable_path=chromium_program(), args=[*QUIET])
            for _ in range(RUNS):
                for name, number in (("16 comments", TALK), ("300 comments", LONG)):
                    print(name, measure_paint(browser.new_context().new_page(), stage, number))
                print("300 by five clicks", measure_long_tasks(browser.new_context().new_page(), stage))
                time.sleep(0.5)
            browser.close()


if __name__ == "__main__":
    main()

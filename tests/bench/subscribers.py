"""Measure what event streams cost: `python -m tests.bench.subscribers [count]`. The simulator stands for GitHub.

5,000 pages subscribe to one post of one service. The output shows the memory of its process above idle. For each of
some comments, it shows the time from GitHub's webhook until the first and the last page receive the event. Refreshes of
a thread that changes often are throttled, so the time until the first page grows.
"""

import argparse
import asyncio
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from app.simulator.http.rate_limits import Limits
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.webhooks.deliveries import Webhook
from app.simulator.world.sample import SAMPLE_REPO, generate_world

SUBSCRIBERS, POSTS, COMMENTS = 5_000, 100, 1_000
POST = 1
CHANGES = 5
AT_ONCE = 200
"""Connections that are opened at the same time."""
TOKEN = SECRET = "bench"
PATIENCE = 60
IDLE_SECONDS = 0.5
"""How long the process gets to become idle."""


class Page:
    """A subscribed page: a bare socket that sends what a browser sends."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def subscribe(self) -> None:
        """Connect and wait for the first message."""
        self._reader, self._writer = await asyncio.open_connection(self._url.hostname, self._url.port)
        self._writer.write(
            (
                f"GET /api/v1/posts/{POST}/events HTTP/1.1\r\nHost: {self._url.netloc}\r\nConnection: keep-alive\r\n"
                "Accept: text/event-stream\r\nCache-Control: no-cache\r\nOrigin: https://blog.example.com\r\n"
                "Referer: https://blog.example.com/\r\nAccept-Encoding: gzip, deflate, br\r\nAccept-Language: en\r\n"
                "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0\r\n\r\n"
            ).encode()
        )
        await self._reader.readuntil(b"\nid: ")
        await self._reader.readuntil(b"\n\n")

    async def wait_for_change(self) -> float:
        """Wait for the next change; return when it came."""
        assert self._reader is not None
        await self._reader.readuntil(b"event: changed\n")
        return time.perf_counter()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


def raise_open_file_limit(limit: int) -> None:
    """Allow this process this many open files."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, limit), hard))


def environment(simulator: RunningSimulator, folder: Path) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AFTERWORD_")}
    return {
        **clean,
        "PYTHONPATH": str(Path.cwd()),
        "AFTERWORD_REPO": SAMPLE_REPO,
        "AFTERWORD_GITHUB_API_URL": simulator.url,
        "AFTERWORD_GITHUB_TOKEN": TOKEN,
        "AFTERWORD_WEBHOOK_SECRET": SECRET,
        "AFTERWORD_STORE": f"sqlite:///{folder}/afterword.db",
        "AFTERWORD_POLL_INTERVAL": "3600",
    }


@asynccontextmanager
async def run_service(simulator: RunningSimulator, folder: Path) -> AsyncGenerator[tuple[str, int]]:
    """Run the service, imported and idle, under the usual soft limit of open files; provide URL and process id."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app", "serve", "--port", "0"),
        env=environment(simulator, folder),
        stderr=subprocess.PIPE,
        preexec_fn=partial(resource.setrlimit, resource.RLIMIT_NOFILE, (1024, hard)),
    )
    assert process.stderr is not None
    try:
        url = await read_url(process.stderr)
        draining = asyncio.create_task(process.stderr.read())
        await wait_until_mirrored(url)
        await asyncio.sleep(IDLE_SECONDS)
        yield url, process.pid
        start_time = time.perf_counter()
        process.terminate()
        await process.wait()
        print(f"stop with all subscribers: {time.perf_counter() - start_time:.2f} s, exit status {process.returncode}")
        sys.stdout.write((await draining).decode())
    finally:
        if process.returncode is None:
            process.kill()


async def read_url(output: asyncio.StreamReader) -> str:
    """Return the URL that the service prints."""
    lines = []
    async for line in output:
        lines.append(line.decode())
        if match := re.search(r"serves .* at (\S+)", lines[-1]):
            return match[1]
    raise SystemExit(f"The service did not start:\n{''.join(lines)}")


async def wait_until_mirrored(url: str) -> None:
    """Wait until the post and its comments are served."""
    async with httpx.AsyncClient() as client:
        for _ in range(PATIENCE * 10):
            if (await client.get(f"{url}/api/v1/posts/{POST}/comments")).status_code == httpx.codes.OK:
                return
            await asyncio.sleep(0.1)
    raise SystemExit("The service did not import the post.")


def memory(pid: int) -> float:
    """Return the resident memory of a process in MB (10⁶ bytes)."""
    status = Path(f"/proc/{pid}/status").read_text()
    match = re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
    assert match is not None
    return int(match[1]) * 1024 / 1e6


async def measure(simulator: RunningSimulator, url: str, pid: int, count: int) -> None:
    idle = memory(pid)
    pages = [Page(url) for _ in range(count)]
    start_time = time.perf_counter()
    for start in range(0, count, AT_ONCE):
        await asyncio.gather(*(page.subscribe() for page in pages[start : start + AT_ONCE]))
    seconds = time.perf_counter() - start_time
    print(f"{count:,} pages subscribed in {seconds:.1f} s ({count / seconds:,.0f}/s)")
    report(pid, idle, count, "all subscribed")
    for number in range(CHANGES):
        await measure_change(
            pages, partial(simulator.world.comment, SAMPLE_REPO, POST, body=f"Change {number}", author="grace")
        )
    report(pid, idle, count, f"after {CHANGES} changes")


async def measure_change(pages: list[Page], change: Callable[[], object]) -> None:
    waiting = [asyncio.create_task(page.wait_for_change()) for page in pages]
    await asyncio.sleep(IDLE_SECONDS)
    start_time = time.perf_counter()
    await asyncio.to_thread(change)
    times = await asyncio.gather(*waiting)
    first, last = min(times) - start_time, max(times) - start_time
    print(f"a comment by webhook: the first page got it after {first:.2f} s, the last {last - first:.2f} s later")


def report(pid: int, idle: float, count: int, moment: str) -> None:
    above = memory(pid) - idle
    print(f"memory, {moment}: {above:.1f} MB above the {idle:.1f} MB of idle, {above * 1000 / count:.1f} kB each")


async def run(count: int) -> None:
    world = generate_world(POSTS, COMMENTS, seed=1, clock=time.time)  # noqa: TID251 - comments are written now
    world.add_token(TOKEN, "ada")
    with (
        tempfile.TemporaryDirectory() as name,
        run_simulator(world, limits=Limits(points_per_minute=10**6)) as simulator,
    ):
        async with run_service(simulator, Path(name)) as (url, pid):
            hook = Webhook(f"{url}/webhooks/github", SECRET)
            world.on_event(hook.deliver)
            try:
                async with asyncio.timeout(PATIENCE):
                    await measure(simulator, url, pid, count)
            finally:
                await asyncio.to_thread(hook.close)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.subscribers", description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=SUBSCRIBERS)
    count = parser.parse_args().count
    raise_open_file_limit(count + 200)
    asyncio.run(run(count))


if __name__ == "__main__":
    main()

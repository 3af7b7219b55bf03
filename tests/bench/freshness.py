"""Measure freshness and its cost: `python -m tests.bench.freshness`. The simulator stands for GitHub.

- a quiet blog of 1,000 posts: the requests of a poll, and GitHub's responses;
- one new comment by webhook, with GitHub responding in 100 ms: its requests, and the time until a reader sees it;
- 10,000 readers at once of one cold thread, with GitHub responding in 300 ms: the requests for its first page.
"""

import asyncio
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx

from app.simulator.http.faults import Latency
from app.simulator.http.rate_limits import Limits
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.webhooks.deliveries import Webhook
from app.simulator.world.sample import SAMPLE_REPO, generate_world
from tests.bench.webhooks import environment, process, wait_until_complete

READERS = 10_000
POSTS, COMMENTS = 1_000, 3_000
ROUNDS = 20
TOKEN = SECRET = "bench"
_PATIENCE = 60.0


def wait_until(condition: Callable[[], bool]) -> float:
    """Wait until a condition is true; return the seconds."""
    start = time.perf_counter()
    while not condition():
        assert time.perf_counter() - start < _PATIENCE
        time.sleep(0.005)
    return time.perf_counter() - start


def service_environment(simulator: RunningSimulator, folder: str, **settings: str) -> dict[str, str]:
    settings = {
        "REPO": SAMPLE_REPO,
        "GITHUB_API_URL": simulator.url,
        "GITHUB_TOKEN": TOKEN,
        "WEBHOOK_SECRET": SECRET,
        "STORE": f"sqlite:///{folder}/afterword.db",
        "PORT": "0",
        **settings,
    }
    return environment(**settings)


def measure_quiet(simulator: RunningSimulator) -> None:
    with tempfile.TemporaryDirectory() as folder:
        env = service_environment(simulator, folder, POLL_INTERVAL="1")
        with process("app", "serve", pattern=r" at (http\S+)", env=env) as url:
            wait_until_complete(url)
            wait_until(lambda: [request.status for request in simulator.requests[-6:]] == [304] * 6)
            simulator.requests.clear()
            wait_until(lambda: len(simulator.requests) >= 10)
            statuses = Counter(request.status for request in simulator.requests[:10])
            kinds = Counter(request.target.split("?")[0] for request in simulator.requests[:10])
            print(f"a quiet blog of {POSTS:,} posts: five polls took {dict(kinds)}, statuses {dict(statuses)}")


def measure_webhook(simulator: RunningSimulator) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        process("app", "serve", pattern=r" at (http\S+)", env=service_environment(simulator, folder)) as url,
    ):
        wait_until_complete(url)
        simulator.faults.add(Latency(0.1), times=None)
        hook = Webhook(f"{url}/webhooks/github", SECRET)
        stop = simulator.world.on_event(hook.deliver)
        with httpx.Client(base_url=url) as client:
            measured = [write_and_read(simulator, client, number) for number in range(1, ROUNDS + 1)]
        stop()
        hook.close()
        simulator.faults.clear()
        ordered = sorted(seconds * 1000 for seconds, _ in measured)
        print(
            f"one new comment by webhook, GitHub responding in 100 ms: seen after {ordered[len(ordered) // 2]:.0f} ms "
            f"(median of {ROUNDS}; {ordered[0]:.0f} to {ordered[-1]:.0f}), "
            f"requests: {dict(Counter(count for _, count in measured))}"
        )


def write_and_read(simulator: RunningSimulator, client: httpx.Client, number: int) -> tuple[float, int]:
    """Return the seconds until a reader sees a comment, and the requests that it took."""
    client.get(f"/api/v1/posts/{number}/comments?limit=100")
    simulator.requests.clear()
    comment = simulator.world.comment(SAMPLE_REPO, number, body="First!", author="eve")

    def is_there() -> bool:
        page = client.get(f"/api/v1/posts/{number}/comments?limit=100&order=newest").json()
        return any(item["id"] == comment.id for item in page["comments"])

    return wait_until(is_there), len(simulator.requests)


async def read_at_once(url: str, number: int) -> tuple[Counter[int], float]:
    """Return the statuses that the readers of one thread get, and the seconds until the last response."""
    parts = urlsplit(url)
    request = f"GET /api/v1/posts/{number}/comments HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n"
    connecting = asyncio.Semaphore(500)
    connected = asyncio.Event()
    open_count = 0

    async def read() -> int:
        nonlocal open_count
        async with connecting:
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        open_count += 1
        if open_count == READERS:
            connected.set()
        await connected.wait()
        writer.write(request.encode())
        response = await reader.read()
        writer.close()
        return int(response.split(b" ", 2)[1])

    readers = [asyncio.create_task(read()) for _ in range(READERS)]
    await connected.wait()
    start = time.perf_counter()
    statuses = Counter(await asyncio.gather(*readers))
    return statuses, time.perf_counter() - start


def measure_cold(simulator: RunningSimulator) -> None:
    with tempfile.TemporaryDirectory() as folder:
        simulator.faults.add(Latency(0.3), times=None)
        # the import waits for its list, so that every thread is cold
        simulator.hold.start(r"/issues\?")
        env = service_environment(simulator, folder, COLD_WAIT="60")
        with process("app", "serve", pattern=r" at (http\S+)", env=env) as url:
            simulator.hold.wait_for(1)
            simulator.requests.clear()
            statuses, seconds = asyncio.run(read_at_once(url, 7))
            requests = Counter(request.target for request in simulator.requests if "/issues/7" in request.target)
            print(f"{READERS:,} readers at once of one cold thread: {dict(statuses)} within {seconds:.1f} s,")
            print(f"  requests: {dict(requests)}")
            simulator.hold.release()
        simulator.faults.clear()


def main() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < READERS + 100:
        sys.exit(f"This machine allows {hard} open files; {READERS + 100} are needed: ulimit -Hn.")
    world = generate_world(POSTS, COMMENTS, seed=7)
    world.clock = time.time  # noqa: TID251 - new comments get the present time
    world.add_token(TOKEN, "ada")
    with run_simulator(world, limits=Limits(points_per_minute=10**6, authenticated=10**6)) as simulator:
        measure_quiet(simulator)
        measure_webhook(simulator)
        measure_cold(simulator)


if __name__ == "__main__":
    main()

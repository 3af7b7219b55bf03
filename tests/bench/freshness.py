"""How fresh and how frugal, measured: `python -m tests.bench.freshness`. The simulator plays GitHub.

- a quiet blog of 1,000 posts: the asks of a round, and what GitHub answered;
- one new comment, told by webhook, with GitHub answering in 100 ms: its asks, and how long until a reader sees it;
- 10,000 readers at once of one cold thread, with GitHub answering in 300 ms: the asks for its first page.
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


def until(condition: Callable[[], bool]) -> float:
    """Seconds until a condition holds."""
    began = time.perf_counter()
    while not condition():
        assert time.perf_counter() - began < _PATIENCE
        time.sleep(0.005)
    return time.perf_counter() - began


def serve(simulator: RunningSimulator, folder: str, **settings: str) -> dict[str, str]:
    given = {
        "REPO": SAMPLE_REPO,
        "GITHUB_API_URL": simulator.url,
        "GITHUB_TOKEN": TOKEN,
        "WEBHOOK_SECRET": SECRET,
        "STORE": f"sqlite:///{folder}/afterword.db",
        "PORT": "0",
        **settings,
    }
    return environment(**given)


def measure_quiet(simulator: RunningSimulator) -> None:
    with tempfile.TemporaryDirectory() as folder:
        env = serve(simulator, folder, POLL="1")
        with process("app", "serve", said=r" at (http\S+)", env=env) as url:
            wait_until_complete(url)
            until(lambda: [ask.status for ask in simulator.requests[-6:]] == [304] * 6)
            simulator.requests.clear()
            until(lambda: len(simulator.requests) >= 10)
            statuses = Counter(ask.status for ask in simulator.requests[:10])
            kinds = Counter(ask.target.split("?")[0] for ask in simulator.requests[:10])
            print(f"a quiet blog of {POSTS:,} posts: five rounds took {dict(kinds)}, answered {dict(statuses)}")


def measure_webhook(simulator: RunningSimulator) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        process("app", "serve", said=r" at (http\S+)", env=serve(simulator, folder)) as url,
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
            f"one new comment by webhook, GitHub answering in 100 ms: seen after {ordered[len(ordered) // 2]:.0f} ms "
            f"(median of {ROUNDS}; {ordered[0]:.0f} to {ordered[-1]:.0f}), "
            f"asks: {dict(Counter(asks for _, asks in measured))}"
        )


def write_and_read(simulator: RunningSimulator, client: httpx.Client, number: int) -> tuple[float, int]:
    """Seconds until a reader sees a comment, and the asks that it took."""
    client.get(f"/api/v1/posts/{number}/comments?limit=100")
    simulator.requests.clear()
    made = simulator.world.comment(SAMPLE_REPO, number, body="First!", author="eve")

    def is_there() -> bool:
        said = client.get(f"/api/v1/posts/{number}/comments?limit=100&order=newest").json()
        return any(each["id"] == made.id for each in said["comments"])

    return until(is_there), len(simulator.requests)


async def read_at_once(url: str, number: int) -> tuple[Counter[int], float]:
    """The statuses that so many readers of one thread got, and after how many seconds the last had its answer."""
    parts = urlsplit(url)
    request = f"GET /api/v1/posts/{number}/comments HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n"
    door = asyncio.Semaphore(500)
    connected = asyncio.Event()
    open_ones = 0

    async def one() -> int:
        nonlocal open_ones
        async with door:
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        open_ones += 1
        if open_ones == READERS:
            connected.set()
        await connected.wait()
        writer.write(request.encode())
        said = await reader.read()
        writer.close()
        return int(said.split(b" ", 2)[1])

    readers = [asyncio.create_task(one()) for _ in range(READERS)]
    await connected.wait()
    began = time.perf_counter()
    statuses = Counter(await asyncio.gather(*readers))
    return statuses, time.perf_counter() - began


def measure_cold(simulator: RunningSimulator) -> None:
    with tempfile.TemporaryDirectory() as folder:
        simulator.faults.add(Latency(0.3), times=None)
        # the import stands still at its list, so that every thread is cold
        simulator.hold.start(r"/issues\?")
        env = serve(simulator, folder, COLD_WAIT="60")
        with process("app", "serve", said=r" at (http\S+)", env=env) as url:
            simulator.hold.wait_for(1)
            simulator.requests.clear()
            statuses, seconds = asyncio.run(read_at_once(url, 7))
            asks = Counter(ask.target for ask in simulator.requests if "/issues/7" in ask.target)
            print(f"{READERS:,} readers at once of one cold thread: {dict(statuses)} within {seconds:.1f} s,")
            print(f"  asks: {dict(asks)}")
            simulator.hold.release()
        simulator.faults.clear()


def main() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard < READERS + 100:
        sys.exit(f"This machine allows {hard} open files; {READERS + 100} are needed: ulimit -Hn.")
    world = generate_world(POSTS, COMMENTS, seed=7)
    world.clock = time.time  # noqa: TID251 - what is written now is new
    world.add_token(TOKEN, "ada")
    with run_simulator(world, limits=Limits(points_per_minute=10**6, authenticated=10**6)) as simulator:
        measure_quiet(simulator)
        measure_webhook(simulator)
        measure_cold(simulator)


if __name__ == "__main__":
    main()

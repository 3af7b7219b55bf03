"""Measure the owner's page: `python -m tests.bench.owner`. The simulator stands for GitHub.

A blog of 1,000 posts and 10,000 comments, with its content folder: seconds to the first byte over a socket, bytes as
sent, requests to GitHub during the reads, and for how long a request of a reader waits while the page is made.
"""

import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import brotli
import httpx

from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.sample import SAMPLE_REPO, generate_world
from app.simulator.world.world import World
from tests.bench import numbers

TEXT = (
    "A sentence of a reader, about as long as they are: it has two hundred letters, some *emphasis*, and a `word`.\n\n"
)
OWNER = "owner-token-of-the-benchmark"
READS = 20


def build_world() -> World:
    """Return a blog whose comments are spread over the last year."""
    world = generate_world(numbers.POSTS, 0, seed=1, clock=time.time)  # noqa: TID251 - the page shows real ages
    world.add_token(numbers.TOKEN, "ada")
    year, now = 365 * 86_400, time.time()  # noqa: TID251
    for order in range(numbers.COMMENTS):
        created_at = now - year + order * year / numbers.COMMENTS
        number, author = order % 997 + 1, f"reader-{order % 90}"
        world.comment(SAMPLE_REPO, number, body=TEXT * (1 + order % 9), author=author, created_at=created_at)
    return world


def write_posts(folder: Path) -> None:
    """Write a page for each issue; some name none, or the number of another."""
    folder.mkdir()
    for number in range(1, numbers.POSTS + 1):
        field = "" if number % 50 == 0 else f"ghissueid: {number - 1 if number % 40 == 0 else number}\n"
        text = f"---\ntitle: Post {number}\ndate: 2020-01-01\n{field}---\nText.\n"
        (folder / f"post-{number:04}.md").write_text(text, encoding="utf-8")


def first_byte(client: httpx.Client, url: str) -> tuple[float, bytes]:
    """Return the seconds to the first byte of the body, and the body."""
    start = time.perf_counter()
    with client.stream("GET", url) as response:
        chunks = response.iter_raw()
        body = next(chunks)
        seconds = time.perf_counter() - start
        return seconds, body + b"".join(chunks)


def wait_until_quiet(simulator: RunningSimulator) -> None:
    """Wait until the first poll has ended: no request for three seconds."""
    count = -1
    while count != len(simulator.requests) or not count:
        count = len(simulator.requests)
        time.sleep(3)


def longest_wait(url: str, work: Callable[[], object]) -> float:
    """Return the longest time of a reader's requests while some work is done."""
    waits: list[float] = []
    is_done = threading.Event()

    def read() -> None:
        with httpx.Client() as client:
            while not is_done.is_set():
                start = time.perf_counter()
                client.get(url)
                waits.append(time.perf_counter() - start)

    reader = threading.Thread(target=read)
    reader.start()
    work()
    is_done.set()
    reader.join()
    return max(waits)


def main() -> None:
    world = build_world()
    with run_simulator(world) as simulator, tempfile.TemporaryDirectory(prefix="afterword-owner-") as place:
        folder = Path(place)
        write_posts(folder / "posts")
        command = [sys.executable, "-m", "app", "sync", "--json"]
        environment = {**numbers.environment(simulator, folder), "AFTERWORD_OWNER_TOKEN": OWNER}
        environment["AFTERWORD_POSTS"] = str(folder / "posts")
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        numbers.environment = lambda *_: environment  # the service has the same
        with numbers.run_service(simulator, folder) as url, httpx.Client(headers={"Accept-Encoding": "br"}) as client:
            client.headers["Authorization"] = f"Bearer {OWNER}"
            wait_until_quiet(simulator)
            simulator.requests.clear()
            for name in (
                "/owner",
                "/owner?sort=findings&show=findings",
                "/api/v1/owner/counts",
                "/api/v1/owner/status",
            ):
                first, body = first_byte(client, url + name)
                times = [first_byte(client, url + name)[0] for _ in range(READS)]
                median, most = statistics.median(times), max(times)
                sizes = f"{len(body):,} bytes, {len(brotli.compress(body, quality=5)):,} with Brotli"
                print(
                    f"{name}: first {first * 1000:.0f} ms, median {median * 1000:.0f} ms, most {most * 1000:.0f} ms; {sizes}"
                )
            reader = f"{url}/api/v1/posts/1/comments"
            wait = longest_wait(reader, lambda: [first_byte(client, f"{url}/owner") for _ in range(READS)])
            idle = longest_wait(reader, lambda: time.sleep(1))
            print(
                f"longest wait of a reader: {wait * 1000:.0f} ms during reads of the page, {idle * 1000:.0f} ms without"
            )
            print(f"requests to GitHub during these reads: {len(simulator.requests)}")


if __name__ == "__main__":
    main()

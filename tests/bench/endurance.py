"""Measure whether the service grows: 200,000 mixed reads, and its memory after each tenth of them.

    python -m tests.bench.endurance [TREE …] [--reads 200000]

Each TREE is a checkout with the same environment. The blog has 200 posts with 6,000 comments, unevenly spread. Of a
hundred reads seventy are of a page's comments, HTML, counts or feed, a third of them conditional; twenty are at
addresses that were never read before (times, names in Host, unknown posts, long parameters), and ten are invalid.
"""

import argparse
import asyncio
import os
import random
from collections import Counter
from pathlib import Path
from urllib.parse import quote

from app.outbound.clock import SystemClock
from app.simulator.http.server import run_simulator
from app.simulator.world.sample import SAMPLE_REPO, generate_world
from tests.bench.floods import memory
from tests.bench.hostile import address_of, get, run_service
from tests.bench.webhooks import Connection

_POSTS, _COMMENTS = 200, 6_000
_CONNECTIONS = 32


def _known(rng: random.Random) -> bytes:
    number = min(_POSTS, int(rng.paretovariate(0.8)))
    paths = (
        f"/api/v1/posts/{number}/comments",
        f"/api/v1/posts/{number}/comments?order=newest&limit=10",
        f"/posts/{number}.html",
        f"/posts/{number}.atom",
        f"/repos/{SAMPLE_REPO}/issues/{number}/comments",
        f"/api/v1/posts/{number}",
        "/api/v1/counts",
        "/api/v1/comments",
        "/comments.atom",
    )
    fields = {"if-none-match": 'W/"0123456789abcdef0123456789abcdef"'} if rng.random() < 1 / 3 else {}
    coding = rng.choice(("gzip", "br", "gzip, deflate, br", "identity"))
    return get(rng.choice(paths), **{"accept-encoding": coding}, **fields)


def _new(rng: random.Random, index: int) -> bytes:
    number = rng.randint(1, _POSTS)
    reads = (
        lambda: get(
            f"/repos/{SAMPLE_REPO}/issues/{number}/comments?since=2021-12-{1 + index % 28:02}T00:00:00.{index}Z"
        ),
        lambda: get(f"/api/v1/posts/{number}/comments?limit={1 + index % 100}", host=f"host-{index}.example"),
        lambda: get(f"/api/v1/posts/{10**6 + index}/comments"),
        lambda: get(f"/api/v1/counts?ids={index},{index + 1},{number}"),
        lambda: get(f"/api/v1/posts/{number}?utm={index}{'x' * rng.randint(0, 3_000)}"),
        lambda: get(f"/repos/{SAMPLE_REPO}/issues?labels={quote('é' * 50)}{index}&state=all"),
    )
    return rng.choice(reads)()


def _invalid(rng: random.Random, index: int) -> bytes:
    paths = (
        f"/api/v1/posts/{index}x/comments",
        f"/api/v1/posts/1/comments?cursor={index:032}",
        f"/nothing/{index}",
        f"/api/v1/counts?ids=0,{index}",
        f"/images/{index}/{index:024}",
    )
    return get(rng.choice(paths))


def _request(index: int) -> bytes:
    rng = random.Random(index)  # noqa: S311 - the same in each run
    share = rng.random()
    return _known(rng) if share < 0.7 else _new(rng, index) if share < 0.9 else _invalid(rng, index)


async def _read(address: tuple[str, int], first: int, end: int) -> Counter[int]:
    statuses: Counter[int] = Counter()
    indexes = iter(range(first, end))

    async def read() -> None:
        connection = Connection(*await asyncio.open_connection(*address))
        for index in indexes:
            statuses[await connection.send(_request(index))] += 1
        connection.writer.close()

    await asyncio.gather(*(read() for _ in range(_CONNECTIONS)))
    return statuses


def main() -> None:
    """Measure each tree."""
    parser = argparse.ArgumentParser()
    parser.add_argument("trees", nargs="*", default=[os.curdir])
    parser.add_argument("--reads", type=int, default=200_000)
    arguments = parser.parse_args()
    world = generate_world(_POSTS, _COMMENTS, seed=1, clock=lambda: int(SystemClock().now()))
    world.add_token("bench", "ada")
    with run_simulator(world) as simulator:
        for tree in arguments.trees:
            with run_service(Path(tree).resolve(), simulator.url) as service:
                service.wait_until_complete()
                tenth, sizes, statuses = arguments.reads // 10, [], Counter[int]()
                for start in range(0, arguments.reads, tenth):
                    statuses += asyncio.run(_read(address_of(service), start, start + tenth))
                    sizes.append(memory(service.process.pid))
                print(f"{tree}: MB after each tenth: {', '.join(f'{size:.0f}' for size in sizes)}")
                print(f"  the last is {sizes[-1] / sizes[0]:.2f} times the first; {dict(sorted(statuses.items()))}")


if __name__ == "__main__":
    main()

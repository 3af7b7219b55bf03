"""`python -m app.simulator`: a GitHub on loopback, to point `AFTERWORD_GITHUB_API_URL` at."""

import argparse
import asyncio
import signal
import socket
import sys
import time

from app.simulator.sample import SAMPLE, numbered_world, sample_world
from app.simulator.server import loopback, serve, url_of
from app.simulator.wire import Simulator


def main() -> None:
    """Serve the demo's repository, or one of a given size, until a signal ends it."""
    parser = argparse.ArgumentParser(prog="python -m app.simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="the port at 127.0.0.1; a free one if left out")
    parser.add_argument("--posts", type=int, help="make so many posts instead of the demo's")
    parser.add_argument("--comments", type=int, default=0, help="and so many comments on them")
    parser.add_argument("--token", action="append", default=[], help="a token that is accepted; may be repeated")
    options = parser.parse_args()
    clock = time.time  # noqa: TID251 - the simulator runs in the time of whoever looks at it
    world = numbered_world(options.posts, options.comments, 1) if options.posts else sample_world(clock)
    for token in options.token:
        world.add_token(token, SAMPLE.split("/")[0])
    bound = loopback(options.port)
    sys.stdout.write(f"{SAMPLE} at {url_of(bound)}\n")
    sys.stdout.flush()
    asyncio.run(_until_a_signal(Simulator(world), bound))


async def _until_a_signal(simulator: Simulator, bound: socket.socket) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await serve(simulator, bound, stop)


if __name__ == "__main__":
    main()

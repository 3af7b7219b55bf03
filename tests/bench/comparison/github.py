"""The simulator with a blog of a given size: `python -m tests.bench.comparison.github --posts 500 --comments 3000`."""

import argparse
import asyncio
import signal
import socket

from app.simulator.http.app import Simulator
from app.simulator.http.rate_limits import Limits
from app.simulator.http.server import bind_loopback, loopback_url, serve
from app.simulator.world.sample import generate_world

TOKEN = "bench"
_LIMITS = Limits(authenticated=10**6, points_per_minute=10**6)


def main() -> None:
    """Serve the blog at a port until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, required=True)
    parser.add_argument("--comments", type=int, required=True)
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    world = generate_world(options.posts, options.comments, seed=1)
    world.add_token(TOKEN, "ada")
    bound = bind_loopback(options.port)
    world.api_url = loopback_url(bound)
    asyncio.run(_serve_until_signal(Simulator(world, limits=_LIMITS), bound))


async def _serve_until_signal(simulator: Simulator, bound: socket.socket) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await serve(simulator, bound, stop)


if __name__ == "__main__":
    main()

"""`python -m app.simulator`: a GitHub on loopback, to point `AFTERWORD_GITHUB_API_URL` at."""

import argparse
import asyncio
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence

from app.simulator.console import HELP, Console, read_lines
from app.simulator.http.app import Simulator
from app.simulator.http.faults import Latency
from app.simulator.http.server import bind_loopback, loopback_url, serve
from app.simulator.webhooks.deliveries import Webhook
from app.simulator.world.sample import SAMPLE_REPO, generate_world, sample_world
from app.simulator.world.world import World


def main() -> None:
    """Serve the demo's repository, or a generated one, until SIGINT or SIGTERM."""
    options = _parse_options(sys.argv[1:])
    bound = bind_loopback(options.port)
    simulator = Simulator(_world(options))
    simulator.world.api_url = loopback_url(bound)
    simulator.images.base_url = simulator.world.api_url if options.pictures else None
    if options.latency_ms:
        simulator.faults.add(Latency(options.latency_ms / 1000), times=None)
    bound.listen()  # a client that reads the next line may connect before the server has started
    _print(f"{SAMPLE_REPO} at {simulator.world.api_url}")
    hook = _add_webhook(options, simulator.world) if options.webhook else None
    # Without this, reading the standard input in the background of a terminal would stop the process.
    signal.signal(signal.SIGTTIN, signal.SIG_IGN)
    threading.Thread(target=_run_console, args=(Console(simulator, SAMPLE_REPO),), daemon=True).start()
    asyncio.run(_serve_until_signal(simulator, bound))
    if hook:
        hook.close()


def _parse_options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m app.simulator",
        description=__doc__,
        epilog=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=0, help="the port at 127.0.0.1; a free one if left out")
    parser.add_argument("--posts", type=int, help="make this many posts instead of the demo's")
    parser.add_argument("--comments", type=int, default=0, help="and this many comments on them")
    parser.add_argument("--token", action="append", default=[], help="a token that is accepted; may be repeated")
    parser.add_argument("--latency-ms", type=int, default=0, help="let each answer take so long")
    parser.add_argument(
        "--pictures",
        action="store_true",
        help="pictures lie here, not at GitHub's hosts; a service then needs this address in AFTERWORD_PICTURE_HOSTS",
    )
    parser.add_argument("--webhook", metavar="URL", help="tell this address what happens")
    parser.add_argument("--secret", help="the secret that signs what the webhook is told")
    return parser.parse_args(arguments)


def _world(options: argparse.Namespace) -> World:
    clock = time.time  # noqa: TID251 - the edge of the process: here the clock is handed in
    world = generate_world(options.posts, options.comments, 1, clock=clock) if options.posts else sample_world(clock)
    for token in options.token:
        world.add_token(token, SAMPLE_REPO.split("/")[0])
    return world


def _add_webhook(options: argparse.Namespace, world: World) -> Webhook:
    repository = world.repository_payload(world.repository(SAMPLE_REPO))
    hook = Webhook(options.webhook, options.secret, repository=repository)
    world.on_event(hook.deliver)
    return hook


def _run_console(console: Console) -> None:
    for line in read_lines(0):
        _print(console.execute(line))


def _print(text: str) -> None:
    if text:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


async def _serve_until_signal(simulator: Simulator, bound: socket.socket) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await serve(simulator, bound, stop)


if __name__ == "__main__":
    main()

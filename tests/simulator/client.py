"""What the tests of the simulator share: a clock that they move, and asks without a socket."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson

from app.simulator.http.app import Simulator
from app.simulator.http.request_log import IncomingRequest
from app.simulator.http.responses import SimulatedResponse

NOON = 1_600_000_000
REPO = "ada/blog"


@dataclass(slots=True)
class FakeClock:
    """Seconds since the epoch, standing still until a test moves them."""

    now: float = NOON

    def __call__(self) -> float:
        return self.now


def ask(simulator: Simulator, target: str, *, method: str = "GET", **headers: str) -> SimulatedResponse:
    """Ask a simulator without a socket; header names are written with underscores."""
    path, _, query = target.partition("?")
    named = {"user_agent": "tests", **headers}
    request = IncomingRequest(
        method=method,
        path=path,
        query=query,
        parameters=tuple(parse_qsl(query)),
        headers={name.replace("_", "-"): value for name, value in named.items() if value},
        base_url="https://api.github.com",
        client_ip="192.0.2.1",
    )
    return simulator.respond(request)


def value(answer: SimulatedResponse) -> Any:
    """Read the JSON of an answer."""
    return orjson.loads(answer.body)

"""Helpers of the simulator's tests: a clock that they move, and requests without a socket."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import orjson

from app.simulator.http.app import Simulator
from app.simulator.http.request_log import IncomingRequest
from app.simulator.http.responses import SimulatedResponse

NOW = 1_600_000_000
REPO = "ada/blog"


@dataclass(slots=True)
class FakeClock:
    """A clock in seconds since the epoch that only a test moves."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now


def send_request(simulator: Simulator, target: str, *, method: str = "GET", **headers: str) -> SimulatedResponse:
    """Send a request to a simulator without a socket; header names are written with underscores."""
    return _respond(simulator, method, target, headers, b"")


def send_post(simulator: Simulator, target: str, body: bytes, **headers: str) -> SimulatedResponse:
    """Send a POST to a simulator without a socket, as `send_request` does."""
    return _respond(simulator, "POST", target, headers, body)


def _respond(
    simulator: Simulator, method: str, target: str, fields: Mapping[str, str], body: bytes
) -> SimulatedResponse:
    path, _, query = target.partition("?")
    headers = {"user_agent": "tests", **fields}
    request = IncomingRequest(
        method=method,
        path=path,
        query=query,
        parameters=tuple(parse_qsl(query)),
        headers={name.replace("_", "-"): value for name, value in headers.items() if value},
        base_url="https://api.github.com",
        client_ip="192.0.2.1",
        body=body,
    )
    return simulator.respond(request)


def json_body(response: SimulatedResponse) -> Any:
    """Return the parsed JSON of a response."""
    return orjson.loads(response.body)

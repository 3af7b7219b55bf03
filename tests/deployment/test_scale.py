"""What the larger file for docker compose runs: nginx, two replicas and PostgreSQL, in front of a blog's readers."""

import signal
import time
from collections.abc import Iterator

import httpx
import pytest

from app.simulator.world.sample import SAMPLE_REPO
from tests.deployment.scaled import OWNER_TOKEN, PUBLIC_URL, REPLICAS, SECRET, Scaled, run_scaled
from tests.github.deliveries import delivery, issue_payload

_COMMENTS = "/api/v1/posts/41/comments"


@pytest.fixture(scope="module")
def scaled() -> Iterator[Scaled]:
    with run_scaled() as scaled:
        yield scaled


def _deliver(scaled: Scaled, delivery_id: str) -> httpx.Response:
    repository = httpx.get(f"{scaled.simulator.url}/repos/{SAMPLE_REPO}").json()
    payload = issue_payload("edited", repository=repository)
    fields, body = delivery("issues", payload, secret=SECRET.encode(), guid=delivery_id)
    return scaled.client.post("/webhooks/github", content=body, headers=fields)


def _sign_in(scaled: Scaled, token: str, reader: str) -> int:
    fields = {"Origin": PUBLIC_URL, "X-Forwarded-For": reader}
    return scaled.client.post("/owner", data={"do": "sign-in", "token": token}, headers=fields).status_code


def test_documents_come_whole_and_once(scaled: Scaled) -> None:
    responses = [scaled.client.get(_COMMENTS) for _ in range(4)]
    assert {response.status_code for response in responses} == {200}
    assert len({response.headers["ETag"] for response in responses}) == 1
    assert len({response.headers["X-Request-ID"] for response in responses}) == 1  # nginx had it
    unchanged = scaled.client.get(_COMMENTS, headers={"If-None-Match": responses[0].headers["ETag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


def test_event_stream_passes_at_once(scaled: Scaled) -> None:
    with scaled.client.stream("GET", "/api/v1/posts/41/events?ids=42") as response:
        assert next(line for line in response.iter_lines() if line.startswith("event:")) == "event: current"


def test_limits_see_readers_behind_nginx(scaled: Scaled) -> None:
    statuses = [_sign_in(scaled, "wrong", "198.51.100.1") for _ in range(12)]
    assert statuses[-1] == 429
    assert _sign_in(scaled, "wrong", "10.9.9.9, 198.51.100.1") == 429  # what a client claims is not believed
    assert _sign_in(scaled, OWNER_TOKEN, "198.51.100.2") == 303


def test_killed_replica_is_noticed_by_none(scaled: Scaled) -> None:
    scaled.replicas[REPLICAS[0]].stop(signal.SIGKILL)
    reads = [scaled.client.get(f"{_COMMENTS}?limit={limit}") for limit in range(1, 7)]
    deliveries = [_deliver(scaled, f"delivery-{number}") for number in range(4)]
    assert [response.status_code for response in reads] == [200] * 6
    assert [response.status_code for response in deliveries] == [202] * 4
    scaled.start(REPLICAS[0])
    scaled.wait_until_complete(REPLICAS[0])


def test_change_is_served_by_both_replicas(scaled: Scaled) -> None:
    scaled.simulator.world.comment(SAMPLE_REPO, 41, body="said behind nginx", author="eve")
    assert _deliver(scaled, "change").status_code == 202
    for name in REPLICAS:
        deadline = time.monotonic() + 20
        while "said behind nginx" not in httpx.get(f"http://127.0.0.1:{scaled.ports[name]}{_COMMENTS}").text:
            assert time.monotonic() < deadline, scaled.replicas[name].output
            time.sleep(0.05)

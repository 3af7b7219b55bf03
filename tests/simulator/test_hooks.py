"""The webhooks of a repository, and which tokens may see and change them."""

import orjson
import pytest

from app.simulator.http.app import Simulator
from app.simulator.webhooks.deliveries import Delivery
from tests.simulator.client import REPO, send_request

HOOKS = f"/repos/{REPO}/hooks"


@pytest.fixture(autouse=True)
def hook_id(simulator: Simulator) -> int:
    """Add a webhook with one delivery, and tokens of the owner and of a reader."""
    owner = REPO.partition("/")[0]
    world = simulator.world
    world.add_token("classic", owner)
    world.add_token("fine", owner, permissions={"issues": "read", "repository_hooks": "read"})
    world.add_token("narrow", owner, permissions={"issues": "read"})
    world.add_token("reader", "eve")
    delivery = Delivery("guid-1", "ping", None, b"", status=200, at=1_600_000_000)
    repository = world.repository(REPO)
    return simulator.hooks.add(
        repository.id, "https://example.com/webhooks/github", events=["issues"], deliveries=[delivery]
    ).id


@pytest.mark.parametrize(
    ("token", "status"), [("classic", 200), ("fine", 200), ("narrow", 403), ("reader", 404), (None, 404)]
)
def test_only_the_owner_sees_webhooks(simulator: Simulator, token: str | None, status: int) -> None:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    assert send_request(simulator, HOOKS, **headers).status == status


def test_secret_is_masked_and_delivery_listed(simulator: Simulator, hook_id: int) -> None:
    (hook,) = orjson.loads(send_request(simulator, HOOKS, authorization="Bearer classic").body)
    assert hook["config"]["secret"] == "********"
    log = orjson.loads(send_request(simulator, f"{HOOKS}/{hook_id}/deliveries", authorization="Bearer classic").body)
    assert [(entry["event"], entry["status_code"], entry["delivered_at"]) for entry in log] == [
        ("ping", 200, "2020-09-13T12:26:40Z")
    ]


def test_fine_grained_token_has_no_scopes(simulator: Simulator) -> None:
    assert "x-oauth-scopes" not in send_request(simulator, f"/repos/{REPO}", authorization="Bearer fine").headers
    assert send_request(simulator, f"/repos/{REPO}", authorization="Bearer classic").headers["x-oauth-scopes"]

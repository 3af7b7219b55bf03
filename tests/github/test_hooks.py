"""Webhooks and deliveries as GitHub lists them."""

from typing import Any

import orjson
import pytest

from app.domain.errors import InvalidResponse
from app.github.hooks import Hook, HookDelivery, deliveries, event_addition, hooks
from app.github.requests import RepositoryRequests
from app.github.responses import Response

HOOK = {
    "type": "Repository",
    "id": 12345678,
    "name": "web",
    "active": True,
    "events": ["push", "issues"],
    "config": {"content_type": "json", "insecure_ssl": "0", "url": "https://example.com/webhooks/github"},
    "last_response": {"code": None, "status": "unused", "message": None},
}
DELIVERY = {
    "id": 12345678,
    "guid": "0b989ba4-242f-11e5-81e1-c7b6966d2516",
    "delivered_at": "2019-06-03T00:57:16Z",
    "redelivery": False,
    "duration": 0.27,
    "status": "OK",
    "status_code": 200,
    "event": "issues",
    "action": "opened",
    "installation_id": 123,
    "repository_id": 456,
    "throttled_at": None,
}


def test_hook_has_the_settings_of_github() -> None:
    (hook,) = hooks(Response("https://api.github.com/repos/ada/blog/hooks", [HOOK]))
    address = "https://example.com/webhooks/github"
    assert hook == Hook(
        12345678, address, frozenset({"push", "issues"}), is_active=True, has_secret=False, verifies_tls=True
    )
    assert hook.sends("issues")
    assert not hook.sends("issue_comment")


def test_star_stands_for_every_event() -> None:
    (hook,) = hooks(Response("https://api.github.com/", [{**HOOK, "events": ["*"]}]))
    assert hook.sends("issue_comment")


def test_delivery_without_response_has_no_status() -> None:
    failed = {**DELIVERY, "status": "failed to connect to host", "status_code": 0}
    taken, lost = deliveries(Response("https://api.github.com/", [DELIVERY, failed]))
    assert taken == HookDelivery("issues", "2019-06-03T00:57:16Z", 200, "OK")
    assert taken.is_accepted
    assert lost.status is None
    assert not lost.is_accepted


@pytest.mark.parametrize("element", [{}, {"id": 1}, {"id": "1", "config": {}}, {"id": 1, "config": {"url": 5}}])
def test_malformed_hook_is_an_invalid_response(element: dict[str, Any]) -> None:
    with pytest.raises(InvalidResponse):
        hooks(Response("https://api.github.com/", [element]))


def test_addition_of_events_names_nothing_else() -> None:
    request, content = event_addition(RepositoryRequests("https://api.github.com", "ada/blog").hooks(), 7, ["issues"])
    assert request.url == "https://api.github.com/repos/ada/blog/hooks/7"
    assert orjson.loads(content) == {"add_events": ["issues"]}

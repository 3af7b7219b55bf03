"""The webhooks of a repository, and what else only its owner may list.

A classic token without the scope gets 404, a fine-grained one without the permission 403.
https://docs.github.com/rest/repos/webhooks
"""

from collections.abc import Mapping
from typing import Any, Protocol

import orjson

from app.simulator.http import responses
from app.simulator.http.request_log import IncomingRequest
from app.simulator.http.responses import SimulatedResponse, StatusError
from app.simulator.webhooks.deliveries import Delivery
from app.simulator.webhooks.hook_table import Hook, HookTable
from app.simulator.world.objects import View
from app.simulator.world.records import Repository, User, rfc3339
from app.simulator.world.tables import WorldTables

HOOKS_DOCS = f"{responses.DOCS}/repos/webhooks"
_HOOK_SCOPES = ("repo", "public_repo", "admin:repo_hook", "write:repo_hook", "read:repo_hook")
_REASONS = {200: "OK", 202: "Accepted", 401: "Unauthorized", 404: "Not Found", 503: "Service Unavailable"}


class HookRequest(Protocol):
    """A request for something of a repository, with what it refers to."""

    @property
    def request(self) -> IncomingRequest: ...  # noqa: D102 - as in `RequestContext`, like the next ones
    @property
    def view(self) -> View: ...  # noqa: D102
    @property
    def viewer(self) -> User | None: ...  # noqa: D102
    @property
    def repository(self) -> Repository: ...  # noqa: D102
    @property
    def docs(self) -> str: ...  # noqa: D102
    @property
    def parameters(self) -> Mapping[str, str]: ...  # noqa: D102


class HookResources:
    """Lists that need a right beyond reading issues."""

    def __init__(self, world: WorldTables, hooks: HookTable) -> None:
        self._world = world
        self._hooks = hooks

    def list(self, context: HookRequest) -> SimulatedResponse:
        """Return all webhooks of the repository."""
        self._require(context, "repository_hooks", *_HOOK_SCOPES)
        hooks = self._hooks.of(context.repository.id)
        return responses.json_response(200, [_hook_object(hook, context) for hook in hooks])

    def deliveries(self, context: HookRequest, hook_id: str) -> SimulatedResponse:
        """Return the latest deliveries of a webhook, the newest first."""
        self._require(context, "repository_hooks", *_HOOK_SCOPES)
        for hook in self._hooks.of(context.repository.id):
            if hook.id == int(hook_id):
                size = min(int(context.parameters.get("per_page", "30")), 100)
                log = enumerate(hook.deliveries(), start=1)
                objects = [_delivery_object(number, delivery) for number, delivery in log]
                return responses.json_response(200, objects[::-1][:size])
        raise responses.not_found(context.docs)

    def deploy_keys(self, context: HookRequest) -> SimulatedResponse:
        """Return no deploy key: the repository has none."""
        self._require(context, "administration", "repo", "public_repo")
        return responses.json_response(200, [])

    def secrets(self, context: HookRequest) -> SimulatedResponse:
        """Return no secret of its workflows: the repository has none."""
        self._require(context, "secrets", "repo")
        return responses.json_response(200, {"total_count": 0, "secrets": []})

    def change(self, context: HookRequest, hook_id: int) -> SimulatedResponse:
        """Add and remove events of a webhook, or switch it on or off, as a PATCH says."""
        self._require(
            context, "repository_hooks", "repo", "public_repo", "admin:repo_hook", "write:repo_hook", access="write"
        )
        changes = orjson.loads(context.request.body)
        hook = self._hooks.change(
            context.repository.id,
            hook_id,
            add_events=changes.get("add_events", ()),
            remove_events=changes.get("remove_events", ()),
            active=changes.get("active"),
        )
        if hook is None:
            raise responses.not_found(context.docs)
        return responses.json_response(200, _hook_object(hook, context))

    def _require(self, context: HookRequest, permission: str, *scopes: str, access: str = "read") -> None:
        rights = self._world.token_rights.get(context.request.token or "")
        is_owner = context.viewer is not None and context.viewer.login == context.repository.owner
        is_allowed = is_owner and rights is not None and rights.may(access, permission, *scopes)
        if not is_allowed and (rights is None or rights.scopes is not None):
            raise responses.not_found(context.docs)
        if not is_allowed:
            message = "Resource not accessible by personal access token"
            response = responses.error_response(403, message, context.docs)
            raise StatusError(response.with_headers(x_accepted_github_permissions=f"{permission}={access}"))


def _hook_object(hook: Hook, context: HookRequest) -> dict[str, Any]:
    url = f"{context.view.repository_url(context.repository)}/hooks/{hook.id}"
    secret = {"secret": "********"} if hook.has_secret else {}
    config = {"content_type": hook.content_type, "insecure_ssl": hook.insecure_ssl, "url": hook.url, **secret}
    log = hook.deliveries()
    status = log[-1].status if log else None
    return {
        "type": "Repository",
        "id": hook.id,
        "name": "web",
        "active": hook.active,
        "events": list(hook.events),
        "config": config,
        "updated_at": rfc3339(context.repository.created_at),
        "created_at": rfc3339(context.repository.created_at),
        "url": url,
        "test_url": f"{url}/test",
        "ping_url": f"{url}/pings",
        "deliveries_url": f"{url}/deliveries",
        "last_response": {"code": status, "status": "active" if status else "unused", "message": None},
    }


def _delivery_object(number: int, delivery: Delivery) -> dict[str, Any]:
    """Return a delivery as the list has it; the status code of one without a response is 0."""
    status = delivery.status or 0
    return {
        "id": 12_345_000 + number,
        "guid": delivery.guid,
        "delivered_at": rfc3339(int(delivery.at)),
        "redelivery": delivery.redelivery,
        "duration": round(delivery.seconds, 2),
        "status": _REASONS.get(status, "Invalid HTTP Response" if status else "failed to connect to host"),
        "status_code": status,
        "event": delivery.event,
        "action": delivery.action,
        "installation_id": None,
        "repository_id": None,
        "throttled_at": None,
    }

"""The webhooks of a repository, as GitHub's settings have them, and their latest deliveries.

https://docs.github.com/rest/repos/webhooks
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from app.domain.errors import InvalidResponse
from app.github.payloads import integer, mapping, text
from app.github.requests import Request
from app.github.responses import Response, single_line

ALL_EVENTS = "*"
_NO_STATUS = 0


@dataclass(frozen=True, slots=True)
class Hook:
    """One webhook."""

    id: int
    url: str
    """Where it delivers."""
    events: frozenset[str]
    is_active: bool
    has_secret: bool
    verifies_tls: bool

    def sends(self, event: str) -> bool:
        """Return True if the webhook subscribes to an event."""
        return event in self.events or ALL_EVENTS in self.events


@dataclass(frozen=True, slots=True)
class HookDelivery:
    """One delivery and how it was answered."""

    event: str
    at: str
    """RFC 3339, as GitHub has it."""
    status: int | None
    """The status of our response; None if none came."""
    reason: str
    """GitHub's own words, as `OK` or `timed out`."""

    @property
    def is_accepted(self) -> bool:
        """Return True for a 2xx."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - a 2xx


def hooks(response: Response) -> tuple[Hook, ...]:
    """Return the webhooks of a list; raise `InvalidResponse` for a malformed one."""
    return tuple(_parse(response, element, _hook) for element in response.data or ())


def deliveries(response: Response) -> tuple[HookDelivery, ...]:
    """Return the deliveries of a list, the newest first; raise `InvalidResponse` for a malformed one."""
    return tuple(_parse(response, element, _delivery) for element in response.data or ())


def event_addition(hooks: Request, hook_id: int, events: Iterable[str]) -> tuple[Request, bytes]:
    """Return the request (PATCH) that adds events to a webhook, and its body; all other settings of it stay.

    `hooks` is the request for the list of webhooks.
    """
    url = f"{hooks.url.partition('?')[0]}/{hook_id}"
    return Request(url, many=False), orjson.dumps({"add_events": sorted(events)})


def _parse(response: Response, element: Mapping[str, Any], parse: Any) -> Any:
    try:
        return parse(element)
    except ValueError as error:
        raise InvalidResponse(Request(response.url, many=True).path, single_line(str(error))) from None


def _hook(obj: Mapping[str, Any]) -> Hook:
    config = mapping(obj.get("config"), "config")
    events = obj.get("events")
    return Hook(
        id=integer(obj, "id"),
        url=text(config, "url", default=""),
        events=frozenset(event for event in events if isinstance(event, str))
        if isinstance(events, list)
        else frozenset(),
        is_active=obj.get("active") is not False,
        has_secret=bool(config.get("secret")),
        verifies_tls=str(config.get("insecure_ssl", "0")) != "1",
    )


def _delivery(obj: Mapping[str, Any]) -> HookDelivery:
    status = integer(obj, "status_code", at_least=0)
    return HookDelivery(
        event=single_line(text(obj, "event")),
        at=single_line(text(obj, "delivered_at")),
        status=None if status == _NO_STATUS else status,
        reason=single_line(text(obj, "status", default="")),
    )

"""The webhooks that a repository's settings list, with their latest deliveries."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count

from app.simulator.webhooks.deliveries import Delivery, Webhook


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A webhook as its settings say; `deliveries` returns its log, the oldest first."""

    id: int
    repository_id: int
    url: str
    events: tuple[str, ...]
    content_type: str = "json"
    has_secret: bool = True
    active: bool = True
    insecure_ssl: str = "0"
    deliveries: Callable[[], Sequence[Delivery]] = tuple


class HookTable:
    """The webhooks of all repositories. One that delivers is added with it; others exist on paper only."""

    def __init__(self) -> None:
        self._hooks: list[Hook] = []
        self._ids = count(457_100_001)

    def of(self, repository_id: int) -> list[Hook]:
        """Return the webhooks of a repository in the order in which they were made."""
        return [hook for hook in self._hooks if hook.repository_id == repository_id]

    def add(
        self,
        repository_id: int,
        url: str,
        *,
        events: Sequence[str],
        deliveries: Sequence[Delivery] = (),
        content_type: str = "json",
        has_secret: bool = True,
        active: bool = True,
        insecure_ssl: str = "0",
    ) -> Hook:
        """Add a webhook that exists on paper, with this log."""
        hook = Hook(
            id=next(self._ids),
            repository_id=repository_id,
            url=url,
            events=tuple(events),
            content_type=content_type,
            has_secret=has_secret,
            active=active,
            insecure_ssl=insecure_ssl,
            deliveries=lambda: deliveries,
        )
        self._hooks.append(hook)
        return hook

    def add_live(self, repository_id: int, webhook: Webhook) -> None:
        """Add a webhook that delivers."""
        hook = Hook(
            id=webhook.hook_id,
            repository_id=repository_id,
            url=webhook.url,
            events=webhook.events,
            content_type=webhook.content_type,
            has_secret=webhook.is_signed,
            deliveries=lambda: webhook.log,
        )
        self._hooks.append(hook)

    def change(
        self,
        repository_id: int,
        hook_id: int,
        *,
        add_events: Sequence[str] = (),
        remove_events: Sequence[str] = (),
        active: bool | None = None,
    ) -> Hook | None:
        """Change what a webhook subscribes to, and whether it delivers; return None if there is none of this id."""
        for position, hook in enumerate(self._hooks):
            if (hook.repository_id, hook.id) == (repository_id, hook_id):
                events = tuple(dict.fromkeys((*hook.events, *add_events)))
                events = tuple(event for event in events if event not in remove_events)
                new_hook = replace(hook, events=events, active=hook.active if active is None else active)
                self._hooks[position] = new_hook
                return new_hook
        return None

    def clear(self) -> None:
        """Remove all webhooks; those that deliver go on."""
        self._hooks.clear()

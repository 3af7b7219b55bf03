"""Pushes to the branch with the blog's posts: noted durably before the response, and read afterwards by one process.

The note is one value of the store, the latest push. The reader of the repository compares it with the push that its
last complete read has seen, so that no crash of any process loses one, and many pushes cost one read.
"""

from typing_extensions import override

from app.domain.posts.content_repository import ContentRepository
from app.domain.sites import Repository
from app.domain.times import is_within
from app.github.webhooks import WebhookEvent
from app.ports.clock import Clock
from app.ports.key_values import KeyValues
from app.ports.post_source import ContentPushes


class PushNotes(ContentPushes):
    """The latest push to the branch; without such a branch no push concerns it."""

    def __init__(self, content: ContentRepository | None, key_values: KeyValues, clock: Clock) -> None:
        self._content = content
        self._key_values = key_values
        self._clock = clock
        self._key = f"push {content}"

    def is_repository(self, event: WebhookEvent, site: Repository | None) -> bool:
        """Return True if an event comes from the repository with the posts; `site` is its site, if it is one."""
        if self._content is None or event.repo is None:
            return False
        return self._content.repo == site or self._content.repo.key == event.repo.full_name.lower()

    def is_branch(self, event: WebhookEvent) -> bool:
        """Return True if a push in that repository moves the branch with the posts."""
        push = event.push
        return (
            self._content is not None
            and push is not None
            and self._content.is_changed_by(push.ref, push.default_branch)
        )

    async def note(self, event: WebhookEvent, *, replay_within: float) -> bool:
        """Store a push; return False if the same delivery was stored less than `replay_within` seconds before."""
        previous_id, _, received_at = (await self._key_values.get(self._key) or "").partition(" ")
        now = self._clock.now()
        if previous_id == event.delivery_id and is_within(replay_within, float(received_at or 0), now=now):
            return False
        await self._key_values.put(self._key, f"{event.delivery_id} {now}")
        return True

    @override
    async def latest(self) -> str | None:
        return await self._key_values.get(self._key)

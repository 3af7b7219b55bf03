"""Webhook events of the changes that people make, with their payloads.

A payload is a snapshot. For a deletion it shows the deleted object and the counts before the deletion, as the recorded
payloads of octokit/webhooks do. It has `body`, never `body_html`. Reactions and hidden comments cause no event, and of
pull requests only their comments do.
https://docs.github.com/webhooks/webhook-events-and-payloads
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.simulator.world import objects
from app.simulator.world.media_types import MediaType
from app.simulator.world.objects import OLDER, Json, View
from app.simulator.world.records import Comment, Issue, Repository
from app.simulator.world.tables import Clock, WorldTables

EVENTS = ("issue_comment", "issues", "repository", "push")
"""The names of the events that are published."""


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """An event of a repository, with GitHub's payload; subscribers must not change it."""

    name: str
    repository_id: int
    payload: Json

    @property
    def action(self) -> str:
        """Return the payload's `action`: `created`, `edited` and so on; empty for a push, which has none."""
        return str(self.payload.get("action", ""))


class EventPublisher(WorldTables):
    """Tables that publish an event for each change; `api_url` is the API's base URL in payloads."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.api_url = "https://api.github.com"
        self._subscribers: list[Callable[[WebhookEvent], object]] = []

    def on_event(self, callback: Callable[[WebhookEvent], object]) -> Callable[[], None]:
        """Call `callback` with each later event, in order; return a function that ends this.

        The call happens inside the change, while the world is locked. The callback should only take the event
        and do its work elsewhere.
        """
        with self.lock:
            self._subscribers.append(callback)

        def unsubscribe() -> None:
            with self.lock:
                self._subscribers.remove(callback)

        return unsubscribe

    def repository_payload(self, repository: Repository) -> Json:
        """Return the object of a repository, as payloads show it."""
        return objects.repository_object(self, repository, self._view())

    def _view(self) -> View:
        return View(self.api_url, MediaType(), OLDER)

    def _issue_payload(self, issue: Issue) -> Json:
        return objects.issue_object(self, issue, self._view())

    def _publish(
        self, name: str, action: str | None, repository: Repository, sender_id: int | None, **parts: Any
    ) -> None:
        """Publish an event. The sender is the repository's owner if it is None or its account is deleted."""
        owner = self.user(repository.owner)
        sender = owner if sender_id is None or self.users[sender_id].deleted else self.users[sender_id]
        payload: Json = {**parts, "repository": self.repository_payload(repository)}
        if action is not None:
            payload = {"action": action, **payload}
        payload["sender"] = objects.user_object(sender, self._view())
        event = WebhookEvent(name, repository.id, payload)
        for callback in tuple(self._subscribers):
            callback(event)

    def _publish_repository(self, action: str, repository: Repository, **parts: Json) -> Repository:
        if self._subscribers:
            self._publish("repository", action, repository, None, **parts)
        return repository

    def _publish_issue(self, action: str, issue: Issue, *, sender_id: int | None = None, **parts: Json) -> Issue:
        if self._subscribers and not issue.is_pull_request:
            repository = self.repositories[issue.repository_id]
            self._publish("issues", action, repository, sender_id, issue=self._issue_payload(issue), **parts)
        return issue

    def _publish_labels(self, issue: Issue, before: tuple[str, ...]) -> Issue:
        """Publish an event for each removed label, then for each added label."""
        repository = self.repositories[issue.repository_id]
        changes = [("unlabeled", name) for name in before if name not in issue.labels]
        changes += [("labeled", name) for name in issue.labels if name not in before]
        for action, name in changes:
            label = objects.label_object(self.labels[repository.id][name], repository, self._view())
            self._publish_issue(action, issue, label=label)
        return issue

    def _publish_comment(
        self, action: str, comment: Comment, *, sender_id: int | None = None, **parts: Json
    ) -> Comment:
        if self._subscribers:
            issue = self.issues[comment.issue_id]
            repository = self.repositories[issue.repository_id]
            comment_payload = objects.comment_object(self, comment, self._view())
            event_parts = {"issue": self._issue_payload(issue), "comment": comment_payload, **parts}
            self._publish("issue_comment", action, repository, sender_id, **event_parts)
        return comment

    def _publish_transfer(self, before: Json, source: Repository, issue: Issue) -> Issue:
        """Publish `transferred` in the source repository and `opened` in the target repository."""
        if self._subscribers and not issue.is_pull_request:
            target = self.repositories[issue.repository_id]
            new = {"new_issue": self._issue_payload(issue), "new_repository": self.repository_payload(target)}
            self._publish("issues", "transferred", source, None, issue=before, changes=new)
            old = {"old_issue": before, "old_repository": self.repository_payload(source)}
            self._publish_issue("opened", issue, changes=old)
        return issue

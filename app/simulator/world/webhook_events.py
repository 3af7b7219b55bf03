"""What GitHub tells by webhook of what people do: events with their payloads, made at the moment of the act.

A payload is a picture of that moment: of what is deleted it shows how it was, with the counts of before, as the
recorded payloads of octokit/webhooks do. It has `body`, never `body_html`. Reactions and hidden comments are not told,
and of pull requests only their comments.
https://docs.github.com/webhooks/webhook-events-and-payloads
"""

from collections.abc import Callable
from dataclasses import dataclass

from app.simulator.http.media_types import MediaType
from app.simulator.http.objects import (
    OLDER,
    Json,
    View,
    comment_object,
    issue_object,
    label_object,
    repository_object,
    user_object,
)
from app.simulator.world.tables import Clock, WorldTables
from app.simulator.world.records import Comment, Issue, Repository

EVENTS = ("issue_comment", "issues", "repository")
"""The events that are made."""


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """Something that happened in a repository; `payload` is what GitHub says of it, and nobody changes it."""

    name: str
    repository_id: int
    payload: Json

    @property
    def action(self) -> str:
        """What was done: `created`, `edited` and so on."""
        return str(self.payload["action"])


class EventPublisher(WorldTables):
    """A ground that tells what happens on it; `api_url` is the API's in payloads."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.api_url = "https://api.github.com"
        self._listeners: list[Callable[[WebhookEvent], object]] = []

    def on_event(self, callback: Callable[[WebhookEvent], object]) -> Callable[[], None]:
        """Call something with each event from now on, in their order; the result stops that.

        It is called within the act, with the world locked: it should take note, and act elsewhere.
        """
        with self.lock:
            self._listeners.append(callback)

        def stop() -> None:
            with self.lock:
                self._listeners.remove(callback)

        return stop

    def repository_payload(self, repository: Repository) -> Json:
        """A repository, as payloads show it."""
        return repository_object(self, repository, self._view())

    def _view(self) -> View:
        return View(self.api_url, MediaType(), OLDER)

    def _shown_issue(self, issue: Issue) -> Json:
        return issue_object(self, issue, self._view())

    def _tell(self, name: str, action: str, repository: Repository, sender: int | None, **parts: Json) -> None:
        """Tell an event; without a sender, or when that account is deleted, the repository's owner did it."""
        owner = self.user(repository.owner)
        actor = owner if sender is None or self.users[sender].deleted else self.users[sender]
        payload = {
            "action": action,
            **parts,
            "repository": self.repository_payload(repository),
            "sender": user_object(actor, self._view()),
        }
        event = WebhookEvent(name, repository.id, payload)
        for listener in tuple(self._listeners):
            listener(event)

    def _tell_repository(self, action: str, repository: Repository, **parts: Json) -> Repository:
        if self._listeners:
            self._tell("repository", action, repository, None, **parts)
        return repository

    def _tell_issue(self, action: str, issue: Issue, *, sender: int | None = None, **parts: Json) -> Issue:
        if self._listeners and not issue.is_pull_request:
            home = self.repositories[issue.repository_id]
            self._tell("issues", action, home, sender, issue=self._shown_issue(issue), **parts)
        return issue

    def _tell_labels(self, issue: Issue, before: tuple[str, ...]) -> Issue:
        """Tell each label that came off, then each that was put on."""
        home = self.repositories[issue.repository_id]
        changes = [("unlabeled", name) for name in before if name not in issue.labels]
        changes += [("labeled", name) for name in issue.labels if name not in before]
        for action, name in changes:
            self._tell_issue(action, issue, label=label_object(self.labels[home.id][name], home, self._view()))
        return issue

    def _tell_comment(self, action: str, comment: Comment, *, sender: int | None = None, **parts: Json) -> Comment:
        if self._listeners:
            issue = self.issues[comment.issue_id]
            home = self.repositories[issue.repository_id]
            shown = comment_object(self, comment, self._view())
            self._tell("issue_comment", action, home, sender, issue=self._shown_issue(issue), comment=shown, **parts)
        return comment

    def _tell_transfer(self, before: Json, left: Repository, issue: Issue) -> Issue:
        """Tell where an issue left that it went, and where it arrived that it is there."""
        if self._listeners and not issue.is_pull_request:
            home = self.repositories[issue.repository_id]
            gone = {"new_issue": self._shown_issue(issue), "new_repository": self.repository_payload(home)}
            self._tell("issues", "transferred", left, None, issue=before, changes=gone)
            come = {"old_issue": before, "old_repository": self.repository_payload(left)}
            self._tell_issue("opened", issue, changes=come)
        return issue

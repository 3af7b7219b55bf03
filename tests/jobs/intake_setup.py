"""A webhook intake over stores in memory, and a record of what it reported."""

from typing import Any

from typing_extensions import override

from app.domain.errors import StoreUnusable
from app.domain.posts.content_repository import ContentRepository
from app.domain.records import SiteRecord
from app.domain.sites import Repository, repository
from app.github import payloads, webhooks
from app.jobs.content.pushes import PushNotes
from app.jobs.webhook_intake import WebhookIntake
from app.ports.deliveries import Delivery
from app.ports.jobs import Jobs
from app.ports.metrics import DeliveryOutcome
from app.ports.mirror import Change
from app.store.memory import MemoryDeliveries, MemoryJobs, MemoryKeyValues, MemoryMirror
from tests.fakes import FakeClock, SilentMetrics
from tests.github.deliveries import GUID, delivery
from tests.render.sample_threads import comment_object, issue_object

BLOG, NOTES = repository("ada/blog"), repository("ada/notes")
SITES = (BLOG, NOTES)


class RecordedDeliveries(MemoryDeliveries):
    """Records the stored deliveries in order; raises `failure` instead if it is set."""

    def __init__(self, jobs: Jobs) -> None:
        super().__init__(jobs)
        self.stored: list[Delivery] = []
        self.failure: StoreUnusable | None = None

    @override
    async def accept(self, delivery: Delivery, *, replay_within: float) -> bool:
        if self.failure is not None:
            raise self.failure
        is_new = await super().accept(delivery, replay_within=replay_within)
        if is_new:
            self.stored.append(delivery)
        return is_new


class DeliveryMetrics(SilentMetrics):
    """Records each delivery as (event, label of its outcome)."""

    def __init__(self) -> None:
        self.deliveries: list[tuple[str, str]] = []

    @override
    def delivery(self, event: str, outcome: DeliveryOutcome) -> None:
        self.deliveries.append((event, outcome.metric_label))


class CountedMirror(MemoryMirror):
    """A mirror that counts its reads for deliveries; no delivery may need another read."""

    def __init__(self) -> None:
        super().__init__("here", SITES)
        self.lookup_count = 0

    @override
    async def lookup(self, *arguments: Any, **keywords: Any) -> Any:
        self.lookup_count += 1
        return await super().lookup(*arguments, **keywords)

    @override
    async def site(self, repo: Repository) -> SiteRecord | None:
        raise AssertionError(repo)


class IntakeSetup:
    """An intake of two sites; `wakeups` are the threads of the latest delivery at each wakeup of the worker."""

    def __init__(self, content: ContentRepository | None = None) -> None:
        """Begin with the repository that has the blog's posts, if there is any."""
        self.clock = FakeClock()
        self.mirror = CountedMirror()
        self.jobs = MemoryJobs()
        self.deliveries = RecordedDeliveries(self.jobs)
        self.metrics = DeliveryMetrics()
        self.key_values = MemoryKeyValues()
        self.pushes = PushNotes(content, self.key_values, self.clock)
        self.wakeups: list[tuple[Repository, int | None]] = []
        self.intake = WebhookIntake(
            deliveries=self.deliveries,
            mirror=self.mirror,
            sites=SITES,
            clock=self.clock,
            wake=self._wake,
            metrics=self.metrics,
            pushes=self.pushes,
        )

    def _wake(self) -> None:
        assert self.deliveries.stored, "woken before a delivery was stored"
        last = self.deliveries.stored[-1]
        self.wakeups.append((last.repo, last.number))

    async def receive(self, event: str, payload: object, *, guid: str = GUID) -> DeliveryOutcome:
        """Receive a signed delivery of a payload."""
        return await self.intake.receive(webhooks.parse_event(*delivery(event, payload, guid=guid)))

    async def mirror_site(self, repo: Repository, repository_id: int, full_name: str | None = None) -> None:
        """Store the record of a repository."""
        site = SiteRecord(repo, repository_id, full_name or repo.full_name)
        await self.mirror.apply(Change(repo=repo, at=self.clock.now(), site=site))

    async def mirror_comment(self, comment_id: int = 1001, *, number: int = 41, **fields: Any) -> None:
        """Store a comment with these fields, and its issue."""
        change = Change(
            repo=BLOG,
            at=self.clock.now(),
            issues=(payloads.issue(issue_object(number)),),
            comments=(payloads.comment(comment_object(comment_id, number=number, **fields)),),
        )
        await self.mirror.apply(change)

"""Take in webhook deliveries: store each with its job before the response; request GitHub afterwards.

A comment that the mirror already has as the delivery tells it costs no refresh: the delivery is stored, so that the
poll knows that the webhook works, without a job. GitHub's times have whole seconds, so an edit may have the time of the
one before it: with equal times the text decides.

A push to the branch with the blog's posts is noted before anything else of it is stored. Its repository may be none
that is served: then the note is all.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from app.domain.records import REPOSITORY_NUMBER, SiteRecord
from app.domain.sites import Repository
from app.domain.threads import Comment
from app.domain.times import epoch
from app.github import webhooks
from app.github.webhooks import Fields, RepositoryRef, WebhookEvent
from app.jobs.content.pushes import PushNotes
from app.ports.clock import Clock
from app.ports.deliveries import Deliveries, Delivery
from app.ports.metrics import DeliveryOutcome, Metrics
from app.ports.mirror import Mirror

_REPLAY_WITHIN = 60.0
"""Seconds in which a repeated delivery costs nothing; a later one is a redelivery that somebody requested."""
_TEXT_ACTIONS = frozenset({"created", "edited"})


class WebhookIntake:
    """Accepts verified deliveries."""

    def __init__(
        self,
        *,
        deliveries: Deliveries,
        mirror: Mirror,
        sites: tuple[Repository, ...],
        clock: Clock,
        wake: Callable[[], None],
        metrics: Metrics,
        pushes: PushNotes,
    ) -> None:
        """Call `wake` after each stored job, to run it at once."""
        self._deliveries = deliveries
        self._mirror = mirror
        self._sites = sites
        self._clock = clock
        self._wake = wake
        self._metrics = metrics
        self._pushes = pushes
        self._records: Mapping[Repository, SiteRecord | None] = {}
        """The sites' records at the last look-up: a repository keeps its id."""

    async def receive(self, event: WebhookEvent) -> DeliveryOutcome:
        """Store what an event asks for: after this no crash loses it. Raises `StoreError`; nothing is stored then."""
        outcome = DeliveryOutcome.FAILED
        try:
            outcome = await self._receive(event)
        finally:
            self._metrics.delivery(webhooks.event_label(event.event), outcome)
        return outcome

    def reject(self, headers: Fields, outcome: DeliveryOutcome) -> None:
        """Count a delivery that could not be verified or read."""
        self._metrics.delivery(webhooks.claimed_event_label(headers), outcome)

    async def _receive(self, event: WebhookEvent) -> DeliveryOutcome:
        without_refresh = DeliveryOutcome.PONG if event.event == webhooks.PING else DeliveryOutcome.IGNORED
        if event.repo is None:
            return without_refresh
        comments = await self._read_mirror(event)
        site = _site_of(event.repo, self._records)
        push_outcome = await self._note_push(event, site)
        if site is None:
            if not self._pushes.is_repository(event, None):
                return DeliveryOutcome.FOREIGN
            return push_outcome or without_refresh
        delivery = Delivery(
            id=event.delivery_id,
            event=event.event,
            action=event.action,
            repo=site,
            number=None,
            full=False,
            received_at=self._clock.now(),
        )
        hint = webhooks.refresh_hint(event)
        if hint is None:
            await self._accept(delivery)
            return push_outcome or without_refresh
        number = REPOSITORY_NUMBER if hint.number is None else hint.number
        is_known = _has_comment(event, comments.get(site))
        delivery = replace(delivery, number=number, full=hint.full, needs_refresh=not is_known)
        await self._accept_at_target(event, delivery)
        if not await self._accept(delivery):
            return DeliveryOutcome.REPLAYED
        return DeliveryOutcome.KNOWN if is_known else DeliveryOutcome.ACCEPTED

    async def _note_push(self, event: WebhookEvent, site: Repository | None) -> DeliveryOutcome | None:
        """Note a push to the branch with the blog's posts; return None for any other event."""
        if not (self._pushes.is_repository(event, site) and self._pushes.is_branch(event)):
            return None
        is_new = await self._pushes.note(event, replay_within=_REPLAY_WITHIN)
        return DeliveryOutcome.ACCEPTED if is_new else DeliveryOutcome.REPLAYED

    async def _read_mirror(self, event: WebhookEvent) -> Mapping[Repository, Comment | None]:
        """Return each site's comment of the event's id, and remember the sites' records, in one read at most.

        Nothing is read if the event needs no comment and its repositories are known by their ids.
        """
        ids = {record.id for record in self._records.values() if record is not None}
        refs = (event.repo, event.transferred_to[0] if event.transferred_to else event.repo)
        comment_id = event.comment.id if event.comment is not None and event.action in _TEXT_ACTIONS else None
        if comment_id is None and all(ref is not None and ref.id in ids for ref in refs):
            return {}
        lookup = await self._mirror.lookup(self._sites, comment_id)
        self._records = {site: record for site, (record, _) in lookup.items()}
        return {site: comment for site, (_, comment) in lookup.items()}

    async def _accept_at_target(self, event: WebhookEvent, delivery: Delivery) -> None:
        """Store a second job for an issue that was transferred within the sites, at its new number.

        It is stored first, under an id of its own. If it came last, a crash in between would make a redelivery of the
        event look like a replay.
        """
        if event.transferred_to is None:
            return
        ref, number = event.transferred_to
        site = _site_of(ref, self._records)
        if site is not None:
            await self._accept(replace(delivery, id=f"{delivery.id}+moved", repo=site, number=number))

    async def _accept(self, delivery: Delivery) -> bool:
        """Store a delivery in one transaction, then wake the worker; return False for a replay."""
        is_new = await self._deliveries.accept(delivery, replay_within=_REPLAY_WITHIN)
        if is_new and delivery.needs_refresh and delivery.number is not None:
            self._wake()
        return is_new


def _site_of(ref: RepositoryRef, records: Mapping[Repository, SiteRecord | None]) -> Repository | None:
    """Return the site of a repository: by its id if the mirror knows that, since names change owners."""
    name = ref.full_name.lower()
    for site in sorted(records, key=lambda site: site.key != name):  # by the configured name first
        record = records[site]
        if record is None or ref.id is None:
            if name in ({site.key} if record is None else {site.key, record.full_name.lower()}):
                return site
        elif record.id == ref.id:
            return site
    return None


def _has_comment(event: WebhookEvent, comment: Comment | None) -> bool:
    """Return True if the mirror has the comment as the event tells it, or a later state."""
    hint = event.comment
    if hint is None or comment is None or comment.number != event.number:
        return False
    at = epoch(comment.updated_at)
    return at > hint.updated_at or (at == hint.updated_at and comment.body == hint.body)

"""The way of a webhook delivery: stored together with its mark before it is answered; GitHub is asked afterwards.

A comment that the mirror already has as the delivery tells it costs no look: the delivery is stored, so that the pulse
knows that the webhook works, and nothing is marked. As GitHub's times have whole seconds, an edit may have the time of
the one before it: of equal times the text decides.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Protocol

from app.domain.sites import Repository
from app.domain.times import epoch
from app.github import webhooks
from app.github.webhooks import Fields, RepositoryRef, WebhookEvent
from app.ports.jobs import THE_REPOSITORY, Delivery
from app.ports.metrics import Received
from app.ports.mirror import Clock, Mirror

_REPLAY_WITHIN = 60.0
"""Seconds in which a delivery that comes again costs nothing; later it is a redelivery that somebody asked for."""
_TELLING_OF_TEXT = frozenset({"created", "edited"})


class Outcome(StrEnum):
    """What became of a delivery that was verified and read."""

    ACCEPTED = "accepted"
    """Stored with its mark: the thread is looked at."""
    KNOWN = "known"
    """Stored; the mirror has the comment already."""
    REPLAYED = "replayed"
    """It was received a moment ago, and what it tells of is marked or looked at since."""
    IGNORED = "ignored"
    """Of an event or action that changes nothing here."""
    PONG = "pong"
    """GitHub tries out a new webhook."""
    FOREIGN = "foreign"
    """Of a repository that is not served."""


_COUNTED: Mapping[Outcome, Received] = {
    Outcome.ACCEPTED: Received.ACCEPTED,
    Outcome.KNOWN: Received.ACCEPTED,
    Outcome.REPLAYED: Received.REPLAYED,
    Outcome.IGNORED: Received.IGNORED,
    Outcome.PONG: Received.IGNORED,
    Outcome.FOREIGN: Received.FOREIGN,
}


class Deliveries(Protocol):
    """What receiving needs of `app.ports.jobs.Shared`."""

    async def deliver(self, delivery: Delivery, *, replay_within: float) -> bool:
        """Stores a delivery and its mark in one transaction; False for a replay."""


class WebhookIntake:
    """Takes deliveries that were verified."""

    def __init__(
        self,
        *,
        shared: Deliveries,
        mirror: Mirror,
        sites: tuple[Repository, ...],
        clock: Clock,
        wake: Callable[[], None],
        tell: Callable[[str, Received], None],
    ) -> None:
        """`wake` is called after each mark, to look at once; `tell` once for every delivery, with its event's label."""
        self._shared = shared
        self._mirror = mirror
        self._sites = sites
        self._clock = clock
        self._wake = wake
        self._tell = tell
        self._sites_by_id: dict[int | None, Repository] = {}
        """Those of which a delivery came: a repository keeps its id, so the mirror is asked for it once."""

    async def receive(self, notice: WebhookEvent) -> Outcome:
        """Stores what a notice asks for; once this returns, no crash loses it. Raises `StoreError`: nothing is kept."""
        counted = Received.FAILED
        try:
            outcome = await self._received(notice)
            counted = _COUNTED[outcome]
        finally:
            self._tell(webhooks.event_label(notice.event), counted)
        return outcome

    def refused(self, headers: Fields, why: Received) -> None:
        """Tells of a delivery that did not come as far as a notice."""
        self._tell(webhooks.claimed_event_label(headers), why)

    async def _received(self, notice: WebhookEvent) -> Outcome:
        site = await self._site(notice.repo) if notice.repo is not None else None
        if notice.repo is not None and site is None:
            return Outcome.FOREIGN
        look = webhooks.refresh_hint(notice)
        if site is None or look is None:
            if site is not None:
                await self._deliver(self._delivery(notice, site, None))
            return Outcome.PONG if notice.event == webhooks.PING else Outcome.IGNORED
        number = THE_REPOSITORY if look.number is None else look.number
        delivery = replace(self._delivery(notice, site, number), full=look.full)
        if await self._is_known(notice, site):
            delivery = replace(delivery, look=False)
        await self._at_new_place(notice, delivery)
        if not await self._deliver(delivery):
            return Outcome.REPLAYED
        return Outcome.ACCEPTED if delivery.look else Outcome.KNOWN

    async def _at_new_place(self, notice: WebhookEvent, delivery: Delivery) -> None:
        """An issue that was transferred within the sites is looked at where it is now, too.

        It is stored first, under an id of its own: if it were the last, a crash between would make a redelivery of the
        whole look like a replay.
        """
        if notice.transferred_to is None:
            return
        place, number = notice.transferred_to
        site = await self._site(place)
        if site is not None:
            await self._deliver(replace(delivery, id=f"{delivery.id}+moved", repo=site, number=number))

    async def _deliver(self, delivery: Delivery) -> bool:
        """One transaction, and then the awakening; False for a replay."""
        stored = await self._shared.deliver(delivery, replay_within=_REPLAY_WITHIN)
        if stored and delivery.look and delivery.number is not None:
            self._wake()
        return stored

    def _delivery(self, notice: WebhookEvent, site: Repository, number: int | None) -> Delivery:
        return Delivery(
            id=notice.delivery_id,
            event=notice.event,
            action=notice.action,
            repo=site,
            number=number,
            full=False,
            received_at=self._clock.now(),
        )

    async def _site(self, place: RepositoryRef) -> Repository | None:
        """The site that a place is: by its id where the mirror knows it, for names move on and are taken by others."""
        if place.id in self._sites_by_id:
            return self._sites_by_id[place.id]
        name = place.full_name.lower()
        for site in sorted(self._sites, key=lambda site: site.key != name):  # the likely one first: one look-up then
            record = await self._mirror.site(site)
            if record is None or place.id is None:
                names = {site.key} if record is None else {site.key, record.full_name.lower()}
                if name in names:
                    return site
            elif record.id == place.id:
                self._sites_by_id[record.id] = site
                return site
        return None

    async def _is_known(self, notice: WebhookEvent, site: Repository) -> bool:
        """True where the mirror has what a comment became, or something later."""
        said = notice.comment
        if said is None or notice.action not in _TELLING_OF_TEXT:
            return False
        known = await self._mirror.comment(site, said.id)
        if known is None or known.number != notice.number:
            return False
        at = epoch(known.updated_at)
        return at > said.updated_at or (at == said.updated_at and known.body == said.body)

"""The parts of the owner's page, made from those of the running application."""

from collections.abc import Callable

from app.ports.clock import Clock
from app.ports.store import Store
from app.serving.owner.attempts import Attempts
from app.serving.owner.checks import OwnerChecks
from app.serving.owner.desk import OwnerDesk
from app.serving.owner.live import OwnerNews
from app.serving.owner.overview import OverviewReader, OverviewSources
from app.serving.owner.sessions import Sessions
from app.settings import Settings


def make_owner_desk(
    settings: Settings,
    store: Store,
    clock: Clock,
    *,
    session_secret: bytes,
    random: Callable[[], float],
    news: OwnerNews,
    sources: OverviewSources,
    wake: Callable[[], None],
    poll_now: Callable[[], None],
) -> OwnerDesk | None:
    """Return what the owner's page needs; None without an owner's token."""
    token = settings.owner_secret
    if token is None:
        return None
    has_token = settings.token is not None
    return OwnerDesk(
        overview=OverviewReader(settings.repo, store, sources, clock),
        checks=OwnerChecks(store.jobs, store.key_values, clock, wake=wake, poll_now=poll_now, has_token=has_token),
        news=news,
        sessions=Sessions(session_secret, token, store.key_values, random),
        attempts=Attempts(token, clock.now),
    )

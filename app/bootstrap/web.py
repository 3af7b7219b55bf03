"""The ASGI application of a running application."""

from collections.abc import Callable
from dataclasses import replace

from app.ports.clock import Clock
from app.serving.clients.addresses import TrustedProxies
from app.serving.clients.limits import ClientLimits
from app.serving.reader import Reader
from app.settings import Settings
from app.web.app import create_app
from app.web.cached_reads import CachedReads
from app.web.context import Features, Monitoring, WebContext, request_ids
from app.web.document_response import CorsPolicy


def make_web(
    settings: Settings,
    reader: Reader,
    clock: Clock,
    *,
    monitoring: Monitoring,
    features: Features,
    random: Callable[[], float],
) -> CachedReads:
    """Return the ASGI application that serves readers, the owner and GitHub's webhook."""
    context = WebContext(
        reader=reader,
        sites=settings.repo,
        now=clock.now,
        cors=CorsPolicy(frozenset(origin.encode() for origin in settings.origins)),
        public_url=settings.public_url,
        monitoring=monitoring,
        features=replace(features, limits=ClientLimits(TrustedProxies(settings.proxy_networks))),
        request_ids=request_ids(random),
    )
    return create_app(context)

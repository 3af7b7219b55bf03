"""The ASGI application of a running application."""

from dataclasses import replace

from app.bootstrap.core import Core
from app.web.app import make_routes
from app.web.cached_reads import CachedReads
from app.web.context import Features, Monitoring


def complete_reads(core: Core, monitoring: Monitoring, features: Features) -> CachedReads:
    """Let the reads of a core serve readers, the owner and GitHub's webhook, too; return them."""
    features = replace(features, limits=core.context.features.limits)
    context = replace(core.context, monitoring=monitoring, features=features)
    routes = make_routes(context)
    core.reads.complete(routes, context)
    core.readiness.set(monitoring.readiness)
    core.application.set(routes)
    return core.reads

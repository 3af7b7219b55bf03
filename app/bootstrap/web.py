"""The ASGI application of a running application."""

from starlette.types import ASGIApp

from app.bootstrap.core import Core
from app.web.context import WebContext


def complete_reads(core: Core, context: WebContext, routes: ASGIApp) -> None:
    """Let the reads of a core serve readers, the owner and GitHub's webhook, too."""
    core.reads.complete(routes, context)
    core.readiness.set(context.monitoring.readiness)
    core.application.set(routes)

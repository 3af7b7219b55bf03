"""The web application: FastAPI's routes inside the middleware that serves cached reads."""

from fastapi import FastAPI

from app.web import assets, errors
from app.web.cached_reads import CachedReads
from app.web.context import WebContext
from app.web.routes import api, docs, events, feeds, fragments, github_api, images, monitoring, start_page, webhook

_DESCRIPTION = """Comments of a static blog, mirrored from its GitHub issues and served as finished bytes.

Every answer has an `ETag` that changes only with its content; a page of any origin may ask unless origins are
configured. Times are RFC 3339 in UTC. A failure is `application/problem+json` and never looks like "no comments"."""


def create_app(context: WebContext) -> CachedReads:
    """Return the ASGI application that serves from this context."""
    app = FastAPI(
        title="Afterword",
        version="1",
        description=_DESCRIPTION,
        servers=[{"url": context.public_url}] if context.public_url else None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.context = context
    assets.assets()  # compress the files now, so that the first reader does not wait for it
    start_page.page_files()
    for module in (api, fragments, feeds, images, events, github_api, webhook, monitoring, docs, assets, start_page):
        app.include_router(module.router)
    app.include_router(github_api.enterprise_router)
    errors.install_error_handlers(app)
    return CachedReads(app, context)

"""The web application: the routes behind the front."""

from fastapi import FastAPI

from app.web import assets, errors
from app.web.cached_reads import CachedReads
from app.web.context import Serving
from app.web.routes import api, docs, events, feeds, fragments, github_api, health, images, metrics, start_page, webhook

_DESCRIPTION = """Comments of a static blog, mirrored from its GitHub issues and served as finished bytes.

Every answer has an `ETag` that changes only with its content; a page of any origin may ask unless origins are
configured. Times are RFC 3339 in UTC. A failure is `application/problem+json` and never looks like "no comments"."""


def create_app(serving: Serving) -> CachedReads:
    """The ASGI application that serves from these parts."""
    app = FastAPI(
        title="Afterword",
        version="1",
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.serving = serving
    assets.assets()  # compressed now: the first reader does not wait for it
    start_page.files_of_the_page()
    for module in (
        api,
        fragments,
        feeds,
        images,
        events,
        github_api,
        webhook,
        health,
        metrics,
        docs,
        assets,
        start_page,
    ):
        app.include_router(module.router)
    errors.install(app)
    return CachedReads(app, serving)

"""The web application: the routes behind the front."""

from fastapi import FastAPI

from app.web import (
    assets,
    compat,
    docs,
    errors,
    events,
    feeds,
    fragments,
    health,
    metrics,
    native,
    pictures,
    start,
    webhook,
)
from app.web.front import Front
from app.web.respond import Serving

_DESCRIPTION = """Comments of a static blog, mirrored from its GitHub issues and served as finished bytes.

Every answer has an `ETag` that changes only with its content; a page of any origin may ask unless origins are
configured. Times are RFC 3339 in UTC. A failure is `application/problem+json` and never looks like "no comments"."""


def create_app(serving: Serving) -> Front:
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
    start.files_of_the_page()
    for module in (native, fragments, feeds, pictures, events, compat, webhook, health, metrics, docs, assets, start):
        app.include_router(module.router)
    errors.install(app)
    return Front(app, serving)

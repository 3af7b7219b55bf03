"""The web application: FastAPI's routes inside the middleware that serves cached reads."""

from fastapi import FastAPI

from app.web import assets, errors
from app.web.cached_reads import CachedReads
from app.web.context import WebContext
from app.web.pages import docs, feed, layout, start_page, status
from app.web.routes import (
    api,
    events,
    feeds,
    fragments,
    github_api,
    images,
    monitoring,
    other_systems,
    terms,
    webhook,
)

_DESCRIPTION = """Comments of a static blog, mirrored from its GitHub issues and served as finished bytes.

Every answer has an `ETag` that changes only with its content; a page of any origin may ask unless origins are
configured. Times are RFC 3339 in UTC. A failure is `application/problem+json` and never looks like "no comments"."""

_TAGS = {
    "Comments": "A post's comments, their counts and their changes, as JSON.",
    "HTML": "Comments that are part of a page when it is sent.",
    "Feeds": "The newest comments for feed readers.",
    "Pictures": "What comments show, from this host alone.",
    "GitHub-compatible": "The part of GitHub's API that reads issues and comments, for scripts written for it.",
    "Webhook": "For GitHub, which reports changes here.",
    "Health": "For programs that watch this service.",
}
_OWNER_TAG = {"Owner": "For the owner of the blog, with the token in `AFTERWORD_OWNER_TOKEN`."}


def create_app(context: WebContext) -> CachedReads:
    """Return the ASGI application that serves from this context."""
    return CachedReads(make_routes(context), context)


def make_routes(context: WebContext) -> FastAPI:
    """Return the application inside of the middleware that serves cached reads."""
    tags = _TAGS if context.features.owner is None else _TAGS | _OWNER_TAG
    app = FastAPI(
        title="Afterword",
        version="1",
        description=_DESCRIPTION,
        openapi_tags=[{"name": name, "description": description} for name, description in tags.items()],
        servers=[{"url": context.public_url}] if context.public_url else None,
        openapi_url=None,  # `docs` serves it, compressed and with an ETag
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.context = context
    assets.assets()  # compress the files now, so that the first reader does not wait for it
    layout.page_files()
    for module in (
        terms,
        api,
        fragments,
        feeds,
        images,
        events,
        github_api,
        webhook,
        monitoring,
        other_systems,
        assets,
    ):
        app.include_router(module.router)
    if context.features.owner is not None:  # without it, these addresses are as unknown as any other
        from app.web.pages.owner import page as owner_page  # noqa: PLC0415 - few set a token
        from app.web.routes.owner_api import routes as owner_routes  # noqa: PLC0415 - likewise

        app.include_router(owner_routes.router)
        app.include_router(owner_page.router)
        layout.compile_page(owner_page.TEMPLATE)
    app.include_router(terms.html_router)
    for page in (docs, start_page, feed, status, layout):
        app.include_router(page.router)
    app.include_router(github_api.enterprise_router)
    errors.install_error_handlers(app)
    return app

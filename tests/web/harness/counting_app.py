"""An application and a reader behind `CachedReads` that show which of them served a request."""

from dataclasses import replace

from starlette.types import Receive, Scope, Send

from app.domain.sites import repository
from app.render.document import JSON, Document
from app.render.keys import Key, PostKey
from app.serving.reader import ReadyDocument
from app.web.cached_reads import CachedReads
from app.web.context import request_state
from app.web.document_response import LinkBase
from tests.web.harness.blog import Blog


class CountingApp:
    """An application that serves one document and records each scope."""

    def __init__(self, key: Key | None) -> None:
        self.scopes: list[Scope] = []
        self._key = key

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        if self._key is not None and scope["type"] == "http":
            state = request_state(scope)
            state.key, state.link_base = self._key, LinkBase("http://blog.test", scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"3")]})
        await send({"type": "http.response.body", "body": b"app"})


class FullCache:
    """A `DocumentReader` whose cache has every document."""

    def ready(self, _key: Key, /) -> Document | None:
        return Document({"identity": b"cache"}, 'W/"a"', JSON, checked_at=None)

    def find_ready(self, _key: Key, /) -> ReadyDocument | None:
        return None

    async def document(self, key: Key, client: str = "") -> Document:
        raise AssertionError(key, client)


def cached_reads_app(blog: Blog, key: Key | None = PostKey(repository("o/r"), 1)) -> tuple[CachedReads, CountingApp]:  # noqa: B008 - frozen
    """Return the middleware with a full cache, and the application inside it."""
    app = CountingApp(key)
    return CachedReads(app, replace(blog.context, reader=FullCache())), app

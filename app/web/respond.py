"""What the routes share: who serves, and how a key becomes a response."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response

from app.domain.errors import NotServed
from app.domain.sites import Repository
from app.render.document import Document
from app.render.keys import Key
from app.web.answer import Origins, Where, answer

MEANT = "afterword.meant"
"""Where in the scope of a request a route leaves (key, where) for the front to remember."""


class Reads(Protocol):
    """What the web needs of the engine."""

    def ready(self, key: Key) -> Document | None:
        """The finished document where it is at hand."""

    async def document(self, key: Key) -> Document:
        """The document, made where it is not at hand; a `ReadError` where there is none."""


@dataclass(frozen=True, slots=True)
class Serving:
    """All that the web serves from."""

    reads: Reads
    sites: tuple[Repository, ...]
    """The configured repositories; the first is meant where a request names none."""
    now: Callable[[], float]
    origins: Origins
    public_url: str | None
    """The address under which readers reach the service, without a trailing slash; None: that of each request."""
    readiness: Callable[[], Awaitable[Mapping[str, Any]]]
    """What /readyz says: `ready` (bool), and how far each site's import is."""

    def site(self, name: str | None) -> Repository:
        """The configured repository of that name, in any case of letters; `NotServed` where there is none."""
        if name is None:
            return self.sites[0]
        for site in self.sites:
            if site.key == name.lower():
                return site
        raise NotServed(name)

    def where(self, request: Request) -> Where:
        """Where the reader asked, as the Link header has to name it.

        The path is the scope's: `request.url` fails on a query that is not UTF-8.
        """
        base = self.public_url or str(request.base_url).rstrip("/")
        return Where(base, request.scope["path"], request.query_params.multi_items())


def serving(request: Request) -> Serving:
    """What the application of this request serves from."""
    served: Serving = request.app.state.serving
    return served


async def respond(request: Request, key: Key) -> Response:
    """The document of `key` as a response; the front answers the same address without any route from then on."""
    served = serving(request)
    document = await served.reads.document(key)
    where = served.where(request)
    request.scope[MEANT] = (key, where)
    return finished(request, document, where)


def finished(request: Request, document: Document, where: Where | None = None) -> Response:
    """A document as a response."""
    served = serving(request)
    given = dict(request.scope["headers"])
    status, headers, body = answer(document, given, now=served.now(), origins=served.origins, where=where)
    response = Response(body, status)
    response.raw_headers = headers
    return response

"""What the routes share: who serves, and how a key becomes a response."""

import asyncio
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response

from app.domain.errors import NotServed
from app.domain.sites import Repository
from app.github.webhooks import Fields, WebhookEvent
from app.jobs.webhook_intake import Outcome
from app.ports.metrics import Received
from app.render.document import Document
from app.render.keys import Key
from app.serving.event_streams import Subscribers
from app.serving.image_proxy import Image
from app.web.document_response import LinkBase, Origins, answer
from app.web.request_ids import RequestIds

MEANT = "afterword.meant"
"""Where in the scope of a request a route leaves (key, where) for the front to remember."""
_LARGE_AT_ONCE = 4
_HOME = re.compile(r"https?://(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/-]*)?")
WANTED = "afterword.wanted"
"""Where in the scope a route leaves the key before it knows whether there is a document, for counting."""


class Reads(Protocol):
    """What the web needs of the engine."""

    def ready(self, key: Key) -> Document | None:
        """The finished document where it is at hand."""

    async def document(self, key: Key) -> Document:
        """The document, made where it is not at hand; a `ReadError` where there is none."""


class ServesPictures(Protocol):
    """What the picture proxy needs of the engine; both raise `ImageNotFound` or what became of asking for it."""

    async def avatar(self, user_id: int) -> Image:
        """The picture of a person who has written here."""

    async def image(self, comment_id: int, name: str) -> Image:
        """A picture that stands in a comment."""


class Receives(Protocol):
    """What the webhook needs of the engine."""

    async def receive(self, notice: WebhookEvent) -> Outcome:
        """Stores what a delivery asks for, and says what became of it; raises `StoreError` where nothing was kept."""

    def refused(self, headers: Fields, why: Received) -> None:
        """Is told of a delivery that was not taken."""


@dataclass(frozen=True, slots=True)
class Webhooks:
    """What deliveries are verified with, and who receives them."""

    secrets: tuple[bytes, ...] = field(repr=False)
    """Any of them may have signed, so that one can replace another; none: nothing is taken."""
    receiver: Receives
    large: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_LARGE_AT_ONCE))
    """Bodies of over a megabyte that may be read at once: anyone can begin to send one."""
    patience: float = 10.0
    """Seconds for which a body is waited for; GitHub itself gives up then."""


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
    webhooks: Webhooks | None = None
    """None: this process takes no deliveries, as where no secret is configured."""
    request_ids: RequestIds = field(default_factory=lambda: RequestIds("request"))
    served: MutableMapping[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    """How many requests were answered, by (kind of document, status): the front counts, whoever wants to know reads."""
    metrics: Callable[[], bytes] | None = None
    """What /metrics says, in Prometheus' text format; None: nothing is at that address."""
    listeners: Subscribers | None = None
    """Who listens for changes; None: nothing is at that address."""
    pictures: ServesPictures | None = None
    """Who fetches pictures in place of readers' browsers; None: they ask GitHub's hosts themselves."""

    def site(self, name: str | None) -> Repository:
        """The configured repository of that name, in any case of letters; `NotServed` where there is none."""
        if name is None:
            return self.sites[0]
        for site in self.sites:
            if site.key == name.lower():
                return site
        raise NotServed(name)

    def where(self, request: Request) -> LinkBase:
        """Where the reader asked, as the Link header has to name it.

        The path is the scope's: `request.url` fails on a query that is not UTF-8.
        """
        base = self.public_url or str(request.base_url).rstrip("/")
        return LinkBase(base, request.scope["path"], request.query_params.multi_items())

    def home(self, request: Request) -> str:
        """The address of the service, as documents name it; empty where the reader's own word for it is no address."""
        base = self.public_url or str(request.base_url).rstrip("/")
        return base if _HOME.fullmatch(base) else ""

    def picture_home(self, request: Request) -> str | None:
        """The address at which a browser finds pictures; None where GitHub's own stay in place."""
        return None if self.pictures is None else self.home(request)


def serving(request: Request) -> Serving:
    """What the application of this request serves from."""
    served: Serving = request.app.state.serving
    return served


async def respond(request: Request, key: Key) -> Response:
    """The document of `key` as a response; the front answers the same address without any route from then on."""
    served = serving(request)
    request.scope[WANTED] = key
    document = await served.reads.document(key)
    where = served.where(request)
    request.scope[MEANT] = (key, where)
    return finished(request, document, where)


def finished(request: Request, document: Document, where: LinkBase | None = None) -> Response:
    """A document as a response."""
    served = serving(request)
    given = dict(request.scope["headers"])
    status, headers, body = answer(document, given, now=served.now(), origins=served.origins, where=where)
    response = Response(body, status)
    response.raw_headers = headers
    return response

"""What a route needs: the `WebContext` of the application, and the `RequestState` of one request.

`app.bootstrap` fills the context once. `CachedReads`, the middleware around the routes, creates a state for each
request and puts it into the ASGI scope. A route reports there what it served; `serve_document` does so.

Each response has the request's id in the header X-Request-ID, and each line logged while the request is served has it
too. No standard defines the header. As proxies do, the service passes on an id that the client sends, if every consumer
can safely show it. Scripts of a page may read the header, so a blog's owner can report which request failed.
"""

import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from app.domain.errors import NotServed
from app.domain.sites import Repository
from app.ports.images import Image
from app.render.document import Document
from app.render.keys import GitHubListKey, Key
from app.serving.clients.addresses import client_key, network_key
from app.serving.clients.limits import ClientLimits, OpenSubscriptions
from app.serving.reader import ReadyDocument
from app.serving.repository_names import NamedRepository, RepositoryNames
from app.serving.terms.edition import PERMANENT, Edition
from app.web.document_response import CorsPolicy, LinkBase, build_response, raw_response

if TYPE_CHECKING:  # cached documents are served before these are imported
    from app.github.webhooks import Fields, WebhookEvent
    from app.ports.metrics import DeliveryOutcome
    from app.serving.event_streams import Subscribers
    from app.serving.owner.desk import OwnerDesk
    from app.serving.terms.terms import Terms

PUBLIC_URL_ADVICE = (
    "AFTERWORD_PUBLIC_URL is not set, so addresses in responses come from the Host of each request, and shared caches "
    "may not store them. Set it to the address at which readers reach Afterword, with its path."
)
_BASE_URL = re.compile(
    r"https?://(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/-]*)?"
)

REQUEST_ID_HEADER = b"x-request-id"
REQUEST_ID: ContextVar[str | None] = ContextVar("afterword.request_id", default=None)
"""The id of the request being served. Tasks that a request starts inherit it."""
_SAFE = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_PREFIXES = 2**48
_KEY = "afterword"
"""The item of `scope["state"]` that holds the `RequestState`."""


class DocumentReader(Protocol):
    """The source of finished documents."""

    def ready(self, key: Key) -> Document | None:
        """Return the document if the document cache has it."""

    def find_ready(self, key: Key) -> ReadyDocument | None:
        """Return the document and its place, if the document cache has it."""

    async def document(self, key: Key, client: str = "") -> Document:
        """Return the document, rendered first if the document cache lacks it. Raise `ReadError` if there is none."""


class ImageReader(Protocol):
    """The source of images. Both methods raise `ImageNotFound`, or the error of fetching the image."""

    async def avatar(self, user_id: int) -> Image:
        """Return the avatar of a user who has written a comment here."""

    async def image(self, comment_id: int, name: str) -> Image:
        """Return an image of a comment."""


class WebhookReceiver(Protocol):
    """The receiver of verified webhook deliveries."""

    async def receive(self, event: "WebhookEvent") -> "DeliveryOutcome":
        """Store a delivery and its job, and return the outcome. Raise `StoreError` if nothing was stored."""

    def reject(self, headers: "Fields", outcome: "DeliveryOutcome") -> None:
        """Count a delivery that could not be verified or read."""


@dataclass(frozen=True, slots=True)
class WebhookEndpoint:
    """The secrets that verify webhook deliveries, their receiver, and the limits on reading them."""

    secrets: tuple[bytes, ...] = field(repr=False)
    """A delivery may be signed with any of them, so one can replace another. Without a secret none is accepted."""
    receiver: WebhookReceiver
    body_timeout: float = 10.0
    """Seconds to wait for a whole body; GitHub gives up after the same time."""


class RequestIds:
    """A sequence of request ids: a prefix that identifies the process, and a number."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix.encode()
        self._numbers = count(1)

    def accept_or_create(self, client_id: bytes | None) -> bytes:
        """Return the id that the client sent if it is safe, else the next id of this process."""
        if client_id is not None and _SAFE.fullmatch(client_id):
            return client_id
        return b"%b-%d" % (self._prefix, next(self._numbers))


def request_ids(random: Callable[[], float]) -> RequestIds:
    """Return ids with a prefix of twelve hexadecimal digits; `random` returns numbers in [0, 1)."""
    return RequestIds(f"{int(random() * _PREFIXES):012x}")


@dataclass(frozen=True, slots=True)
class Features:
    """The parts of the web that a process may lack. The routes of a part that is None respond with an error."""

    webhook: WebhookEndpoint | None = None
    subscribers: "Subscribers | None" = None
    """The pages that receive change events."""
    images: ImageReader | None = None
    """None: readers' browsers load images from GitHub's hosts."""
    names: RepositoryNames | None = None
    """None: each repository has the name that is configured."""
    owner: "OwnerDesk | None" = None
    """None: there is no page for the owner."""
    terms: "Terms | None" = None
    """Finds threads by more than a number."""
    limits: ClientLimits = field(default_factory=ClientLimits)
    """How much each client may ask for."""


@dataclass(frozen=True, slots=True)
class Monitoring:
    """What probes and Prometheus read."""

    readiness: Callable[[], Awaitable[Mapping[str, Any]]]
    """Returns the body of /readyz: `ready` (bool), and the progress of each site's import."""
    metrics: Callable[[], bytes] | None = None
    """Returns the body of /metrics in Prometheus' text format; None: /metrics responds with 404."""
    response_counts: MutableMapping[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    """The number of responses by (kind of document, status). `CachedReads` counts them, the metrics show them."""


@dataclass(frozen=True, slots=True)
class NamedSite:
    """A served repository, as a request named it."""

    repo: Repository
    name: str | None
    """One of two spellings of the name in the request; None if the request has no name."""


@dataclass(frozen=True, slots=True)
class WebContext:
    """What the web application serves from."""

    reader: DocumentReader
    sites: tuple[Repository, ...]
    """The configured repositories. A request that names none means the first."""
    now: Callable[[], float]
    """Returns the time in epoch seconds."""
    cors: CorsPolicy
    public_url: str | None
    """The URL of the service for readers, without a trailing slash; None: the URL that each request has."""
    monitoring: Monitoring
    features: Features = Features()
    request_ids: RequestIds = field(default_factory=lambda: RequestIds("request"))

    @property
    def proxies_images(self) -> bool:
        """Whether image URLs in documents lead to this service."""
        return self.features.images is not None

    async def site(self, name: str | None) -> NamedSite:
        """Return the repository of that name in any letter case. Raise `NotServed` if there is none.

        A configured name wins over the names on GitHub: no page may have to change its own.
        """
        if name is None:
            return NamedSite(self.sites[0], None)
        for site in self.sites:
            if site.key == name.lower():
                return NamedSite(site, name if name == site.key else site.full_name)
        named_repository = await self.find_repository(name)
        return NamedSite(named_repository.repo, name if name == name.lower() else named_repository.spelling)

    async def find_repository(self, name: str) -> NamedRepository:
        """Return the repository that has this name on GitHub, or had it. Raise `NotServed` if there is none."""
        if self.features.names is not None:
            named_repository = await self.features.names.find(name)
        else:
            configured_sites = (site for site in self.sites if site.key == name.lower())
            matches = (NamedRepository(site, site.full_name, site.full_name) for site in configured_sites)
            named_repository = next(matches, None)
        if named_repository is None:
            raise NotServed(name)
        return named_repository

    def link_base(self, request: Request, key: Key) -> LinkBase:
        """Return the URL of a request for the document of a key, in the parts that its Link header needs.

        The path comes from the scope, because `request.url` raises an error for a query that is not UTF-8.
        """
        is_shareable = self.public_url is not None or not _names_service(key)
        query = request.query_params.multi_items()
        return LinkBase(self._any_base_url(request), request.scope["path"], query, is_shareable)

    def base_url(self, request: Request) -> str:
        """Return the URL of the service for use in documents; empty if the request's Host makes no valid URL."""
        base_url = self._any_base_url(request)
        return base_url if _BASE_URL.fullmatch(base_url) else ""

    def image_base_url(self, request: Request) -> str | None:
        """Return the base of image URLs; None if images keep GitHub's URLs."""
        return self.base_url(request) if self.proxies_images else None

    def _any_base_url(self, request: Request) -> str:
        return self.public_url or str(request.base_url).rstrip("/")


@dataclass(frozen=True, slots=True)
class EventStreamRequest:
    """The threads that a page subscribes to, and the last event that it received."""

    subscribers: "Subscribers"
    repo: Repository
    number: int
    last_event_id: str | None
    """The id of the last event received; None if the page has received none."""
    further: Sequence[int] = ()
    """The numbers of further threads that the same stream tells of."""
    is_probe: bool = False
    """Whether a heartbeat follows at once, which shows that nothing on the way holds the stream back."""
    limit: OpenSubscriptions = field(default_factory=OpenSubscriptions)
    """What counts the subscriptions of each client."""
    client: str = ""


@dataclass(slots=True)
class RequestState:
    """The id of a request, and what its route reported."""

    request_id: bytes
    key: Key | None = None
    """The key of the requested document, even if it cannot be read. Metrics count the response by its kind."""
    link_base: LinkBase | None = None
    """The base of the document's links, set if the document was read. The next read of this URL needs no route."""
    edition: Edition = PERMANENT
    """How long this URL leads to that document, if its thread was searched for or its repository named."""
    is_head: bool = False
    """Whether the client wants no body; the route sees GET, and an endless body must not begin."""
    event_stream: EventStreamRequest | None = None
    """Set if the response is an event stream, which `CachedReads` opens."""


def with_request_state(scope: Scope, state: RequestState) -> dict[str, Any]:
    """Return a copy of an ASGI scope that holds this state."""
    return {**scope, "state": {**scope.get("state", {}), _KEY: state}}


def request_state(scope: Scope) -> RequestState:
    """Return the state of a request that came through `CachedReads`."""
    state: RequestState = scope["state"][_KEY]
    return state


def web_context(request: Request) -> WebContext:
    """Return the context of the application that serves this request."""
    context: WebContext = request.app.state.context
    return context


def _names_service(key: Key) -> bool:
    """Return True if a document, or its Link header, contains the address of the service."""
    addresses = getattr(key, "base_url", None), getattr(key, "repository_url", None)
    return isinstance(key, GitHubListKey) or addresses != (None, None)


def client_address(context: WebContext, request: Request) -> str:
    """Return the address that a request comes from, behind trusted proxies.

    HAProxy adds a field of its own behind the client's: repeated ones are one list (RFC 9110, 5.3).
    """
    peer, headers = request.client, request.headers
    lists = (headers.getlist(name) for name in ("x-forwarded-for", "forwarded"))
    addresses, elements = (", ".join(values) if values else None for values in lists)
    return context.features.limits.proxies.client(peer.host if peer else None, addresses, elements)


def client_of(context: WebContext, request: Request) -> str:
    """Return what limits count as one client."""
    return client_key(client_address(context, request))


async def read_document(context: WebContext, request: Request, key: Key) -> Document:
    """Return the document of a key; one that is not in memory counts for the client. Raises `TooManyRequests`."""
    document = context.reader.ready(key)
    if document is not None:
        return document
    client = client_of(context, request)
    context.features.limits.cold_reads.take(client, context.now())
    return await context.reader.document(key, network_key(client))


async def serve_document(request: Request, key: Key, edition: Edition | None = None) -> Response:
    """Return the document of a key as a response. `CachedReads` serves the next reads of this URL without a route.

    `edition` ends when the URL may lead to another document; None if what the request's state has does.
    """
    context, state = web_context(request), request_state(request.scope)
    state.key, state.edition = key, edition or state.edition
    document = await read_document(context, request, key)
    state.link_base = context.link_base(request, key)
    headers = dict(request.scope["headers"])
    response = build_response(document, headers, now=context.now(), cors=context.cors, link_base=state.link_base)
    return raw_response(*response)

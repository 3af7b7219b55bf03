"""GitHub, as the application needs it."""

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Protocol

from app.domain.priority import Priority
from app.github.rate_limits import RateLimit
from app.github.requests import RepositoryRequests, Request
from app.github.responses import Response

Admission = Callable[[], Awaitable[None]]
"""Admits an exchange with GitHub, or raises `RateLimited`."""

PRIORITY: ContextVar[Priority | None] = ContextVar("priority", default=None)
"""The priority of the exchange in this task, for the metrics that count exchanges."""


class GitHub(Protocol):
    """Sends requests to GitHub's REST API."""

    @property
    def rate_limit(self) -> RateLimit | None:
        """Return the rate limit of the last response, with `reset` by our clock; None before the first."""

    @property
    def request_count(self) -> int:
        """Return how many requests left since the start; GitHub counts retries and redirects too."""

    def validator_key(self, request: Request) -> str:
        """Return what the ETag of a request belongs to, URL, Accept and token, as one digest."""

    async def send(self, request: Request, *, etag: str | None = None, admission: Admission | None = None) -> Response:
        """Return the response; it is `unchanged` if `etag` still holds. Raises a `GitHubError`.

        `admission` is called before every exchange, retries and redirects among them. It raises `RateLimited` if none
        may leave now.
        """


class BudgetedGitHub(Protocol):
    """Sends requests that the hour allows for their priority."""

    @property
    def has_token(self) -> bool:
        """Return True if requests carry a token: then responses that say "unchanged" cost nothing."""

    def requests(self, full_name: str) -> RepositoryRequests:
        """Return the requests for a repository under its current name."""

    async def send(self, request: Request, priority: Priority, *, etag: str | None = None) -> Response:
        """Return the response; raises what `GitHub.send` raises, and `RateLimited` if the priority has to wait."""

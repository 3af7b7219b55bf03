"""Runs the checks in order; each sees what the earlier ones learned of GitHub."""

from collections.abc import Callable

from app.domain.errors import GitHubError
from app.domain.posts.posts import PostCatalog
from app.domain.posts.rules.facts import SiteFacts
from app.domain.sites import Repository
from app.github.payloads import RepositoryInfo
from app.github.rate_limits import RateLimit
from app.github.requests import RepositoryRequests
from app.github.token_access import TokenAccess
from app.outbound.github import HttpGitHub
from app.ports.clock import Clock
from app.settings import Settings

_EVENT_WAIT = 16.0
"""Seconds: an earlier version of Afterword sends a heartbeat every 15 seconds, whatever is asked for."""


class Examination:
    """The settings under examination, the way to GitHub, and what is known so far."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        random: Callable[[], float],
        github: HttpGitHub,
        *,
        event_wait: float = _EVENT_WAIT,
    ) -> None:
        """Begin without knowledge; `event_wait` are the seconds in which a heartbeat of a stream must arrive."""
        self.settings = settings
        self.clock = clock
        self.github = github
        self.event_wait = event_wait
        self._random = random
        self._earlier_requests = 0
        self.unreachable: GitHubError | None = None
        """Why nothing can be asked of GitHub."""
        self.token_is_valid = False
        self.token_access = TokenAccess()
        self.rate_limit: RateLimit | None = None
        self.date: float | None = None
        """GitHub's clock at the first response."""
        self.date_received_at = 0.0
        """Our clock then."""
        self.repositories: dict[Repository, RepositoryInfo] = {}
        """Those that GitHub shows."""
        self.catalog: PostCatalog | None = None
        self.facts: list[SiteFacts] = []

    @property
    def request_count(self) -> int:
        """Return how many requests were sent to GitHub."""
        return self._earlier_requests + self.github.request_count

    def requests(self, repo: Repository) -> RepositoryRequests:
        """Return the requests for a repository under its current name."""
        info = self.repositories.get(repo)
        return RepositoryRequests(self.settings.github_api_url, info.full_name if info else repo.full_name)

    async def give_up_token(self) -> None:
        """Go on without the token that GitHub refuses."""
        self._earlier_requests += self.github.request_count
        await self.github.aclose()
        self.github = HttpGitHub(self.settings.github_api_url, None, self.clock, self._random)

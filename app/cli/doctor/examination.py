"""Runs the checks in order; each sees what the earlier ones learned of GitHub."""

from collections.abc import Callable
from dataclasses import dataclass, field

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


@dataclass
class Examination:
    """The settings under examination, the way to GitHub, and what is known so far."""

    settings: Settings
    clock: Clock
    random: Callable[[], float]
    github: HttpGitHub
    unreachable: GitHubError | None = None
    """Why nothing can be asked of GitHub."""
    token_is_valid: bool = False
    token_access: TokenAccess = field(default_factory=TokenAccess)
    rate_limit: RateLimit | None = None
    date: float | None = None
    """GitHub's clock at the first response, and ours then."""
    date_received_at: float = 0.0
    repositories: dict[Repository, RepositoryInfo] = field(default_factory=dict)
    """Those that GitHub shows."""
    catalog: PostCatalog | None = None
    facts: list[SiteFacts] = field(default_factory=list)
    event_wait: float = 16.0
    """Seconds in which the first heartbeat of a stream must arrive; an earlier version sends one every 15 seconds."""
    requests_before: int = 0
    """Requests of a client that was given up."""

    @property
    def request_count(self) -> int:
        """Return how many requests were sent to GitHub."""
        return self.requests_before + self.github.request_count

    def requests(self, repo: Repository) -> RepositoryRequests:
        """Return the requests for a repository under its current name."""
        info = self.repositories.get(repo)
        return RepositoryRequests(self.settings.github_api_url, info.full_name if info else repo.full_name)

    async def give_up_token(self) -> None:
        """Go on without the token that GitHub refuses."""
        self.requests_before += self.github.request_count
        await self.github.aclose()
        self.github = HttpGitHub(self.settings.github_api_url, None, self.clock, self.random)

"""Rate budgets over a GitHub that responds to everything."""

from typing_extensions import override

from app.domain.errors import RateLimited
from app.domain.priority import Priority
from app.github.rate_limits import RateLimit
from app.github.requests import Request
from app.github.responses import Response
from app.ports.github import Admission, GitHub
from app.ports.rate_state import RateState
from app.store.memory import MemoryRateState
from app.sync.rate_budget import RateBudget
from tests.fakes import FakeClock, SilentMetrics

REQUEST = Request("https://api.github.com/repos/ada/blog", many=False)
TOKEN_ID = "digest of a token"


class FakeGitHub(GitHub):
    """Responds to everything, with the rate limit that a test sets."""

    def __init__(self, rate_limit: RateLimit | None = None, failure: RateLimited | None = None) -> None:
        self.next_limit = rate_limit
        """What the next response says."""
        self._rate_limit = rate_limit
        self._failure = failure
        self._count = 0

    @property
    @override
    def rate_limit(self) -> RateLimit | None:
        return self._rate_limit

    @property
    @override
    def request_count(self) -> int:
        return self._count

    @override
    def validator_key(self, request: Request) -> str:
        return f"key of {request.url}"

    @override
    async def send(self, request: Request, *, etag: str | None = None, admission: Admission | None = None) -> Response:
        assert admission is not None
        await admission()
        self._count += 1
        self._rate_limit = self.next_limit
        if self._failure is not None:
            raise self._failure
        return Response(request.url, {}, etag=etag)


def new_budget(
    github: GitHub, clock: FakeClock, rate_state: RateState | None = None, *, token_id: str | None = TOKEN_ID
) -> RateBudget:
    rate_state = rate_state or MemoryRateState()
    return RateBudget(github, rate_state, clock, SilentMetrics(), api="https://api.github.com", token_id=token_id)


async def requests_until_refusal(budget: RateBudget, priority: Priority) -> int:
    """Send requests; return how many left before one was refused."""
    count = 0
    try:
        while True:
            await budget.send(REQUEST, priority)
            count += 1
    except RateLimited:
        return count

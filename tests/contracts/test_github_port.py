"""The contract of the port `GitHub`, over a socket to a simulated GitHub that shares no code with the client."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from app.domain.errors import (
    GitHubError,
    Gone,
    InvalidResponse,
    NotVisible,
    PaginationLimitReached,
    RateLimited,
    TokenRejected,
    Unreachable,
)
from app.github import responses
from app.github.requests import RepositoryRequests, Request, next_page
from app.outbound.github import HttpGitHub
from app.ports.github import GitHub
from app.simulator.http.faults import (
    ClockSkew,
    ConnectionClosed,
    Fault,
    HtmlPage,
    PrimaryRateLimit,
    SecondaryRateLimit,
    Status,
    TruncatedJson,
    WrongJsonType,
)
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.sample import generate_world, sample_world
from app.simulator.world.world import World
from tests.fakes import FakeClock

NOW = 1_600_000_000.0
REPO = "ada/blog"
TOKEN = "ghp_ofAda"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def world(clock: FakeClock) -> World:
    world = sample_world(clock.now)
    world.add_token(TOKEN, "ada")
    return world


@pytest.fixture
def simulator(world: World) -> Iterator[RunningSimulator]:
    with run_simulator(world) as served:
        yield served


@pytest.fixture
async def github(simulator: RunningSimulator, clock: FakeClock) -> AsyncIterator[GitHub]:
    github = HttpGitHub(simulator.url, TOKEN, clock, lambda: 0.5)
    yield github
    await github.aclose()


@pytest.fixture
def blog(simulator: RunningSimulator) -> RepositoryRequests:
    return RepositoryRequests(simulator.url, REPO)


async def _send_expecting_error(github: GitHub, request: Request) -> GitHubError:
    with pytest.raises(GitHubError) as caught:
        await github.send(request)
    return caught.value


async def test_every_request_returns_what_exists(github: GitHub, blog: RepositoryRequests, world: World) -> None:
    repository = world.repository(REPO)
    numbers = set(world.issue_ids[repository.id])

    info = responses.repository(await github.send(blog.repository()))
    issues = responses.issues(await github.send(blog.issues()))
    comments = responses.comments(await github.send(blog.all_comments(newest_first=True)))

    assert (info.id, info.full_name, info.private, info.has_issues) == (repository.id, REPO, False, True)
    assert {issue.number for issue in issues} == numbers
    assert {issue.number for issue in issues if issue.is_pull_request}
    assert {comment.id for comment in comments} == set(world.comments)
    for issue in issues:
        listed = responses.comments(await github.send(blog.comments(issue.number)))
        assert len(listed) == issue.comment_count
        assert {comment.number for comment in listed} <= {issue.number}
        single = responses.issue(await github.send(blog.issue(issue.number)))
        assert replace(single, source={}) == replace(issue, source={})  # alone it has `closed_by` besides


async def test_ghosts_hidden_and_pinned_comments_are_recognised(github: GitHub, blog: RepositoryRequests) -> None:
    comments = responses.comments(await github.send(blog.all_comments(newest_first=False)))

    assert [comment for comment in comments if comment.author.login == "ghost"]
    assert [comment for comment in comments if comment.hidden]
    assert [comment for comment in comments if comment.pinned]
    assert [comment for comment in comments if comment.reactions.total]


async def test_unchanged_response_costs_nothing(
    github: GitHub, blog: RepositoryRequests, simulator: RunningSimulator
) -> None:
    first = await github.send(blog.issues())
    second = await github.send(blog.issues(), etag=first.etag)

    assert (second.unchanged, second.data, second.etag) == (True, None, first.etag)
    assert [request.status for request in simulator.requests] == [200, 304]
    assert github.rate_limit == first.rate_limit
    assert first.rate_limit is not None
    assert (first.rate_limit.limit, first.rate_limit.remaining) == (5000, 4999)


@pytest.mark.parametrize("cursors", [False, True])
async def test_links_lead_through_all_pages_once(cursors: bool, clock: FakeClock) -> None:  # noqa: FBT001
    with run_simulator(generate_world(posts=250, comments=0, seed=1), cursors=cursors) as simulator:
        github = HttpGitHub(simulator.url, None, clock, lambda: 0.5)
        request: Request | None = RepositoryRequests(simulator.url, REPO).issues()
        numbers: list[int] = []
        while request is not None:
            response = await github.send(request)
            numbers += [issue.number for issue in responses.issues(response)]
            request = next_page(request, response.next_url) if response.next_url else None
        await github.aclose()

    assert numbers == list(range(250, 0, -1))
    assert len(simulator.requests) == 3


async def test_rename_and_transfer_are_followed(github: GitHub, blog: RepositoryRequests, world: World) -> None:
    number = next(iter(world.issue_ids[world.repository(REPO).id]))
    world.add_repository("ada/attic")
    world.transfer_issue(REPO, number, "ada/attic")
    world.rename_repository(REPO, "ada/journal")

    issue = responses.issue(await github.send(blog.issue(number)))
    info = responses.repository(await github.send(blog.repository()))

    assert (issue.number, issue.repository_url.endswith("/repos/ada/attic")) == (1, True)
    assert info.full_name == "ada/journal"


async def test_gone_and_invisible_are_distinguished(github: GitHub, blog: RepositoryRequests, world: World) -> None:
    numbers = list(world.issue_ids[world.repository(REPO).id])
    world.delete_issue(REPO, numbers[0])

    assert type(await _send_expecting_error(github, blog.issue(numbers[0]))) is Gone
    assert type(await _send_expecting_error(github, blog.issue(100_000))) is NotVisible
    world.disable_issues(REPO)
    assert type(await _send_expecting_error(github, blog.issues())) is Gone


async def test_revoked_token_is_rejected(github: GitHub, blog: RepositoryRequests, world: World) -> None:
    world.revoke_token(TOKEN)

    assert type(await _send_expecting_error(github, blog.issues())) is TokenRejected


async def test_page_beyond_the_limit_raises_pagination_limit(github: GitHub, blog: RepositoryRequests) -> None:
    request = next_page(
        blog.all_comments(newest_first=True), f"{blog.api}/repos/{REPO}/issues/comments?page=101&per_page=100"
    )

    assert type(await _send_expecting_error(github, request)) is PaginationLimitReached


@pytest.mark.parametrize(
    "fault", [ConnectionClosed(), TruncatedJson(), HtmlPage(), WrongJsonType(), Status(502), Status(503)]
)
async def test_transport_failure_is_retried(
    github: GitHub, blog: RepositoryRequests, simulator: RunningSimulator, fault: Fault
) -> None:
    simulator.faults.add(fault, times=2)

    response = await github.send(blog.issues())

    assert len(responses.issues(response)) == len(simulator.world.issues)
    assert len(simulator.requests) == 3


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (ConnectionClosed(), InvalidResponse),
        (TruncatedJson(), InvalidResponse),
        (HtmlPage(), InvalidResponse),
        (WrongJsonType(), InvalidResponse),
        (Status(404), InvalidResponse),
        (Status(500), Unreachable),
    ],
)
async def test_persistent_failure_is_raised(
    github: GitHub, blog: RepositoryRequests, simulator: RunningSimulator, fault: Fault, kind: type[GitHubError]
) -> None:
    simulator.faults.add(fault, times=None)

    assert type(await _send_expecting_error(github, blog.issues())) is kind
    assert len(simulator.requests) == 3


@pytest.mark.parametrize("skew", [0, 600, -600])
@pytest.mark.parametrize(
    ("fault", "wait"),
    [
        (PrimaryRateLimit(403), 1800),
        (PrimaryRateLimit(429), 1800),
        (PrimaryRateLimit(403, retry_after=70), 70),
        (SecondaryRateLimit(403, retry_after=90), 90),
        (SecondaryRateLimit(429, retry_after=None), 60),
        (SecondaryRateLimit(403, retry_after=None), 60),
    ],
)
async def test_limit_is_obeyed_to_the_second_despite_skew(  # noqa: PLR0917 - fixtures and cases
    github: GitHub,
    blog: RepositoryRequests,
    simulator: RunningSimulator,
    clock: FakeClock,
    fault: Fault,
    wait: int,
    skew: int,
) -> None:
    simulator.faults.add(fault)
    simulator.faults.add(ClockSkew(skew))

    limit = await _send_expecting_error(github, blog.issues())
    clock.advance(wait - 1)
    second = await _send_expecting_error(github, blog.repository())

    assert isinstance(limit, RateLimited)
    assert isinstance(second, RateLimited)
    assert (limit.until, second.until) == (NOW + wait, NOW + wait)
    assert len(simulator.requests) == 1
    clock.advance(1)
    assert responses.issues(await github.send(blog.issues()))

"""What the engine may expect of the port `GitHub`, shown over a socket by a GitHub that knows nothing of the client."""

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
from app.ports.mirror import GitHub
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
    made = sample_world(clock.now)
    made.add_token(TOKEN, "ada")
    return made


@pytest.fixture
def there(world: World) -> Iterator[RunningSimulator]:
    with run_simulator(world) as served:
        yield served


@pytest.fixture
async def github(there: RunningSimulator, clock: FakeClock) -> AsyncIterator[GitHub]:
    made = HttpGitHub(there.url, TOKEN, clock, lambda: 0.5)
    yield made
    await made.aclose()


@pytest.fixture
def blog(there: RunningSimulator) -> RepositoryRequests:
    return RepositoryRequests(there.url, REPO)


async def failing(github: GitHub, ask: Request) -> GitHubError:
    with pytest.raises(GitHubError) as caught:
        await github.send(ask)
    return caught.value


async def test_every_kind_of_ask_brings_what_is_there(github: GitHub, blog: RepositoryRequests, world: World) -> None:
    home = world.repository(REPO)
    numbers = set(world.issue_ids[home.id])

    facts = responses.repository(await github.send(blog.repository()))
    issues = responses.issues(await github.send(blog.issues()))
    comments = responses.comments(await github.send(blog.all_comments(newest_first=True)))

    assert (facts.id, facts.full_name, facts.private, facts.has_issues) == (home.id, REPO, False, True)
    assert {issue.number for issue in issues} == numbers
    assert {issue.number for issue in issues if issue.is_pull_request}
    assert {comment.id for comment in comments} == set(world.comments)
    for issue in issues:
        listed = responses.comments(await github.send(blog.comments(issue.number)))
        assert len(listed) == issue.comment_count
        assert {comment.number for comment in listed} <= {issue.number}
        single = responses.issue(await github.send(blog.issue(issue.number)))
        assert replace(single, source={}) == replace(issue, source={})  # alone it has `closed_by` besides


async def test_deleted_accounts_hidden_and_pinned_comments_are_told(github: GitHub, blog: RepositoryRequests) -> None:
    comments = responses.comments(await github.send(blog.all_comments(newest_first=False)))

    assert [comment for comment in comments if comment.author.login == "ghost"]
    assert [comment for comment in comments if comment.hidden]
    assert [comment for comment in comments if comment.pinned]
    assert [comment for comment in comments if comment.reactions.total]


async def test_what_has_not_changed_is_unchanged_and_costs_nothing(
    github: GitHub, blog: RepositoryRequests, there: RunningSimulator
) -> None:
    first = await github.send(blog.issues())
    second = await github.send(blog.issues(), etag=first.etag)

    assert (second.unchanged, second.data, second.etag) == (True, None, first.etag)
    assert [ask.status for ask in there.requests] == [200, 304]
    assert github.rate_limit == first.rate_limit
    assert first.rate_limit is not None
    assert (first.rate_limit.limit, first.rate_limit.remaining) == (5000, 4999)


@pytest.mark.parametrize("cursors", [False, True])
async def test_the_links_lead_through_all_pages_once(cursors: bool, clock: FakeClock) -> None:  # noqa: FBT001
    with run_simulator(generate_world(posts=250, comments=0, seed=1), cursors=cursors) as there:
        github = HttpGitHub(there.url, None, clock, lambda: 0.5)
        ask: Request | None = RepositoryRequests(there.url, REPO).issues()
        found: list[int] = []
        while ask is not None:
            answer = await github.send(ask)
            found += [issue.number for issue in responses.issues(answer)]
            ask = next_page(ask, answer.next_url) if answer.next_url else None
        await github.aclose()

    assert found == list(range(250, 0, -1))
    assert len(there.requests) == 3


async def test_a_renamed_repository_and_a_transferred_issue_are_found_at_their_new_place(
    github: GitHub, blog: RepositoryRequests, world: World
) -> None:
    number = next(iter(world.issue_ids[world.repository(REPO).id]))
    world.add_repository("ada/attic")
    world.transfer_issue(REPO, number, "ada/attic")
    world.rename_repository(REPO, "ada/journal")

    moved = responses.issue(await github.send(blog.issue(number)))
    facts = responses.repository(await github.send(blog.repository()))

    assert (moved.number, moved.repository_url.endswith("/repos/ada/attic")) == (1, True)
    assert facts.full_name == "ada/journal"


async def test_what_is_not_there_is_told_apart(github: GitHub, blog: RepositoryRequests, world: World) -> None:
    numbers = list(world.issue_ids[world.repository(REPO).id])
    world.delete_issue(REPO, numbers[0])

    assert type(await failing(github, blog.issue(numbers[0]))) is Gone
    assert type(await failing(github, blog.issue(100_000))) is NotVisible
    world.disable_issues(REPO)
    assert type(await failing(github, blog.issues())) is Gone


async def test_a_revoked_token_is_told(github: GitHub, blog: RepositoryRequests, world: World) -> None:
    world.revoke_token(TOKEN)

    assert type(await failing(github, blog.issues())) is TokenRejected


async def test_a_page_too_far_is_told(github: GitHub, blog: RepositoryRequests) -> None:
    ask = next_page(
        blog.all_comments(newest_first=True), f"{blog.api}/repos/{REPO}/issues/comments?page=101&per_page=100"
    )

    assert type(await failing(github, ask)) is PaginationLimitReached


@pytest.mark.parametrize(
    "fault", [ConnectionClosed(), TruncatedJson(), HtmlPage(), WrongJsonType(), Status(502), Status(503)]
)
async def test_what_was_lost_on_the_way_is_asked_for_again(
    github: GitHub, blog: RepositoryRequests, there: RunningSimulator, fault: Fault
) -> None:
    there.faults.add(fault, times=2)

    answer = await github.send(blog.issues())

    assert len(responses.issues(answer)) == len(there.world.issues)
    assert len(there.requests) == 3


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
async def test_what_stays_broken_is_told(
    github: GitHub, blog: RepositoryRequests, there: RunningSimulator, fault: Fault, kind: type[GitHubError]
) -> None:
    there.faults.add(fault, times=None)

    assert type(await failing(github, blog.issues())) is kind
    assert len(there.requests) == 3


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
async def test_a_limit_is_obeyed_to_the_second_whatever_the_clock_of_github_says(  # noqa: PLR0917 - fixtures and cases
    github: GitHub,
    blog: RepositoryRequests,
    there: RunningSimulator,
    clock: FakeClock,
    fault: Fault,
    wait: int,
    skew: int,
) -> None:
    there.faults.add(fault)
    there.faults.add(ClockSkew(skew))

    limit = await failing(github, blog.issues())
    clock.advance(wait - 1)
    again = await failing(github, blog.repository())

    assert isinstance(limit, RateLimited)
    assert isinstance(again, RateLimited)
    assert (limit.until, again.until) == (NOW + wait, NOW + wait)
    assert len(there.requests) == 1
    clock.advance(1)
    assert responses.issues(await github.send(blog.issues()))

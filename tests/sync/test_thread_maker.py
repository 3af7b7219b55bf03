"""Threads for posts without one: no post gets two, whatever is lost on the way."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.domain.errors import TokenRejected
from app.domain.posts.markers import marker, page_digests
from app.domain.posts.posts import Post
from app.domain.sites import repository
from app.simulator.http import faults
from app.simulator.http.rate_limits import Limits
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.world import World
from app.sync.new_threads.maker import Options
from app.sync.new_threads.report import PostOutcome
from tests.fakes import FakeClock
from tests.sync.crashing_ports import TOKEN, Blog, Crash

CREATE = "/issues$"
LIST = r"/issues\?"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def world(clock: FakeClock) -> World:
    world = World(clock.now)
    world.add_repository("ada/blog")
    world.add_token(TOKEN, "ada")
    return world


@pytest.fixture
def simulator(world: World) -> Iterator[RunningSimulator]:
    with run_simulator(world) as simulator:
        yield simulator


@pytest.fixture
def blog(tmp_path: Path, simulator: RunningSimulator, clock: FakeClock) -> Blog:
    blog = Blog(tmp_path / "blog", simulator.url, clock)
    for name in ("one", "two", "three"):
        blog.add(name, name.title())
    return blog


def _titles(world: World) -> list[str]:
    return sorted(issue.title for issue in world.issues.values())


def _methods(simulator: RunningSimulator) -> str:
    return " ".join(request.method for request in simulator.requests)


def _marker(name: str) -> str:
    return marker(page_digests(Post(f"{name}.md", url=f"/{name}/"))[0])


def _assert_threads_are_right(blog: Blog, world: World) -> None:
    assert _titles(world) == ["One", "Three", "Two"]
    titles = {issue.title: issue.number for issue in world.issues.values()}
    assert blog.numbers() == titles


async def test_a_second_passes_between_writes(blog: Blog, world: World, simulator: RunningSimulator) -> None:
    report = await blog.run()
    assert [result.outcome for result in report.results] == [PostOutcome.CREATED] * 3
    times = [issue.created_at for issue in world.issues.values()]
    assert [later - earlier for earlier, later in itertools.pairwise(times)] == [1, 1]
    assert _methods(simulator) == "GET POST POST POST"
    _assert_threads_are_right(blog, world)


async def test_a_second_run_does_nothing(blog: Blog, simulator: RunningSimulator) -> None:
    await blog.run()
    simulator.requests.clear()
    assert (await blog.run()).results == []
    assert simulator.requests == []


async def test_no_crash_makes_a_thread_twice(
    tmp_path: Path, clock: FakeClock, world: World, simulator: RunningSimulator
) -> None:
    """Crash at the first call, at the second, and so on, until a run has no more calls."""
    for fatal in itertools.count():
        repo = repository(f"ada/blog-{fatal}")
        world.add_repository(repo.full_name)
        blog = Blog(tmp_path / str(fatal), simulator.url, clock, repo)
        for name in ("one", "two"):
            blog.add(name, name.title())
        try:
            await blog.run(fatal=fatal)
            break
        except Crash:
            await blog.run()
        titles = {
            world.issues[key].title: number for number, key in world.issue_ids[world.repository(repo.key).id].items()
        }
        assert sorted(titles) == ["One", "Two"]
        assert blog.numbers() == titles
    assert fatal > 20


@pytest.mark.parametrize("fault", [faults.ConnectionReset(), faults.TruncatedJson(), faults.Status(502)])
async def test_a_lost_response_is_looked_up(
    blog: Blog, world: World, simulator: RunningSimulator, fault: faults.Fault
) -> None:
    simulator.faults.add(fault, match=CREATE)
    await blog.run()
    _assert_threads_are_right(blog, world)
    assert _methods(simulator) == "GET POST GET POST POST"


async def test_a_lost_request_is_repeated_later(
    blog: Blog, world: World, simulator: RunningSimulator, clock: FakeClock
) -> None:
    simulator.faults.add(faults.Status(502), match=CREATE)
    is_first = iter([True])

    def lose_first(request: object) -> None:
        if getattr(request, "method", "") == "POST" and next(is_first, False):
            world.archive_repository("ada/blog")  # so that it opens nothing
        else:
            world.archive_repository("ada/blog", archived=False)

    simulator.on_request(lose_first)
    start = clock.now()
    await blog.run()
    _assert_threads_are_right(blog, world)
    assert clock.now() - start >= 15
    assert _methods(simulator) == "GET POST GET GET POST POST POST"


async def test_a_post_whose_requests_are_lost_fails(blog: Blog, world: World, simulator: RunningSimulator) -> None:
    world.archive_repository("ada/blog")  # so that the lost requests open nothing
    simulator.faults.add(faults.Status(502), match=CREATE, times=2)
    report = await blog.run(Options(limit=1))
    assert report.results[0].outcome is PostOutcome.FAILED
    assert report.results[0].reason is not None
    assert report.results[0].reason.startswith("GitHub may have opened an issue or not (it answers with status 502)")
    world.archive_repository("ada/blog", archived=False)
    await blog.run()
    _assert_threads_are_right(blog, world)


async def test_a_search_finds_what_the_newest_lack(blog: Blog, world: World, simulator: RunningSimulator) -> None:
    world.open_issue("ada/blog", title="One", body=f"Text\n\n{_marker('one')}")
    for number in range(100):
        world.open_issue("ada/blog", title=f"Question {number}", author="eve")
    world.open_issue("ada/blog", title="Two", body=_marker("two"))
    simulator.simulator.search_index.lag = 0
    report = await blog.run()
    outcomes = {result.post.source: (result.outcome, result.number) for result in report.results}
    assert outcomes == {
        "one.md": (PostOutcome.FOUND, 1),
        "two.md": (PostOutcome.FOUND, 102),
        "three.md": (PostOutcome.CREATED, 103),
    }
    assert [request.target.partition("?")[0] for request in simulator.requests] == [
        "/repos/ada/blog/issues",
        "/search/issues",
        "/repos/ada/blog/issues",
    ]


@pytest.mark.parametrize("breaks", ["incomplete", "refused"])
async def test_a_search_without_all_results_is_replaced(
    blog: Blog, world: World, simulator: RunningSimulator, breaks: str
) -> None:
    world.open_issue("ada/blog", title="One", body=_marker("one"))
    for number in range(100):
        world.open_issue("ada/blog", title=f"Question {number}")
    simulator.simulator.search_index.incomplete = breaks == "incomplete"
    if breaks == "refused":
        simulator.faults.add(
            faults.Status(422, b'{"message": "Validation Failed"}', "application/json"), match="/search/"
        )
    await blog.run()
    assert blog.numbers()["One"] == 1
    assert _methods(simulator) == "GET GET GET POST POST"


async def test_the_lag_of_the_search_does_no_harm(blog: Blog, world: World, simulator: RunningSimulator) -> None:
    for number in range(120):
        world.open_issue("ada/blog", title=f"Question {number}", created_at=0)
    simulator.simulator.search_index.lag = 3600
    with pytest.raises(Crash):
        await blog.run(fatal=17)
    await blog.run()
    assert sorted(blog.numbers().values(), key=str) == [121, 122, 123]
    assert len(world.issues) == 123


async def test_a_marker_of_a_stranger_is_not_believed(blog: Blog, world: World) -> None:
    world.open_issue("ada/blog", title="Mine", body=_marker("one"), author="mallory")
    report = await blog.run()
    failure = next(result for result in report.results if result.post.source == "one.md")
    assert failure.outcome is PostOutcome.FAILED
    assert failure.reason is not None
    assert "issue 1 has the marker of this page, but mallory opened it" in failure.reason
    assert blog.numbers()["One"] is None
    assert _titles(world) == ["Mine", "Three", "Two"]


async def test_a_thread_of_another_post_is_not_taken(blog: Blog, world: World) -> None:
    world.open_issue("ada/blog", title="Moved away", body=_marker("one"))
    (blog.folder / "content" / "moved.md").write_text("---\ntitle: Moved away\nghissueid: 1\n---\n")
    await blog.run()
    assert blog.numbers()["One"] not in {None, 1}


async def test_of_two_issues_with_a_marker_the_older_counts(blog: Blog, world: World) -> None:
    for _ in range(2):
        world.open_issue("ada/blog", title="One", body=_marker("one"))
    report = await blog.run()
    assert blog.numbers()["One"] == 1
    assert [warning.partition(":")[0] for warning in report.warnings] == [
        "The issues 1 and 2 have the marker of one.md"
    ]


async def test_short_limits_are_waited_for(blog: Blog, world: World, simulator: RunningSimulator) -> None:
    simulator.faults.add(faults.SecondaryRateLimit(retry_after=5), match=LIST)
    await blog.run()
    _assert_threads_are_right(blog, world)


@pytest.mark.parametrize("status", [403, 429])
async def test_a_long_limit_ends_the_run(tmp_path: Path, clock: FakeClock, world: World, status: int) -> None:
    with run_simulator(world, limits=Limits(contents_per_minute=1, status=status)) as simulator:
        blog = Blog(tmp_path / "blog", simulator.url, clock)
        for name in ("one", "two", "three"):
            blog.add(name, name.title())
        report = await blog.run()
        assert report.waiting_until == pytest.approx(clock.now() + 60, abs=1)
        assert [result.outcome for result in report.results] == [
            PostOutcome.CREATED,
            PostOutcome.REMAINING,
            PostOutcome.REMAINING,
        ]
        assert _methods(simulator) == "GET POST POST"
        await blog.run(Options(waits=True))
        _assert_threads_are_right(blog, world)


async def test_a_rejected_token_raises_before_any_write(blog: Blog, world: World) -> None:
    world.revoke_token(TOKEN)
    with pytest.raises(TokenRejected):
        await blog.run()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda world: world.archive_repository("ada/blog"), "ada/blog is archived, and accepts no issue."),
        (
            lambda world: world.add_token(TOKEN, "ada", read_only=True),
            "The token may not open issues in ada/blog (403: Resource not accessible by personal access token).",
        ),
    ],
)
async def test_a_refusal_ends_the_run(
    blog: Blog, world: World, simulator: RunningSimulator, change: Callable[[World], object], reason: str
) -> None:
    change(world)
    report = await blog.run()
    assert report.stopped_by is not None
    assert report.stopped_by.startswith(reason)
    assert [result.outcome for result in report.results] == [
        PostOutcome.FAILED,
        PostOutcome.REMAINING,
        PostOutcome.REMAINING,
    ]
    assert _methods(simulator) == "GET POST"


async def test_a_refused_issue_stops_no_other(blog: Blog, world: World, simulator: RunningSimulator) -> None:
    body = b'{"message": "Validation Failed", "errors": [{"field": "title", "code": "missing_field"}]}'
    simulator.on_request(lambda request: world.archive_repository("ada/blog", archived=request.method == "GET"))
    simulator.faults.add(faults.Status(422, body, "application/json"), match=CREATE)
    world.archive_repository("ada/blog")
    report = await blog.run()
    assert report.count(PostOutcome.FAILED) == 1
    assert report.results[0].reason is not None
    assert report.results[0].reason.startswith("GitHub refuses the issue (Validation Failed: title is missing_field)")


async def test_a_renamed_repository_is_followed(blog: Blog, world: World) -> None:
    world.rename_repository("ada/blog", "ada/journal")
    await blog.run()
    _assert_threads_are_right(blog, world)


async def test_a_token_that_may_not_label_is_named(blog: Blog, world: World) -> None:
    world.add_token(TOKEN, "eve")
    report = await blog.run(Options(labels=("comments",)))
    assert report.warnings == [
        "GitHub did not give issue 1 the label comments: the token may not label. Label the new issues by hand."
    ]
    world.add_token(TOKEN, "ada")
    blog.add("four", "Four")
    assert (await blog.run(Options(labels=("comments",)))).warnings == []
    assert world.issue("ada/blog", 4).labels == ("comments",)


async def test_a_page_that_changes_keeps_its_owner_s_text(
    blog: Blog, world: World, simulator: RunningSimulator
) -> None:
    page = blog.folder / "content" / "one.md"
    simulator.on_request(lambda request: request.method == "POST" and page.write_text("---\ntitle: One!\n---\n"))
    report = await blog.run(Options(limit=1))
    assert report.results[0].reason is not None
    assert "the file was changed just now" in report.results[0].reason
    assert page.read_text() == "---\ntitle: One!\n---\n"
    await blog.run()
    assert len(world.issues) == 3
